/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: a tool process as process.c (talking) and process_set.c (waiting, ending) share it. */
#ifndef TOOL_PROCESS_INTERNAL_H
#define TOOL_PROCESS_INTERNAL_H

#include "lib/strbuf.h"
#include "tool/process/process.h"

#define TAIL_BYTES 4096

struct outside {
	char *name, *label;
	pid_t pid;
	int pidfd;
	int in_fd, out_fd, err_fd;   /* our ends; -1: closed */
	int transcript_fd;
	char *transcript;            /* path */
	size_t transcript_bytes;
	char *ptrace_path;           /* where strace leaves its counts, or NULL */
	struct strbuf to_write;      /* queued, from written on */
	size_t written;
	bool close_when_written;
	struct strbuf out;           /* printed, from read on */
	size_t read, checked;        /* up to checked it is known whether it is text */
	struct strbuf tail;          /* the end of all that it printed, on either channel */
	bool ended, reaped, flooded, binary;
	int status;
	/* What it used, once it is reaped; -1: not known. */
	int64_t cpu_ns, peak_rss_bytes, bytes_read;
};

/* Takes what the pipes hold, and gives what is queued. True if anything moved. */
bool outside_read(struct outside *o);
bool outside_write(struct outside *o);

void outside_free(struct outside *o);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Uprobes by perf_event_open(2): the kernel writes a sample whenever a task comes past an
 * instruction, into memory that we read. The task runs on. One event for each CPU, which
 * counts all processes there: an event of one task would miss its later threads (a uprobe's
 * inherited events stay silent, Linux 6.18). So any process that comes past while it is open
 * is slowed by a trap, and samples are told apart by pid.
 */
#ifndef LD_UPROBE_H
#define LD_UPROBE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

struct uprobe_sample {
	int64_t ns;        /* CLOCK_MONOTONIC */
	uint64_t ip;       /* of the instruction, in the task */
	uint64_t ret_addr; /* word at its stack pointer; 0 if it could not be read */
	pid_t pid, tid;
};

struct uprobe;

/* Why this machine has none, with EXIT_SKIPPED; NULL if it has. */
MUST_CHECK struct err *uprobe_check(void);

/* Begins to watch the instruction at an offset in a file. A refusal is an error with EXIT_SKIPPED. */
MUST_CHECK struct err *uprobe_open(const char *path, uint64_t offset, struct uprobe **ret);
void uprobe_close(struct uprobe *uprobe);

/* Hands over the samples that are new; of different CPUs in no order. */
void uprobe_drain(struct uprobe *uprobe, void (*take)(void *data, const struct uprobe_sample *sample), void *data);

/*
 * Ends the watching, hands over what is left, and says how often the kernel has counted somebody to come past
 * without telling: a buffer was full, or it held the event back.
 */
MUST_CHECK struct err *uprobe_end(struct uprobe *uprobe, void (*take)(void *data, const struct uprobe_sample *sample),
				  void *data, uint64_t *unheard_ret);

#endif

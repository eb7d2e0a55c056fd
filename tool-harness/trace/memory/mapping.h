/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which file a process has mapped at an address, and that file, opened as the process sees it: its mount
 * namespace, root and working directory may be others than ours, and its file may have been replaced or
 * deleted since. proc(5): maps, map_files, root, exe.
 *
 * All of it goes by a thread id: what /proc has of a process is empty once its first thread has ended, and
 * what it has of a thread that lives is not.
 */
#ifndef TRACE_MAPPING_H
#define TRACE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "trace/memory/memory.h"

/* Device and inode as the kernel has them for the mapping; inode 0: no file is mapped, as of the vDSO. */
struct mapping {
	pid_t tid;       /* of whom; files are opened through it */
	taddr start, end;
	uint64_t offset; /* of `start`, in the file */
	dev_t dev;
	uint64_t inode;
	bool executable;
};

/* The mappings of a process at one moment, or asked for one by one where the kernel can do that. */
struct mappings {
	pid_t tid;
	int fd;
	char *text;      /* of the file; NULL: the kernel is asked (PROCMAP_QUERY, Linux 6.11) */
	size_t len;
};

/* err_gone if the thread has ended. */
MUST_CHECK struct err *mappings_open(pid_t tid, struct mappings *ret);
void mappings_close(struct mappings *mappings);

/* The mapping that an address lies in, with inode 0 and an empty range if nothing is mapped there. The file's
 * path as the process has it in path_ret (may be NULL; heap; NULL in it: no file): the kernel's spelling taken
 * back (a newline is a newline), without " (deleted)". */
MUST_CHECK struct err *mappings_find(struct mappings *mappings, taddr addr, struct mapping *ret, char **path_ret);

/* All of them, in order; false at the end. `at` begins at 0 and is the caller's to keep. The path as above. */
MUST_CHECK struct err *mappings_next(struct mappings *mappings, taddr *at, struct mapping *ret, char **path_ret,
				     bool *found_ret);

/*
 * Opens the file of a mapping for reading: by its path here, if that is the same file by device and inode; by
 * map_files, which also has deleted ones; where that is not allowed
 * (it takes CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE) by the path below the process's root, as its program, or, of
 * a process that has ended since, by the path here, if that is the same file. A path that leads to another file
 * by now, or to none, is an error that says so.
 */
MUST_CHECK struct err *mapping_open(const struct mapping *mapping, const char *path, int *fd_ret);

/* A path as the kernel spells it in maps and exe, in place: octal escapes of newlines taken back, " (deleted)"
 * off, which is told in deleted_ret (may be NULL). */
void mapping_path_plain(char *path, bool *deleted_ret);

#endif

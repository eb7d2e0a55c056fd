/* SPDX-License-Identifier: BSD-3-Clause */
/* Files: read whole, publish atomically, make folders. Errors name the path. */
#ifndef LIB_FS_H
#define LIB_FS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/strbuf.h"

/* mkdir -p; an existing folder is success, an existing file is not. */
MUST_CHECK struct err *fs_mkdirs(const char *path);

/* Reads a whole file (also from /proc, whose sizes are 0) and appends it to ret. */
MUST_CHECK struct err *fs_read(const char *path, struct strbuf *ret);

/*
 * Publishes a file: written to a temporary name in the same folder, synced,
 * renamed. Readers see the old file or the whole new one; on failure (no space,
 * no permission) the old one stays and nothing is left beside it.
 */
MUST_CHECK struct err *fs_publish(const char *path, const void *bytes, size_t len);

/* fs_publish only if the content differs, so that make does not see a newer file. */
MUST_CHECK struct err *fs_publish_if_changed(const char *path, const void *bytes, size_t len);

bool fs_exists(const char *path);

/* "dir/name" in a heap string that the caller frees; name alone if it is absolute. */
char *fs_join(const char *dir, const char *name);

/* The folder part of a path ("." if none), heap string that the caller frees. */
char *fs_dirname(const char *path);

/* The part after the last slash, inside path. */
const char *fs_basename(const char *path);

/* Absolute path of an existing file (realpath(3)), heap string, caller frees. */
MUST_CHECK struct err *fs_realpath(const char *path, char **ret);

/*
 * A file of the kit's own: what the environment variable says, else the file of this name beside the running program.
 * It need not be there. Heap, caller frees.
 */
MUST_CHECK struct err *fs_own_file(const char *variable, const char *name, char **ret);

/* Full path of a program found as execvp(3) would, or NULL; caller frees. */
char *fs_find_program(const char *name);

/* To an error with EACCES about starting a file the hint that its file system is mounted noexec (mount(8)), if it
 * is. Takes and returns the error. */
MUST_CHECK struct err *fs_noexec_hint(struct err *err, const char *path);

/* Removes a folder and all in it, without following links; a missing one is success. */
MUST_CHECK struct err *fs_remove_tree(const char *path);

#endif

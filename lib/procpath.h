/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths as the kernel spells them in /proc/PID/maps and in links below /proc (proc(5)); both in place. */
#ifndef LIB_PROCPATH_H
#define LIB_PROCPATH_H

#include <stdbool.h>

#define PROCPATH_DELETED " (deleted)"

/* Takes PROCPATH_DELETED off the end: whether it was there. A file may be called so itself; that cannot be told. */
bool procpath_undelete(char *path);

/* Makes \012, the one byte that seq_file(9) escapes in maps, a newline again. A backslash stands for itself there. */
void procpath_unescape(char *path);

#endif

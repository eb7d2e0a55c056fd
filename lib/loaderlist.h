/* SPDX-License-Identifier: BSD-3-Clause */
/* What a loader says of a program's libraries (ld.so(8), --list), piece by piece. */
#ifndef LIB_LOADERLIST_H
#define LIB_LOADERLIST_H

/*
 * The next piece ("\tname => /path (0x7f...)"), NULL after the last. Cuts the text up, as strtok_r(3): a name is
 * written as it is, with its newlines, so a piece goes on to an end of a line that is an end of a piece, too.
 */
char *loaderlist_next(char **rest);

/* Where the address of a piece begins, " (0x7f...)": the path ends there. NULL: it has none. */
char *loaderlist_address(char *piece);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions and lines in a file's debug information: what a debugger reads that wants both of a
 * library as soon as it appears. */
#ifndef ELF_DEBUGLINES_H
#define ELF_DEBUGLINES_H

#include "elf/symidx.h"

/*
 * Reads of an open file with libdw every subprogram (name and entry address) and the whole line table of each
 * compilation unit, and counts them in `work`, with the bytes of the .debug_ sections. Nothing is kept: it is the work
 * that is wanted. A file without debug information has none of either. Inlined copies are not counted.
 */
void debuglines_read(int fd, struct symwork *work);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of targets/ that every target gets a copy of, carried inside the program. */
#ifndef GEN_EMIT_EMBED_H
#define GEN_EMIT_EMBED_H

#include <stddef.h>

enum embed_use {
	EMBED_HEADER = 0,
	EMBED_HOST = 1,   /* a source of the host program */
	EMBED_PLAIN = 2,  /* a source of the plain program */
	EMBED_EXTRA = 4,  /* the extra code of a big executable */
	EMBED_DRIVER = 8, /* goes beside the programs */
};

struct embed_file {
	const char *name; /* "host.c" */
	unsigned use;     /* enum embed_use, or-ed */
	const char *bytes;
	const char *end;
};

extern const struct embed_file embed_files[];
extern const size_t embed_n_files;

#endif

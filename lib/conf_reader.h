/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: what conf_yaml.c and conf_sweep_yaml.c share, a reader of libfyaml's events. */
#ifndef LIB_CONF_READER_H
#define LIB_CONF_READER_H

#include <libfyaml.h>

#include "lib/conf_internal.h"

struct conf_reader {
	const struct conf_table *table;
	struct conf_source source;
	void *obj;
	struct fy_diag *diag;
	struct fy_parser *parser;
	int *option_lines; /* line where each option was set; 0: not yet */
	char **sections;   /* those opened so far */
	size_t n_sections, sections_cap;
};

struct conf_place conf_reader_place(const struct fy_mark *mark);

/* The next event, which the caller frees; an anchor, alias or tag is an error. */
MUST_CHECK struct err *conf_reader_next(struct conf_reader *r, struct fy_event **ret);

static inline void conf_reader_free(struct conf_reader *r, struct fy_event *event)
{
	fy_parser_event_free(r->parser, event);
}

/* An error with the place where an event begins; takes inner. */
MUST_CHECK struct err *conf_reader_at(const struct conf_reader *r, struct fy_event *event, struct err *inner);

/* The text of a scalar (heap); a plain null is "". A NUL inside of it is an error. */
MUST_CHECK struct err *conf_reader_text(struct conf_reader *r, struct fy_event *event, char **ret);

/* The value of a CONF_MATRIX or CONF_CASES option, whose first event was read; frees that one. */
MUST_CHECK struct err *conf_reader_sweep(struct conf_reader *r, const struct conf_option *option,
					 struct fy_event *first);

#endif

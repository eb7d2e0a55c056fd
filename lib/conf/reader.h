/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: a reader of libfyaml's events; yaml.c and sweep_yaml.c make settings of them. */
#ifndef LIB_CONF_READER_H
#define LIB_CONF_READER_H

#include <libfyaml.h>

#include "lib/conf/internal.h"

struct conf_reader {
	const struct conf_table *table;
	struct conf_source source;
	void *obj;
	struct fy_diag *diag;
	struct fy_parser *parser;
	int *option_lines; /* line where each option was set; 0: not yet */
	char **sections;   /* those opened so far */
	size_t n_sections, sections_cap;
	struct conf_place end; /* of the sequence or mapping that was left last */
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

/*
 * The next member of a sequence or mapping, whose start was read, or of the stream. *event is NULL
 * at first, and freed here by and by. False, with no event, at the end, and if there is an error:
 * the one that the caller had with the last member, which is left in *err, or one of this.
 */
bool conf_reader_member(struct conf_reader *r, enum fy_event_type end, struct fy_event **event, struct err **err);

/*
 * The key that an event is (heap), dotted, with the section's name before it ("": the root); and
 * how much of it is that name and its dot.
 */
MUST_CHECK struct err *conf_reader_key(struct conf_reader *r, const char *section, struct fy_event *event,
				       char **ret, size_t *section_len_ret);

/* The text of a scalar (heap); a plain null is "". A NUL inside of it is an error. */
MUST_CHECK struct err *conf_reader_text(struct conf_reader *r, struct fy_event *event, char **ret);

/* The value of a CONF_MATRIX or CONF_CASES option, whose first event was read; frees that one. */
MUST_CHECK struct err *conf_reader_sweep(struct conf_reader *r, const struct conf_option *option,
					 struct fy_event *first);

#endif

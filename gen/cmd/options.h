/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of making a target. */
#ifndef GEN_CMD_OPTIONS_H
#define GEN_CMD_OPTIONS_H

#include "gen/spec.h"
#include "lib/strbuf.h"

struct options_assignment {
	const char *key;  /* NULL: value is "key=value", as from --set */
	const char *value;
	const char *name; /* of the option, for messages */
};

struct options {
	const char *words[2];
	size_t n_words;
	const char *utilities[2]; /* of -u */
	const char *dir;
	bool sources_only;
	bool quiet;
	struct strbuf include_dirs;
	struct options_assignment *assignments;
	size_t n_assignments, cap_assignments;
};

/* Parses; on a wrong usage it says so and exits. The strings are argv's. */
void options_parse(int argc, char **argv, struct options *ret);
void options_deinit(struct options *options);

/*
 * The spec that the command line describes, checked: its file, then the options, then
 * --set. member: of a series (gen/series.h), whose folder is ret_folder, heap, the
 * caller frees; OPTIONS_NO_MEMBER: the spec as it stands, lists and all.
 */
#define OPTIONS_NO_MEMBER SIZE_MAX
MUST_CHECK struct err *options_read_spec(const struct options *options, size_t member, struct target_spec *ret,
					 char **ret_folder);

#endif

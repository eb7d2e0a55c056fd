/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a shell may offer for a word that is being typed: one candidate a line, each the whole word, behind a
 * tab what it means where a table says that.
 * From option tables and from what argp prints of its own, so that nothing is listed twice.
 */
#ifndef LIB_COMPLETE_H
#define LIB_COMPLETE_H

#include <stdbool.h>

#include "lib/conf/conf.h"
#include "lib/strbuf.h"

/* Adds a candidate if the word is its beginning. */
void complete_add(const char *candidate, const char *word, struct strbuf *ret);

/*
 * The long options of this program's subcommand (NULL: of the program): those of its --help, which
 * is asked for by running it.
 */
void complete_options(const char *subcommand, const char *word, struct strbuf *ret);

/*
 * "KEY=VALUE": keys, each with its '=', or behind one the key's values. `before` stands before each
 * candidate, and is no part of the word ("--set="). A table's values: choices, on and off.
 */
void complete_setting(const struct conf_table *table, const char *before, const char *word, struct strbuf *ret);

/* Values of one key. Behind a comma of a list the next one; any key is a list with `list`. */
void complete_value(const struct conf_table *table, const char *key, bool list, const char *before,
		    const char *word, struct strbuf *ret);

#endif

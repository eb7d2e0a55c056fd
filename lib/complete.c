/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Candidates for a shell's completion. Knows no program: is given tables and names.
 *
 * Invariant: a word that nothing is known of has no candidates; the shell then offers files.
 */
#include "lib/complete.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/conf/internal.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define HELP_LIMIT_NS (5 * NS_PER_S)

void complete_add(const char *candidate, const char *word, struct strbuf *ret)
{
	if (strncmp(candidate, word, strlen(word)) == 0)
		strbuf_printf(ret, "%s\n", candidate);
}

/* The option at the beginning of a line of argp's help: "  -t, --target=DIR  ...". Heap, or NULL. */
static char *option_of_line(const char *line)
{
	const char *p = line + strspn(line, " ");

	if (p[0] == '-' && p[1] && p[1] != '-')
		p += strncmp(p + 2, ", ", 2) == 0 ? 4 : 2;
	if (strncmp(p, "--", 2) != 0 || p == line)
		return NULL;
	return mem_strndup(p, strcspn(p, " =[\n"));
}

void complete_options(const char *subcommand, const char *word, struct strbuf *ret)
{
	const char *const argv[] = { "/proc/self/exe", subcommand ? subcommand : "--help",
				     subcommand ? "--help" : NULL, NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result = { 0 };
	_cleanup_err_ struct err *err = proc_run(argv, &opts, HELP_LIMIT_NS, &result);

	if (err)
		return;
	for (const char *line = result.out.text; line; line = strchr(line, '\n')) {
		_cleanup_free_ char *option = NULL;

		line += *line == '\n';
		option = option_of_line(line);
		if (option)
			complete_add(option, word, ret);
	}
	proc_result_deinit(&result);
}

static void add_value(const char *before, const char *value, const char *help, const char *typed, size_t kept,
		      struct strbuf *ret)
{
	if (strncmp(value, typed + kept, strlen(typed + kept)) == 0)
		strbuf_printf(ret, "%s%.*s%s%s%s\n", before, (int)kept, typed, value, help ? "\t" : "",
			      help ? help : "");
}

void complete_value(const struct conf_table *table, const char *key, bool list, const char *before,
		    const char *word, struct strbuf *ret)
{
	const struct conf_option *option = conf_find(table, key);
	const char *comma = strrchr(word, ',');
	size_t kept;

	if (!option)
		return;
	list |= option->type == CONF_CHOICES;
	kept = list && comma ? (size_t)(comma + 1 - word) : 0;
	if (option->type == CONF_BOOL) {
		add_value(before, "on", NULL, word, kept, ret);
		add_value(before, "off", NULL, word, kept, ret);
	}
	if (option->type == CONF_CHOICE || option->type == CONF_CHOICES)
		for (size_t i = 0; option->choices[i].name; i++)
			add_value(before, option->choices[i].name, option->choices[i].help, word, kept, ret);
}

void complete_setting(const struct conf_table *table, const char *before, const char *word, struct strbuf *ret)
{
	const char *equals = strchr(word, '=');

	if (equals) {
		_cleanup_free_ char *key = mem_strndup(word, (size_t)(equals - word));
		_cleanup_free_ char *head = mem_printf("%s%s=", before, key);

		complete_value(table, key, false, head, equals + 1, ret);
		return;
	}
	for (size_t i = 0; i < conf_n_options(table); i++) {
		const char *key = conf_option_at(table, i)->key;

		if (strncmp(key, word, strlen(word)) == 0)
			strbuf_printf(ret, "%s%s=\n", before, key);
	}
}

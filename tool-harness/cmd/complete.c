/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Completion of attachstorm's own words: subcommands, options, scenario keys and their values, tools.
 * Names of files are left to the shell.
 */
#include "cmd/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/shortcut.h"
#include "job/scenario/scenario.h"
#include "lib/complete.h"
#include "lib/mem.h"
#include "report/export.h"
#include "report/grid/grid.h"
#include "tool/process/description.h"
#include "tool/tool.h"

/* Subcommands that take a scenario, and options that take KEY=VALUE. */
static const char *const with_scenario[] = { "run", "validate", "explain" };
static const char *const with_setting[] = { "-s", "--set", "--compare-to", "--matrix" };

static const char *const with_format[] = { "-f", "--format" };

static bool is_one_of(const char *word, size_t len, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && !strncmp(word, list[i], len))
			return true;
	return false;
}

static void add_tools(const char *before, const char *word, struct strbuf *ret)
{
	_cleanup_free_ char *whole = mem_printf("%s%s", before, word);
	char **names = template_names();

	for (size_t i = 0; tool_at(i); i++) {
		_cleanup_free_ char *candidate = mem_printf("%s%s", before, tool_at(i)->name);

		complete_add(candidate, whole, ret);
	}
	for (size_t i = 0; names[i]; i++) {
		_cleanup_free_ char *candidate = mem_printf("%s%s", before, names[i]);

		complete_add(candidate, whole, ret);
		free(names[i]);
	}
	free(names);
}

/* A key's value; the tool's are not in the table, since files describe more of them. */
static void add_value(const char *key, bool list, const char *before, const char *word, struct strbuf *ret)
{
	if (!strcmp(key, "tool"))
		add_tools(before, word, ret);
	else
		complete_value(&scenario_table, key, list, before, word, ret);
}

static void add_setting(bool list, const char *before, const char *word, struct strbuf *ret)
{
	const char *equals = strchr(word, '=');
	_cleanup_free_ char *key = equals ? mem_strndup(word, (size_t)(equals - word)) : NULL;
	_cleanup_free_ char *head = equals ? mem_printf("%s%s=", before, key) : NULL;

	if (equals)
		add_value(key, list, head, equals + 1, ret);
	else
		complete_setting(&scenario_table, before, word, ret);
}

/* The argument of an option; `before` is "--option=" where it is in the same word. */
static void add_argument(const char *option, size_t len, const char *before, const char *word, struct strbuf *ret)
{
	_cleanup_free_ char *name = mem_strndup(option, len);
	const struct shortcut *shortcut = shortcut_named(name);

	if (is_one_of(option, len, with_setting, ARRAY_SIZE(with_setting)))
		add_setting(!strcmp(name, "--matrix"), before, word, ret);
	else if (shortcut && shortcut->arg)
		add_value(shortcut->key, false, before, word, ret);
}

/* The formats of show and export. */
static void add_format(const char *command, const char *before, const char *word, struct strbuf *ret)
{
	_cleanup_free_ char *whole = mem_printf("%s%s", before, word);

	for (size_t i = 0; !strcmp(command, "show") ? grid_formats[i].name : export_formats[i].name; i++) {
		_cleanup_free_ char *candidate = mem_printf(
			"%s%s", before, !strcmp(command, "show") ? grid_formats[i].name : export_formats[i].name);

		complete_add(candidate, whole, ret);
	}
}

static void add_words(const char *const *words, size_t n, struct strbuf *ret)
{
	const char *command = words[0], *word = words[n - 1];
	bool scenario = is_one_of(command, strlen(command), with_scenario, ARRAY_SIZE(with_scenario));
	bool prints = !strcmp(command, "show") || !strcmp(command, "export");
	size_t len = strcspn(word, "=");

	for (size_t i = 1; i + 1 < n; i++)
		if (!strcmp(words[i], "--"))
			return;
	if (word[0] == '-' && word[len] && scenario) {
		_cleanup_free_ char *before = mem_strndup(word, len + 1);

		add_argument(word, len, before, word + len + 1, ret);
	} else if (prints && !strncmp(word, "--format=", 9)) {
		add_format(command, "--format=", word + 9, ret);
	} else if (prints && n > 2 && is_one_of(words[n - 2], strlen(words[n - 2]), with_format, 2)) {
		add_format(command, "", word, ret);
	} else if (word[0] == '-' && !word[len]) {
		complete_options(command, word, ret);
	} else if (!strcmp(command, "model") && n == 2) {
		complete_add("fit", word, ret);
		complete_add("predict", word, ret);
	} else if (scenario && n > 2) {
		add_argument(words[n - 2], strlen(words[n - 2]), "", word, ret);
	}
}

struct err *complete_print(const char *const *commands, const char *const *words, size_t n)
{
	_cleanup_strbuf_ struct strbuf candidates = STRBUF_INIT;

	if (n == 1) {
		for (size_t i = 0; commands[i]; i++)
			complete_add(commands[i], words[0], &candidates);
		complete_add("--help", words[0], &candidates);
		complete_add("--version", words[0], &candidates);
	} else if (n > 1) {
		add_words(words, n, &candidates);
	}
	fputs(candidates.text, stdout);
	return NULL;
}

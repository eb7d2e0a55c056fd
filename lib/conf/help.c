/* SPDX-License-Identifier: BSD-3-Clause */
/* The help text of a table: its keys by group, what each may be, when it is heeded, and what its choices mean. */
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

#define HELP_COLUMN 28
#define HELP_WIDTH 80

/* Words of text from column `begin` on, in lines of at most HELP_WIDTH. The cursor stands at
 * column; text that begins beyond `begin` gets a new line. */
static void print_wrapped(const char *text, size_t column, size_t begin, FILE *out)
{
	if (column >= begin) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", (int)(begin - column), "");
	column = begin;
	for (size_t len; *text; text += len) {
		text += strspn(text, " ");
		len = strcspn(text, " ");
		bool first = column == begin;
		if (!first && column + 1 + len > HELP_WIDTH) {
			fprintf(out, "\n%*s", (int)begin, "");
			column = begin;
			first = true;
		}
		column += (size_t)fprintf(out, "%s%.*s", first ? "" : " ", (int)len, text);
	}
	fputc('\n', out);
}

/* Each choice in a line of its own, its help behind the longest name. */
static void print_choices(const struct conf_choice *choices, FILE *out)
{
	size_t width = 0;

	for (size_t i = 0; choices[i].name; i++)
		width = strlen(choices[i].name) > width ? strlen(choices[i].name) : width;
	for (size_t i = 0; choices[i].name; i++) {
		size_t column = (size_t)fprintf(out, "%*s%s", HELP_COLUMN + 2, "", choices[i].name);

		print_wrapped(choices[i].help, column, HELP_COLUMN + 2 + width + 2, out);
	}
}

static void print_option(const struct conf_table *table, const struct conf_option *option, FILE *out)
{
	static const char *const names[] = {
		[CONF_BOOL] = "true or false",
		[CONF_INT] = "whole number",
		[CONF_SEED] = "64-bit number",
		[CONF_DOUBLE] = "number",
		[CONF_STRING] = "text",
		[CONF_CHOICE] = "one of",
		[CONF_DURATION] = "duration",
		[CONF_SIZE] = "size",
		[CONF_STRINGS] = "list of text",
		[CONF_CHOICES] = "list of",
		[CONF_INTS] = "list of whole numbers",
		[CONF_MATRIX] = "mapping of keys to lists of values",
		[CONF_CASES] = "list of mappings of keys to values",
	};
	bool choices = option->type == CONF_CHOICE || option->type == CONF_CHOICES;
	bool explained = choices && option->choices[0].help;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_puts(&sb, names[option->type]);
	if (explained)
		strbuf_puts(&sb, " these");
	for (int i = 0; choices && !explained && option->choices[i].name; i++)
		strbuf_printf(&sb, "%s %s", i ? "," : "", option->choices[i].name);
	if (option->min != 0 || option->max != 0) {
		_cleanup_free_ char *min = conf_number_text(option->type, option->min);
		_cleanup_free_ char *max = conf_number_text(option->type, option->max);

		if (!conf_is_bound(option->max))
			strbuf_printf(&sb, ", at least %s", min);
		else if (!conf_is_bound(option->min))
			strbuf_printf(&sb, ", at most %s", max);
		else
			strbuf_printf(&sb, ", %s to %s", min, max);
	}
	if (*option->default_text)
		strbuf_printf(&sb, "; default %s", option->default_text);
	conf_heeded_text(table, option, &sb);
	print_wrapped(sb.text, (size_t)fprintf(out, "  %s", option->key), HELP_COLUMN, out);
	print_wrapped(option->help, 0, HELP_COLUMN, out);
	if (explained)
		print_choices(option->choices, out);
}

void conf_print_help(const struct conf_table *table, FILE *out)
{
	for (size_t i = 0; i < conf_n_options(table); i++) {
		const char *group = conf_option_at(table, i)->group;
		bool printed = false;

		for (size_t j = 0; j < i && !printed; j++)
			printed = strcmp(conf_option_at(table, j)->group, group) == 0;
		if (printed)
			continue;
		fprintf(out, "%s%s:\n", i ? "\n" : "", group);
		for (size_t j = i; j < conf_n_options(table); j++)
			if (strcmp(conf_option_at(table, j)->group, group) == 0)
				print_option(table, conf_option_at(table, j), out);
	}
}

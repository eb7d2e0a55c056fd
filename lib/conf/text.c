/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings as JSON, as YAML and as help text, from the same table that reads them.
 * Invariant: what conf_to_yaml prints, conf_read_text reads back to equal settings.
 */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "lib/conf/internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

#define HELP_COLUMN 28
#define HELP_WIDTH 80

/* --- JSON ------------------------------------------------------------------------ */

static json_t *list_to_json(const struct conf_option *option, const struct conf_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		if (option->type == CONF_STRINGS)
			json_array_append_new(array, json_string(list->strings[i]));
		else if (option->type == CONF_CHOICES)
			json_array_append_new(array, json_string(option->choices[list->choices[i]].name));
		else
			json_array_append_new(array, json_integer(list->ints[i]));
	}
	return array;
}

static json_t *value_to_json(const struct conf_option *option, const void *obj)
{
	const void *field = conf_field(option, obj);
	char seed[32];

	switch (option->type) {
	case CONF_BOOL:
		return json_boolean(*(const bool *)field);
	case CONF_INT:
	case CONF_DURATION:
	case CONF_SIZE:
		return json_integer(*(const int64_t *)field);
	case CONF_SEED:
		/* As text: JSON readers keep 53 bits of a number, or 63. */
		snprintf(seed, sizeof(seed), "%llu", (unsigned long long)*(const uint64_t *)field);
		return json_string(seed);
	case CONF_DOUBLE:
		return json_real(*(const double *)field);
	case CONF_STRING:
		return *(char *const *)field ? json_string(*(char *const *)field) : json_null();
	case CONF_CHOICE:
		return json_string(option->choices[*(const int *)field].name);
	case CONF_STRINGS:
	case CONF_CHOICES:
	case CONF_INTS:
		return list_to_json(option, field);
	case CONF_MATRIX:
	case CONF_CASES:
		return conf_sweep_json(option, obj);
	}
	assert(!"unknown type of option");
	return NULL;
}

json_t *conf_to_json(const struct conf_table *table, const void *obj)
{
	json_t *root = json_object();

	for (size_t i = 0; i < conf_n_options(table); i++) {
		const struct conf_option *option = conf_option_at(table, i);
		const char *unit = option->type == CONF_DURATION ? "_ns"
				   : option->type == CONF_SIZE	 ? "_bytes"
								 : "";
		_cleanup_free_ char *path = mem_printf("%s%s", option->key, unit);
		json_t *parent = root;
		char *leaf = path;

		for (char *dot; (dot = strchr(leaf, '.')); leaf = dot + 1) {
			*dot = '\0';
			if (!json_object_get(parent, leaf))
				json_object_set_new(parent, leaf, json_object());
			parent = json_object_get(parent, leaf);
		}
		json_object_set_new(parent, leaf, value_to_json(option, obj));
	}
	return root;
}

/* --- YAML ------------------------------------------------------------------------ */

/* A word that YAML reads as itself without quotes, in a list too. */
static bool is_plain_word(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '/' && *s != '_')
		return false;
	if (strcasecmp(s, "null") == 0)
		return false;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.+-")] == '\0';
}

void conf_put_string(struct strbuf *sb, const char *s)
{
	size_t len = strlen(s);
	uint32_t c;

	if (is_plain_word(s)) {
		strbuf_puts(sb, s);
		return;
	}
	strbuf_putc(sb, '"');
	for (size_t at = 0; at < len;) {
		size_t n = conf_utf8_next(s + at, len - at, &c);

		assert(n > 0); /* checked when it was stored */
		if (c == '"' || c == '\\')
			strbuf_printf(sb, "\\%c", (char)c);
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			strbuf_printf(sb, "\\x%02x", c);
		else if (c == 0x2028 || c == 0x2029 || c == 0xfeff || (c >= 0xfffe && c <= 0xffff))
			strbuf_printf(sb, "\\u%04x", c); /* line separators, byte order mark, no characters */
		else
			strbuf_add(sb, s + at, n);
		at += n;
	}
	strbuf_putc(sb, '"');
}

static void put_list(struct strbuf *sb, const struct conf_option *option, const struct conf_list *list)
{
	strbuf_putc(sb, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			strbuf_puts(sb, ", ");
		if (option->type == CONF_STRINGS)
			conf_put_string(sb, list->strings[i]);
		else if (option->type == CONF_CHOICES)
			strbuf_puts(sb, option->choices[list->choices[i]].name);
		else
			strbuf_printf(sb, "%lld", (long long)list->ints[i]);
	}
	strbuf_putc(sb, ']');
}

/* The shortest text that reads back as the same number. */
static void put_double(struct strbuf *sb, double value)
{
	char text[40];

	for (int precision = 6; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	strbuf_puts(sb, text);
}

static void put_value(struct strbuf *sb, const struct conf_option *option, const void *obj)
{
	const void *field = conf_field(option, obj);
	_cleanup_free_ char *text = NULL;

	switch (option->type) {
	case CONF_BOOL:
		strbuf_puts(sb, *(const bool *)field ? "true" : "false");
		break;
	case CONF_INT:
		strbuf_printf(sb, "%lld", (long long)*(const int64_t *)field);
		break;
	case CONF_SEED:
		strbuf_printf(sb, "%llu", (unsigned long long)*(const uint64_t *)field);
		break;
	case CONF_DOUBLE:
		put_double(sb, *(const double *)field);
		break;
	case CONF_STRING:
		conf_put_string(sb, *(char *const *)field ? *(char *const *)field : "");
		break;
	case CONF_CHOICE:
		strbuf_puts(sb, option->choices[*(const int *)field].name);
		break;
	case CONF_DURATION:
		text = conf_duration_text(*(const int64_t *)field);
		strbuf_puts(sb, text);
		break;
	case CONF_SIZE:
		text = conf_size_text(*(const int64_t *)field);
		strbuf_puts(sb, text);
		break;
	case CONF_STRINGS:
	case CONF_CHOICES:
	case CONF_INTS:
		put_list(sb, option, field);
		break;
	case CONF_MATRIX:
	case CONF_CASES:
		conf_sweep_yaml(option, obj, sb);
		break;
	}
}

char *conf_value_text(const struct conf_option *option, const void *obj)
{
	const struct conf_list *list = conf_field(option, obj);
	char *const *string = conf_field(option, obj);
	struct strbuf sb = STRBUF_INIT;

	if (option->type == CONF_STRING) {
		strbuf_puts(&sb, *string ? *string : "");
	} else if (!conf_is_list(option->type)) {
		put_value(&sb, option, obj);
	} else {
		for (size_t i = 0; i < list->n; i++) {
			strbuf_puts(&sb, i ? "," : "");
			if (option->type == CONF_STRINGS)
				strbuf_puts(&sb, list->strings[i]);
			else if (option->type == CONF_CHOICES)
				strbuf_puts(&sb, option->choices[list->choices[i]].name);
			else
				strbuf_printf(&sb, "%lld", (long long)list->ints[i]);
		}
	}
	return strbuf_steal(&sb);
}

bool conf_is_default(const struct conf_table *table, const char *key, const void *obj)
{
	const struct conf_option *option = conf_find(table, key);
	const struct conf_table one = { .what = table->what, .options = option, .n_options = 1 };
	_cleanup_free_ char *is = NULL, *would_be = NULL;
	_cleanup_free_ void *defaults = NULL;

	assert(option && !conf_is_sweep(option->type));
	defaults = mem_calloc(1, option->offset + sizeof(struct conf_list)); /* the largest field */
	conf_defaults(&one, defaults);
	is = conf_value_text(option, obj);
	would_be = conf_value_text(option, defaults);
	conf_deinit(&one, defaults);
	return !strcmp(is, would_be);
}

/* All options below a prefix ("" or "section."), each section where its first key stands. */
static void put_level(struct strbuf *sb, const struct conf_table *table, const void *obj, const char *prefix,
		      int depth)
{
	size_t prefix_len = strlen(prefix);

	for (size_t i = 0; i < conf_n_options(table); i++) {
		const struct conf_option *option = conf_option_at(table, i);
		bool seen = false;

		if (strncmp(option->key, prefix, prefix_len) != 0)
			continue;
		const char *rest = option->key + prefix_len;
		const char *dot = strchr(rest, '.');
		if (!dot) {
			strbuf_printf(sb, "%*s%s: ", 2 * depth, "", rest);
			put_value(sb, option, obj);
			strbuf_putc(sb, '\n');
			continue;
		}
		_cleanup_free_ char *section = mem_strndup(option->key, (size_t)(dot + 1 - option->key));
		for (size_t j = 0; j < i && !seen; j++)
			seen = strncmp(conf_option_at(table, j)->key, section, strlen(section)) == 0;
		if (seen)
			continue;
		strbuf_printf(sb, "%*s%.*s:\n", 2 * depth, "", (int)(dot - rest), rest);
		put_level(sb, table, obj, section, depth + 1);
	}
}

char *conf_to_yaml(const struct conf_table *table, const void *obj)
{
	struct strbuf sb = STRBUF_INIT;

	put_level(&sb, table, obj, "", 0);
	return strbuf_steal(&sb);
}

/* --- help ------------------------------------------------------------------------ */

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

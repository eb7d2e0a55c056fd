/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings of a struct by an option table: defaults, overrides, release. Reading
 * YAML is in conf_yaml.c, printing in conf_text.c.
 * Invariant: after conf_defaults every string and list field is owned by the struct,
 * and a failed change leaves its field as it was.
 */
#include "lib/conf.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "lib/conf_internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

bool conf_is_list(enum conf_type type)
{
	return type == CONF_STRINGS || type == CONF_CHOICES || type == CONF_INTS;
}

size_t conf_n_options(const struct conf_table *table)
{
	size_t n = table->n_options;

	for (size_t i = 0; table->parts && table->parts[i]; i++)
		n += table->parts[i]->n_options;
	return n;
}

const struct conf_option *conf_option_at(const struct conf_table *table, size_t index)
{
	const struct conf_table *const *part = table->parts;

	for (; index >= table->n_options; table = *part++)
		index -= table->n_options;
	return &table->options[index];
}

const struct conf_option *conf_find(const struct conf_table *table, const char *key)
{
	for (size_t i = 0; i < conf_n_options(table); i++)
		if (strcmp(conf_option_at(table, i)->key, key) == 0)
			return conf_option_at(table, i);
	return NULL;
}

bool conf_is_section(const struct conf_table *table, const char *section)
{
	size_t len = strlen(section);

	for (size_t i = 0; i < conf_n_options(table); i++) {
		const char *key = conf_option_at(table, i)->key;

		if (strncmp(key, section, len) == 0 && key[len] == '.')
			return true;
	}
	return false;
}

/* --- nearest key ----------------------------------------------------------------- */

static bool same_char(char a, char b)
{
	if (a == '-')
		a = '_';
	if (b == '-')
		b = '_';
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edits (insert, delete, replace, swap of neighbours) from a to b, both short. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t n_a = strlen(a), n_b = strlen(b), width = n_b + 1;
	_cleanup_free_ size_t *d = mem_calloc((n_a + 1) * width, sizeof(*d));

	for (size_t i = 0; i <= n_a; i++) {
		for (size_t j = 0; j <= n_b; j++) {
			size_t *at = &d[i * width + j];

			if (!i || !j) {
				*at = i + j;
				continue;
			}
			size_t best = at[-1 - (ptrdiff_t)width] + !same_char(a[i - 1], b[j - 1]);
			if (at[-1] + 1 < best)
				best = at[-1] + 1;
			if (at[-(ptrdiff_t)width] + 1 < best)
				best = at[-(ptrdiff_t)width] + 1;
			if (i > 1 && j > 1 && same_char(a[i - 1], b[j - 2]) &&
			    same_char(a[i - 2], b[j - 1]) && at[-2 - 2 * (ptrdiff_t)width] + 1 < best)
				best = at[-2 - 2 * (ptrdiff_t)width] + 1;
			*at = best;
		}
	}
	return d[n_a * width + n_b];
}

static const char *leaf(const char *key)
{
	const char *dot = strrchr(key, '.');

	return dot ? dot + 1 : key;
}

static const char *nearest_key(const struct conf_table *table, const char *key)
{
	size_t best_distance = SIZE_MAX;
	const char *best = NULL;

	if (strlen(key) > 100)
		return NULL; /* no typing error of a known key */
	for (size_t i = 0; i < conf_n_options(table); i++) {
		const char *known = conf_option_at(table, i)->key;
		size_t section_len = (size_t)(leaf(known) - known);
		bool same_section =
			section_len == (size_t)(leaf(key) - key) && strncmp(key, known, section_len) == 0;
		const char *written = same_section ? leaf(key) : key;
		size_t distance = edit_distance(written, same_section ? leaf(known) : known);

		/* The right word in the wrong section. */
		if (distance > 1 && strcmp(leaf(known), leaf(key)) == 0)
			distance = 1;
		if (distance <= (strlen(written) + 2) / 3 && distance < best_distance) {
			best = known;
			best_distance = distance;
		}
	}
	return best;
}

/* The keys of a section ("" for the outermost level), each once: "count, where". */
static char *keys_of(const struct conf_table *table, const char *section, size_t section_len)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < conf_n_options(table); i++) {
		const char *key = conf_option_at(table, i)->key;
		bool seen = false;

		if (strncmp(key, section, section_len) != 0)
			continue;
		size_t len = section_len + strcspn(key + section_len, ".");
		for (size_t j = 0; j < i && !seen; j++) {
			const char *earlier = conf_option_at(table, j)->key;

			seen = strncmp(earlier, key, len) == 0 &&
			       (earlier[len] == '.' || earlier[len] == '\0');
		}
		if (!seen)
			strbuf_printf(&sb, "%s%.*s", sb.len ? ", " : "", (int)(len - section_len),
				      key + section_len);
	}
	return strbuf_steal(&sb);
}

struct err *conf_unknown_key(const struct conf_table *table, const char *key, size_t section_len)
{
	const char *nearest = nearest_key(table, key);
	_cleanup_free_ char *shown = conf_quote(key);
	struct err *err = err_new("unknown key '%s' in a %s", shown, table->what);

	if (nearest)
		return err_hint(err, "did you mean '%s'?",
				strncmp(nearest, key, section_len) == 0 ? nearest + section_len : nearest);
	_cleanup_free_ char *known = keys_of(table, key, section_len);
	return err_hint(err, "known keys: %s", known);
}

struct err *conf_needs_key(const struct conf_table *table, const char *section)
{
	_cleanup_free_ char *prefix = mem_printf("%s.", section);
	_cleanup_free_ char *keys = keys_of(table, prefix, strlen(prefix));

	return err_hint(err_new("'%s' is a section, not a setting", section), "its keys: %s", keys);
}

/* --- storing --------------------------------------------------------------------- */

static void free_field(const struct conf_option *option, void *obj)
{
	if (option->type == CONF_STRING) {
		char **field = conf_field(option, obj);

		free(*field);
		*field = NULL;
	} else if (conf_is_list(option->type)) {
		struct conf_list *list = conf_field(option, obj);

		for (size_t i = 0; option->type == CONF_STRINGS && i < list->n; i++)
			free(list->strings[i]);
		free(list->strings);
		*list = (struct conf_list){ 0 };
	}
}

static struct err *check_text(const char *what, const char *text)
{
	if (conf_utf8_check(text, strlen(text)) == strlen(text))
		return NULL;
	_cleanup_free_ char *shown = conf_quote(text);
	return err_new("'%s' must be UTF-8 text, not '%s'", what, shown);
}

struct err *conf_store_list(const struct conf_option *option, const char *what, char *const *texts, size_t n,
			    void *obj, size_t *ret_bad)
{
	size_t size = option->type == CONF_CHOICES ? sizeof(int) : sizeof(int64_t);
	struct conf_list list = { .n = n };
	struct err *err = NULL;

	if (option->type == CONF_STRINGS) {
		for (size_t i = 0; i < n; i++) {
			err = check_text(what, texts[i]);
			if (err) {
				*ret_bad = i;
				return err;
			}
		}
		list.strings = mem_calloc(n + 1, sizeof(char *)); /* NULL-terminated, as an argv is */
		for (size_t i = 0; i < n; i++)
			list.strings[i] = mem_strdup(texts[i]);
	} else {
		_cleanup_free_ void *values = mem_calloc(n, size);

		for (size_t i = 0; i < n; i++) {
			union conf_value value;

			err = conf_value_parse(option, what, texts[i], &value);
			for (size_t j = 0; !err && option->type == CONF_CHOICES && j < i; j++)
				if (((int *)values)[j] == value.choice)
					err = err_new("'%s' names '%s' twice", what,
						      option->choices[value.choice]);
			if (err) {
				*ret_bad = i;
				return err;
			}
			if (option->type == CONF_CHOICES)
				((int *)values)[i] = value.choice;
			else
				((int64_t *)values)[i] = value.integer;
		}
		list.ints = no_free_ptr(values);
	}
	free_field(option, obj);
	*(struct conf_list *)conf_field(option, obj) = list;
	return NULL;
}

/* "a, b,c" to its members, without the spaces around them. */
static struct err *store_split(const struct conf_option *option, const char *what, const char *text,
			       void *obj)
{
	_cleanup_free_ char *copy = mem_strdup(text);
	_cleanup_free_ char **texts = NULL;
	size_t n = 0, cap = 0, bad;
	char *rest = copy;

	while (isspace((unsigned char)*rest))
		rest++;
	while (rest && (*rest || n)) {
		char *item = strsep(&rest, ",");
		char *end = item + strlen(item);

		while (isspace((unsigned char)*item))
			item++;
		while (end > item && isspace((unsigned char)end[-1]))
			*--end = '\0';
		if (!*item)
			return err_new("'%s' has an empty member", what);
		mem_grow(texts, n, cap);
		texts[n++] = item;
	}
	return conf_store_list(option, what, texts, n, obj, &bad);
}

struct err *conf_store_text(const struct conf_option *option, const char *what, const char *text, void *obj)
{
	void *field = conf_field(option, obj);
	union conf_value value;
	struct err *err;

	if (conf_is_list(option->type))
		return store_split(option, what, text, obj);
	if (option->type == CONF_STRING) {
		err = check_text(what, text);
		if (!err) {
			free_field(option, obj);
			*(char **)field = *text ? mem_strdup(text) : NULL;
		}
		return err;
	}
	err = conf_value_parse(option, what, text, &value);
	if (err)
		return err;
	switch (option->type) {
	case CONF_BOOL:
		*(bool *)field = value.boolean;
		break;
	case CONF_CHOICE:
		*(int *)field = value.choice;
		break;
	case CONF_SEED:
		*(uint64_t *)field = value.seed;
		break;
	case CONF_DOUBLE:
		*(double *)field = value.real;
		break;
	case CONF_INT:
	case CONF_DURATION:
	case CONF_SIZE:
		*(int64_t *)field = value.integer;
		break;
	case CONF_STRING:
	case CONF_STRINGS:
	case CONF_CHOICES:
	case CONF_INTS:
		assert(!"stored above");
	}
	return NULL;
}

/* --- the public ones ------------------------------------------------------------- */

void conf_defaults(const struct conf_table *table, void *obj)
{
	for (size_t i = 0; i < conf_n_options(table); i++) {
		const struct conf_option *option = conf_option_at(table, i);
		_cleanup_err_ struct err *err =
			conf_store_text(option, option->key, option->default_text, obj);

		assert(!err && "the default of an option must parse");
	}
}

void conf_deinit(const struct conf_table *table, void *obj)
{
	for (size_t i = 0; i < conf_n_options(table); i++)
		free_field(conf_option_at(table, i), obj);
}

struct err *conf_set_value(const struct conf_table *table, const char *key, const char *value,
			   const char *what, void *obj)
{
	const struct conf_option *option = conf_find(table, key);

	if (!option && conf_is_section(table, key))
		return conf_needs_key(table, key);
	if (!option)
		return conf_unknown_key(table, key, 0);
	return conf_store_text(option, what, value, obj);
}

struct err *conf_set(const struct conf_table *table, const char *assignment, void *obj)
{
	size_t len = strcspn(assignment, "=");

	if (!len || !assignment[len]) {
		_cleanup_free_ char *shown = conf_quote(assignment);

		return err_hint(err_new("'%s' is not of the form key=value", shown), "for example: %s=%s",
				conf_option_at(table, 0)->key, conf_option_at(table, 0)->default_text);
	}
	_cleanup_free_ char *key = mem_strndup(assignment, len);
	return conf_set_value(table, key, assignment + len + 1, key, obj);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings of a struct by an option table: defaults, overrides, copies, release. Keys are
 * looked up in key.c, YAML is read in yaml.c, printing is in text.c.
 * Invariant: after conf_defaults every string and list field is owned by the struct,
 * and a failed change leaves its field as it was.
 */
#include "lib/conf/conf.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

bool conf_is_list(enum conf_type type)
{
	return type == CONF_STRINGS || type == CONF_CHOICES || type == CONF_INTS;
}

/* --- storing --------------------------------------------------------------------- */

static void free_field(const struct conf_option *option, void *obj)
{
	if (conf_is_sweep(option->type))
		conf_sweep_free(option, obj);
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
						      option->choices[value.choice].name);
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
	assert(!conf_is_sweep(option->type) && "conf_sweep_set knows the table");
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
	case CONF_MATRIX:
	case CONF_CASES:
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
			conf_is_sweep(option->type) ? NULL :
						      conf_store_text(option, option->key, option->default_text, obj);

		assert(!err && "the default of an option must parse");
	}
}

static void copy_field(const struct conf_option *option, const void *from, void *to)
{
	static const size_t sizes[] = {
		[CONF_BOOL] = sizeof(bool),	   [CONF_INT] = sizeof(int64_t),      [CONF_SEED] = sizeof(uint64_t),
		[CONF_DOUBLE] = sizeof(double),	   [CONF_CHOICE] = sizeof(int),	      [CONF_DURATION] = sizeof(int64_t),
		[CONF_SIZE] = sizeof(int64_t),
	};
	size_t member = option->type == CONF_CHOICES ? sizeof(int) : sizeof(int64_t);
	const struct conf_list *list = conf_field(option, from);
	struct conf_list copy = { 0 };

	if (option->type == CONF_STRING) {
		*(char **)conf_field(option, to) = mem_strdup(*(char *const *)conf_field(option, from));
		return;
	}
	if (!conf_is_list(option->type)) {
		memcpy(conf_field(option, to), conf_field(option, from), sizes[option->type]);
		return;
	}
	copy.n = list->n;
	copy.strings = mem_calloc(list->n + 1, sizeof(char *)); /* as wide as any member, and its NULL */
	if (option->type == CONF_STRINGS)
		for (size_t i = 0; i < list->n; i++)
			copy.strings[i] = mem_strdup(list->strings[i]);
	else if (list->n)
		memcpy(copy.ints, list->ints, list->n * member);
	*(struct conf_list *)conf_field(option, to) = copy;
}

void conf_copy(const struct conf_table *table, const void *from, void *to)
{
	for (size_t i = 0; i < conf_n_options(table); i++) {
		const struct conf_option *option = conf_option_at(table, i);

		if (conf_is_sweep(option->type))
			conf_sweep_copy(option, from, to);
		else
			copy_field(option, from, to);
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
	if (conf_is_sweep(option->type))
		return conf_sweep_set(table, option, what, value, obj);
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

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings of a struct by an option table: defaults, overrides, copies, release. Keys are
 * looked up in key.c, values stored by store.c, YAML is read in yaml.c, printing is in text.c.
 * Invariant: after conf_defaults every string and list field is owned by the struct,
 * and a failed change leaves its field as it was.
 */
#include "lib/conf/conf.h"

#include <assert.h>
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

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
	for (size_t i = 0; i < conf_n_options(table); i++) {
		const struct conf_option *option = conf_option_at(table, i);

		if (conf_is_sweep(option->type))
			conf_sweep_free(option, obj);
		else
			conf_store_free(option, obj);
	}
}

bool conf_is_single(enum conf_type type)
{
	return !conf_is_list(type) && !conf_is_sweep(type) && type != CONF_STRING;
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

/* A list in brackets, or a text in quotes; all else is a value by itself, whatever it has in it. */
static bool is_yaml(const struct conf_option *option, const char *value)
{
	size_t len = strlen(value);

	if (!option || !len)
		return false;
	if (conf_is_list(option->type) && *value == '[')
		return true;
	return !conf_is_sweep(option->type) && len >= 2 && (*value == '"' || *value == '\'') &&
	       value[len - 1] == *value;
}

/* A value as a file may have it: "breakpoints.names=[a, b]" is {breakpoints: {names: [a, b]}}. */
static struct err *set_yaml(const struct conf_table *table, const char *key, const char *value, void *obj)
{
	_cleanup_strbuf_ struct strbuf yaml = STRBUF_INIT;
	size_t depth = 1;

	strbuf_putc(&yaml, '{');
	for (const char *c = key; *c; c++) {
		if (*c == '.') {
			strbuf_puts(&yaml, ": {");
			depth++;
		} else {
			strbuf_putc(&yaml, *c);
		}
	}
	strbuf_printf(&yaml, ": %s", value);
	while (depth--)
		strbuf_putc(&yaml, '}');
	strbuf_putc(&yaml, '\n');
	return conf_read_text(table, key, yaml.text, yaml.len, obj);
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
	if (is_yaml(conf_find(table, key), assignment + len + 1))
		return set_yaml(table, key, assignment + len + 1, obj);
	return conf_set_value(table, key, assignment + len + 1, key, obj);
}

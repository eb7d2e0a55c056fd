/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings as JSON and as YAML, from the same table that reads them.
 * Invariant: what conf_to_yaml prints, conf_read_text reads back to equal settings.
 */
#include <assert.h>
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/json/text.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

/* --- JSON ------------------------------------------------------------------------ */

/* Room for a value of any type. */
union conf_field {
	double number;
	int64_t integer;
	char *text;
	struct conf_list list;
	struct conf_matrix matrix;
	struct conf_cases cases;
};

static json_t *list_to_json(const struct conf_option *option, const struct conf_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		if (option->type == CONF_STRINGS)
			json_array_append_new(array, json_text(list->strings[i]));
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
		return json_text(*(char *const *)field);
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

/* At a dotted path of nested objects; takes the value. */
static void set_nested(json_t *root, const char *key, const char *unit, json_t *value)
{
	_cleanup_free_ char *path = mem_printf("%s%s", key, unit);
	char *leaf = path;

	for (char *dot; (dot = strchr(leaf, '.')); leaf = dot + 1) {
		*dot = '\0';
		if (!json_is_object(json_object_get(root, leaf)))
			json_object_set_new(root, leaf, json_object());
		root = json_object_get(root, leaf);
	}
	json_object_set_new(root, leaf, value);
}

json_t *conf_to_json(const struct conf_table *table, const void *obj)
{
	json_t *root = json_object();

	for (size_t i = 0; i < conf_n_options(table); i++) {
		const struct conf_option *option = conf_option_at(table, i);
		const char *unit = option->type == CONF_DURATION ? "_ns"
				   : option->type == CONF_SIZE	 ? "_bytes"
								 : "";

		set_nested(root, option->key, unit, value_to_json(option, obj));
	}
	return root;
}

void conf_json_set(const struct conf_table *table, const char *key, const char *value, json_t *root)
{
	const struct conf_option *option = table ? conf_find(table, key) : NULL;
	struct conf_option alone = option ? *option : (struct conf_option){ 0 };
	const struct conf_table one = { .what = "setting", .options = &alone, .n_options = 1 };
	union conf_field field = { 0 };
	struct err *err = NULL;

	if (option) {
		alone.offset = 0;
		conf_defaults(&one, &field);
		err = conf_set_value(&one, key, value, key, &field);
	}
	if (option && !err) {
		json_t *set = conf_to_json(&one, &field);

		json_object_update_recursive(root, set);
		json_decref(set);
	} else {
		set_nested(root, key, "", json_text(value));
	}
	err_free(err);
	if (option)
		conf_deinit(&one, &field);
}

/* --- YAML ------------------------------------------------------------------------ */

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

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings to sweep: a matrix of keys and values, and named cases. Kept as texts, which whoever
 * sweeps them gives to conf_set_value; reading them from YAML is in sweep_yaml.c.
 * Invariant: a stored text fits its key, so that setting it later cannot fail.
 */
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/json/text.h"
#include "lib/mem.h"

bool conf_is_sweep(enum conf_type type)
{
	return type == CONF_MATRIX || type == CONF_CASES;
}

struct err *conf_sweep_check_key(const struct conf_table *table, const struct conf_option *sweep, const char *key,
				 size_t section_len)
{
	const struct conf_option *option = conf_find(table, key);

	if (!option)
		return conf_is_section(table, key) ? conf_needs_key(table, key) :
						     conf_unknown_key(table, key, section_len);
	if (!option->fixed && !conf_is_sweep(option->type))
		return NULL;
	return err_hint(err_new("'%s' cannot be swept: a %s has one for all of its variants", key, table->what),
			"set it outside of '%s'", sweep->key);
}

struct err *conf_sweep_check_value(const struct conf_table *table, const char *key, const char *value)
{
	struct conf_option option = *conf_find(table, key);
	union {
		char *string;
		struct conf_list list;
		union conf_value value;
	} scratch = { 0 };
	struct err *err;

	option.offset = 0;
	err = conf_store_text(&option, key, value, &scratch);
	conf_store_free(&option, &scratch);
	return err;
}

struct err *conf_axis_add_value(struct conf_axis *axis, const char *value)
{
	for (size_t i = 0; i < axis->n; i++)
		if (strcmp(axis->values[i], value) == 0)
			return err_new("'%s' has the value '%s' twice", axis->key, value);
	axis->values = mem_realloc(axis->values, axis->n + 1, sizeof(*axis->values));
	axis->values[axis->n++] = mem_strdup(value);
	return NULL;
}

struct conf_axis *conf_matrix_add(struct conf_matrix *matrix, const char *key)
{
	mem_grow(matrix->axes, matrix->n, matrix->cap);
	matrix->axes[matrix->n] = (struct conf_axis){ .key = mem_strdup(key) };
	return &matrix->axes[matrix->n++];
}

struct conf_case *conf_cases_add(struct conf_cases *cases)
{
	mem_grow(cases->cases, cases->n, cases->cap);
	cases->cases[cases->n] = (struct conf_case){ 0 };
	return &cases->cases[cases->n++];
}

void conf_case_set(struct conf_case *one, const char *key, const char *value)
{
	mem_grow(one->settings, one->n, one->cap);
	one->settings[one->n++] = (struct conf_setting){ mem_strdup(key), mem_strdup(value) };
}

static void axis_free(struct conf_axis *axis)
{
	for (size_t i = 0; i < axis->n; i++)
		free(axis->values[i]);
	free(axis->values);
	free(axis->key);
}

static void case_free(struct conf_case *one)
{
	for (size_t i = 0; i < one->n; i++) {
		free(one->settings[i].key);
		free(one->settings[i].value);
	}
	free(one->settings);
	free(one->name);
}

void conf_sweep_free(const struct conf_option *option, void *obj)
{
	if (option->type == CONF_MATRIX) {
		struct conf_matrix *matrix = conf_field(option, obj);

		for (size_t i = 0; i < matrix->n; i++)
			axis_free(&matrix->axes[i]);
		free(matrix->axes);
		*matrix = (struct conf_matrix){ 0 };
	} else {
		struct conf_cases *cases = conf_field(option, obj);

		for (size_t i = 0; i < cases->n; i++)
			case_free(&cases->cases[i]);
		free(cases->cases);
		*cases = (struct conf_cases){ 0 };
	}
}

/* "a,b" to an axis without values; on failure the axis is the caller's to free. */
static struct err *split_values(const struct conf_table *table, char *text, struct conf_axis *axis)
{
	while (text) {
		const char *value = strsep(&text, ",");
		struct err *err = conf_sweep_check_value(table, axis->key, value);

		if (!err)
			err = conf_axis_add_value(axis, value);
		if (err)
			return err;
	}
	return NULL;
}

/* The new values take the place of the key's old ones, or stand last. */
static void put_axis(struct conf_matrix *matrix, struct conf_axis *axis)
{
	for (size_t i = 0; i < matrix->n; i++) {
		if (strcmp(matrix->axes[i].key, axis->key) != 0)
			continue;
		axis_free(&matrix->axes[i]);
		matrix->axes[i] = *axis;
		return;
	}
	mem_grow(matrix->axes, matrix->n, matrix->cap);
	matrix->axes[matrix->n++] = *axis;
}

struct err *conf_sweep_set(const struct conf_table *table, const struct conf_option *option, const char *what,
			   const char *text, void *obj)
{
	size_t len = strcspn(text, "=");
	struct conf_axis axis = { 0 };
	struct err *err;

	if (!*text) {
		conf_sweep_free(option, obj);
		return NULL;
	}
	if (option->type == CONF_CASES)
		return err_hint(err_new("'%s' are read from a file only", option->key), "empty text leaves them out");
	if (!len || !text[len])
		return err_hint(err_new("'%s' is not of the form KEY=VALUE,VALUE", text), "for example: %s=a,b",
				table->options ? table->options[0].key : "key");
	axis.key = mem_strndup(text, len);
	_cleanup_free_ char *values = mem_strdup(text + len + 1);
	err = conf_sweep_check_key(table, option, axis.key, 0);
	if (!err)
		err = split_values(table, values, &axis);
	if (err)
		axis_free(&axis);
	else
		put_axis(conf_field(option, obj), &axis);
	return err ? err_wrap(err, "%s", what) : NULL;
}

void conf_sweep_copy(const struct conf_option *option, const void *from, void *to)
{
	const struct conf_matrix *matrix = conf_field(option, from);
	const struct conf_cases *cases = conf_field(option, from);

	for (size_t i = 0; option->type == CONF_MATRIX && i < matrix->n; i++) {
		struct conf_axis *axis = conf_matrix_add(conf_field(option, to), matrix->axes[i].key);

		axis->values = mem_calloc(matrix->axes[i].n, sizeof(*axis->values));
		for (; axis->n < matrix->axes[i].n; axis->n++)
			axis->values[axis->n] = mem_strdup(matrix->axes[i].values[axis->n]);
	}
	for (size_t i = 0; option->type == CONF_CASES && i < cases->n; i++) {
		struct conf_case *one = conf_cases_add(conf_field(option, to));

		one->name = mem_strdup(cases->cases[i].name);
		for (size_t j = 0; j < cases->cases[i].n; j++)
			conf_case_set(one, cases->cases[i].settings[j].key, cases->cases[i].settings[j].value);
	}
}

json_t *conf_sweep_json(const struct conf_option *option, const void *obj)
{
	const struct conf_matrix *matrix = conf_field(option, obj);
	const struct conf_cases *cases = conf_field(option, obj);
	json_t *json = option->type == CONF_MATRIX ? json_object() : json_array();

	for (size_t i = 0; option->type == CONF_MATRIX && i < matrix->n; i++) {
		json_t *values = json_array();

		for (size_t j = 0; j < matrix->axes[i].n; j++)
			json_array_append_new(values, json_text(matrix->axes[i].values[j]));
		json_object_set_new(json, matrix->axes[i].key, values);
	}
	for (size_t i = 0; option->type == CONF_CASES && i < cases->n; i++) {
		json_t *one = json_pack("{s:s}", "name", cases->cases[i].name);

		for (size_t j = 0; j < cases->cases[i].n; j++)
			json_object_set_new(one, cases->cases[i].settings[j].key,
					    json_text(cases->cases[i].settings[j].value));
		json_array_append_new(json, one);
	}
	return json;
}

static void put_matrix(const struct conf_matrix *matrix, struct strbuf *out)
{
	strbuf_putc(out, '{');
	for (size_t i = 0; i < matrix->n; i++) {
		strbuf_printf(out, "%s%s: [", i ? ", " : "", matrix->axes[i].key);
		for (size_t j = 0; j < matrix->axes[i].n; j++) {
			strbuf_puts(out, j ? ", " : "");
			conf_put_string(out, matrix->axes[i].values[j]);
		}
		strbuf_putc(out, ']');
	}
	strbuf_putc(out, '}');
}

void conf_sweep_yaml(const struct conf_option *option, const void *obj, struct strbuf *out)
{
	const struct conf_cases *cases = conf_field(option, obj);

	if (option->type == CONF_MATRIX) {
		put_matrix(conf_field(option, obj), out);
		return;
	}
	strbuf_putc(out, '[');
	for (size_t i = 0; i < cases->n; i++) {
		strbuf_puts(out, i ? ", {name: " : "{name: ");
		conf_put_string(out, cases->cases[i].name);
		for (size_t j = 0; j < cases->cases[i].n; j++) {
			strbuf_printf(out, ", %s: ", cases->cases[i].settings[j].key);
			conf_put_string(out, cases->cases[i].settings[j].value);
		}
		strbuf_putc(out, '}');
	}
	strbuf_putc(out, ']');
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys that are set although nothing heeds them, by the conditions in the option table.
 * Invariant: a key that has its default is never refused.
 */
#include <assert.h>
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

/* "KEY=A,B" or "KEY!=A,B" */
struct condition {
	char *key, *values; /* heap */
	bool negative;
};

static void condition_deinit(struct condition *c)
{
	free(c->key);
	free(c->values);
}

/* The condition at text; returns what stands behind it. */
static const char *condition_read(const char *text, struct condition *ret)
{
	size_t key_len = strcspn(text, "!="), len = strcspn(text, " ");
	size_t at = key_len + (text[key_len] == '!') + 1;

	*ret = (struct condition){ mem_strndup(text, key_len), mem_strndup(text + at, len - at), text[key_len] == '!' };
	return text + len + strspn(text + len, " ");
}

static bool list_has(const char *list, const char *word, size_t len)
{
	for (size_t n; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (n == len && !strncmp(list, word, len))
			return true;
	}
	return false;
}

/* One member of the value, which may be a list, is among the condition's. */
static bool values_meet(const char *values, const char *value)
{
	for (size_t n; *value; value += n + (value[n] == ',')) {
		n = strcspn(value, ",");
		if (list_has(values, value, n))
			return true;
	}
	return false;
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

static bool is_set(const struct conf_table *table, const struct conf_option *option, const void *obj)
{
	const struct conf_matrix *matrix = conf_field(option, obj);
	const struct conf_cases *cases = conf_field(option, obj);

	if (option->type == CONF_MATRIX)
		return matrix->n > 0;
	return option->type == CONF_CASES ? cases->n > 0 : !conf_is_default(table, option->key, obj);
}

/* "a or b" */
static char *alternatives(const char *values)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t n; *values; values += n + (values[n] == ',')) {
		n = strcspn(values, ",");
		strbuf_printf(&sb, "%s%.*s", !sb.len ? "" : values[n] ? ", " : " or ", (int)n, values);
	}
	return strbuf_steal(&sb);
}

static struct err *refuse(const struct conf_option *option, const struct condition *c, const char *value)
{
	_cleanup_free_ char *wanted = alternatives(c->values);

	return err_hint(err_new("'%s' has no effect with %s '%s'", option->key, c->key, value),
			c->negative ? "set %s to something else than %s, or leave %s out" :
				      "set %s to %s, or leave %s out", c->key, wanted, option->key);
}

static struct err *check_condition(const struct conf_table *table, const struct conf_option *option,
				   const struct condition *c, const struct conf_fact *fact, const void *obj)
{
	const struct conf_option *other = conf_find(table, c->key);
	_cleanup_free_ char *value = other ? conf_value_text(other, obj) : NULL;

	if (other)
		return values_meet(c->values, value) != c->negative ? NULL : refuse(option, c, value);
	if (!fact || strcmp(fact->key, c->key) || values_meet(c->values, fact->value) != c->negative)
		return NULL;
	return err_hint(err_new("'%s' has no effect with %s", option->key, fact->text), "leave it out");
}

struct err *conf_check_heeded(const struct conf_table *table, const void *obj, const struct conf_fact *fact)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && i < conf_n_options(table); i++) {
		const struct conf_option *option = conf_option_at(table, i);
		const char *at = option->heeded_by;

		if (!at || !is_set(table, option, obj))
			continue;
		while (!err && *at) {
			_cleanup_(condition_deinit) struct condition c = { 0 };

			at = condition_read(at, &c);
			err = check_condition(table, option, &c, fact, obj);
		}
	}
	return err;
}

void conf_heeded_text(const struct conf_table *table, const struct conf_option *option, struct strbuf *out)
{
	bool first = true;

	for (const char *at = option->heeded_by; at && *at;) {
		_cleanup_(condition_deinit) struct condition c = { 0 };
		_cleanup_free_ char *values = NULL;

		at = condition_read(at, &c);
		if (!conf_find(table, c.key))
			continue;
		values = alternatives(c.values);
		strbuf_printf(out, "%s%s%s %s", first ? "; only with " : " and ", c.key,
			      c.negative ? " other than" : "", values);
		first = false;
	}
}

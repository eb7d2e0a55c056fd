/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values into the fields of a struct: one text, or the members of a list. Of sweeps nothing is known here.
 * Invariant: a failed change leaves its field as it was.
 */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/mem.h"

bool conf_is_list(enum conf_type type)
{
	return type == CONF_STRINGS || type == CONF_CHOICES || type == CONF_INTS;
}

void conf_store_free(const struct conf_option *option, void *obj)
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
	conf_store_free(option, obj);
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
			conf_store_free(option, obj);
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
		assert(!"lists are stored above, sweeps by conf_sweep_set");
	}
	return NULL;
}

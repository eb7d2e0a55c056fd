/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Matrix and cases from YAML. A key may be written dotted or nested, as outside of them; a value
 * of a list's key is a sequence itself.
 * Invariant: nothing is stored that its key would not take, and an error names file:line:col.
 */
#include <string.h>

#include "lib/conf/reader.h"
#include "lib/mem.h"

/* What is read into: one of the two. */
struct sweep_target {
	const struct conf_option *option;
	struct conf_matrix *matrix;
	struct conf_case *one;
};

/* The members of a list as one text. The sequence's start was read. */
static struct err *read_members(struct conf_reader *r, const char *key, struct strbuf *text)
{
	struct fy_event *event = NULL;
	struct err *err = NULL;

	while (conf_reader_member(r, FYET_SEQUENCE_END, &event, &err)) {
		_cleanup_free_ char *member = NULL;

		if (event->type != FYET_SCALAR)
			err = conf_reader_at(r, event, err_new("a member of a value of '%s' must be one value", key));
		else
			err = conf_reader_text(r, event, &member);
		if (!err && (strchr(member, ',') || !*member))
			err = conf_reader_at(r, event,
					     err_new("a member of a swept list may not be empty or hold a comma"));
		if (!err)
			strbuf_printf(text, "%s%s", text->len ? "," : "", member);
	}
	return err;
}

/* One value whose first event was read: a scalar, or of a list's key a sequence. Checked. */
static struct err *read_one(struct conf_reader *r, const char *key, struct fy_event *event, char **ret)
{
	_cleanup_strbuf_ struct strbuf members = STRBUF_INIT;
	_cleanup_free_ char *text = NULL;
	struct err *err = NULL;

	if (event->type == FYET_SCALAR)
		err = conf_reader_text(r, event, &text);
	else if (event->type == FYET_SEQUENCE_START && conf_is_list(conf_find(r->table, key)->type))
		err = read_members(r, key, &members);
	else
		err = conf_reader_at(r, event, err_new("a value of '%s' may not be a %s", key,
						       event->type == FYET_SEQUENCE_START ? "list" : "mapping"));
	if (err)
		return err;
	if (!text)
		text = mem_strdup(members.text ? members.text : "");
	err = conf_sweep_check_value(r->table, key, text);
	if (err)
		return conf_reader_at(r, event, err);
	*ret = no_free_ptr(text);
	return NULL;
}

static struct err *read_axis_values(struct conf_reader *r, struct conf_axis *axis)
{
	struct fy_event *event = NULL;
	struct err *err = NULL;

	while (conf_reader_member(r, FYET_SEQUENCE_END, &event, &err)) {
		_cleanup_free_ char *text = NULL;

		err = read_one(r, axis->key, event, &text);
		if (err)
			continue;
		err = conf_axis_add_value(axis, text);
		if (err)
			err = conf_reader_at(r, event, err);
	}
	if (!err && !axis->n)
		err = conf_at_place(&r->source, r->end, err_new("'%s' has no values", axis->key));
	return err;
}

static bool has_key(const struct sweep_target *target, const char *key)
{
	for (size_t i = 0; target->matrix && i < target->matrix->n; i++)
		if (strcmp(target->matrix->axes[i].key, key) == 0)
			return true;
	for (size_t i = 0; target->one && i < target->one->n; i++)
		if (strcmp(target->one->settings[i].key, key) == 0)
			return true;
	return false;
}

/* What stands behind a key that may be swept. */
static struct err *read_setting(struct conf_reader *r, const struct sweep_target *target, const char *key)
{
	_cleanup_free_ char *text = NULL;
	struct fy_event *event;
	struct err *err = conf_reader_next(r, &event);

	if (err)
		return err;
	if (target->matrix && event->type == FYET_SEQUENCE_START) {
		err = read_axis_values(r, conf_matrix_add(target->matrix, key));
	} else {
		err = read_one(r, key, event, &text);
		if (!err && target->matrix)
			err = conf_axis_add_value(conf_matrix_add(target->matrix, key), text);
		else if (!err)
			conf_case_set(target->one, key, text);
	}
	conf_reader_free(r, event);
	return err;
}

static struct err *read_case_name(struct conf_reader *r, struct conf_case *one)
{
	struct fy_event *event;
	struct err *err = conf_reader_next(r, &event);

	if (err)
		return err;
	if (one->name)
		err = conf_reader_at(r, event, err_new("'name' is given twice"));
	else if (event->type != FYET_SCALAR)
		err = conf_reader_at(r, event, err_new("'name' must be text"));
	else
		err = conf_reader_text(r, event, &one->name);
	conf_reader_free(r, event);
	return err;
}

static struct err *read_keys(struct conf_reader *r, const struct sweep_target *target, const char *section);

static struct err *read_section(struct conf_reader *r, const struct sweep_target *target, const char *section)
{
	struct fy_event *event;
	struct err *err = conf_reader_next(r, &event);
	bool mapping;

	if (err)
		return err;
	mapping = event->type == FYET_MAPPING_START;
	if (!mapping)
		err = conf_reader_at(r, event, conf_needs_key(r->table, section));
	conf_reader_free(r, event);
	return err ? err : read_keys(r, target, section);
}

static struct err *read_key(struct conf_reader *r, const struct sweep_target *target, const char *section,
			    struct fy_event *event)
{
	_cleanup_free_ char *key = NULL;
	size_t section_len;
	struct err *err = conf_reader_key(r, section, event, &key, &section_len);

	if (err)
		return err;
	if (target->one && strcmp(key, "name") == 0)
		return read_case_name(r, target->one);
	if (conf_is_section(r->table, key))
		return read_section(r, target, key);
	err = conf_sweep_check_key(r->table, target->option, key, section_len);
	if (!err && has_key(target, key))
		err = err_new("'%s' is given twice", key);
	return err ? conf_reader_at(r, event, err) : read_setting(r, target, key);
}

/* The rest of a mapping whose start was read; as deep as the table's keys. */
static struct err *read_keys(struct conf_reader *r, const struct sweep_target *target, const char *section)
{
	struct fy_event *event = NULL;
	struct err *err = NULL;

	while (conf_reader_member(r, FYET_MAPPING_END, &event, &err))
		err = read_key(r, target, section, event);
	return err;
}

static struct err *check_case_name(const struct conf_cases *cases, const struct conf_case *one)
{
	if (!one->name || !*one->name)
		return err_hint(err_new("a case has no name"), "name it: {name: ..., ...}");
	for (size_t i = 0; &cases->cases[i] != one; i++)
		if (strcmp(cases->cases[i].name, one->name) == 0)
			return err_new("there are two cases with the name '%s'", one->name);
	return NULL;
}

static struct err *read_cases(struct conf_reader *r, const struct conf_option *option, struct conf_cases *cases)
{
	struct fy_event *event = NULL;
	struct err *err = NULL;

	while (conf_reader_member(r, FYET_SEQUENCE_END, &event, &err)) {
		struct conf_case *one;

		if (event->type != FYET_MAPPING_START) {
			err = conf_reader_at(r, event, err_new("a case is a mapping of keys to values"));
			continue;
		}
		one = conf_cases_add(cases);
		err = read_keys(r, &(struct sweep_target){ .option = option, .one = one }, "");
		if (err)
			continue;
		err = check_case_name(cases, one);
		if (err)
			err = conf_reader_at(r, event, err);
	}
	return err;
}

struct err *conf_reader_sweep(struct conf_reader *r, const struct conf_option *option, struct fy_event *first)
{
	bool matrix = option->type == CONF_MATRIX;
	_cleanup_free_ char *text = NULL, *wanted = conf_value_wanted(option);
	struct err *err = NULL;

	conf_sweep_free(option, r->obj);
	if (first->type == (matrix ? FYET_MAPPING_START : FYET_SEQUENCE_START)) {
		conf_reader_free(r, first);
		if (!matrix)
			return read_cases(r, option, conf_field(option, r->obj));
		return read_keys(r, &(struct sweep_target){ option, conf_field(option, r->obj), NULL }, "");
	}
	if (first->type == FYET_SCALAR)
		err = conf_reader_text(r, first, &text);
	if (!err && (!text || *text))
		err = conf_reader_at(r, first, err_new("'%s' %s", option->key, wanted));
	conf_reader_free(r, first);
	return err;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings from YAML, by libfyaml's events: no document tree, so that aliases,
 * repeated keys and depth are seen as they come.
 * Invariant: every error names file:line:col and shows the line; libfyaml prints nothing.
 */
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/conf/reader.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

static void swallow(struct fy_diag *diag, void *user, const char *buf, size_t len)
{
	(void)diag;
	(void)user;
	(void)buf;
	(void)len;
}

static struct err *read_sequence(struct conf_reader *r, const struct conf_option *option)
{
	struct conf_place *places = NULL;
	char **texts = NULL;
	size_t n = 0, texts_cap = 0, places_cap = 0, bad = 0;
	struct fy_event *event = NULL;
	struct err *err = NULL;

	while (conf_reader_member(r, FYET_SEQUENCE_END, &event, &err)) {
		mem_grow(texts, n, texts_cap);
		mem_grow(places, n, places_cap);
		if (event->type != FYET_SCALAR)
			err = conf_reader_at(r, event,
				       err_new("a member of '%s' may not be a %s", option->key,
					       event->type == FYET_SEQUENCE_START ? "list" : "mapping"));
		else
			err = conf_reader_text(r, event, &texts[n]);
		places[n] = conf_reader_place(fy_event_start_mark(event));
		n += !err;
	}
	if (!err) {
		err = conf_store_list(option, option->key, texts, n, r->obj, &bad);
		if (err)
			err = conf_at_place(&r->source, places[bad], err);
	}
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
	free(places);
	return err;
}

static struct err *wrong_shape(const struct conf_option *option, const char *shape)
{
	_cleanup_free_ char *wanted = conf_value_wanted(option);

	return err_new("'%s' %s, not a %s", option->key, wanted, shape);
}

static struct err *read_value(struct conf_reader *r, const struct conf_option *option)
{
	_cleanup_free_ char *text = NULL;
	struct fy_event *event;
	struct err *err = conf_reader_next(r, &event);

	if (err)
		return err;
	if (conf_is_sweep(option->type))
		return conf_reader_sweep(r, option, event);
	if (event->type == FYET_SEQUENCE_START && conf_is_list(option->type)) {
		conf_reader_free(r, event);
		return read_sequence(r, option);
	}
	if (event->type == FYET_SEQUENCE_START)
		err = conf_reader_at(r, event, wrong_shape(option, "list"));
	else if (event->type != FYET_SCALAR)
		err = conf_reader_at(r, event, wrong_shape(option, "mapping"));
	else
		err = conf_reader_text(r, event, &text);
	if (!err) {
		err = conf_store_text(option, option->key, text, r->obj);
		if (err)
			err = conf_reader_at(r, event, err);
	}
	conf_reader_free(r, event);
	return err;
}

static struct err *read_mapping(struct conf_reader *r, const char *section);

/* A section may stand once in a file. */
static struct err *enter_section(struct conf_reader *r, const char *section)
{
	for (size_t i = 0; i < r->n_sections; i++)
		if (strcmp(r->sections[i], section) == 0)
			return err_new("section '%s' is given twice", section);
	mem_grow(r->sections, r->n_sections, r->sections_cap);
	r->sections[r->n_sections++] = mem_strdup(section);
	return NULL;
}

static struct err *read_section(struct conf_reader *r, const char *section)
{
	_cleanup_free_ char *text = NULL;
	struct fy_event *event;
	struct err *err = conf_reader_next(r, &event);
	bool mapping;

	if (err)
		return err;
	mapping = event->type == FYET_MAPPING_START;
	if (event->type == FYET_SCALAR)
		err = conf_reader_text(r, event, &text);
	/* A section whose keys are all commented out has the value null. */
	if (!err && !mapping && (!text || *text))
		err = conf_reader_at(r, event, conf_needs_key(r->table, section));
	conf_reader_free(r, event);
	if (!err && mapping)
		err = read_mapping(r, section);
	return err;
}

static int *option_line(struct conf_reader *r, const struct conf_option *option)
{
	size_t i = 0;

	while (conf_option_at(r->table, i) != option)
		i++;
	return &r->option_lines[i];
}

/* What stands at one key of a mapping. */
static struct err *read_key(struct conf_reader *r, const char *section, struct fy_event *event)
{
	_cleanup_free_ char *key = NULL;
	const struct conf_option *option;
	size_t section_len;
	struct err *err = conf_reader_key(r, section, event, &key, &section_len);

	if (err)
		return err;
	option = conf_find(r->table, key);
	if (option) {
		int *line = option_line(r, option);

		if (*line)
			return conf_reader_at(r, event,
					err_new("'%s' is given twice, first in line %d", key, *line));
		*line = conf_reader_place(fy_event_start_mark(event)).line;
		return read_value(r, option);
	}
	if (conf_is_section(r->table, key)) {
		err = enter_section(r, key);
		return err ? conf_reader_at(r, event, err) : read_section(r, key);
	}
	return conf_reader_at(r, event, conf_unknown_key(r->table, key, section_len));
}

/* The rest of a mapping whose start was read. Recursion is as deep as the table's keys. */
static struct err *read_mapping(struct conf_reader *r, const char *section)
{
	struct fy_event *event = NULL;
	struct err *err = NULL;

	while (conf_reader_member(r, FYET_MAPPING_END, &event, &err))
		err = read_key(r, section, event);
	return err;
}

static struct err *read_root(struct conf_reader *r, struct fy_event *event)
{
	_cleanup_free_ char *text = NULL;
	struct err *err;

	if (event->type == FYET_MAPPING_START)
		return read_mapping(r, "");
	if (event->type == FYET_SCALAR) {
		err = conf_reader_text(r, event, &text);
		if (err || !*text)
			return err; /* only comments, or null: nothing is set */
	}
	return conf_reader_at(r, event,
			err_new("a %s is a mapping of keys to values, not %s", r->table->what,
				event->type == FYET_SCALAR ? "a single value" : "a list"));
}

static struct err *read_stream(struct conf_reader *r)
{
	int n_documents = 0;

	struct fy_event *event = NULL;
	struct err *err = NULL;

	while (conf_reader_member(r, FYET_STREAM_END, &event, &err)) {
		enum fy_event_type type = event->type;

		if (type == FYET_DOCUMENT_START && n_documents++)
			err = conf_reader_at(r, event,
				       err_new("a second document begins here; a %s is one", r->table->what));
		else if (type == FYET_MAPPING_START || type == FYET_SEQUENCE_START || type == FYET_SCALAR)
			err = read_root(r, event);
	}
	return err;
}

struct err *conf_read_text(const struct conf_table *table, const char *name, const char *text, size_t len,
			   void *obj)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct conf_reader r = { .table = table, .source = { name, text, len }, .obj = obj };
	struct fy_diag_cfg diag_cfg;

	if (len >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
		r.source.text += 3;
		r.source.len -= 3;
	}
	if (!r.source.len)
		return NULL;
	struct err *err = conf_check_source(&r.source);
	if (err)
		return err;
	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	diag_cfg.output_fn = swallow;
	diag_cfg.level = FYET_ERROR;
	diag_cfg.colorize = false;
	r.diag = fy_diag_create(&diag_cfg);
	if (!r.diag)
		return err_new("cannot start the YAML reader");
	fy_diag_set_collect_errors(r.diag, true);
	r.parser = fy_parser_create(&(struct fy_parse_cfg){
		.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_ALLOW_DUPLICATE_KEYS,
		.diag = r.diag,
	});
	r.option_lines = mem_calloc(conf_n_options(table), sizeof(*r.option_lines));
	if (!r.parser || fy_parser_set_string(r.parser, r.source.text, r.source.len) != 0)
		err = err_new("cannot start the YAML reader");
	else
		err = read_stream(&r);

	fy_parser_destroy(r.parser);
	fy_diag_destroy(r.diag);
	for (size_t i = 0; i < r.n_sections; i++)
		free(r.sections[i]);
	free(r.sections);
	free(r.option_lines);
	return err;
}

struct err *conf_read_file(const struct conf_table *table, const char *path, void *obj)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	struct err *err = fs_read(path, &sb);

	if (err)
		return err;
	return conf_read_text(table, path, sb.text, sb.len, obj);
}

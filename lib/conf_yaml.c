/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings from YAML, by libfyaml's events: no document tree, so that aliases,
 * repeated keys and depth are seen as they come. Anchors, aliases and tags have no
 * use in settings and are refused, not ignored.
 * Invariant: every error names file:line:col and shows the line; libfyaml prints nothing.
 */
#include <ctype.h>
#include <libfyaml.h>
#include <string.h>
#include <strings.h>

#include "lib/conf_internal.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

#define SOURCE_WIDTH 100

struct reader {
	const struct conf_table *table;
	const char *name; /* of the file, in messages */
	const char *text;
	size_t len;
	void *obj;
	struct fy_diag *diag;
	struct fy_parser *parser;
	int *option_lines; /* line where each option was set; 0: not yet */
	char **sections;   /* those opened so far */
	size_t n_sections, sections_cap;
};

struct place {
	int line, column; /* from 1; a line of 0 is unknown */
};

static void swallow(struct fy_diag *diag, void *user, const char *buf, size_t len)
{
	(void)diag;
	(void)user;
	(void)buf;
	(void)len;
}

/* The line of a place and a caret below; columns count characters. */
static void show_source(const struct reader *r, struct place place, struct strbuf *sb)
{
	const char *p = r->text, *end = r->text + r->len;

	for (int line = 1; line < place.line && p; line++) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	if (!p || place.line < 1)
		return;

	/* Of a long line the part around the place. */
	int first = place.column > SOURCE_WIDTH * 3 / 4 ? place.column - SOURCE_WIDTH / 2 : 1;
	int column = 1, caret = -1, shown = 0;
	strbuf_puts(sb, "\n    ");
	while (p < end && *p != '\n' && *p != '\r' && shown < SOURCE_WIDTH) {
		uint32_t c;
		size_t n = conf_utf8_next(p, (size_t)(end - p), &c);

		if (column >= first) {
			if (column == place.column)
				caret = shown;
			if (!n || c < 0x20 || (c >= 0x7f && c < 0xa0))
				strbuf_putc(sb, n && c == '\t' ? ' ' : '?');
			else
				strbuf_add(sb, p, n);
			shown++;
		}
		p += n ? n : 1;
		column++;
	}
	strbuf_printf(sb, "\n    %*s^", caret < 0 ? shown : caret, "");
}

static struct err *at_place(const struct reader *r, struct place place, struct err *inner)
{
	_cleanup_err_ struct err *guard = inner;
	_cleanup_strbuf_ struct strbuf source = STRBUF_INIT;
	const char *hint = err_hint_text(inner);

	show_source(r, place, &source);
	struct err *err = err_new("%s:%d:%d: %s%s", r->name, place.line, place.column, err_message(inner), source.text);
	return hint ? err_hint(err, "%s", hint) : err;
}

static struct err *at_event(const struct reader *r, struct fy_event *event, struct err *inner)
{
	const struct fy_mark *mark = fy_event_start_mark(event);
	struct place place = { 1, 1 };

	if (mark)
		place = (struct place){ mark->line + 1, mark->column + 1 };
	return at_place(r, place, inner);
}

static struct err *parse_error(struct reader *r)
{
	void *iter = NULL;
	struct fy_diag_error *error = fy_diag_errors_iterate(r->diag, &iter);
	struct place place = { 1, 1 };

	if (!error)
		return at_place(r, place, err_new("cannot be read as YAML"));
	if (error->line > 0)
		place = (struct place){ error->line, error->column > 0 ? error->column : 1 };
	return at_place(r, place, err_new("%s", error->msg ? error->msg : "cannot be read as YAML"));
}

/* Next event; an anchor, alias or tag is an error. NULL in *ret at the end of the stream. */
static struct err *next_event(struct reader *r, struct fy_event **ret)
{
	struct fy_event *event = fy_parser_parse(r->parser);
	struct fy_token *tag = NULL, *anchor = NULL;
	struct err *err = NULL;

	if (!event)
		return parse_error(r);
	switch (event->type) {
	case FYET_SCALAR:
		tag = event->scalar.tag;
		anchor = event->scalar.anchor;
		break;
	case FYET_MAPPING_START:
		tag = event->mapping_start.tag;
		anchor = event->mapping_start.anchor;
		break;
	case FYET_SEQUENCE_START:
		tag = event->sequence_start.tag;
		anchor = event->sequence_start.anchor;
		break;
	case FYET_ALIAS:
		err = err_new("an alias has no use in a %s", r->table->what);
		break;
	default:
		break;
	}
	if (tag)
		err = err_new("a tag (!...) has no use in a %s", r->table->what);
	else if (anchor)
		err = err_new("an anchor (&...) has no use in a %s", r->table->what);
	if (err) {
		err = at_event(r, event, err);
		fy_parser_event_free(r->parser, event);
		return err;
	}
	*ret = event;
	return NULL;
}

/* The text of a scalar; a plain null is "". NULL with an error if a NUL hides in it. */
static struct err *scalar_text(struct reader *r, struct fy_event *event, char **ret)
{
	size_t len = 0;
	const char *text = event->scalar.value ? fy_token_get_text(event->scalar.value, &len) : "";
	bool plain = event->scalar.value && fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;

	if (!text)
		return at_event(r, event, err_new("cannot be read as YAML"));
	if (memchr(text, '\0', len))
		return at_event(r, event, err_new("a value may not hold a NUL byte"));
	_cleanup_free_ char *copy = mem_strndup(text, len);
	if (plain && (strcmp(copy, "~") == 0 || strcasecmp(copy, "null") == 0))
		*copy = '\0';
	*ret = no_free_ptr(copy);
	return NULL;
}


static struct err *read_sequence(struct reader *r, const struct conf_option *option)
{
	struct place *places = NULL;
	char **texts = NULL;
	size_t n = 0, texts_cap = 0, places_cap = 0, bad = 0;
	struct err *err = NULL;

	for (;;) {
		struct fy_event *event;
		const struct fy_mark *mark;

		err = next_event(r, &event);
		if (err)
			break;
		if (event->type == FYET_SEQUENCE_END) {
			fy_parser_event_free(r->parser, event);
			err = conf_store_list(option, option->key, texts, n, r->obj, &bad);
			if (err)
				err = at_place(r, places[bad], err);
			break;
		}
		mem_grow(texts, n, texts_cap);
		mem_grow(places, n, places_cap);
		if (event->type != FYET_SCALAR)
			err = at_event(r, event, err_new("a member of '%s' may not be a %s", option->key,
							 event->type == FYET_SEQUENCE_START ? "list" : "mapping"));
		else
			err = scalar_text(r, event, &texts[n]);
		mark = fy_event_start_mark(event);
		places[n] = mark ? (struct place){ mark->line + 1, mark->column + 1 } : (struct place){ 1, 1 };
		fy_parser_event_free(r->parser, event);
		if (err)
			break;
		n++;
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

static struct err *read_value(struct reader *r, const struct conf_option *option)
{
	_cleanup_free_ char *text = NULL;
	struct fy_event *event;
	struct err *err = next_event(r, &event);

	if (err)
		return err;
	if (event->type == FYET_SEQUENCE_START && conf_is_list(option->type)) {
		fy_parser_event_free(r->parser, event);
		return read_sequence(r, option);
	}
	if (event->type == FYET_SEQUENCE_START)
		err = at_event(r, event, wrong_shape(option, "list"));
	else if (event->type != FYET_SCALAR)
		err = at_event(r, event, wrong_shape(option, "mapping"));
	else
		err = scalar_text(r, event, &text);
	if (!err) {
		err = conf_store_text(option, option->key, text, r->obj);
		if (err)
			err = at_event(r, event, err);
	}
	fy_parser_event_free(r->parser, event);
	return err;
}

static struct err *read_mapping(struct reader *r, const char *section);

/* Once for each section of a file. Takes the name. */
static struct err *enter_section(struct reader *r, const char *section)
{
	for (size_t i = 0; i < r->n_sections; i++)
		if (strcmp(r->sections[i], section) == 0)
			return err_new("section '%s' is given twice", section);
	mem_grow(r->sections, r->n_sections, r->sections_cap);
	r->sections[r->n_sections++] = mem_strdup(section);
	return NULL;
}

static struct err *read_section(struct reader *r, const char *section)
{
	_cleanup_free_ char *text = NULL;
	struct fy_event *event;
	struct err *err = next_event(r, &event);
	bool mapping;

	if (err)
		return err;
	mapping = event->type == FYET_MAPPING_START;
	if (event->type == FYET_SCALAR)
		err = scalar_text(r, event, &text);
	/* A section whose keys are all commented out has the value null. */
	if (!err && !mapping && (!text || *text))
		err = at_event(r, event, conf_needs_key(r->table, section));
	fy_parser_event_free(r->parser, event);
	if (!err && mapping)
		err = read_mapping(r, section);
	return err;
}

/* What stands at one key of a mapping. */
static struct err *read_key(struct reader *r, const char *section, struct fy_event *event)
{
	_cleanup_free_ char *leaf = NULL;
	struct err *err;

	if (event->type != FYET_SCALAR)
		return at_event(r, event, err_new("a key must be a word"));
	err = scalar_text(r, event, &leaf);
	if (err)
		return err;
	_cleanup_free_ char *key = mem_printf("%s%s%s", section, *section ? "." : "", leaf);
	const struct conf_option *option = conf_find(r->table, key);
	if (option) {
		int *line = &r->option_lines[option - r->table->options];
		const struct fy_mark *mark = fy_event_start_mark(event);

		if (*line)
			return at_event(r, event, err_new("'%s' is given twice, first in line %d", key, *line));
		*line = mark ? mark->line + 1 : 1;
		return read_value(r, option);
	}
	if (conf_is_section(r->table, key)) {
		err = enter_section(r, key);
		return err ? at_event(r, event, err) : read_section(r, key);
	}
	return at_event(r, event, conf_unknown_key(r->table, key, strlen(key) - strlen(leaf)));
}

/* The rest of a mapping whose start was read. Recursion is as deep as the table's keys. */
static struct err *read_mapping(struct reader *r, const char *section)
{
	for (;;) {
		struct fy_event *event;
		struct err *err = next_event(r, &event);

		if (err)
			return err;
		bool end = event->type == FYET_MAPPING_END;
		if (!end)
			err = read_key(r, section, event);
		fy_parser_event_free(r->parser, event);
		if (end || err)
			return err;
	}
}

static struct err *read_root(struct reader *r, struct fy_event *event)
{
	_cleanup_free_ char *text = NULL;
	struct err *err;

	if (event->type == FYET_MAPPING_START)
		return read_mapping(r, "");
	if (event->type == FYET_SCALAR) {
		err = scalar_text(r, event, &text);
		if (err || !*text)
			return err; /* only comments, or null: nothing is set */
	}
	return at_event(r, event, err_new("a %s is a mapping of keys to values, not %s", r->table->what,
					  event->type == FYET_SCALAR ? "a single value" : "a list"));
}

static struct err *read_stream(struct reader *r)
{
	int n_documents = 0;

	for (;;) {
		struct fy_event *event;
		struct err *err = next_event(r, &event);

		if (err)
			return err;
		enum fy_event_type type = event->type;
		if (type == FYET_DOCUMENT_START && n_documents++)
			err = at_event(r, event, err_new("a second document begins here; a %s is one", r->table->what));
		else if (type == FYET_MAPPING_START || type == FYET_SEQUENCE_START || type == FYET_SCALAR)
			err = read_root(r, event);
		fy_parser_event_free(r->parser, event);
		if (err || type == FYET_STREAM_END)
			return err;
	}
}

static struct err *check_bytes(const struct reader *r)
{
	size_t bad = conf_utf8_check(r->text, r->len);
	const char *nul = memchr(r->text, '\0', bad);
	struct place place = { 1, 1 };

	if (nul)
		bad = (size_t)(nul - r->text);
	if (bad == r->len)
		return NULL;
	for (size_t at = 0; at < bad;) {
		uint32_t c;

		at += conf_utf8_next(r->text + at, r->len - at, &c);
		place = c == '\n' ? (struct place){ place.line + 1, 1 } : (struct place){ place.line, place.column + 1 };
	}
	if (nul)
		return at_place(r, place, err_new("NUL byte in a text file"));
	return at_place(r, place, err_new("byte 0x%02x is not UTF-8", (unsigned char)r->text[bad]));
}

struct err *conf_read_text(const struct conf_table *table, const char *name, const char *text, size_t len, void *obj)
{
	struct reader r = { .table = table, .name = name, .text = text, .len = len, .obj = obj };
	struct fy_diag_cfg diag_cfg;
	struct err *err;

	if (!len)
		return NULL;
	err = check_bytes(&r);
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
	r.option_lines = mem_calloc(table->n_options, sizeof(*r.option_lines));
	if (!r.parser || fy_parser_set_string(r.parser, text, len) != 0)
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

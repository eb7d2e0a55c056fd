/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libfyaml's events, one after the other, for those who make settings of them. It knows no
 * setting. Anchors, aliases and tags have no use in settings and are refused, not ignored.
 * Invariant: every error names file:line:col and shows the line.
 */
#include "lib/conf/reader.h"

#include <string.h>
#include <strings.h>

#include "lib/mem.h"

struct conf_place conf_reader_place(const struct fy_mark *mark)
{
	return mark ? (struct conf_place){ mark->line + 1, mark->column + 1 } : (struct conf_place){ 1, 1 };
}

struct err *conf_reader_at(const struct conf_reader *r, struct fy_event *event, struct err *inner)
{
	return conf_at_place(&r->source, conf_reader_place(fy_event_start_mark(event)), inner);
}

static struct err *parse_error(struct conf_reader *r)
{
	void *iter = NULL;
	struct fy_diag_error *error = fy_diag_errors_iterate(r->diag, &iter);
	struct conf_place place = { 1, 1 };

	if (!error)
		return conf_at_place(&r->source, place, err_new("cannot be read as YAML"));
	if (error->line > 0)
		place = (struct conf_place){ error->line, error->column > 0 ? error->column : 1 };
	return conf_at_place(&r->source, place,
			     err_new("%s", error->msg ? error->msg : "cannot be read as YAML"));
}

struct err *conf_reader_next(struct conf_reader *r, struct fy_event **ret)
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
	if (err)
		err = conf_reader_at(r, event, err);
	else if (tag)
		err = conf_at_place(&r->source, conf_reader_place(fy_token_start_mark(tag)),
				    err_new("a tag (!...) has no use in a %s", r->table->what));
	else if (anchor)
		err = conf_at_place(&r->source, conf_reader_place(fy_token_start_mark(anchor)),
				    err_new("an anchor (&...) has no use in a %s", r->table->what));
	if (err) {
		fy_parser_event_free(r->parser, event);
		return err;
	}
	*ret = event;
	return NULL;
}

struct err *conf_reader_text(struct conf_reader *r, struct fy_event *event, char **ret)
{
	size_t len = 0;
	const char *text = event->scalar.value ? fy_token_get_text(event->scalar.value, &len) : "";
	bool plain = event->scalar.value && fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;

	if (!text)
		return conf_reader_at(r, event, err_new("cannot be read as YAML"));
	if (memchr(text, '\0', len))
		return conf_reader_at(r, event, err_new("a value may not hold a NUL byte"));
	_cleanup_free_ char *copy = mem_strndup(text, len);
	if (plain && (strcmp(copy, "~") == 0 || strcasecmp(copy, "null") == 0))
		*copy = '\0';
	*ret = no_free_ptr(copy);
	return NULL;
}

bool conf_reader_member(struct conf_reader *r, enum fy_event_type end, struct fy_event **event, struct err **err)
{
	if (*event)
		conf_reader_free(r, *event);
	*event = NULL;
	if (*err)
		return false;
	*err = conf_reader_next(r, event);
	if (*err)
		return false;
	if ((*event)->type != end)
		return true;
	r->end = conf_reader_place(fy_event_start_mark(*event));
	conf_reader_free(r, *event);
	*event = NULL;
	return false;
}

struct err *conf_reader_key(struct conf_reader *r, const char *section, struct fy_event *event, char **ret,
			    size_t *section_len_ret)
{
	_cleanup_free_ char *leaf = NULL;
	struct err *err;

	if (event->type != FYET_SCALAR)
		return conf_reader_at(r, event, err_new("a key must be a word"));
	err = conf_reader_text(r, event, &leaf);
	if (err)
		return err;
	*ret = mem_printf("%s%s%s", section, *section ? "." : "", leaf);
	*section_len_ret = strlen(*ret) - strlen(leaf);
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader of GDB/MI records. One pass over a copy of the line; texts are unescaped in
 * place, which never makes them longer. Knows the syntax, and nothing of what is said.
 *
 * Invariant: whatever the bytes are, reading ends, and a record that is not well formed is
 * rubbish as a whole: half a record is never handed out.
 */
#include "tool/gdb/mi.h"

#include <stdarg.h>
#include <string.h>

#include "lib/mem.h"

struct cursor {
	char *at, *end;
	struct mi_record *record;
};

static bool take(struct cursor *c, char byte)
{
	if (c->at == c->end || *c->at != byte)
		return false;
	c->at++;
	return true;
}

/* --- texts ------------------------------------------------------------------------ */

static bool is_octal(const struct cursor *c)
{
	return c->at < c->end && *c->at >= '0' && *c->at <= '7';
}

/* What stands behind a backslash: GDB writes what C has, bytes beyond as octal numbers. */
static char unescape(struct cursor *c)
{
	static const char from[] = "ntrabfve", to[] = "\n\t\r\a\b\f\v\033";
	const char *known;
	unsigned value = 0;

	if (is_octal(c)) {
		for (int i = 0; i < 3 && is_octal(c); i++)
			value = value * 8 + (unsigned)(*c->at++ - '0');
		return (char)value;
	}
	known = *c->at ? strchr(from, *c->at) : NULL;
	return known ? (c->at++, to[known - from]) : *c->at++;
}

/* "...": NULL if it has no end. The NUL that ends the result overwrites the quote at the latest. */
static const char *parse_text(struct cursor *c)
{
	char *out, *begin;

	if (!take(c, '"'))
		return NULL;
	begin = out = c->at;
	while (c->at < c->end && *c->at != '"') {
		char byte = *c->at++;

		if (byte == '\\') {
			if (c->at == c->end)
				return NULL;
			byte = unescape(c);
		}
		*out++ = byte ? byte : ' ';
	}
	if (!take(c, '"'))
		return NULL;
	*out = '\0';
	return begin;
}

static bool is_word(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       byte == '-' || byte == '_' || byte == '.';
}

/* A class or a name; its end is left for the caller to overwrite, who has looked at it. */
static char *parse_word(struct cursor *c)
{
	char *begin = c->at;

	while (c->at < c->end && is_word(*c->at))
		c->at++;
	return c->at > begin ? begin : NULL;
}

/* --- values ----------------------------------------------------------------------- */

static uint32_t add_value(struct mi_record *record, const char *name)
{
	mem_grow(record->values, record->n_values, record->cap_values);
	record->values[record->n_values] = (struct mi_value){ .name = name, .text = "" };
	return (uint32_t)record->n_values++;
}

static bool parse_items(struct cursor *c, uint32_t into, char close, int depth);

static bool parse_value(struct cursor *c, uint32_t index, int depth)
{
	const char *text;

	if (take(c, '{')) {
		c->record->values[index].type = MI_TUPLE;
		return parse_items(c, index, '}', depth + 1);
	}
	if (take(c, '[')) {
		c->record->values[index].type = MI_LIST;
		return parse_items(c, index, ']', depth + 1);
	}
	text = parse_text(c);
	if (text)
		c->record->values[index].text = text;
	return text;
}

/* NAME=VALUE, or VALUE alone: items of lists, and further locations of a breakpoint before mi3. */
static bool parse_item(struct cursor *c, uint32_t *index_ret, int depth)
{
	const char *name = NULL;

	if (c->at < c->end && is_word(*c->at)) {
		name = parse_word(c);
		if (c->at == c->end || *c->at != '=')
			return false;
		*c->at++ = '\0';
	}
	*index_ret = add_value(c->record, name);
	return parse_value(c, *index_ret, depth);
}

/* Items to the closing bracket; `close` of 0 is the end of the line. */
static bool parse_items(struct cursor *c, uint32_t into, char close, int depth)
{
	uint32_t last = 0, index;

	if (depth > MI_MAX_DEPTH)
		return false;
	if (close && take(c, close))
		return true;
	do {
		if (!parse_item(c, &index, depth))
			return false;
		if (last)
			c->record->values[last].next = index;
		else
			c->record->values[into].first = index;
		last = index;
	} while (take(c, ','));
	return close ? take(c, close) : c->at == c->end;
}

/* --- records ---------------------------------------------------------------------- */

static bool parse_token(struct cursor *c)
{
	struct mi_record *record = c->record;

	while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
		if (record->token > (UINT64_MAX - 9) / 10)
			return false;
		record->token = record->token * 10 + (uint64_t)(*c->at++ - '0');
		record->has_token = true;
	}
	return true;
}

static bool parse_results(struct cursor *c)
{
	char *after;

	c->record->class = parse_word(c);
	if (!c->record->class)
		return false;
	after = c->at;
	if (c->at < c->end) {
		if (!take(c, ',') || !parse_items(c, 0, '\0', 0))
			return false;
	}
	*after = '\0';
	return true;
}

static bool is_prompt(const struct cursor *c)
{
	size_t len = (size_t)(c->end - c->at);

	/* GDB puts a blank behind it. */
	return (len == 5 && !memcmp(c->at, "(gdb)", 5)) || (len == 6 && !memcmp(c->at, "(gdb) ", 6));
}

static bool parse_record(struct cursor *c)
{
	static const struct {
		char sign;
		enum mi_kind kind;
	} signs[] = {
		{ '^', MI_RESULT }, { '*', MI_EXEC },   { '+', MI_STATUS }, { '=', MI_NOTICE },
		{ '~', MI_CONSOLE }, { '@', MI_TARGET }, { '&', MI_LOG },
	};
	struct mi_record *record = c->record;

	record->kind = MI_PROMPT;
	if (is_prompt(c))
		return true;
	if (!parse_token(c) || c->at == c->end)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		if (*c->at != signs[i].sign)
			continue;
		c->at++;
		record->kind = signs[i].kind;
		if (record->kind <= MI_NOTICE)
			return parse_results(c);
		record->text = record->has_token ? NULL : parse_text(c);
		return record->text && c->at == c->end;
	}
	return false;
}

/* A record that has nothing yet but a copy of its line, and the tuple of its results. */
static struct mi_record begin_record(enum mi_kind kind, const char *line, size_t len)
{
	struct mi_record record = { .kind = kind, .class = "", .text = "", .bytes = mem_alloc(len + 1) };

	if (len)
		memcpy(record.bytes, line, len);
	record.values = mem_calloc(1, sizeof(record.values[0]));
	record.values[0] = (struct mi_value){ .type = MI_TUPLE, .text = "" };
	record.n_values = record.cap_values = 1;
	return record;
}

void mi_parse(const char *line, size_t len, struct mi_record *ret)
{
	struct mi_record record;
	struct cursor c;

	if (len && line[len - 1] == '\r')
		len--;
	record = begin_record(MI_PROMPT, line, len);
	c = (struct cursor){ .at = record.bytes, .end = record.bytes + len, .record = &record };
	if (len > MI_MAX_LINE || !parse_record(&c)) {
		mi_record_deinit(&record);
		record = begin_record(MI_RUBBISH, line, len);
		record.text = record.bytes;
	}
	*ret = record;
}

void mi_record_deinit(struct mi_record *record)
{
	free(record->bytes);
	free(record->values);
	*record = (struct mi_record){ 0 };
}

/* --- looking ---------------------------------------------------------------------- */

const struct mi_value *mi_first(const struct mi_record *record, const struct mi_value *in)
{
	return in->first ? &record->values[in->first] : NULL;
}

const struct mi_value *mi_next(const struct mi_record *record, const struct mi_value *value)
{
	return value->next ? &record->values[value->next] : NULL;
}

const struct mi_value *mi_find(const struct mi_record *record, const struct mi_value *in, const char *name)
{
	for (const struct mi_value *v = mi_first(record, in); v; v = mi_next(record, v))
		if (v->name && !strcmp(v->name, name))
			return v;
	return NULL;
}

const char *mi_get(const struct mi_record *record, ...)
{
	const struct mi_value *value = record->values;
	const char *name;
	va_list names;

	va_start(names, record);
	while (value && (name = va_arg(names, const char *)))
		value = mi_find(record, value, name);
	va_end(names);
	return value ? value->text : "";
}

bool mi_is(const struct mi_record *record, enum mi_kind kind, const char *class)
{
	return record->kind == kind && !strcmp(record->class, class);
}

/* --- commands --------------------------------------------------------------------- */

void mi_quote(struct strbuf *to, const char *text)
{
	strbuf_putc(to, '"');
	for (; *text; text++) {
		if (*text == '\n') {
			strbuf_puts(to, "\\n");
			continue;
		}
		if (*text == '"' || *text == '\\')
			strbuf_putc(to, '\\');
		strbuf_putc(to, *text);
	}
	strbuf_putc(to, '"');
}

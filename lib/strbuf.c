/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A growing string. Knows bytes only, no characters.
 * Invariant: text[len] is NUL; cap is 0 exactly when text is the shared empty string.
 */
#include "lib/strbuf.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/mem.h"

char strbuf_empty[1];

void strbuf_deinit(struct strbuf *sb)
{
	if (sb->cap)
		free(sb->text);
	*sb = (struct strbuf)STRBUF_INIT;
}

void strbuf_clear(struct strbuf *sb)
{
	sb->len = 0;
	if (sb->cap)
		sb->text[0] = '\0';
}

static void reserve(struct strbuf *sb, size_t more)
{
	assert(more < SIZE_MAX - sb->len);
	size_t need = sb->len + more + 1;

	if (need <= sb->cap)
		return;
	size_t cap = sb->cap ? sb->cap : 64;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : 2 * cap;
	sb->text = mem_realloc(sb->cap ? sb->text : NULL, cap, 1);
	sb->cap = cap;
}

void strbuf_add(struct strbuf *sb, const char *bytes, size_t len)
{
	if (!len)
		return;
	reserve(sb, len);
	memcpy(sb->text + sb->len, bytes, len);
	sb->len += len;
	sb->text[sb->len] = '\0';
}

void strbuf_puts(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_putc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	size_t room = sb->cap - sb->len;
	int len = vsnprintf(sb->cap ? sb->text + sb->len : NULL, room, fmt, ap);
	assert(len >= 0);
	if ((size_t)len >= room) {
		reserve(sb, (size_t)len);
		vsnprintf(sb->text + sb->len, (size_t)len + 1, fmt, again);
	}
	sb->len += (size_t)len;
	va_end(again);
}

void strbuf_printf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(sb, fmt, ap);
	va_end(ap);
}

char *strbuf_steal(struct strbuf *sb)
{
	char *text = sb->cap ? sb->text : mem_strdup("");

	*sb = (struct strbuf)STRBUF_INIT;
	return text;
}

/* Bytes of the UTF-8 character at s; 0: it is none. Neither overlong forms nor surrogates matter to a terminal. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 :
		   s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void strbuf_puts_legible(struct strbuf *sb, const char *s, const char *keep)
{
	while (*s) {
		const unsigned char *at = (const unsigned char *)s;
		size_t n = utf8_len(at);
		bool control = at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);

		if (!n || (control && !strchr(keep, *s))) {
			strbuf_printf(sb, "\\%03o", at[0]);
			n = 1;
		} else {
			strbuf_add(sb, s, n);
		}
		s += n;
	}
}

char *text_legible(const char *s)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_puts_legible(&sb, s, "");
	return strbuf_steal(&sb);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Text as bytes: whether it is UTF-8, how it is shown in a message, how it stands in YAML. */
#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/conf/internal.h"
#include "lib/strbuf.h"

#define QUOTE_MAX 60 /* bytes of a text in a message */

size_t conf_utf8_next(const char *s, size_t len, uint32_t *ret)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t n = !len		     ? 0
		   : p[0] < 0x80     ? 1
		   : p[0] >> 5 == 6  ? 2
		   : p[0] >> 4 == 14 ? 3
		   : p[0] >> 3 == 30 ? 4
				     : 0;

	if (n == 0 || n > len)
		return 0;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

size_t conf_utf8_check(const char *s, size_t len)
{
	size_t at = 0;
	uint32_t c;

	while (at < len) {
		size_t n = conf_utf8_next(s + at, len - at, &c);

		if (!n)
			break;
		at += n;
	}
	return at;
}

char *conf_quote(const char *text)
{
	struct strbuf sb = STRBUF_INIT;
	size_t len = strlen(text);
	uint32_t c;

	for (size_t at = 0; at < len;) {
		size_t n = conf_utf8_next(text + at, len - at, &c);

		if (sb.len >= QUOTE_MAX) {
			strbuf_puts(&sb, "...");
			break;
		}
		if (!n || c < 0x20 || (c >= 0x7f && c < 0xa0))
			strbuf_putc(&sb, '?');
		else
			strbuf_add(&sb, text + at, n);
		at += n ? n : 1;
	}
	return strbuf_steal(&sb);
}

/* A word that YAML reads as itself without quotes, in a list too. */
static bool is_plain_word(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '/' && *s != '_')
		return false;
	if (strcasecmp(s, "null") == 0)
		return false;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.+-")] == '\0';
}

void conf_put_string(struct strbuf *sb, const char *s)
{
	size_t len = strlen(s);
	uint32_t c;

	if (is_plain_word(s)) {
		strbuf_puts(sb, s);
		return;
	}
	strbuf_putc(sb, '"');
	for (size_t at = 0; at < len;) {
		size_t n = conf_utf8_next(s + at, len - at, &c);

		assert(n > 0); /* checked when it was stored */
		if (c == '"' || c == '\\')
			strbuf_printf(sb, "\\%c", (char)c);
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			strbuf_printf(sb, "\\x%02x", c);
		else if (c == 0x2028 || c == 0x2029 || c == 0xfeff || (c >= 0xfffe && c <= 0xffff))
			strbuf_printf(sb, "\\u%04x", c); /* line separators, byte order mark, no characters */
		else
			strbuf_add(sb, s + at, n);
		at += n;
	}
	strbuf_putc(sb, '"');
}

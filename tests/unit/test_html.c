/* SPDX-License-Identifier: BSD-3-Clause */
/* Pieces of HTML: no text gets out as markup, and a number goes with where it is from. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "report/page/html.h"

static void texts_are_escaped(void **state)
{
	static const struct {
		const char *text, *html;
	} rows[] = {
		{ "plain", "plain" },
		{ "<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" },
		{ "\" onload=\"x", "&quot; onload=&quot;x" },
		{ "a & b &amp; c", "a &amp; b &amp;amp; c" },
		{ "µs × …", "µs × …" },
		{ "tab\tline\n", "tab\tline\n" },
		{ "bell\a esc\033[1m del\177", "bell\xef\xbf\xbd esc\xef\xbf\xbd[1m del\xef\xbf\xbd" },
		{ "cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd" },
		{ "overlong \xc0\xbc", "overlong \xef\xbf\xbd\xef\xbf\xbd" },
		{ "surrogate \xed\xa0\x80", "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "latin \xe9.", "latin \xef\xbf\xbd." },
		{ "C1 \xc2\x9b", "C1 \xef\xbf\xbd\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

		html_text(&out, rows[i].text);
		assert_string_equal(out.text, rows[i].html);
	}
}

static void elements_close_by_their_name(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	html_element(&out, "td align=\"left\"", "a<b");
	assert_string_equal(out.text, "<td align=\"left\">a&lt;b</td>");
}

static void numbers_go_with_their_key(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	html_value(&out, HTML_DURATION, 8123.4567, "r<1", "variants[%d].x", 3);
	assert_string_equal(out.text, "<td align=\"right\" data-record=\"r&lt;1\" data-key=\"variants[3].x\" "
				      "data-value=\"8123.4567\" title=\"variants[3].x = 8123.4567\">8.12 µs</td>");
	strbuf_clear(&out);
	html_ratio(&out, 30, 20, "r", "a", "b");
	assert_string_equal(out.text, "<td align=\"right\" data-record=\"r\" data-key=\"a\" data-under=\"b\" "
				      "data-value=\"1.5\" title=\"a / b = 1.5\">1.50 ×</td>");
}

static void what_is_no_number_is_a_dash(void **state)
{
	static const char dash[] = "<td align=\"right\">-</td>";
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	html_ratio(&out, 30, 0, "r", "a", "b");
	assert_string_equal(out.text, dash);
	strbuf_clear(&out);
	html_value(&out, HTML_COUNT, NAN, "r", "a");
	assert_string_equal(out.text, dash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(elements_close_by_their_name),
		cmocka_unit_test(numbers_go_with_their_key),
		cmocka_unit_test(what_is_no_number_is_a_dash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

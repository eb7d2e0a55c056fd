/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A grid in all formats: no text gets out as markup, a number goes with where it is from, and what is not known
 * says why.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "report/grid/grid.h"
#include "report/grid/html.h"
#include "report/grid/text.h"

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

/* A name that is markup, a number, a quotient, one that is not known, one of the paper's, and a long name. */
static void make(struct grid_list *list)
{
	static const struct grid_column columns[] = {
		{ "name", 8, COLUMN_LABEL, NULL }, { "of", 6, COLUMN_LABEL, NULL },  { "T1", 10, 0, "costs" },
		{ "T2", 10, 0, "costs" },	   { "n", 0, COLUMN_DETAIL, NULL }, { "verdict", 0, COLUMN_LEFT, NULL },
	};
	struct grid *grid = grid_add(list, GRID_TABLE, "table, %d", 1);

	grid_set_caption(grid, "a|b");
	grid_add_columns(grid, columns, ARRAY_SIZE(columns));
	grid_text(grid, "  <i>");
	grid_text(grid, "x");
	grid_value(grid, CELL_TIME, 8123.5, "r<1", "variants[%d].x", 3);
	grid_quotient(grid, CELL_RATIO, 30, 20, "r", "a", "b");
	grid_value(grid, CELL_COUNT, 3, "r", "n");
	grid_text(grid, "worse");
	grid_strong(grid, true);
	grid_text(grid, "  <i>");
	grid_text(grid, "y");
	grid_value(grid, CELL_COUNT, NAN, "r", "a");
	grid_quotient(grid, CELL_RATIO, 30, 0, "r", "a", "b");
	grid_empty(grid);
	grid_text(grid, "a, \"b\"");
	grid_text(grid, "a long name");
	grid_text(grid, "z");
	grid_other(grid, CELL_TIME, CELL_PRINTED, 1.5e9);
	grid_show(grid, "1.5 s");
	grid_other(grid, CELL_SHARE, CELL_DERIVED, 0.03125);
	grid_empty(grid);
	grid_text(grid, "_same_");
	grid_note(list, GRID_NOTES, "T1", "what & why");
}

static void assert_format(const char *format, const char *expected)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct grid_list list = { 0 };

	make(&list);
	grid_format_find(format)->put(&list, &out);
	assert_string_equal(out.text, expected);
	grid_list_deinit(&list);
}

static void as_text(void **state)
{
	(void)state;
	assert_format("text", "a|b             ───── costs ──────\n"
			      "name    of            T1        T2  verdict\n"
			      "  <i>   x        8.12 µs    1.50 ×  worse\n"
			      "        y              -         -  a, \"b\"\n"
			      "a long name z      1.5 s    3.12 %  _same_\n"
			      "T1        what & why\n");
}

static void as_markdown(void **state)
{
	(void)state;
	assert_format("markdown", "#### a\\|b\n\n"
				  "| name | of | costs, T1 | costs, T2 | n | verdict |\n|---|---|---:|---:|---:|---|\n"
				  "| \\<i\\> | x | 8.12 µs | 1.50 × | 3 | **worse** |\n"
				  "| \\<i\\> | y | - | - | | a, \"b\" |\n"
				  "| a long name | z | *1.5 s* | 3.12 % | | \\_same\\_ |\n\n"
				  "- T1: what & why\n");
}

static void as_csv(void **state)
{
	(void)state;
	assert_format("csv", "table,row,column,kind,value,origin,why,record,key,under\n"
			     "\"table, 1\",\"<i>, x\",\"costs, T1\",time_ns,8123.5,,,r<1,variants[3].x,\n"
			     "\"table, 1\",\"<i>, x\",\"costs, T2\",ratio,1.5,,,r,a,b\n"
			     "\"table, 1\",\"<i>, x\",n,count,3,,,r,n,\n"
			     "\"table, 1\",\"<i>, x\",verdict,text,worse,,,,,\n"
			     "\"table, 1\",\"<i>, y\",\"costs, T1\",absent,,,not measured,,,\n"
			     "\"table, 1\",\"<i>, y\",\"costs, T2\",absent,,,there is nothing to divide by,,,\n"
			     "\"table, 1\",\"<i>, y\",verdict,text,\"a, \"\"b\"\"\",,,,,\n"
			     "\"table, 1\",\"a long name, z\",\"costs, T1\",time_ns,1.5 s,printed,,,,\n"
			     "\"table, 1\",\"a long name, z\",\"costs, T2\",share,0.03125,derived,,,,\n"
			     "\"table, 1\",\"a long name, z\",verdict,text,_same_,,,,,\n"
			     "notes,T1,,text,what & why,,,,,\n");
}

static void as_html(void **state)
{
	static const char *const parts[] = {
		"<caption>a|b</caption>", "<th scope=\"col\" align=\"right\">costs, T1</th>",
		"<th scope=\"row\" align=\"left\">&lt;i&gt;</th><th scope=\"row\" align=\"left\">y</th>",
		"<td align=\"right\" data-record=\"r&lt;1\" data-key=\"variants[3].x\" data-value=\"8123.5\" "
		"title=\"variants[3].x = 8123.5\">8.12 µs</td>",
		"<td align=\"right\" data-record=\"r\" data-key=\"a\" data-under=\"b\" data-value=\"1.5\" "
		"title=\"a / b = 1.5\">1.50 ×</td>",
		"<td align=\"right\" data-why=\"not measured\" title=\"not measured\">-</td>",
		"<td align=\"left\"><b>worse</b></td>", "<td align=\"right\"><i>1.5 s</i></td>",
		"<td align=\"right\" data-derived=\"0.03125\">3.12 %</td>", "<p><b>T1</b>: what &amp; why</p>",
	};
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct grid_list list = { 0 };

	(void)state;
	make(&list);
	grid_list_to_html(&list, &out);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strstr(out.text, parts[i]))
			fail_msg("not in it: %s", parts[i]);
	grid_list_deinit(&list);
}

static void facts_go_on_in_the_next_line(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct grid_list list = { 0 };
	char wide[61];

	(void)state;
	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	grid_note(&list, GRID_FACTS, "job", "%s · %s · y", wide, wide);
	grid_list_to_text(&list, &out);
	assert_int_equal(out.len, 10 + 60 + 1 + 10 + 60 + strlen(" · y\n"));
	assert_null(grid_format_find("latex"));
	grid_list_deinit(&list);
}

static void padding_counts_columns_not_bytes(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	text_right(&out, "1.00 µs", 9);
	text_left(&out, "×", 3);
	text_right(&out, "too wide", 4);
	text_end(&out);
	assert_string_equal(out.text, "  1.00 µs×   too wide\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(elements_close_by_their_name),
		cmocka_unit_test(as_text),
		cmocka_unit_test(as_markdown),
		cmocka_unit_test(as_csv),
		cmocka_unit_test(as_html),
		cmocka_unit_test(facts_go_on_in_the_next_line),
		cmocka_unit_test(padding_counts_columns_not_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

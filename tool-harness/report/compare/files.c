/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A comparison for other programs: JSON, JUnit's XML for CI servers, Markdown for a merge
 * request.
 *
 * Invariant: text that came from a record is escaped for the format that it goes into.
 */
#include <string.h>

#include "lib/json/text.h"
#include "lib/mem.h"
#include "report/compare/print.h"
#include "report/grid/markdown.h"

static const char *const kind_names[] = { "count", "count", "count", "time_ns", "memory_bytes" };

/* --- JSON ------------------------------------------------------------------------- */

/* Null: the side does not know it. */
static json_t *side_json(const struct quantiles *side)
{
	if (!side->n)
		return json_null();
	return json_pack("{s:I, s:f, s:f, s:f}", "n", (json_int_t)side->n, "min", side->min, "median", side->p50,
			 "max", side->max);
}

/* Further runs; null: none are asked for, or none would help. */
static json_t *more_json(size_t more)
{
	return more && more != COMPARE_NEVER ? json_integer((json_int_t)more) : json_null();
}

static json_t *row_json(const struct compare_row *row)
{
	json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:f, s:s}", "metric", row->metric->key, "kind",
				 kind_names[row->metric->kind], "base", side_json(&row->base), "new",
				 side_json(&row->new), "tolerance", row->tolerance, "verdict",
				 compare_row_verdict(row));

	if (row->has_ratio)
		json_object_update_new(json, json_pack("{s:f, s:[f, f], s:f, s:f, s:f}", "ratio", row->ratio.value,
						       "interval", row->ratio.low, row->ratio.high, "spread",
						       row->ratio.spread, "p", row->p, "p_holm", row->p_holm));
	json_object_set_new(json, "runs_more", more_json(row->more));
	return json;
}

static json_t *part_json(const struct compare_part *part)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < part->n_rows; i++)
		json_array_append_new(rows, row_json(&part->rows[i]));
	return json_pack("{s:s, s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:f, s:o}", "variant", part->name,
			 "temperature", temperature_names[part->temperature], "verdict",
			 part->only ? compare_only_names[part->only] : compare_verdict_names[part->verdict],
			 "why", part->why, "runs_base", (json_int_t)part->n_base, "runs_new",
			 (json_int_t)part->n_new, "invalid_base",
			 (json_int_t)part->invalid_base, "invalid_new", (json_int_t)part->invalid_new, "drift",
			 part->drift, "pairs", (json_int_t)part->n_pairs, "tests", (json_int_t)part->tests, "alpha",
			 part->alpha, "metrics", rows);
}

static json_t *differs_json(const struct difference_list *list)
{
	json_t *json = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct difference *one = &list->all[i];

		json_array_append_new(json, json_pack("{s:s, s:o, s:o, s:o, s:b}", "where", one->where, "key",
						      json_text(one->key), "base", json_text(one->base), "new",
						      json_text(one->new), "forced", one->forbids));
	}
	return json;
}

json_t *comparison_json(const struct comparison *comparison)
{
	json_t *parts = json_array(), *notes = json_array(), *gaps = json_array();

	for (size_t i = 0; i < comparison->n_parts; i++)
		json_array_append_new(parts, part_json(&comparison->parts[i]));
	for (size_t i = 0; i < comparison->n_notes; i++)
		json_array_append_new(notes, json_text(comparison->notes[i]));
	for (size_t i = 0; i < comparison->n_gaps; i++)
		json_array_append_new(gaps, json_text(comparison->gaps[i]));
	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:b, s:[O, O], s:o, s:o, s:o, s:o}", "schema",
			 "attachstorm-comparison", "schema_version", 3, "base", comparison->base, "new",
			 comparison->new, "verdict", compare_verdict_names[comparison->verdict], "runs_more",
			 more_json(comparison_runs_more(comparison)), "counts_only", comparison->counts_only, "sides",
			 comparison->about[COMPARE_BASE], comparison->about[COMPARE_NEW], "differs",
			 differs_json(&comparison->differs), "differences", notes, "gaps", gaps, "parts", parts);
}

/* --- JUnit ------------------------------------------------------------------------ */

/* Control characters have no form in XML 1.0 at all. */
static void put_xml(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			strbuf_puts(out, "&amp;");
			break;
		case '<':
			strbuf_puts(out, "&lt;");
			break;
		case '>':
			strbuf_puts(out, "&gt;");
			break;
		case '"':
			strbuf_puts(out, "&quot;");
			break;
		default:
			strbuf_putc(out, (unsigned char)*text < 0x20 ? ' ' : *text);
		}
	}
}

/* JUnit's elements for what did not pass. */
enum outcome { PASSED, SKIPPED, FAILURE, ERROR, N_OUTCOMES };
static const char *const outcome_elements[] = { NULL, "skipped", "failure", "error" };

static const enum outcome cannot_tell_outcomes[] = {
	[CANNOT_TELL_SKIPPED] = SKIPPED,
	[CANNOT_TELL_FAILURE] = FAILURE,
	[CANNOT_TELL_ERROR] = ERROR,
	[CANNOT_TELL_PASSED] = PASSED,
};

/* What cannot be compared is an error, whatever the policy. */
static enum outcome outcome_of(enum compare_verdict verdict, enum cannot_tell_policy policy)
{
	switch (verdict) {
	case COMPARE_NOT_TESTED:
		return SKIPPED;
	case COMPARE_CANNOT_TELL:
		return cannot_tell_outcomes[policy];
	case COMPARE_MISSING:
		return ERROR;
	case COMPARE_WORSE:
		return FAILURE;
	default:
		return PASSED;
	}
}

/* Cases of a suite as they are put, so that the head's numbers are those of the body. */
struct suite {
	enum cannot_tell_policy policy;
	struct strbuf body;
	size_t n, of[N_OUTCOMES];
};

static void put_case(const char *class, const char *name, enum compare_verdict verdict, const char *text,
		     struct suite *suite)
{
	enum outcome outcome = outcome_of(verdict, suite->policy);
	struct strbuf *out = &suite->body;

	suite->n++;
	suite->of[outcome]++;
	strbuf_puts(out, "    <testcase classname=\"");
	put_xml(out, class);
	strbuf_puts(out, "\" name=\"");
	put_xml(out, name);
	strbuf_puts(out, "\">\n      ");
	if (outcome != PASSED) {
		strbuf_printf(out, "<%s message=\"%s: ", outcome_elements[outcome], compare_verdict_names[verdict]);
		put_xml(out, text);
		strbuf_puts(out, "\"/>\n");
	} else {
		strbuf_puts(out, "<system-out>");
		if (verdict == COMPARE_CANNOT_TELL)
			strbuf_puts(out, "cannot tell: ");
		put_xml(out, text);
		strbuf_puts(out, "</system-out>\n");
	}
	strbuf_puts(out, "    </testcase>\n");
}

static void put_property(const char *name, const char *value, struct strbuf *out)
{
	strbuf_printf(out, "      <property name=\"%s\" value=\"", name);
	put_xml(out, value);
	strbuf_puts(out, "\"/>\n");
}

static void put_properties(const struct comparison *comparison, struct strbuf *out)
{
	strbuf_puts(out, "    <properties>\n");
	for (size_t i = 0; i < ARRAY_SIZE(comparison->about); i++) {
		_cleanup_strbuf_ struct strbuf about = STRBUF_INIT;

		compare_about_text(comparison, i, &about);
		put_property(compare_which_names[i], about.text, out);
	}
	for (size_t i = 0; i < comparison->differs.n; i++) {
		_cleanup_free_ char *text = difference_text(&comparison->differs.all[i]);

		put_property("differs", text, out);
	}
	strbuf_puts(out, "    </properties>\n");
}

/* comparison NULL: it could not be made. */
static void put_suite(const char *name, const struct comparison *comparison, struct suite *suite, struct strbuf *out)
{
	strbuf_puts(out, "  <testsuite name=\"");
	put_xml(out, name);
	strbuf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n", suite->n,
		      suite->of[FAILURE], suite->of[ERROR], suite->of[SKIPPED]);
	if (comparison)
		put_properties(comparison, out);
	strbuf_printf(out, "%s  </testsuite>\n", suite->body.text);
	strbuf_deinit(&suite->body);
}

static void put_part_suite(const struct comparison *comparison, const struct compare_part *part, struct strbuf *out)
{
	_cleanup_free_ char *class = mem_printf("%s.%s", part->name, temperature_names[part->temperature]);
	_cleanup_free_ char *name = mem_printf("%s, %s", part->name, temperature_names[part->temperature]);
	struct suite suite = { .policy = comparison->cannot_tell, .body = STRBUF_INIT };

	if (part->only)
		put_case(class, "runs", COMPARE_MISSING, compare_only_names[part->only], &suite);
	if (part->why)
		put_case(class, "runs", COMPARE_CANNOT_TELL, part->why, &suite);
	for (size_t i = 0; i < part->n_rows; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		compare_row_text(&part->rows[i], &text);
		put_case(class, part->rows[i].metric->key, part->rows[i].verdict, text.text, &suite);
	}
	put_suite(name, comparison, &suite, out);
}

static void put_gaps_suite(const struct comparison *comparison, struct strbuf *out)
{
	struct suite suite = { .body = STRBUF_INIT };

	for (size_t i = 0; i < comparison->n_gaps; i++)
		put_case("records", "complete", COMPARE_MISSING, comparison->gaps[i], &suite);
	put_suite("records", comparison, &suite, out);
}

void comparison_junit(const struct comparison *comparison, struct strbuf *out)
{
	strbuf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"attachstorm compare\">\n");
	if (comparison->n_gaps)
		put_gaps_suite(comparison, out);
	for (size_t i = 0; i < comparison->n_parts; i++)
		put_part_suite(comparison, &comparison->parts[i], out);
	strbuf_puts(out, "</testsuites>\n");
}

json_t *comparison_failure_json(const struct comparison_failure *failure)
{
	return json_pack("{s:s, s:i, s:o, s:o, s:s, s:o}", "schema", "attachstorm-comparison", "schema_version", 3,
			 "base", json_text(failure->base), "new", json_text(failure->new), "verdict",
			 compare_verdict_names[COMPARE_MISSING], "error", json_text(failure->message));
}

void comparison_failure_junit(const struct comparison_failure *failure, struct strbuf *out)
{
	struct suite suite = { .body = STRBUF_INIT };

	strbuf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"attachstorm compare\">\n");
	put_case("records", "comparable", COMPARE_MISSING, failure->message, &suite);
	put_suite("records", NULL, &suite, out);
	strbuf_puts(out, "</testsuites>\n");
}

/* --- Markdown --------------------------------------------------------------------- */

static size_t rows_with(const struct compare_part *part, enum compare_verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < part->n_rows; i++)
		n += part->rows[i].verdict == verdict;
	return n;
}

static void put_md_part(const struct comparison *comparison, size_t part, bool same_too, struct strbuf *out)
{
	struct grid_list list = { 0 };

	comparison_add_part(comparison, part, same_too, &list);
	strbuf_putc(out, '\n');
	grid_list_to_markdown(&list, out);
	grid_list_deinit(&list);
}

static void put_md_sides(const struct comparison *comparison, struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(comparison->about); i++) {
		_cleanup_strbuf_ struct strbuf about = STRBUF_INIT;

		compare_about_text(comparison, i, &about);
		strbuf_printf(out, "- %s: ", compare_which_names[i]);
		markdown_text(out, about.text);
		strbuf_putc(out, '\n');
	}
	for (size_t i = 0; i < comparison->differs.n; i++) {
		_cleanup_free_ char *text = difference_text(&comparison->differs.all[i]);

		if (comparison->differs.all[i].forbids)
			continue;
		strbuf_puts(out, "- differs: ");
		markdown_text(out, text);
		strbuf_putc(out, '\n');
	}
}

void comparison_markdown(const struct comparison *comparison, struct strbuf *out)
{
	strbuf_puts(out, "### Start-up: ");
	markdown_text(out, compare_verdict_names[comparison->verdict]);
	strbuf_puts(out, "\n\n");
	put_md_sides(comparison, out);
	for (size_t i = 0; i < comparison->n_notes; i++) {
		strbuf_puts(out, "- compared in spite of: ");
		markdown_text(out, comparison->notes[i]);
		strbuf_putc(out, '\n');
	}
	for (size_t i = 0; i < comparison->n_gaps; i++) {
		strbuf_puts(out, "- ");
		markdown_text(out, comparison->gaps[i]);
		strbuf_putc(out, '\n');
	}
	for (size_t i = 0; i < comparison->n_parts; i++)
		if (comparison->parts[i].only ||
		    rows_with(&comparison->parts[i], COMPARE_SAME) < comparison->parts[i].n_rows)
			put_md_part(comparison, i, false, out);
	strbuf_puts(out, "\n<details><summary>All metrics</summary>\n");
	for (size_t i = 0; i < comparison->n_parts; i++)
		put_md_part(comparison, i, true, out);
	strbuf_puts(out, "\n</details>\n");
}

void comparison_failure_markdown(const struct comparison_failure *failure, struct strbuf *out)
{
	strbuf_puts(out, "### Start-up: not comparable\n\n");
	markdown_text(out, failure->base);
	strbuf_puts(out, " against ");
	markdown_text(out, failure->new);
	strbuf_puts(out, ".\n\n- ");
	markdown_text(out, failure->message);
	strbuf_putc(out, '\n');
}

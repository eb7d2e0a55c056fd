/* SPDX-License-Identifier: BSD-3-Clause */
/* The page against a golden file, hostile texts in it, and pictures made fit to stand in it. */
#include "golden.h"
#include "nullrun.h"
#include "report/page/page.h"
#include "report/page/plot.h"

static void make_record(struct page_input *input, const char *id)
{
	struct scenario scenario = nullrun_scenario();
	struct page_record *record;
	struct run *run;

	mem_grow(input->records, input->n_records, input->cap_records);
	record = &input->records[input->n_records++];
	*record = (struct page_record){ .path = mem_strdup("nowhere.json") };
	run = &record->run;
	nullrun_make(&scenario, 3, run);
	free(run->id);
	run->id = mem_strdup(id);
	run->complete = true;
	run->started_utc = mem_strdup("2026-03-01T12:00:00Z");
	run->kit_version = mem_strdup("0.1.0");
	run->scenario = json_pack("{s:s, s:s, s:i, s:s}", "name", "made-up", "tool", "null", "tasks", 4, "aslr", "on");
	run->host = json_pack("{s:s, s:i, s:s, s:I}", "cpu_model", "Example CPU @ 2.40GHz", "cpus", 2, "kernel", "6.1.0",
			      "memory_bytes", (json_int_t)25769803776);
	run->target = json_pack("{s:s, s:s, s:i, s:i, s:i}", "name", "small", "seed", "42", "libraries", 100, "modules", 57,
				"functions", 18500);
}

static void whole_page(void **state)
{
	_cleanup_(page_input_deinit) struct page_input input = { .tables_only = true };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	make_record(&input, "small-4");
	assert_null(page_put(&input, &out));
	/* the foot has the kit's version */
	assert_non_null(strstr(out.text, "<hr>"));
	out.len = (size_t)(strstr(out.text, "<hr>") - out.text);
	out.text[out.len] = '\0';
	assert_golden("report.html", out.text);
}

/* What a variant sets differently is not what was run; nor is what means nothing to the tool. */
static void only_settings_that_hold_are_shown(void **state)
{
	_cleanup_(page_input_deinit) struct page_input input = { .tables_only = true };
	_cleanup_strbuf_ struct strbuf swept = STRBUF_INIT, untraced = STRBUF_INIT;
	struct run *run;

	(void)state;
	make_record(&input, "small-4");
	run = &input.records[0].run;
	json_object_set_new(run->scenario, "wait", json_string("block"));
	json_object_set_new(run->scenario, "breakpoints", json_pack("{s:i}", "count", 10));
	json_object_set_new(run_add_variant(run, "many", NULL, false)->settings, "tasks", json_string("32"));
	assert_null(page_put(&input, &swept));
	assert_non_null(strstr(swept.text, ">tool null · wait block · ASLR on · 10 breakpoints<"));
	assert_non_null(strstr(swept.text, ">many</th><td align=\"left\">tasks=32<"));
	json_object_set_new(run->scenario, "tool", json_string("none"));
	assert_null(page_put(&input, &untraced));
	assert_non_null(strstr(untraced.text, ">tool none · ASLR on<"));
}

static void overlapping_phases_are_told(void **state)
{
	_cleanup_(page_input_deinit) struct page_input input = { .tables_only = true };
	_cleanup_strbuf_ struct strbuf apart = STRBUF_INIT, overlapping = STRBUF_INIT;
	struct run *run;

	(void)state;
	make_record(&input, "small-4");
	run = &input.records[0].run;
	assert_null(page_put(&input, &apart));
	assert_null(strstr(apart.text, "came to tasks that ran"));
	for (size_t i = 0; i < run->n_trials; i++)
		if (run->trials[i].traced)
			run->trials[i].phases.continued_ns = run->trials[i].phases.planted_ns - 1;
	assert_null(page_put(&input, &overlapping));
	assert_non_null(strstr(overlapping.text, "made-up, cold: the tool came to tasks that ran"));
	assert_non_null(strstr(overlapping.text, "made-up, warm: the tool came to tasks that ran"));
}

static void contradictions_stand_on_top(void **state)
{
	_cleanup_(page_input_deinit) struct page_input input = { .tables_only = true };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	const char *top, *contents;

	(void)state;
	make_record(&input, "small-4");
	trial_contradict(&input.records[0].run.trials[1], "3 libraries, 4 <expected>");
	assert_null(page_put(&input, &out));
	top = strstr(out.text, "<b>INVALID</b>: 1 of 12 runs contradict themselves");
	contents = strstr(out.text, "<nav>");
	assert_non_null(top);
	assert_true(top < contents);
	assert_non_null(strstr(top, "<p><b>INVALID</b>: cold 1, traced: 3 libraries, 4 &lt;expected&gt;</p>"));
	assert_null(strstr(out.text, "<b>valid</b>"));
}

/* Whatever a record says, it is text: in names, settings, ids, versions, titles. */
static void hostile_texts_stay_texts(void **state)
{
	static const char hostile[] = "'\"><script>alert(1)</script>\n'; set print '|id' # \\ $(id) `id` {/Bold x} %s";
	_cleanup_(page_input_deinit) struct page_input input = { .title = hostile };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct run *run;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		make_record(&input, hostile);
		run = &input.records[i].run;
		free(run->variants[0].name);
		run->variants[0].name = mem_strdup(hostile);
		json_object_set_new(run->scenario, "name", json_string(hostile));
		json_object_set_new(run->scenario, "tool", json_string(hostile));
		json_object_set_new(run->host, "kernel", json_string(hostile));
		for (size_t j = 0; j < run->n_trials; j++) {
			free(run->trials[j].transcript);
			run->trials[j].transcript = mem_strdup(hostile);
			run->trials[j].tool_verdict = VERDICT_HUNG;
		}
		input.records[i].has_samples = true; /* the made-up events themselves */
	}
	assert_null(page_put(&input, &out));
	assert_null(strstr(out.text, "<script"));
	assert_non_null(strstr(out.text, "&lt;script&gt;"));
	assert_null(strstr(out.text, " onload"));
	if (plot_available())
		assert_non_null(strstr(out.text, "<svg role=\"img\""));
}

static void ids_of_pictures_are_their_own(void **state)
{
	static const char document[] =
		"<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg width=\"10\">\n<path id='gpDot'/>"
		"<use xlink:href='#gpDot' color='red'/><g id=\"a\" clip-path=\"url(#c)\"><text>x id='y' #z</text></g></svg>\n";
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	plot_put_inline(&out, document, "p1-", "say \"it\"");
	assert_string_equal(out.text,
			    "<svg role=\"img\" aria-label=\"say &quot;it&quot;\" width=\"10\">\n<path id='p1-gpDot'/>"
			    "<use xlink:href='#p1-gpDot' color='red'/><g id=\"p1-a\" clip-path=\"url(#p1-c)\">"
			    "<text>x id='y' #z</text></g></svg>\n");
}

static void what_gnuplot_says_is_told(void **state)
{
	_cleanup_strbuf_ struct strbuf script = STRBUF_INIT, out = STRBUF_INIT;
	_cleanup_err_ struct err *err = NULL;

	(void)state;
	if (!plot_available())
		skip();
	strbuf_puts(&script, "set nonsense 1\n");
	err = plot_draw(&script, &out);
	assert_non_null(err);
	assert_non_null(strstr(err_message(err), "nonsense"));
	assert_int_equal(out.len, 0);
}

/* A tool that does not tell when a stop was over: its samples are read, and no curve is drawn. */
static void samples_without_an_end_are_read(void **state)
{
	char folder[] = "/tmp/test_page.XXXXXX";
	struct scenario scenario = nullrun_scenario();
	_cleanup_(page_input_deinit) struct page_input input = { 0 };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_free_ char *path = NULL;
	struct run run;

	(void)state;
	assert_non_null(mkdtemp(folder));
	nullrun_make(&scenario, 1, &run);
	for (size_t i = 0; i < run.n_trials; i++)
		for (size_t j = 0; j < run.trials[i].n_events; j++)
			run.trials[i].events[j].done_ns = 0;
	assert_null(run_write(&run, folder, &path));
	run_deinit(&run);
	assert_null(page_input_add_record(&input, path));
	assert_true(input.records[0].has_samples);
	assert_true(input.records[0].run.trials[1].n_events > 0);
	assert_null(page_put(&input, &out));
	assert_null(strstr(out.text, "id=\"events\""));
	assert_null(fs_remove_tree(folder));
}

static void no_footprint_is_refused(void **state)
{
	_cleanup_(page_input_deinit) struct page_input input = { 0 };
	_cleanup_err_ struct err *err = page_input_add_footprint(&input, "tests/golden/stacks.json");

	(void)state;
	assert_non_null(err);
	assert_non_null(strstr(err_message(err), "no footprint"));
	assert_non_null(strstr(err_hint_text(err), "pynamic-gen footprint --json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_page),
		cmocka_unit_test(only_settings_that_hold_are_shown),
		cmocka_unit_test(overlapping_phases_are_told),
		cmocka_unit_test(contradictions_stand_on_top),
		cmocka_unit_test(hostile_texts_stay_texts),
		cmocka_unit_test(ids_of_pictures_are_their_own),
		cmocka_unit_test(what_gnuplot_says_is_told),
		cmocka_unit_test(samples_without_an_end_are_read),
		cmocka_unit_test(no_footprint_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

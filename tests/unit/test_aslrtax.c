/* SPDX-License-Identifier: BSD-3-Clause */
/* The ASLR tax: ratios of what was measured, of variants that differ in nothing else. */
#include "unit.h"

#include <string.h>

#include "lib/mem.h"
#include "measure/aslrtax.h"
#include "report/aslrpair.h"
#include "report/table/aslr.h"

static struct quantiles median(double value)
{
	return (struct quantiles){ .n = 3, .min = value, .p50 = value, .max = value, .mean = value };
}

static void set_side(struct summary *s, double factor)
{
	s->n_traced = 3;
	s->traced_ns[SPAN_PHASE1] = median(100e6 * factor);
	s->traced_ns[SPAN_PHASE2] = median(200e6 * factor);
	s->t1_ns = median(50e3 * factor);
	s->bytes_read = 1024 * factor;
	s->tracer_peak_rss_bytes = 4096 * factor;
	s->maps_read = 4;
	s->maps_different = factor > 1 ? 4 : 1;
	s->libraries_mapped = 16;
	s->libraries_same_place = factor > 1 ? 0 : 16;
}

static void ratios_of_what_both_have(void **state)
{
	struct summary on = { 0 }, off = { 0 };
	struct aslr_tax tax;

	(void)state;
	set_side(&on, 1.5);
	set_side(&off, 1);
	assert_true(aslr_tax_compute(&on, &off, &tax));
	for (int i = 0; i < ASLR_N; i++) {
		assert_true(tax.rows[i].known);
		assert_float_equal(tax.rows[i].ratio, 1.5, 1e-12);
	}
	assert_true(tax.maps_known);
	on.t1_ns.n = 0;
	off.bytes_read = -1;
	off.maps_read = 0;
	assert_true(aslr_tax_compute(&on, &off, &tax));
	assert_false(tax.rows[ASLR_T1].known);
	assert_false(tax.rows[ASLR_BYTES_READ].known);
	assert_true(tax.rows[ASLR_MEMORY].known);
	assert_false(tax.maps_known);
	off.n_traced = 0;
	assert_false(aslr_tax_compute(&on, &off, &tax));
}

static void add(struct run *run, const char *name, const char *tool, const char *aslr, double factor)
{
	struct run_variant *variant = run_add_variant(run, name, "host", false);

	if (tool)
		json_object_set_new(variant->settings, "tool", json_string(tool));
	if (aslr)
		json_object_set_new(variant->settings, "aslr", json_string(aslr));
	set_side(&variant->summaries[TEMPERATURE_WARM], factor);
}

static void pairs_differ_in_aslr_alone(void **state)
{
	static const size_t expected[][2] = { { 0, 3 }, { 1, 2 } };
	struct grid_list list = { 0 };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	double tax[3], maps[2];
	const char *temperature;
	struct aslr_pair pair;
	struct run run;
	size_t from = 0;
	json_t *json;
	int on, off;

	(void)state;
	run_init(&run);
	run.id = mem_strdup("pairs");
	run.scenario = json_pack("{s:s, s:s}", "aslr", "on", "tool", "native");
	add(&run, "a", "native", "on", 1.5);
	add(&run, "b", "gdb", NULL, 3);
	add(&run, "c", "gdb", "off", 1);
	add(&run, "d", NULL, "off", 1);
	add(&run, "e", "lldb", "on", 1);
	run.variants[4].bind_now = true;
	for (size_t i = 0; i < 2; i++, from = pair.on + 1) {
		_cleanup_free_ char *name = NULL;

		assert_true(aslr_pair_find(&run, from, &pair));
		assert_int_equal(pair.on, expected[i][0]);
		assert_int_equal(pair.off, expected[i][1]);
		name = aslr_pair_name(&run, &pair);
		assert_string_equal(name, i ? "tool=gdb" : "tool=native");
	}
	assert_false(aslr_pair_find(&run, from, &pair));
	aslr_add(&run, &list);
	grid_list_to_text(&list, &text);
	assert_non_null(strstr(text.text, "  warm tool=native       on          150 ms   300 ms  75.0 µs"));
	assert_non_null(strstr(text.text, "                         on / off    1.50 ×   1.50 ×   1.50 ×     1.50 ×    1.50 ×\n"));
	assert_non_null(strstr(text.text, "                         on / off    3.00 ×"));
	grid_list_deinit(&list);
	json = aslr_to_json(&run);
	assert_int_equal(json_array_size(json), 2);
	assert_int_equal(json_unpack(json_array_get(json, 1), "{s:i, s:i, s:s, s:{s:F, s:F, s:F}, s:{s:F, s:F}}", "on",
				     &on, "off", &off, "temperature", &temperature, "t1_ns", "on", &tax[0], "off",
				     &tax[1], "ratio", &tax[2], "maps_different", "on", &maps[0], "off", &maps[1]),
			 0);
	assert_int_equal(on, 1);
	assert_int_equal(off, 2);
	assert_string_equal(temperature, "warm");
	assert_true(tax[0] == 3 * tax[1] && tax[2] == 3 && maps[0] == 4 && maps[1] == 1);
	json_decref(json);
	run_deinit(&run);
}

static void a_run_without_pairs_has_no_such_lines(void **state)
{
	struct grid_list list = { 0 };
	struct run run;
	json_t *json;

	(void)state;
	run_init(&run);
	run.id = mem_strdup("single");
	run.scenario = json_pack("{s:s}", "aslr", "on");
	add(&run, "a", "native", NULL, 1);
	add(&run, "b", "gdb", "off", 1);
	aslr_add(&run, &list);
	assert_int_equal(list.n, 0);
	json = aslr_to_json(&run);
	assert_int_equal(json_array_size(json), 0);
	json_decref(json);
	run_deinit(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratios_of_what_both_have),
		cmocka_unit_test(pairs_differ_in_aslr_alone),
		cmocka_unit_test(a_run_without_pairs_has_no_such_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

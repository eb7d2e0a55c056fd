/* SPDX-License-Identifier: BSD-3-Clause */
/* Footprints: sums, Pynamic's summary, JSON there and back, this process. */
#include "unit.h"

#include "gen/footprint/footprint.h"

static void add(struct footprint *footprint, const char *path, enum footprint_kind kind, uint64_t base)
{
	mem_grow(footprint->objects, footprint->n_objects, footprint->cap_objects);
	footprint->objects[footprint->n_objects++] = (struct footprint_object){
		.path = mem_strdup(path),
		.kind = kind,
		.count = 1,
		.file_bytes = 10 * base,
		.bytes = { 1 * base, 2 * base, 3 * base, 4 * base, 5 * base, 6 * base, 7 * base },
	};
}

static struct footprint sample(void)
{
	struct footprint footprint = { .what = mem_strdup("sample") };

	add(&footprint, "/p/host", FOOTPRINT_PROGRAM, 1);
	add(&footprint, "/p/m.so", FOOTPRINT_MODULE, 1000);
	add(&footprint, "/p/u.so", FOOTPRINT_UTILITY, 1000000);
	add(&footprint, "/p/v.so", FOOTPRINT_UTILITY, 2000000);
	return footprint;
}

static void test_sums(void **state)
{
	struct footprint footprint = sample();
	struct footprint_object all = footprint_libraries(&footprint);
	struct footprint_object programs = footprint_sum(&footprint, FOOTPRINT_PROGRAM);

	(void)state;
	assert_int_equal(all.count, 3);
	assert_int_equal(all.file_bytes, 30010000);
	assert_int_equal(footprint_column(&all, COLUMN_TEXT), 3001000);
	assert_int_equal(footprint_column(&all, COLUMN_DATA), 2 * 3001000);
	assert_int_equal(footprint_column(&all, COLUMN_DEBUG), 3 * 3001000);
	assert_int_equal(footprint_column(&all, COLUMN_SYMTAB), (4 + 6) * 3001000);
	assert_int_equal(footprint_column(&all, COLUMN_STRTAB), (5 + 7) * 3001000);
	assert_int_equal(footprint_total(&all), 28 * 3001000ULL);
	assert_int_equal(programs.count, 1);
	assert_int_equal(footprint_total(&programs), 28);
	footprint_deinit(&footprint);
}

/* These spellings, and units of a thousand, are what scripts for Pynamic look for. */
static void test_summary(void **state)
{
	struct footprint footprint = sample();
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	footprint_put_summary(&footprint, &text);
	assert_string_equal(text.text,
			    "************************************************\n"
			    "summary of host executable and 3 shared libraries\n"
			    "Size of aggregate total of shared libraries: 30.0MB\n"
			    "Size of aggregate texts of shared libraries: 42.0MB\n"
			    "Size of aggregate data of shared libraries: 6.0MB\n"
			    "Size of aggregate debug sections of shared libraries: 9.0MB\n"
			    "Size of aggregate symbol tables of shared libraries: 12.0MB\n"
			    "Size of aggregate string table size of shared libraries: 15.0MB\n"
			    "************************************************\n");
	footprint_deinit(&footprint);
}

static void test_summary_units(void **state)
{
	struct footprint footprint = { .what = mem_strdup("units") };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	add(&footprint, "/p/m.so", FOOTPRINT_MODULE, 0);
	footprint.objects[0].file_bytes = 2500000000;
	footprint.objects[0].bytes[ELF_TEXT] = 999;
	footprint.objects[0].bytes[ELF_DATA] = 1000;
	footprint_put_summary(&footprint, &text);
	assert_non_null(strstr(text.text, "summary of no executable and 1 shared libraries\n"));
	assert_non_null(strstr(text.text, "total of shared libraries: 2.5GB\n"));
	assert_non_null(strstr(text.text, "texts of shared libraries: 999B\n"));
	assert_non_null(strstr(text.text, "data of shared libraries: 1.0KB\n"));
	assert_non_null(strstr(text.text, "debug sections of shared libraries: 0B\n"));
	footprint_deinit(&footprint);
}

static void test_table_shows_the_largest(void **state)
{
	struct footprint footprint = sample();
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *v, *u;

	(void)state;
	footprint_put_table(&footprint, 2, &text);
	v = strstr(text.text, "\nv.so");
	u = strstr(text.text, "\nu.so");
	assert_true(v && u && v < u);
	assert_null(strstr(text.text, "\nm.so"));
	assert_non_null(strstr(text.text, "... and 2 more (--all)\n"));
	assert_non_null(strstr(text.text, "\n1 program, apart "));
	footprint_deinit(&footprint);
}

static void test_paper(void **state)
{
	struct footprint footprint = sample();
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	footprint_put_paper(&footprint, &text);
	/* Table 3: 287 and 665 MB of text; ours is that of size(1): 1 + 6 + 7 of each 3.001 MB. */
	assert_non_null(strstr(text.text, "\nText                  287        665       42.0         0.15\n"));
	assert_non_null(strstr(text.text, "\ntotal                1505       2162 "));
	footprint_deinit(&footprint);
}

static void test_json_round_trip(void **state)
{
	struct footprint footprint = sample(), again;
	json_t *json = footprint_to_json(&footprint);
	char *text = json_dumps(json, JSON_INDENT(2));
	struct footprint_object a = footprint_libraries(&footprint), b;

	(void)state;
	assert_ok(footprint_parse("f.json", text, strlen(text), &again));
	b = footprint_libraries(&again);
	assert_int_equal(again.n_objects, 4);
	assert_string_equal(again.what, "sample");
	assert_string_equal(again.objects[1].path, "/p/m.so");
	assert_int_equal(again.objects[1].kind, FOOTPRINT_MODULE);
	assert_int_equal(a.file_bytes, b.file_bytes);
	assert_memory_equal(a.bytes, b.bytes, sizeof(a.bytes));
	free(text);
	json_decref(json);
	footprint_deinit(&footprint);
	footprint_deinit(&again);
}

#define HEAD "{\"format\": \"pynamic-footprint\", \"version\": 1, \"what\": \"by hand\", \"objects\": "

static void assert_refused(const char *text, const char *part)
{
	struct footprint footprint;

	assert_err_has(footprint_parse("f.json", text, strlen(text), &footprint), part);
}

static void test_json_by_hand(void **state)
{
	static const char text[] = HEAD "[{\"kind\": \"module\", \"count\": 280, \"text_bytes\": 1000},"
					"{\"kind\": \"utility\", \"count\": 215}]}";
	struct footprint footprint;

	(void)state;
	assert_ok(footprint_parse("f.json", text, strlen(text), &footprint));
	assert_int_equal(footprint_libraries(&footprint).count, 495);
	assert_int_equal(footprint_sum(&footprint, FOOTPRINT_MODULE).bytes[ELF_TEXT], 1000);
	footprint_deinit(&footprint);
}

static void test_json_refused(void **state)
{
	(void)state;
	assert_refused("", "'f.json' is neither an ELF file nor a footprint: line");
	assert_refused("#!/bin/sh\n", "'f.json' is neither an ELF file nor a footprint: line 1");
	assert_refused("[]", "footprint 'f.json': 'format' is missing");
	assert_refused("{\"format\": \"pynamic-manifest\"}", "it is a 'pynamic-manifest'");
	assert_refused("{\"format\": \"pynamic-footprint\", \"version\": 2}", "version 2 is not supported");
	assert_refused(HEAD "7}", "'objects' must be a list");
	assert_refused(HEAD "[7]}", "object 0 must be a mapping");
	assert_refused(HEAD "[{\"kind\": \"plugin\"}]}", "object 0: 'kind' must be module, utility or program");
	assert_refused(HEAD "[{\"kind\": \"module\", \"text_bytes\": -1}]}", "object 0: 'text_bytes' is out of range");
	assert_refused(HEAD "[{\"kind\": \"module\", \"data_bytes\": \"1 MB\"}]}",
		       "object 0: 'data_bytes' must be a whole number");
}

static bool holds(const struct footprint *footprint, const char *part, enum footprint_kind kind)
{
	for (size_t i = 0; i < footprint->n_objects; i++)
		if (footprint->objects[i].kind == kind && strstr(footprint->objects[i].path, part))
			return true;
	return false;
}

static void test_this_process(void **state)
{
	struct footprint footprint;

	(void)state;
	assert_ok(footprint_of_process(getpid(), NULL, &footprint));
	assert_int_equal(footprint_sum(&footprint, FOOTPRINT_PROGRAM).count, 1);
	assert_true(holds(&footprint, "test_footprint", FOOTPRINT_PROGRAM));
	assert_true(holds(&footprint, "libc.so", FOOTPRINT_UTILITY));
	assert_true(holds(&footprint, "libcmocka", FOOTPRINT_UTILITY));
	for (size_t i = 0; i < footprint.n_objects; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(footprint.objects[i].path, footprint.objects[j].path);
	footprint_deinit(&footprint);
}

/* What the loader lists for this program is what it has mapped. */
static void test_this_program(void **state)
{
	struct footprint by_loader, by_map;

	(void)state;
	assert_ok(footprint_of_process(getpid(), NULL, &by_map));
	assert_ok(footprint_find("/proc/self/exe", NULL, &by_loader));
	assert_true(holds(&by_loader, "test_footprint", FOOTPRINT_PROGRAM));
	assert_true(holds(&by_loader, "libcmocka", FOOTPRINT_UTILITY));
	assert_int_equal(footprint_libraries(&by_loader).count, footprint_libraries(&by_map).count);
	footprint_deinit(&by_loader);
	footprint_deinit(&by_map);
}

static void test_nothing_there(void **state)
{
	struct footprint footprint;

	(void)state;
	assert_err_hint(footprint_find("99999999", NULL, &footprint), "there is no process 99999999",
			"a file of this name is ./99999999");
	assert_err_has(footprint_find("/no/such", NULL, &footprint), "cannot open '/no/such'");
	assert_err_has(footprint_find("/proc", NULL, &footprint), "/proc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_summary_units),
		cmocka_unit_test(test_table_shows_the_largest),
		cmocka_unit_test(test_paper),
		cmocka_unit_test(test_json_round_trip),
		cmocka_unit_test(test_json_by_hand),
		cmocka_unit_test(test_json_refused),
		cmocka_unit_test(test_this_process),
		cmocka_unit_test(test_this_program),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parts of the second code generator: pools, line tables and unwind rules read back, cut
 * pieces, and whole objects against the compiler's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <dwarf.h>
#include <sys/stat.h>

#include "gen/asm/check.h"
#include "gen/asm/elf.h"
#include "gen/asm/debug/line_rows.h"
#include "gen/asm/stamp/stamp.h"
#include "lib/fs.h"
#include "lib/mem.h"

static char compiler_version[] = "", python_cflags[] = "-I/nowhere";
static const struct toolchain toolchain = { .compiler_version = compiler_version, .python_cflags = python_cflags,
					    .debug = { "-g", "", "", "" } };

/* A folder for templates, and a plan of utilities only, so that no Python is needed. */
struct fixture {
	char dir[32];
	struct target_spec spec;
	struct plan plan;
	struct asm_compiler compiler;
};

static void set(struct target_spec *spec, const char *assignment)
{
	struct err *err = conf_set(&spec_table, assignment, spec);

	if (err)
		fail_msg("%s", err_message(err));
}

static void fixture_init(struct fixture *f, const char *const *settings)
{
	struct err *err;

	*f = (struct fixture){ .dir = "/tmp/test_asm.XXXXXX" };
	assert_non_null(mkdtemp(f->dir));
	err = spec_read(NULL, &f->spec);
	assert_null(err);
	set(&f->spec, "modules=1");
	set(&f->spec, "utilities=3");
	set(&f->spec, "functions=1");
	set(&f->spec, "utility_functions=40");
	set(&f->spec, "programs=plain");
	while (*settings)
		set(&f->spec, *settings++);
	err = spec_check(&f->spec, NULL);
	assert_null(err);
	plan_make(&f->spec, &f->plan);
	for (size_t i = 0; i < f->plan.n_modules; i++)
		f->plan.libraries[i].role = PLAN_BEGIN; /* left to the compiler, which is not asked here */
	f->compiler = (struct asm_compiler){ .dir = f->dir, .folder = ".", .spec = &f->spec, .toolchain = &toolchain,
					     .threads = 2 };
}

static void fixture_deinit(struct fixture *f)
{
	struct err *err = fs_remove_tree(f->dir);

	assert_null(err);
	plan_deinit(&f->plan);
	spec_deinit(&f->spec);
}

static void test_signatures(void **state)
{
	struct plan_function function;

	(void)state;
	for (unsigned i = 0; i < ASM_N_SIGNATURES; i++) {
		asm_signature_function(i, &function);
		assert_in_range(function.n_args, 0, PLAN_MAX_ARGS);
		assert_int_equal(asm_signature(&function), i);
	}
	function = (struct plan_function){ .n_args = 5, .args = { 4, 4, 4, 4, 4 } };
	assert_int_equal(asm_signature(&function), ASM_N_SIGNATURES - 1);
}

static void test_lebs(void **state)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	(void)state;
	/* DWARF 5, tables 7.7 and 7.8 */
	put_uleb(&sb, 2);
	put_uleb(&sb, 127);
	put_uleb(&sb, 128);
	put_uleb(&sb, 12857);
	put_sleb(&sb, -2);
	put_sleb(&sb, 127);
	put_sleb(&sb, -127);
	put_sleb(&sb, -129);
	assert_int_equal(sb.len, 1 + 1 + 2 + 2 + 1 + 2 + 2 + 2);
	assert_memory_equal(sb.text, "\2\177\200\1\271\144\176\377\0\201\177\377\176", sb.len);
}

/* An object with a line table of these rows, read back by libdw. */
static void test_line_program(void **state)
{
	static const char *const settings[] = { NULL };
	static const struct asm_row rows[] = {
		{ .offset = 0, .line = 4, .column = 1, .flags = ROW_IS_STMT },
		{ .offset = 1, .line = 9, .column = 1, .flags = ROW_IS_STMT, .discriminator = 3 },         /* special opcode */
		{ .offset = 17, .line = 1, .column = 300, .flags = 0 },                /* line backwards */
		{ .offset = 18, .line = 100000, .column = 7, .flags = ROW_IS_STMT },   /* far line */
		{ .offset = 52, .line = 100008, .column = 7, .flags = ROW_IS_STMT },   /* const_add_pc, and too far */
		{ .offset = 70, .line = 100008, .column = 7, .flags = ROW_IS_STMT | ROW_PROLOGUE_END, .discriminator = 300 },
		{ .offset = 5000, .line = 100009, .column = 0, .flags = ROW_EPILOGUE_BEGIN },
	};
	struct fixture f;
	struct asm_unit *unit = asm_unit_create(LIBRARY_UTILITY, 1, 1);
	_cleanup_free_ char *path = NULL;
	struct asm_object object;
	struct asm_rows writer;
	struct asm_elf elf;
	size_t text, lines, info, abbrev;
	struct err *err;

	(void)state;
	fixture_init(&f, settings);
	err = asm_compile(&f.compiler, &unit, 1, true);
	assert_null(err);
	asm_elf_init(&elf);
	text = asm_elf_add_section(&elf, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 1, 0);
	lines = asm_elf_add_section(&elf, ".debug_line", SHT_PROGBITS, 0, 1, 0);
	info = asm_elf_add_section(&elf, ".debug_info", SHT_PROGBITS, 0, 1, 0);
	abbrev = asm_elf_add_section(&elf, ".debug_abbrev", SHT_PROGBITS, 0, 1, 0);
	for (unsigned i = 0; i < 6000; i++)
		strbuf_putc(&elf.sections[text].bytes, 0x90);
	asm_elf_add_global(&elf, "function", ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), text, 0, 6000);
	asm_rows_begin(&writer, &elf.sections[lines], elf.sections[text].symbol, &unit->object, "src/some.c");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		asm_rows_add(&writer, rows[i].offset, rows[i].line, rows[i].column, &rows[i]);
	asm_rows_end(&writer, 6000);
	/* A unit of one entry: name "src/some.c", stmt_list 0. */
	strbuf_add(&elf.sections[abbrev].bytes, "\1\21\0\3\10\20\27\0\0\0", 10);
	strbuf_add(&elf.sections[info].bytes, "\30\0\0\0\5\0\1\10\0\0\0\0\1src/some.c\0\0\0\0\0", 28);
	path = fs_join(f.dir, "rows.o");
	err = asm_elf_write(&elf, path);
	assert_null(err);
	err = asm_object_read(path, &object);
	if (err)
		fail_msg("%s", err_message(err));
	assert_int_equal(object.n_functions, 1);
	assert_int_equal(object.functions[0].n_rows, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_memory_equal(&object.functions[0].rows[i], &rows[i], sizeof(rows[i]));
	asm_object_deinit(&object);
	asm_elf_deinit(&elf);
	asm_unit_destroy(unit);
	fixture_deinit(&f);
}

static void test_pools(void **state)
{
	struct asm_attr attrs[] = {
		{ .name = DW_AT_name, .meaning = MEAN_STRING, .text = "one" },
		{ .name = DW_AT_producer, .meaning = MEAN_STRING, .text = "two" },
		{ .name = DW_AT_comp_dir, .meaning = MEAN_STRING, .text = "one" },
	};
	struct asm_die die[] = { { .tag = DW_TAG_variable, .attrs = attrs, .n_attrs = 3, .end = 1 },
				 { .tag = DW_TAG_variable, .end = 2 },
				 { .tag = DW_TAG_variable, .end = 3 } };
	struct asm_dies dies = { .v = die, .n = 3 };
	struct asm_abbrevs abbrevs = ASM_ABBREVS_INIT;
	struct asm_strings strings;

	(void)state;
	asm_strings_init(&strings, 1000);
	asm_strings_take(&strings, &dies);
	assert_int_equal(attrs[0].value, 1000);
	assert_int_equal(attrs[1].value, 1004);
	assert_int_equal(attrs[2].value, 1000);
	assert_int_equal(strings.bytes.len, 8);
	asm_abbrevs_take(&abbrevs, &dies);
	assert_int_equal(die[0].abbrev, 1);
	assert_int_equal(die[1].abbrev, 2);
	assert_int_equal(die[2].abbrev, 2);
	asm_abbrevs_end(&abbrevs);
	assert_memory_equal(abbrevs.table.text, "\1\64\0\3\16\45\16\33\16\0\0\2\64\0\0\0\0", 17);
	asm_strings_deinit(&strings);
	asm_abbrevs_deinit(&abbrevs);
}

static void test_names_left_of_column(void **state)
{
	struct asm_text text;

	(void)state;
	asm_text_index("first\n\tx_sink = x_data[x];\nlast", &text);
	assert_int_equal(text.n, 3);
	assert_int_equal(asm_count_names(&text, 2, 2, "x_"), 0); /* it begins there, not before */
	assert_int_equal(asm_count_names(&text, 2, 3, "x_"), 1);
	assert_int_equal(asm_count_names(&text, 2, 99, "x_"), 2);
	assert_int_equal(asm_count_names(&text, 0, 9, "x_"), 0);
	assert_int_equal(asm_count_names(&text, 9, 9, "x_"), 0);
	asm_text_deinit(&text);
}

/* All that asm_check compares, for plans with each kind of body. */
static void test_sample_is_the_compilers(void **state)
{
	static const char *const plans[][6] = {
		{ NULL },
		{ "body.size=0,1,4,9", "body.stack=64", "data_size=4000", NULL },
		{ "print=true", "short_names=true", "name_length=30", NULL },
		{ "dependencies.shape=chain", "debug_size=5000", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		struct asm_stamper stamper;
		struct fixture f;
		struct err *err;

		fixture_init(&f, plans[i]);
		err = asm_stamper_make(&f.compiler, &f.plan, &stamper);
		if (!err)
			err = asm_check(&f.compiler, &stamper);
		if (err)
			fail_msg("plan %zu: %s", i, err_message(err));
		asm_stamper_deinit(&stamper);
		fixture_deinit(&f);
	}
}

static void compile_pair(struct fixture *f, struct asm_unit *units[2], const struct plan_function *first,
			 const struct plan_function *second)
{
	const struct plan_function *functions[] = { first, second };
	struct err *err;

	for (size_t i = 0; i < 2; i++) {
		units[i] = asm_unit_create(LIBRARY_UTILITY, 2, 1);
		units[i]->plan.libraries[0].data_words = 64;
		units[i]->plan.libraries[0].functions[1] = *functions[i];
		asm_unit_add_call(units[i], 1, 0);
	}
	err = asm_compile(&f->compiler, units, 2, true);
	assert_null(err);
}

/* The comparison sees what it is there for. */
static void test_compare_sees_differences(void **state)
{
	static const char *const settings[] = { NULL };
	static const struct plan_function plain = { 0 }, other[] = {
		{ .n_args = 1 },
		{ .n_args = 1, .args = { PLAN_LONG } },
		{ .body = BODY_INTEGER, .body_size = 1 },
		{ .body = BODY_MEMORY, .body_size = 1 },
		{ .stack_bytes = 16 },
	};
	struct fixture f;

	(void)state;
	fixture_init(&f, settings);
	for (size_t i = 0; i <= ARRAY_SIZE(other); i++) {
		const struct plan_function *second = i ? &other[i - 1] : &plain;
		struct asm_unit *units[2];
		struct err *err;

		compile_pair(&f, units, &plain, second);
		err = asm_compare(&units[0]->object, &units[1]->object, units[0]->library->name, &units[0]->text);
		if (i)
			assert_non_null(err);
		else
			assert_null(err);
		err_free(err);
		asm_unit_destroy(units[0]);
		asm_unit_destroy(units[1]);
	}
	fixture_deinit(&f);
}

static void test_optimised_code_is_refused(void **state)
{
	static const char *const settings[] = { "compiler.flags=-O2", NULL };
	struct asm_stamper stamper;
	struct fixture f;
	struct err *err;

	(void)state;
	fixture_init(&f, settings);
	err = asm_stamper_make(&f.compiler, &f.plan, &stamper);
	assert_non_null(err);
	err_free(err);
	fixture_deinit(&f);
}

static void test_damaged_objects(void **state)
{
	static const char *const settings[] = { NULL };
	struct asm_unit *unit = asm_unit_create(LIBRARY_UTILITY, 3, 1);
	struct fixture f;
	struct err *err;

	(void)state;
	fixture_init(&f, settings);
	err = asm_compile(&f.compiler, &unit, 1, true);
	assert_null(err);
	for (size_t len = 0; len < unit->object.image.len; len += 1 + len / 8) {
		struct strbuf image = STRBUF_INIT;
		struct asm_object object;

		strbuf_add(&image, unit->object.image.text, len);
		err = asm_object_parse(&image, &object);
		assert_non_null(err);
		err_free(err);
	}
	asm_unit_destroy(unit);
	fixture_deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_lebs),
		cmocka_unit_test(test_line_program),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_names_left_of_column),
		cmocka_unit_test(test_sample_is_the_compilers),
		cmocka_unit_test(test_compare_sees_differences),
		cmocka_unit_test(test_optimised_code_is_refused),
		cmocka_unit_test(test_damaged_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

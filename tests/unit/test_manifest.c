/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

#include "lib/manifest/manifest.h"
#include "lib/strbuf.h"

/* A manifest as it stands in a file; each corruption replaces one piece of it. */
static const char good[] =
	"{\n"
	"\"format\": \"pynamic-manifest\",\n\"version\": 2,\n\"name\": \"tiny\",\n\"generator\": \"pynamic-gen 0.1.0\",\n"
	"\"seed\": \"18446744073709551615\",\n\"spec\": {\"modules\": 2},\n\"compiler\": \"gcc\",\n"
	"\"compiler_version\": \"12.2.0\",\n\"python\": \"/usr/bin/python3\",\n\"python_version\": \"3.11.2\",\n"
	"\"driver\": \"driver.py\",\n"
	"\"expect\": {\"libraries\": 3, \"functions\": 5, \"calls\": 9, \"import_events\": 2},\n\"modules\": 2,\n"
	"\"programs\": [\n"
	"{\"name\": \"host\", \"path\": \"host\", \"build\": \"vanilla\", \"driver\": true, "
	"\"module_list\": \"modules.txt\", \"library_dir\": \"lib\", \"libraries\": 3, \"import_events\": 2},\n"
	"{\"name\": \"linked_now\", \"path\": \"linked_now\", \"build\": \"linked\", \"driver\": true, "
	"\"module_list\": \"modules-now.txt\", \"library_dir\": \"now\", \"libraries\": 3, \"import_events\": 0},\n"
	"{\"name\": \"plain_static\", \"path\": \"plain_static\", \"build\": \"static\", \"driver\": false, "
	"\"module_list\": \"modules.txt\", \"library_dir\": null, \"libraries\": 0, \"import_events\": 0},\n"
	"{\"name\": \"python\", \"path\": null, \"build\": \"vanilla\", \"driver\": true, "
	"\"module_list\": \"modules.txt\", \"library_dir\": \"lib\", \"libraries\": 3, \"import_events\": 2}\n"
	"],\n"
	"\"libraries\": [\n"
	"{\"name\": \"libmodule0\", \"path\": \"lib/libmodule0.so\", \"kind\": \"module\", \"entry\": \"m0_entry\", "
	"\"visit_result\": 4, \"cross\": \"m0_cross\", \"cross_calls\": 1, \"dependencies\": [2], "
	"\"function_pattern\": \"m0_f{}_x\", \"functions\": 3, \"calls\": [1, 0, 4294967295]},\n"
	"{\"name\": \"libmodule1\", \"path\": \"lib/libmodule1.so\", \"kind\": \"module\", \"entry\": \"m1_entry\", "
	"\"visit_result\": 5, \"cross\": null, \"cross_calls\": 0, \"dependencies\": [0, 2], "
	"\"function_pattern\": \"m1_f{}\", \"functions\": 1, \"calls\": [1]},\n"
	"{\"name\": \"libutility0\", \"path\": \"lib/libutility0.so\", \"kind\": \"utility\", \"entry\": null, "
	"\"visit_result\": 0, \"cross\": null, \"cross_calls\": 0, \"dependencies\": [], "
	"\"function_pattern\": \"u0_f{}\", \"functions\": 0, \"calls\": []}\n"
	"]\n}\n";

static char *replaced(const char *from, const char *to)
{
	const char *place = strstr(good, from);

	if (!place)
		fail_msg("the manifest has no '%s'", from);
	return mem_printf("%.*s%s%s", (int)(place - good), good, to, place + strlen(from));
}

static void every_field_is_read(void **state)
{
	struct manifest m;

	(void)state;
	assert_ok(manifest_parse("m", good, strlen(good), &m));
	assert_null(m.target_dir);
	assert_string_equal(m.name, "tiny");
	assert_string_equal(m.generator, "pynamic-gen 0.1.0");
	assert_true(m.seed == UINT64_MAX);
	assert_int_equal(json_integer_value(json_object_get(m.spec, "modules")), 2);
	assert_string_equal(m.compiler, "gcc");
	assert_string_equal(m.compiler_version, "12.2.0");
	assert_string_equal(m.python, "/usr/bin/python3");
	assert_string_equal(m.python_version, "3.11.2");
	assert_string_equal(m.driver, "driver.py");
	assert_int_equal(m.n_programs, 4);
	assert_int_equal(m.n_libraries, 3);
	assert_int_equal(m.n_modules, 2);
	assert_int_equal(m.expect_libraries, 3);
	assert_int_equal(m.expect_functions, 5);
	assert_int_equal(m.expect_calls, 9);
	assert_int_equal(m.expect_import_events, 2);

	const struct manifest_library *l = &m.libraries[0];
	assert_string_equal(l->name, "libmodule0");
	assert_string_equal(l->path, "lib/libmodule0.so");
	assert_int_equal(l->kind, LIBRARY_MODULE);
	assert_string_equal(l->entry, "m0_entry");
	assert_int_equal(l->visit_result, 4);
	assert_string_equal(l->cross, "m0_cross");
	assert_int_equal(l->cross_calls, 1);
	assert_int_equal(l->n_functions, 3);
	assert_int_equal(l->calls[2], UINT32_MAX);
	assert_int_equal(m.libraries[1].n_dependencies, 2);
	assert_int_equal(m.libraries[1].dependencies[1], 2);
	assert_null(m.libraries[1].cross);
	assert_int_equal(m.libraries[2].kind, LIBRARY_UTILITY);
	assert_null(m.libraries[2].entry);
	const struct manifest_program *p = manifest_program(&m, "linked_now");
	assert_ptr_equal(p, &m.programs[1]);
	assert_string_equal(p->path, "linked_now");
	assert_int_equal(p->build, BUILD_LINKED);
	assert_true(p->driver);
	assert_string_equal(p->module_list, "modules-now.txt");
	assert_string_equal(p->library_dir, "now");
	assert_int_equal(p->libraries, 3);
	assert_int_equal(p->import_events, 0);
	assert_int_equal(m.programs[0].import_events, 2);
	assert_int_equal(m.programs[2].build, BUILD_STATIC);
	assert_false(m.programs[2].driver);
	assert_null(m.programs[2].library_dir);
	assert_null(m.programs[3].path);
	assert_null(manifest_program(&m, "linked"));

	_cleanup_free_ char *first = manifest_function_name(l, 0), *last = manifest_function_name(l, 2);
	assert_string_equal(first, "m0_f0_x");
	assert_string_equal(last, "m0_f2_x");
	manifest_deinit(&m);
	manifest_deinit(&m);
}

static void a_program_has_its_own_libraries(void **state)
{
	struct manifest m;

	(void)state;
	assert_ok(manifest_parse("m", good, strlen(good), &m));
	manifest_select_program(&m, manifest_program(&m, "host"));
	assert_string_equal(m.libraries[0].path, "lib/libmodule0.so");
	manifest_select_program(&m, manifest_program(&m, "linked_now"));
	assert_string_equal(m.libraries[0].path, "now/libmodule0.so");
	assert_string_equal(m.libraries[2].path, "now/libutility0.so");
	manifest_select_program(&m, manifest_program(&m, "plain_static"));
	assert_string_equal(m.libraries[0].path, "now/libmodule0.so");
	manifest_deinit(&m);
}

static void write_and_read_give_the_same(void **state)
{
	_cleanup_free_ char *path = fs_join(*state, MANIFEST_NAME);
	_cleanup_strbuf_ struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	struct manifest m, again;

	assert_ok(manifest_parse("m", good, strlen(good), &m));
	assert_ok(manifest_write(&m, *state));
	assert_ok(fs_read(path, &first));
	assert_ok(manifest_read(*state, &again));
	assert_string_equal(again.target_dir, *state);
	assert_ok(manifest_write(&again, *state));
	assert_ok(fs_read(path, &second));
	assert_string_equal(first.text, second.text);
	assert_string_equal(first.text, good);
	manifest_deinit(&m);
	manifest_deinit(&again);
}

static void what_could_not_be_read_is_not_written(void **state)
{
	_cleanup_free_ char *dir = fs_join(*state, "bad"), *path = fs_join(dir, MANIFEST_NAME);
	struct manifest m;

	assert_ok(fs_mkdirs(dir));
	assert_ok(manifest_parse("m", good, strlen(good), &m));
	m.libraries[1].dependencies[0] = 3;
	assert_err_has(manifest_write(&m, dir), "names a library that is not there");
	m.libraries[1].dependencies[0] = 0;
	m.name[0] = '\xff';
	assert_err_has(manifest_write(&m, dir), "not UTF-8");
	assert_false(fs_exists(path));
	manifest_deinit(&m);
}

static void every_truncation_is_told(void **state)
{
	struct manifest m;

	(void)state;
	for (size_t len = 0; len < sizeof(good) - 3; len++) {
		_cleanup_err_ struct err *err = manifest_parse("dir/manifest.json", good, len, &m);

		assert_non_null(err);
		assert_non_null(strstr(err_message(err), "'dir/manifest.json' is not a finished manifest: "));
		assert_string_equal(err_hint_text(err), "run 'pynamic-gen' again on this target folder");
	}
}

static void every_corruption_is_named(void **state)
{
	static const char *const cases[][3] = {
		{ "\"pynamic-manifest\"", "\"something\"", "'format' is not pynamic-manifest" },
		{ "\"version\": 2", "\"version\": \"2\"", "'version' must be a whole number" },
		{ "\"name\": \"tiny\",", "", "'name' is missing" },
		{ "\"18446744073709551615\"", "\"18446744073709551616\"", "'seed' must be a 64-bit number" },
		{ "\"18446744073709551615\"", "\"-1\"", "'seed' must be a 64-bit number" },
		{ "\"18446744073709551615\"", "\"\"", "'seed' must be a 64-bit number" },
		{ "\"18446744073709551615\"", "12", "'seed' must be text" },
		{ "{\"modules\": 2}", "[]", "'spec' must be an object" },
		{ "\"compiler\": \"gcc\"", "\"compiler\": 3", "'compiler' must be text" },
		{ "\"driver.py\"", "null", "'driver' must be text" },
		{ "\"driver.py\"", "\"/etc/passwd\"", "'driver' must be a path inside the target folder" },
		{ "\"path\": \"host\"", "\"path\": \"../host\"", "program 0: 'path' must be a path inside the target folder" },
		{ "\"path\": \"host\"", "\"path\": \"a/../../host\"", "program 0: 'path' must be a path inside" },
		{ "\"path\": \"host\"", "\"path\": \"a/..\"", "program 0: 'path' must be a path inside" },
		{ "\"path\": \"host\"", "\"path\": \"..\"", "program 0: 'path' must be a path inside" },
		{ "\"path\": \"host\"", "\"path\": \"\"", "program 0: 'path' must be a path inside" },
		{ "\"/usr/bin/python3\"", "null", "program 3: 'path' is the interpreter, but 'python' names none" },
		{ "\"programs\": [", "\"programs\": [7, ", "program 0 is not an object" },
		{ "\"programs\": [", "\"programs\": {}, \"old\": [", "'programs' must be a list" },
		{ "\"name\": \"linked_now\"", "\"name\": \"host\"", "program 1: 'name' is another program's too" },
		{ "\"name\": \"linked_now\"", "\"name\": \"\"", "program 1: 'name' is empty" },
		{ "\"build\": \"linked\"", "\"build\": \"shared\"", "program 1: 'build' must be vanilla, linked or static" },
		{ "\"driver\": false", "\"driver\": 0", "program 2: 'driver' must be true or false" },
		{ "\"modules-now.txt\"", "null", "program 1: 'module_list' must be text" },
		{ "\"library_dir\": \"now\"", "\"library_dir\": null", "program 1: 'library_dir' must be text" },
		{ "\"libraries\": 3, \"import_events\": 0", "\"libraries\": 4, \"import_events\": 0",
		  "program 1: 'libraries' is out of range" },
		{ "\"libraries\": 3, \"import_events\": 0", "\"libraries\": 3, \"import_events\": 3",
		  "program 1: 'import_events' is out of range" },
		{ "\"expect\": {", "\"expect\": [{", "line " },
		{ "{\"libraries\": 3", "{\"libraries\": 4", "expect: 'libraries' is out of range" },
		{ "\"functions\": 5", "\"functions\": -5", "expect: 'functions' is out of range" },
		{ "\"calls\": 9", "\"calls\": 9.5", "expect: 'calls' must be a whole number" },
		{ "\"import_events\": 2},\n\"mod", "\"import_events\": 3},\n\"mod", "expect: 'import_events' is out of range" },
		{ "\"import_events\": 2},\n\"mod", "\"x\": 2},\n\"mod", "expect: 'import_events' is missing" },
		{ "\"modules\": 2,\n", "\"modules\": 3,\n", "'modules' says 3, but the list of libraries has 2" },
		{ "\"libmodule0\"", "\"libmodule1\"", "two libraries are named 'libmodule1'" },
		{ "\"libmodule0\"", "\"lib/module0\"", "library 0: 'name' must be a name without '/'" },
		{ "\"libmodule0\"", "\"\"", "library 0: 'name' must be a name without '/'" },
		{ "\"lib/libmodule0.so\"", "\"/lib/libmodule0.so\"", "library 0: 'path' must be a path inside" },
		{ "\"kind\": \"utility\"", "\"kind\": \"other\"", "library 2: 'kind' must be module or utility" },
		{ "\"entry\": \"m0_entry\"", "\"entry\": null", "library 0: 'entry' must be text" },
		{ "\"entry\": \"m0_entry\"", "\"entry\": \"m0 entry\"", "library 0: 'entry' must be the name of a function" },
		{ "\"entry\": null", "\"entry\": \"x\"", "library 2: 'entry' has no use in a utility" },
		{ "\"m0_cross\"", "null", "library 0: 'cross_calls' counts the calls of no function" },
		{ "\"cross_calls\": 1", "\"cross_calls\": 4294967296", "library 0: 'cross_calls' is out of range" },
		{ "\"dependencies\": [2]", "\"dependencies\": [3]", "library 0: 'dependencies' names a library that is not there" },
		{ "\"dependencies\": [2]", "\"dependencies\": [-1]", "library 0: 'dependencies' names a library that is not there" },
		{ "\"dependencies\": [2]", "\"dependencies\": [\"2\"]", "library 0: 'dependencies' names a library that is not there" },
		{ "\"dependencies\": [2]", "\"dependencies\": [0]", "library 0: 'dependencies' names the library itself" },
		{ "\"dependencies\": [0, 2]", "\"dependencies\": [2, 2]", "library 1: 'dependencies' names a library twice" },
		{ "\"dependencies\": [0, 2]", "\"dependencies\": [0, 2, 2]", "library 1: 'dependencies' is longer than" },
		{ "\"dependencies\": [2]", "\"dependencies\": 2", "library 0: 'dependencies' must be a list" },
		{ "m0_f{}_x", "m0_f_x", "library 0: 'function_pattern' must have exactly one {}" },
		{ "m0_f{}_x", "m0_{}f{}_x", "library 0: 'function_pattern' must have exactly one {}" },
		{ "m0_f{}_x", "m0 f{}_x", "library 0: 'function_pattern' must be the name of a function" },
		{ "\"functions\": 3", "\"functions\": 4", "library 0: 'calls' must be a list of as many numbers as there are" },
		{ "\"functions\": 3", "\"functions\": 2", "library 0: 'calls' must be a list of as many numbers as there are" },
		{ "\"functions\": 3", "\"functions\": 99999999999", "library 0: 'functions' is out of range" },
		{ "4294967295]", "4294967296]", "library 0: 'calls' may only hold numbers of calls" },
		{ "4294967295]", "-1]", "library 0: 'calls' may only hold numbers of calls" },
		{ "4294967295]", "null]", "library 0: 'calls' may only hold numbers of calls" },
		{ "\"name\": \"tiny\"", "\"name\": \"tiny\", \"name\": \"x\"", "line " },
		{ "\"name\": \"tiny\"", "\"name\": \"ti\xff\"", "line " },
		{ "]\n}\n", "]\n}\ntrailing", "line " },
		{ "{\"name\": \"libutility0\"", "7, {\"name\": \"libutility0\"", "library 2 is not an object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = replaced(cases[i][0], cases[i][1]);
		_cleanup_free_ char *begin = mem_printf("'m.json' is not a finished manifest: %s", cases[i][2]);
		struct manifest m;

		assert_err_has(manifest_parse("m.json", text, strlen(text), &m), begin);
	}
	struct manifest m;
	assert_err_has(manifest_parse("m", "[1]", 3, &m), "it is not a JSON object");
}

static void another_version_is_told_whatever_else_differs(void **state)
{
	static const char newer[] = "{\"format\": \"new\", \"version\": 7, \"libraries\": {}}";
	static const char older[] = "{\"format\": \"pynamic-manifest\", \"version\": 1, \"host\": \"host\"}";
	struct manifest m;

	(void)state;
	assert_err_has(manifest_parse("m", newer, strlen(newer), &m),
		       "'m': manifest version 7 is newer than this program knows (2)");
	assert_err_hint(manifest_parse("m", older, strlen(older), &m),
			"'m': manifest version 1 is older than this program reads (2)",
			"run 'pynamic-gen' again on this target folder");
}

static void unknown_fields_are_left_alone(void **state)
{
	_cleanup_free_ char *text = replaced("\"version\": 2", "\"version\": 2, \"remark\": [1, {}]");
	struct manifest m;

	(void)state;
	assert_ok(manifest_parse("m", text, strlen(text), &m));
	manifest_deinit(&m);
}

static void folder_without_manifest_is_not_built(void **state)
{
	_cleanup_free_ char *dir = fs_join(*state, "empty"), *missing = fs_join(*state, "missing");
	_cleanup_free_ char *message = mem_printf("target '%s' is not built: it has no manifest.json", dir);
	_cleanup_free_ char *hint = mem_printf("build it: pynamic-gen SPEC.yaml -o %s", dir);
	_cleanup_free_ char *nothing = mem_printf("no target '%s': No such file or directory", missing);
	struct manifest m;

	assert_ok(fs_mkdirs(dir));
	assert_err_hint(manifest_read(dir, &m), message, hint);
	assert_err(manifest_read(missing, &m), nothing);
	assert_err_has(manifest_read("/etc/passwd", &m), "is not a folder");
}

static void files_are_checked(void **state)
{
	static const char *const names[] = { "driver.py", "lib/libmodule0.so", "lib/libmodule1.so",
					     "lib/libutility0.so", "host", "modules.txt", "linked_now",
					     "modules-now.txt", "now/libmodule0.so", "now/libmodule1.so",
					     "now/libutility0.so", "plain_static" };
	_cleanup_free_ char *dir = fs_join(*state, "files"), *lib = fs_join(dir, "lib"), *now = fs_join(dir, "now");
	_cleanup_free_ char *path = fs_join(dir, MANIFEST_NAME);
	struct manifest m;

	assert_ok(fs_mkdirs(lib));
	assert_ok(fs_mkdirs(now));
	assert_ok(fs_publish(path, good, strlen(good)));
	assert_ok(manifest_read(dir, &m));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *file = fs_join(m.target_dir, names[i]);
		_cleanup_free_ char *missing = mem_printf("target file '%s': No such file or directory", file);
		_cleanup_free_ char *empty = mem_printf("target file '%s' is empty", file);

		assert_err_hint(manifest_check_files(&m), missing, "run 'pynamic-gen' again on this target folder");
		assert_ok(fs_publish(file, "", 0));
		assert_err(manifest_check_files(&m), empty);
		assert_ok(fs_publish(file, "x", 1));
	}
	assert_ok(manifest_check_files(&m));
	manifest_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(a_program_has_its_own_libraries),
		cmocka_unit_test(write_and_read_give_the_same),
		cmocka_unit_test(what_could_not_be_read_is_not_written),
		cmocka_unit_test(every_truncation_is_told),
		cmocka_unit_test(every_corruption_is_named),
		cmocka_unit_test(another_version_is_told_whatever_else_differs),
		cmocka_unit_test(unknown_fields_are_left_alone),
		cmocka_unit_test(folder_without_manifest_is_not_built),
		cmocka_unit_test(files_are_checked),
	};

	return cmocka_run_group_tests(tests, temp_dir_setup, temp_dir_teardown);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Tools described by files: placeholders, and what is refused. */
#include "unit/unit.h"

#include "tool/process/description.h"

static const pid_t pids[] = { 11, 12, 13 };
static const char *const args[] = { "-x", "two words", NULL };
static const struct template_values values = {
	.pid = 12, .rank = 1, .pids = pids, .n_pids = 3, .exe = "/bin/prog", .args = args, .launcher_pid = 7,
	.proctable = "/raw/proctable.txt", .dir = "/raw",
};

static void expands_to(const char *text, const char *expected)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	template_expand(text, &values, &out);
	assert_string_equal(out.text, expected);
}

static void placeholders_are_filled_in(void **state)
{
	(void)state;
	expands_to("", "");
	expands_to("-p {pid} of {rank}: {exe}", "-p 12 of 1: /bin/prog");
	expands_to("{pids}|{args}", "11,12,13|-x two words");
	expands_to("{dir}/{launcher_pid}{proctable}", "/raw/7/raw/proctable.txt");
	expands_to("{ pid } {} {Pid} {", "{ pid } {} {Pid} {");
}

static void words_alone_become_several(void **state)
{
	char *words[] = { (char *)"tool", (char *)"{pids}", (char *)"--", (char *)"{exe}", (char *)"{args}",
			  (char *)"at={pids}" };
	const struct conf_list list = { .strings = words, .n = ARRAY_SIZE(words) };
	static const char *const expected[] = { "tool", "11", "12", "13", "--", "/bin/prog", "-x", "two words",
						"at=11,12,13" };
	char **argv = template_argv(&list, &values);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(argv[i], expected[i]);
	assert_null(argv[ARRAY_SIZE(expected)]);
	template_argv_free(argv);
}

/* The file "tool.yaml" of the test's folder. */
static char *written(void **state, const char *text)
{
	char *path = fs_join(*state, "tool.yaml");

	assert_ok(fs_publish(path, text, strlen(text)));
	return path;
}

static void refused(void **state, const char *text, const char *why)
{
	_cleanup_free_ char *path = written(state, text);
	struct template t;

	assert_err_has(template_read(path, &t), why);
}

static void names_and_defaults(void **state)
{
	_cleanup_free_ char *path = written(state, "argv: [strace, -p, \"{pid}\"]\n");
	struct template t;

	assert_ok(template_read(path, &t));
	assert_string_equal(t.name, "tool");
	assert_int_equal(t.form, FORM_ATTACH);
	assert_int_equal(t.ready, READY_TRACED);
	assert_int_equal(template_end_signal(&t), 0);
	assert_true(t.tried);
	template_deinit(&t);
}

static void wrong_ones_are_refused(void **state)
{
	refused(state, "name: x\n", "'argv' is empty");
	refused(state, "argv: [x]\nwrap: yes\n", "wrap");
	refused(state, "argv: [x, \"{pidd}\"]\n", "'argv': unknown placeholder '{pidd}'");
	refused(state, "argv: [x]\ngo: run {program}\n", "'go': unknown placeholder '{program}'");
	refused(state, "argv: [x, \"{pid}\"]\nprocesses: job\n", "{pid} is one task's");
	refused(state, "argv: [x, \"{pid}\"]\nform: wrap\n", "{pid} is not known before");
	refused(state, "argv: [x]\nready: output\n", "'ready_text' is empty");
	refused(state, "argv: [x]\nready_file: f\n", "'ready_file' is set, but 'ready' is traced");
	refused(state, "argv: [x]\nready: exit\ngo: x\n", "of no use");
	refused(state, "argv: [x]\nform: wrap\ngo: x\n", "launcher's child");
	refused(state, "argv: [x]\nform: wrap\nready: output\nready_text: y\n", "the launcher has the tool's output");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_are_filled_in),
		cmocka_unit_test(words_alone_become_several),
		cmocka_unit_test_setup_teardown(names_and_defaults, temp_dir_setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(wrong_ones_are_refused, temp_dir_setup, temp_dir_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of GDB's machine interface: lines that GDB 13.1 wrote, whole sessions of it, and
 * lines that nobody should write.
 */
#include "unit.h"

#include "tool/gdb/mi.h"

#define PARSE(line) (mi_parse((line), strlen(line), &record))

static void result_of_a_command(void **state)
{
	struct mi_record record;

	(void)state;
	PARSE("7^done,bkpt={number=\"2\",type=\"breakpoint\",disp=\"keep\",enabled=\"y\",addr=\"<PENDING>\","
	      "pending=\"libmodule0_fn3\",times=\"0\",original-location=\"libmodule0_fn3\"},"
	      "time={wallclock=\"0.00299\",user=\"0.00173\",system=\"0.00048\"}");
	assert_true(mi_is(&record, MI_RESULT, "done"));
	assert_true(record.has_token);
	assert_int_equal(record.token, 7);
	assert_string_equal(mi_get(&record, "bkpt", "number", NULL), "2");
	assert_string_equal(mi_get(&record, "bkpt", "pending", NULL), "libmodule0_fn3");
	assert_string_equal(mi_get(&record, "time", "user", NULL), "0.00173");
	assert_string_equal(mi_get(&record, "bkpt", NULL), "");           /* no text */
	assert_string_equal(mi_get(&record, "bkpt", "line", NULL), "");   /* not there */
	assert_string_equal(mi_get(&record, "token", "number", NULL), "");
	mi_record_deinit(&record);

	PARSE("18446744073709551609^error,msg=\"No symbol \\\"x\\\" in current context.\"");
	assert_true(mi_is(&record, MI_RESULT, "error"));
	assert_true(record.token == UINT64_C(18446744073709551609));
	assert_string_equal(mi_get(&record, "msg", NULL), "No symbol \"x\" in current context.");
	mi_record_deinit(&record);

	PARSE("^running");
	assert_true(mi_is(&record, MI_RESULT, "running"));
	assert_false(record.has_token);
	assert_null(mi_first(&record, record.values));
	mi_record_deinit(&record);
}

static void stops_and_notices(void **state)
{
	struct mi_record record;
	const struct mi_value *added, *args, *arg;

	(void)state;
	PARSE("*stopped,reason=\"solib-event\",added=[library=\"/home/user/lib/libutility0.so\","
	      "library=\"/home/user/lib/libutility1.so\"],thread-id=\"1\",stopped-threads=[\"1\"],core=\"0\"");
	assert_true(mi_is(&record, MI_EXEC, "stopped"));
	added = mi_find(&record, record.values, "added");
	assert_non_null(added);
	assert_int_equal(added->type, MI_LIST);
	added = mi_first(&record, added);
	assert_string_equal(added->name, "library");
	assert_string_equal(added->text, "/home/user/lib/libutility0.so");
	added = mi_next(&record, added);
	assert_string_equal(added->text, "/home/user/lib/libutility1.so");
	assert_null(mi_next(&record, added));
	mi_record_deinit(&record);

	PARSE("*stopped,reason=\"breakpoint-hit\",disp=\"keep\",bkptno=\"2\",frame={addr=\"0x00007ff6e97b85cc\","
	      "func=\"libmodule0_fn3_abcdefghi\",args=[{name=\"a0\",value=\"32.5\"},{name=\"a1\",value=\"49\"}],"
	      "arch=\"i386:x86-64\"},thread-id=\"1\",stopped-threads=\"all\"");
	args = mi_find(&record, mi_find(&record, record.values, "frame"), "args");
	arg = mi_next(&record, mi_first(&record, args));
	assert_null(arg->name);
	assert_int_equal(arg->type, MI_TUPLE);
	assert_string_equal(mi_find(&record, arg, "value")->text, "49");
	assert_string_equal(mi_get(&record, "stopped-threads", NULL), "all");
	mi_record_deinit(&record);

	PARSE("=thread-group-exited,id=\"i1\",exit-code=\"0\"");
	assert_true(mi_is(&record, MI_NOTICE, "thread-group-exited"));
	assert_string_equal(mi_get(&record, "id", NULL), "i1");
	mi_record_deinit(&record);

	PARSE("+download,{section=\".text\",section-size=\"6668\"}");
	assert_true(mi_is(&record, MI_STATUS, "download"));
	assert_string_equal(mi_find(&record, mi_first(&record, record.values), "section")->text, ".text");
	mi_record_deinit(&record);

	/* Locations as before mi3: more tuples beside the one that has a name. */
	PARSE("^done,bkpt={number=\"1\",addr=\"<MULTIPLE>\"},{number=\"1.1\"},{number=\"1.2\"}");
	assert_string_equal(mi_get(&record, "bkpt", "addr", NULL), "<MULTIPLE>");
	mi_record_deinit(&record);
}

static void streams_and_prompt(void **state)
{
	struct mi_record record;

	(void)state;
	PARSE("~\"a\\tb \\\"c\\\" \\\\ \\033[1m\\303\\244\\000.\\n\"");
	assert_int_equal(record.kind, MI_CONSOLE);
	assert_string_equal(record.text, "a\tb \"c\" \\ \033[1m\xc3\xa4 .\n");
	assert_string_equal(record.class, "");
	mi_record_deinit(&record);
	PARSE("&\"41\\t../open64.c: No such file or directory.\\n\"\r");
	assert_int_equal(record.kind, MI_LOG);
	mi_record_deinit(&record);
	PARSE("@\"\"");
	assert_int_equal(record.kind, MI_TARGET);
	assert_string_equal(record.text, "");
	mi_record_deinit(&record);
	PARSE("(gdb) ");
	assert_int_equal(record.kind, MI_PROMPT);
	mi_record_deinit(&record);
}

static void rubbish_is_told(void **state)
{
	static const char *const lines[] = {
		"", "GNU gdb (Debian 13.1-3) 13.1", "(gdb)x", "12", "12(gdb)", "^", "12^", "^,a=\"b\"", "^done,", "^done a",
		"^done,a", "^done,a=", "^done,a=\"", "^done,a=\"b", "^done,a=\"\\", "^done,a=\"b\"c", "^done,a={", "^done,a={]",
		"^done,a=[\"b\"", "^done,a=[\"b\",]", "^done,=\"b\"", "^done,a={b=\"c\"}}", "~text", "~\"text", "~\"text\"x",
		"7~\"text\"", "99999999999999999999^done", "*stopped,reason=solib-event", "Segmentation fault",
	};
	struct mi_record record;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		PARSE(lines[i]);
		if (record.kind != MI_RUBBISH)
			fail_msg("'%s' was taken for something", lines[i]);
		assert_string_equal(record.text, lines[i]);
		assert_string_equal(record.class, "");
		assert_null(mi_first(&record, record.values));
		mi_record_deinit(&record);
	}
}

/* MI_MAX_DEPTH values in one another are read, one more is not. */
static void depth_is_bounded(void **state)
{
	(void)state;
	for (int depth = MI_MAX_DEPTH; depth <= MI_MAX_DEPTH + 1; depth++) {
		_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;
		struct mi_record record;

		strbuf_puts(&line, "^done,a=");
		for (int i = 0; i < depth; i++)
			strbuf_putc(&line, '[');
		for (int i = 0; i < depth; i++)
			strbuf_putc(&line, ']');
		mi_parse(line.text, line.len, &record);
		assert_int_equal(record.kind, depth == MI_MAX_DEPTH ? MI_RESULT : MI_RUBBISH);
		mi_record_deinit(&record);
	}
}

static void length_is_bounded(void **state)
{
	_cleanup_free_ char *line = mem_alloc(MI_MAX_LINE + 2);
	struct mi_record record;

	(void)state;
	memset(line, 'a', MI_MAX_LINE + 1);
	line[0] = '~';
	line[1] = '"';
	line[MI_MAX_LINE - 1] = line[MI_MAX_LINE] = '"';
	mi_parse(line, MI_MAX_LINE, &record);
	assert_int_equal(record.kind, MI_CONSOLE);
	assert_int_equal(strlen(record.text), MI_MAX_LINE - 3);
	mi_record_deinit(&record);
	mi_parse(line, MI_MAX_LINE + 1, &record);
	assert_int_equal(record.kind, MI_RUBBISH);
	mi_record_deinit(&record);
}

/* What is quoted for GDB is read back the same. */
static void quotes_come_back(void **state)
{
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;
	static const char text[] = "a \"b\" \\ c\nd";
	struct mi_record record;

	(void)state;
	strbuf_putc(&line, '~');
	mi_quote(&line, text);
	mi_parse(line.text, line.len, &record);
	assert_string_equal(record.text, text);
	mi_record_deinit(&record);
}

struct session {
	const char *file;
	size_t prompts, solib_events, hits, exits, loaded_of_target;
};

/* Sessions of GDB 13.1 with a target of 12 libraries, one task and two: nothing of them is rubbish. */
static void sessions_of_gdb(void **state)
{
	static const struct session expected[] = {
		{ "tests/fuzz/corpus/fuzz_mi/one-task.mi", 52, 18, 1, 1, 12 },
		{ "tests/fuzz/corpus/fuzz_mi/two-inferiors.mi", 36, 19, 1, 1, 12 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		struct session seen = { .file = expected[i].file };

		assert_ok(fs_read(expected[i].file, &text));
		for (const char *at = text.text, *end; (end = strchr(at, '\n')); at = end + 1) {
			struct mi_record record;

			mi_parse(at, (size_t)(end - at), &record);
			if (record.kind == MI_RUBBISH)
				fail_msg("%s: rubbish: %s", seen.file, record.text);
			seen.prompts += record.kind == MI_PROMPT;
			if (mi_is(&record, MI_EXEC, "stopped")) {
				seen.solib_events += !strcmp(mi_get(&record, "reason", NULL), "solib-event");
				seen.hits += !strcmp(mi_get(&record, "reason", NULL), "breakpoint-hit");
			}
			seen.exits += mi_is(&record, MI_NOTICE, "thread-group-exited");
			seen.loaded_of_target += mi_is(&record, MI_NOTICE, "library-loaded") &&
						 strstr(mi_get(&record, "id", NULL), "/tiny/lib/") != NULL;
			mi_record_deinit(&record);
		}
		assert_int_equal(seen.prompts, expected[i].prompts);
		assert_int_equal(seen.solib_events, expected[i].solib_events);
		assert_int_equal(seen.hits, expected[i].hits);
		assert_int_equal(seen.exits, expected[i].exits);
		assert_int_equal(seen.loaded_of_target, expected[i].loaded_of_target);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(result_of_a_command), cmocka_unit_test(stops_and_notices),
		cmocka_unit_test(streams_and_prompt),  cmocka_unit_test(rubbish_is_told),
		cmocka_unit_test(depth_is_bounded),    cmocka_unit_test(length_is_bounded),
		cmocka_unit_test(quotes_come_back),    cmocka_unit_test(sessions_of_gdb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

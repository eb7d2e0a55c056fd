/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

#include <sys/stat.h>

#include "lib/strbuf.h"

static char *path_in(void **state, const char *name)
{
	return fs_join(*state, name);
}

static void put(const char *path, const char *text)
{
	assert_ok(fs_publish(path, text, strlen(text)));
}

static void assert_content(const char *path, const char *text)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	assert_ok(fs_read(path, &sb));
	assert_string_equal(sb.text, text);
}

static size_t count_entries(const char *dir)
{
	_cleanup_closedir_ DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	return n - 2;
}

static void folders_are_made_with_parents(void **state)
{
	_cleanup_free_ char *deep = path_in(state, "a/b//c/"), *file = path_in(state, "a/file");
	_cleanup_free_ char *below = path_in(state, "a/file/x");

	assert_ok(fs_mkdirs(deep));
	assert_ok(fs_mkdirs(deep));
	assert_true(fs_exists(deep));
	put(file, "x");
	assert_err_has(fs_mkdirs(file), "Not a directory");
	assert_err_has(fs_mkdirs(below), "Not a directory");
}

static void read_appends(void **state)
{
	_cleanup_free_ char *file = path_in(state, "text"), *missing = path_in(state, "missing");
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	put(file, "two");
	strbuf_puts(&sb, "one ");
	assert_ok(fs_read(file, &sb));
	assert_string_equal(sb.text, "one two");
	assert_err_has(fs_read(missing, &sb), "No such file or directory");
	assert_err_has(fs_read(*state, &sb), "Is a directory");
	assert_string_equal(sb.text, "one two");
}

static void proc_files_are_read_whole(void **state)
{
	(void)state;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	assert_ok(fs_read("/proc/self/status", &sb));
	assert_non_null(strstr(sb.text, "\nThreads:"));
}

static void publish_replaces_and_leaves_nothing_beside(void **state)
{
	_cleanup_free_ char *dir = path_in(state, "publish"), *file = fs_join(dir, "f");

	assert_ok(fs_mkdirs(dir));
	put(file, "old");
	put(file, "new");
	assert_content(file, "new");
	assert_ok(fs_publish(file, NULL, 0));
	assert_content(file, "");
	assert_int_equal(count_entries(dir), 1);
}

static void failed_publish_keeps_the_old(void **state)
{
	_cleanup_free_ char *dir = path_in(state, "failed"), *taken = fs_join(dir, "taken");
	_cleanup_free_ char *inside = fs_join(taken, "inside"), *nowhere = fs_join(dir, "no/where");

	assert_ok(fs_mkdirs(taken));
	put(inside, "x");
	assert_err_has(fs_publish(taken, "y", 1), "cannot write '");
	assert_content(inside, "x");
	assert_int_equal(count_entries(dir), 1);
	assert_err_has(fs_publish(nowhere, "y", 1), "No such file or directory");
}

static void unchanged_file_is_not_written(void **state)
{
	_cleanup_free_ char *file = path_in(state, "unchanged");
	struct stat before, after;

	assert_ok(fs_publish_if_changed(file, "same", 4));
	assert_int_equal(stat(file, &before), 0);
	assert_ok(fs_publish_if_changed(file, "same", 4));
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_ok(fs_publish_if_changed(file, "sama", 4));
	assert_content(file, "sama");
	assert_ok(fs_publish_if_changed(file, "sam", 3));
	assert_content(file, "sam");
	assert_ok(fs_publish_if_changed(file, NULL, 0));
	assert_content(file, "");
	assert_ok(fs_publish_if_changed(file, NULL, 0));
}

static void paths_are_split_and_joined(void **state)
{
	(void)state;
	static const struct {
		const char *path, *dir, *base;
	} cases[] = {
		{ "a", ".", "a" }, { "a/b", "a", "b" }, { "/a", "/", "a" }, { "/a/b/c", "/a/b", "c" },
		{ "a//b", "a", "b" }, { "//a", "/", "a" }, { "a/", "a", "" },
	};
	static const char *const joins[][3] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "a", "/b", "/b" }, { "", "b", "b" }, { "/", "b", "/b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *dir = fs_dirname(cases[i].path);

		assert_string_equal(dir, cases[i].dir);
		assert_string_equal(fs_basename(cases[i].path), cases[i].base);
	}
	for (size_t i = 0; i < ARRAY_SIZE(joins); i++) {
		_cleanup_free_ char *joined = fs_join(joins[i][0], joins[i][1]);

		assert_string_equal(joined, joins[i][2]);
	}
}

static void realpath_is_absolute(void **state)
{
	_cleanup_free_ char *link = path_in(state, "link"), *file = path_in(state, "linked"), *real = NULL;
	_cleanup_free_ char *missing = path_in(state, "not-here");
	char *untouched = NULL;

	put(file, "x");
	assert_int_equal(symlink("linked", link), 0);
	assert_ok(fs_realpath(link, &real));
	assert_string_equal(fs_basename(real), "linked");
	assert_int_equal(real[0], '/');
	assert_err_has(fs_realpath(missing, &untouched), "No such file or directory");
	assert_null(untouched);
}

static void programs_are_found_as_execvp_does(void **state)
{
	_cleanup_free_ char *old = mem_strdup(getenv("PATH")), *dir = path_in(state, "bin");
	_cleanup_free_ char *tool = fs_join(dir, "mytool"), *data = fs_join(dir, "mydata");
	_cleanup_free_ char *path = mem_printf("/nonexistent:%s:/bin", dir);

	assert_ok(fs_mkdirs(dir));
	put(tool, "#!/bin/sh\n");
	put(data, "data");
	assert_int_equal(chmod(tool, 0755), 0);
	assert_int_equal(setenv("PATH", path, 1), 0);
	_cleanup_free_ char *found = fs_find_program("mytool"), *direct = fs_find_program(tool);
	_cleanup_free_ char *sh = fs_find_program("sh");
	assert_int_equal(setenv("PATH", old, 1), 0);

	assert_string_equal(found, tool);
	assert_string_equal(direct, tool);
	assert_string_equal(sh, "/bin/sh");
	assert_null(fs_find_program("mydata"));
	assert_null(fs_find_program(data));
	assert_null(fs_find_program("no-such-program"));
	assert_null(fs_find_program(""));
	assert_null(fs_find_program("/"));
}

static void tree_is_removed_but_not_what_links_lead_to(void **state)
{
	_cleanup_free_ char *kept = path_in(state, "kept"), *tree = path_in(state, "tree/a/b");
	_cleanup_free_ char *file = fs_join(tree, "f"), *link = fs_join(tree, "l"), *root = path_in(state, "tree");

	put(kept, "kept");
	assert_ok(fs_mkdirs(tree));
	put(file, "x");
	assert_int_equal(symlink(*state, link), 0);
	assert_ok(fs_remove_tree(root));
	assert_false(fs_exists(root));
	assert_content(kept, "kept");
	assert_ok(fs_remove_tree(root));
	assert_ok(fs_remove_tree(kept));
	assert_false(fs_exists(kept));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_are_made_with_parents),
		cmocka_unit_test(read_appends),
		cmocka_unit_test(proc_files_are_read_whole),
		cmocka_unit_test(publish_replaces_and_leaves_nothing_beside),
		cmocka_unit_test(failed_publish_keeps_the_old),
		cmocka_unit_test(unchanged_file_is_not_written),
		cmocka_unit_test(paths_are_split_and_joined),
		cmocka_unit_test(realpath_is_absolute),
		cmocka_unit_test(programs_are_found_as_execvp_does),
		cmocka_unit_test(tree_is_removed_but_not_what_links_lead_to),
	};

	return cmocka_run_group_tests(tests, temp_dir_setup, temp_dir_teardown);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The doors to files, slammed: of a file that is published there is the old one or the new one, whole,
 * and what failed is said with its name. faults.h tells how to have some of it.
 */
#include "faults.h"

#include <dirent.h>

#define OLD_TEXT "what was there before\n"
#define NEW_TEXT "what is there afterwards, and longer\n"

static const struct file_door {
	enum fault_point point;
	const char *actions;
	bool leaves_old; /* when it fails: the new file is not there yet */
} file_doors[] = {
	{ FAULT_FILE_READ, "EMFILE EACCES kill", true },
	{ FAULT_FILE_WRITE, "ENOSPC EINTR short kill", true },
	{ FAULT_FILE_NAME, "ENOSPC kill", true },
	{ FAULT_FOLDER, "EROFS kill", false },
};

struct tried {
	const char *dir;
	const struct file_door *door;
};

/* Read, published anew, and a folder made after that. */
static void file_play(const char *dir, const char *text)
{
	_cleanup_free_ char *path = fs_join(dir, "record.json"), *below = fs_join(dir, "below/it");
	_cleanup_strbuf_ struct strbuf old = STRBUF_INIT;
	struct err *err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!freopen("/dev/null", "w", stderr))
		_exit(99);
	assert_ok(fault_set(text));
	err = fs_read(path, &old);
	if (!err)
		err = fs_publish(path, NEW_TEXT, strlen(NEW_TEXT));
	if (!err)
		err = fs_mkdirs(below);
	tell(err);
	told->done = true;
	_exit(0);
}

static size_t names_in(const char *dir)
{
	_cleanup_closedir_ DIR *names = opendir(dir);
	size_t n = 0;

	while (readdir(names))
		n++;
	return n;
}

static char *file_one(const struct strike *strike, void *data)
{
	const struct tried *tried = data;
	_cleanup_free_ char *path = fs_join(tried->dir, "record.json"), *below = fs_join(tried->dir, "below");
	_cleanup_strbuf_ struct strbuf now = STRBUF_INIT;
	bool killed = !strcmp(strike->action, "kill");
	/* What is interrupted or short is gone on with. */
	bool fails = !killed && strcmp(strike->action, "EINTR") != 0 && strcmp(strike->action, "short") != 0;
	size_t before;
	int status = 0;
	pid_t pid;

	assert_ok(fs_remove_tree(below));
	assert_ok(fs_publish(path, OLD_TEXT, strlen(OLD_TEXT)));
	before = names_in(tried->dir); /* one that was killed has left what it was writing */
	pid = fork();
	if (!pid)
		file_play(tried->dir, strike->text);
	if (!wait_for(pid, RUN_LIMIT_NS, &status)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return mem_strdup("hangs");
	}
	told->struck = told->struck || (killed && WIFSIGNALED(status));
	assert_ok(fs_read(path, &now));
	if (!told->struck)
		return strcmp(now.text, NEW_TEXT) || status ? mem_printf("leaves '%s' without a fault", now.text) : NULL;
	if (strcmp(now.text, (killed || fails) && tried->door->leaves_old ? OLD_TEXT : NEW_TEXT) != 0)
		return mem_printf("leaves '%s'", now.text);
	if (killed != WIFSIGNALED(status) || told->failed != fails)
		return mem_printf("ends with status 0x%x and '%s'", status, told->message);
	if (told->failed && !strstr(told->message, tried->dir))
		return mem_printf("does not say where: '%s'", told->message);
	if (!killed && names_in(tried->dir) != before + fs_exists(below))
		return mem_strdup("leaves something beside the file");
	return NULL;
}

static void files_are_whole(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_doors); i++) {
		_cleanup_free_ char *actions = mem_strdup(file_doors[i].actions);
		struct tried tried = { *state, &file_doors[i] };
		char *rest = NULL;

		if (!is_wanted(file_doors[i].point))
			continue;
		for (char *action = strtok_r(actions, " ", &rest); action; action = strtok_r(NULL, " ", &rest))
			go_through(&(struct strike){ .point = file_doors[i].point, .action = action, .play = "files" },
				   file_one, &tried);
	}
	print_message("%u runs\n", n_runs);
	assert_int_equal(n_wrong, 0);
}

static void every_point_was_struck(void **state)
{
	(void)state;
	assert_points_struck(BY_FILES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_whole, temp_dir_setup, temp_dir_teardown),
		cmocka_unit_test(every_point_was_struck),
	};

	faults_init();
	return cmocka_run_group_tests_name("faults_files", tests, NULL, NULL);
}

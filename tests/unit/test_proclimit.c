/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/proc.h"
#include "lib/proclimit.h"

static void other_errors_are_left_alone(void **state)
{
	(void)state;
	_cleanup_err_ struct err *err = proc_limit_hint(err_errno(ENOMEM, "cannot"));

	assert_null(err_hint_text(err));
	assert_null(proc_limit_hint(NULL));
}

static void the_machine_is_named_where_no_group_is_full(void **state)
{
	(void)state;
	_cleanup_err_ struct err *err = proc_limit_hint(err_errno(EAGAIN, "cannot"));

	assert_non_null(strstr(err_hint_text(err), "kernel.pid_max"));
}

static bool write_text(const char *folder, const char *name, const char *text)
{
	_cleanup_free_ char *path = fs_join(folder, name);
	_cleanup_fclose_ FILE *file = fopen(path, "we");

	return file && fputs(text, file) >= 0 && !fflush(file);
}

/* In a group that may have one process: itself. 0: the hint names group and pids.max. */
static int spawn_in_full_group(const char *folder)
{
	static const char *const argv[] = { "true", NULL };
	_cleanup_free_ char *pid = mem_printf("%d", (int)getpid());
	_cleanup_err_ struct err *err = NULL;
	pid_t child;

	if (!write_text(folder, "cgroup.procs", pid))
		return 2;
	err = proc_spawn(argv, NULL, &child);
	if (!err || err_errnum(err) != EAGAIN || !err_hint_text(err))
		return 1;
	return strstr(err_hint_text(err), folder) && strstr(err_hint_text(err), "pids.max") ? 0 : 1;
}

static void a_full_group_is_named(void **state)
{
	static const char *const mounts[] = { "/sys/fs/cgroup/pids", "/sys/fs/cgroup" };
	_cleanup_free_ char *folder = NULL;
	int status = 2 << 8;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mounts) && WEXITSTATUS(status) == 2; i++) {
		free(folder);
		folder = mem_printf("%s/test-proclimit-%d", mounts[i], (int)getpid());
		if (mkdir(folder, 0755))
			continue;
		if (write_text(folder, "pids.max", "1")) {
			pid = fork();
			if (!pid)
				_exit(spawn_in_full_group(folder));
			assert_int_equal(waitpid(pid, &status, 0), pid);
		}
		rmdir(folder);
	}
	if (WEXITSTATUS(status) == 2)
		skip(); /* no group may be made here */
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_errors_are_left_alone),
		cmocka_unit_test(the_machine_is_named_where_no_group_is_full),
		cmocka_unit_test(a_full_group_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs of small system programs, started by spawn or by mpirun: what the tests of them share. */
#ifndef TESTS_LIVE_JOBS_H
#define TESTS_LIVE_JOBS_H

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "job/job.h"
#include "lib/clock.h"
#include "shim.h"

#define LIMIT_NS (60 * NS_PER_S)

static const volatile bool never;

struct fixture {
	char dir[64];
	struct job_plan plan;
};

static inline int fixture_setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));

	strcpy(f->dir, "/tmp/test-job.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->plan = (struct job_plan){ .n_tasks = 3, .launcher = LAUNCHER_SPAWN, .mpirun = "mpirun", .aslr = true,
				     .dir = f->dir };
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	_cleanup_err_ struct err *err = fs_remove_tree(f->dir);

	free(f);
	return err ? -1 : 0;
}

/* Skips the test if there is no mpirun. */
static inline void use_mpirun(struct fixture *f)
{
	_cleanup_free_ char *mpirun = fs_find_program("mpirun");

	if (!mpirun)
		skip();
	f->plan.launcher = LAUNCHER_MPIRUN;
}

/* An error with this status, whose message has this text in it; takes it. */
static inline void assert_fails(struct err *err, enum exit_status status, const char *part)
{
	assert_non_null(err);
	if (!strstr(err_message(err), part))
		fail_msg("'%s' is not in '%s'", part, err_message(err));
	assert_int_equal(err_status(err), status);
	err_free(err);
}

static inline int64_t in_time(void)
{
	return clock_now_ns() + LIMIT_NS;
}

/* Processes alive, other than this one, that belong to the job in dir. */
static inline size_t processes_of(const char *dir)
{
	_cleanup_free_ char *entry = mem_printf("ATTACHSTORM_PHASE_DIR=%s", dir);
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct dirent *d;
	size_t n = 0;

	while ((d = readdir(proc))) {
		_cleanup_strbuf_ struct strbuf env = STRBUF_INIT;
		_cleanup_free_ char *path = mem_printf("/proc/%s/environ", d->d_name);
		_cleanup_err_ struct err *err = NULL;

		if (d->d_name[0] < '0' || d->d_name[0] > '9')
			continue;
		err = fs_read(path, &env);
		n += !err && memmem(env.text, env.len, entry, strlen(entry) + 1);
	}
	return n;
}

static inline void assert_none_left(const char *dir)
{
	int64_t deadline_ns = in_time();

	while (processes_of(dir) && clock_now_ns() < deadline_ns)
		nanosleep(&(struct timespec){ .tv_nsec = 10 * NS_PER_MS }, NULL);
	assert_int_equal(processes_of(dir), 0);
}

#define JOB_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif

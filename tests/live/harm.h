/* SPDX-License-Identifier: BSD-3-Clause */
/* A task that does what is hard on tracers (the victim restless): what the tests of that share. */
#ifndef TESTS_LIVE_HARM_H
#define TESTS_LIVE_HARM_H

#include "steady.h"

#define ATTACH_NS (20 * NS_PER_MS)

static inline int harm_setup(void **state)
{
	struct steady *s;
	int failed = steady_setup(state);

	if (failed)
		return failed;
	s = *state;
	s->program = "restless";
	return 0;
}

/* The zombie of a first thread has no memory: any other one's is the same. */
static inline pid_t live_tid(pid_t pid)
{
	pid_t tid = process_live_tid(pid);

	assert_true(tid > 0);
	return tid;
}

static inline void assert_whole(const struct steady *s)
{
	const struct trial_task *task = &s->spy->trial.tasks[0];
	char what[512];

	assert_int_equal(task->exit_status, -1);
	assert_int_equal(kill(s->pids[0], 0), 0);
	/* A library may be on its way in: what was left by us stays. */
	for (int i = 0; text_changes(live_tid(s->pids[0]), what, sizeof(what)); i++) {
		if (i == 100)
			skip_with_uprobe();
		if (i == 100)
			fail_msg("pid %d: %s", s->pids[0], what);
		usleep(2000);
	}
}

static inline void ends_well(struct steady *s)
{
	char text[32] = "";
	int status;

	pid_t pid;

	/* Again and again: one that comes just before an exec is lost. */
	do {
		kill(s->pids[0], SIGTERM);
		usleep(2000);
		pid = waitpid(s->pids[0], &status, WNOHANG | __WALL);
	} while (!pid);
	assert_int_equal(pid, s->pids[0]);
	s->pids[0] = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("the task has status 0x%x", status);
	assert_true(read(s->out[0], text, sizeof(text) - 1) > 0);
	close(s->out[0]);
	s->n = 0;
}

#endif

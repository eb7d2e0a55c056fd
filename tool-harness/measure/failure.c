/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first task to fail.
 *
 * Invariant: a status that is not known is never taken for 0.
 */
#include "measure/failure.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/mem.h"

const char *const failure_who_names[] = { "none", "task", "launcher", "not known", NULL };
_Static_assert(ARRAY_SIZE(failure_who_names) == FAILURE_N + 1, "a name for each");

int failure_code(int status)
{
	return status < 0 ? -1 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Those whose end was not seen in its order come last. */
static bool ended_before(const struct trial_task *a, const struct trial_task *b)
{
	if (!a->ended || !b->ended)
		return a->ended && !b->ended;
	return a->ended < b->ended;
}

/* The first to end with a status other than 0, of those with `code`, or of all with -1. */
static const struct trial_task *first_failed(const struct trial *trial, int code)
{
	const struct trial_task *first = NULL;

	for (size_t i = 0; i < trial->n_tasks; i++) {
		const struct trial_task *task = &trial->tasks[i];

		if (task->exit_status > 0 && (code < 0 || failure_code(task->exit_status) == code) &&
		    (!first || ended_before(task, first)))
			first = task;
	}
	return first;
}

static bool was_ended(const struct trial_task *task)
{
	return WIFSIGNALED(task->exit_status) &&
	       (WTERMSIG(task->exit_status) == SIGTERM || WTERMSIG(task->exit_status) == SIGKILL);
}

/* One whose status is not known has ended before this one, or before any. */
static bool unknown_before(const struct trial *trial, const struct trial_task *first)
{
	for (size_t i = 0; i < trial->n_tasks; i++) {
		const struct trial_task *task = &trial->tasks[i];

		if (task->exit_status < 0 && task->ended && (!first || ended_before(task, first)))
			return true;
	}
	return false;
}

void failure_find(struct trial *trial)
{
	struct trial_failure *failure = &trial->failure;
	const struct trial_task *first = first_failed(trial, -1);

	/* A launcher may end the others before the one that asked it to (MPI_Abort); its status is that one's. */
	if (first && was_ended(first) && trial->launcher_status > 0) {
		const struct trial_task *named = first_failed(trial, failure_code(trial->launcher_status));

		first = named ? named : first;
	}
	failure->task = -1;
	failure->status = -1;
	failure->who = FAILURE_NONE;
	if (first && (trial->launcher_status == 0 || !unknown_before(trial, first))) {
		failure->who = FAILURE_TASK;
		failure->task = first - trial->tasks;
		failure->status = first->exit_status;
	} else if (first || trial->launcher_status > 0) {
		failure->who = unknown_before(trial, first) ? FAILURE_NOT_KNOWN : FAILURE_LAUNCHER;
		failure->status = trial->launcher_status;
	}
}

/* --- in words --------------------------------------------------------------------- */

static char *status_text(int status)
{
	const char *name = status > 0 && WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

	if (status < 0)
		return mem_strdup("ended with a status that is not known");
	if (name)
		return mem_printf("was killed by SIG%s", name);
	if (WIFSIGNALED(status))
		return mem_printf("was killed by signal %d", WTERMSIG(status));
	return mem_printf("exited with status %d", WEXITSTATUS(status));
}

static char *words_text(const struct trial_failure *failure)
{
	const char *whose = failure->who == FAILURE_TASK ? "its" : "the job's";

	if (!failure->last_words)
		return mem_printf("%s last words are not known", whose);
	if (!*failure->last_words)
		return mem_printf("%s standard error is empty", whose);
	return mem_printf("%s last words: '%s'", whose, failure->last_words);
}

static char *failure_text(const struct trial *trial)
{
	const struct trial_failure *failure = &trial->failure;
	_cleanup_free_ char *how = status_text(failure->status), *words = words_text(failure);

	switch (failure->who) {
	case FAILURE_TASK:
		return mem_printf("the job failed: rank %d, the first to fail of %zu, %s; %s",
				  trial->tasks[failure->task].rank, trial->n_tasks, how, words);
	case FAILURE_LAUNCHER:
		return mem_printf("the job failed: the launcher %s, though no task did so; %s", how, words);
	case FAILURE_NOT_KNOWN:
		return mem_printf("the job failed%s%s; which of the %zu tasks failed first is not known; %s",
				  failure->status < 0 ? "" : ": the launcher ", failure->status < 0 ? "" : how,
				  trial->n_tasks, words);
	default:
		return mem_strdup("no task is known to have failed");
	}
}

bool failure_check(struct trial *trial, int expect_status)
{
	bool failed = trial->failure.who != FAILURE_NONE;
	int code = failed ? failure_code(trial->failure.status) : 0;
	_cleanup_free_ char *text = NULL;

	/* Of a job that was not followed to its end it is not known what else would have come. */
	if (code == expect_status || (!failed && (trial->timed_out || trial->left_running)))
		return false;
	text = failure_text(trial);
	if (expect_status)
		trial_contradict(trial, "%s; expect_status is %d", text, expect_status);
	else
		trial_contradict(trial, "%s", text);
	return true;
}

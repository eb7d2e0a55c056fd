/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks as they were found: collected by whichever strategy, on this machine alone, and put into a job.
 *
 * Invariant: a task in a job has a pidfd, or it had ended when it was found.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "job/acquire/acquire.h"
#include "job/ends/ends.h"
#include "job/launch.h"
#include "lib/fault.h"
#include "lib/fs.h"
#include "lib/mem.h"

#define NAMED_ELSEWHERE 4 /* the others are counted */

void found_add(struct found *found, int rank, pid_t pid, const char *host, const char *exe)
{
	mem_grow(found->tasks, found->n, found->cap);
	found->tasks[found->n++] = (struct found_task){ rank, pid, mem_strdup(host), mem_strdup(exe) };
}

void found_add_elsewhere(struct found *found, int rank, pid_t pid, const char *host)
{
	if (found->n_elsewhere++ >= NAMED_ELSEWHERE)
		return;
	strbuf_printf(&found->elsewhere, "%srow %d (pid %d on '", found->elsewhere.len ? ", " : "", rank, (int)pid);
	/* It is another process's text, and may be anything. */
	for (const char *c = host; *c; c++)
		strbuf_putc(&found->elsewhere, (unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f ? '?' : *c);
	strbuf_puts(&found->elsewhere, "')");
}

char *found_elsewhere_text(const struct found *found)
{
	if (!found->n_elsewhere)
		return mem_strdup("");
	if (found->n_elsewhere <= NAMED_ELSEWHERE)
		return mem_printf("; not here: %s", found->elsewhere.text);
	return mem_printf("; not here: %s and %" PRIu64 " more", found->elsewhere.text,
			  found->n_elsewhere - NAMED_ELSEWHERE);
}

void found_deinit(struct found *found)
{
	if (found->elsewhere.cap)
		strbuf_deinit(&found->elsewhere);
	for (size_t i = 0; i < found->n; i++) {
		free(found->tasks[i].host);
		free(found->tasks[i].exe);
	}
	free(found->tasks);
	*found = (struct found){ 0 };
}

/* "n1" and "n1.site.org" are one machine. */
static bool host_same(const char *a, const char *b)
{
	size_t len_a = strcspn(a, "."), len_b = strcspn(b, ".");

	if (a[len_a] && b[len_b])
		return !strcmp(a, b);
	return len_a == len_b && !strncmp(a, b, len_a);
}

void here_init(const struct job_plan *plan, struct here *ret)
{
	*ret = (struct here){ .others = plan->hosts_here };
	gethostname(ret->own, sizeof(ret->own) - 1);
}

bool host_is_here(const char *host, const void *arg)
{
	const struct here *here = arg;

	if (!strcmp(host, "-") || !strcmp(host, "localhost") || host_same(host, here->own))
		return true;
	for (size_t i = 0; here->others && i < here->others->n; i++)
		if (host_same(host, here->others->strings[i]))
			return true;
	return false;
}

/* What runs there now tells more than what a launcher was asked to start. */
static char *exe_of(const struct found_task *task)
{
	_cleanup_free_ char *link = mem_printf("/proc/%d/exe", (int)task->pid);
	char *exe;
	struct err *err = fs_realpath(link, &exe);

	if (!err)
		return exe;
	err_free(err);
	return mem_strdup(task->exe ? task->exe : "");
}

static int compare_ranks(const void *a, const void *b)
{
	const struct job_task *x = a, *y = b;

	return (x->rank > y->rank) - (x->rank < y->rank);
}

static struct err *cannot_follow(const struct found_task *task, int errnum)
{
	struct err *err = err_errno(errnum, "rank %d: cannot follow pid %d", task->rank, (int)task->pid);

	if (errnum == EINVAL || errnum == ENOENT) /* a thread's id, to older and newer kernels */
		return err_hint(err, "a list has processes, not their threads");
	return err;
}

struct err *job_take_found(struct job *job, const struct found *found, enum task_at at)
{
	struct err *err = raise_file_limit(found->n);

	if (err)
		return err;
	job_free_tasks(job); /* the launcher that came through the gate */
	job->tasks = mem_calloc(found->n + 1, sizeof(*job->tasks));
	job->n_tasks = found->n;
	job->table_rows = found->table_rows;
	for (size_t i = 0; i < found->n; i++) {
		const struct found_task *from = &found->tasks[i];
		int pidfd = FAULT_OR(FAULT_PIDFD, from->pid, pidfd_open(from->pid, 0)), errnum = errno;

		job->tasks[i] = (struct job_task){ .rank = from->rank, .pid = from->pid, .fd = -1, .pidfd = pidfd,
						   .status = -1, .at = at };
		job->tasks[i].host = mem_strdup(from->host);
		job->tasks[i].exe = exe_of(from);
		/* One that has ended is for the tracer to tell. */
		if (pidfd < 0 && errnum != ESRCH && !err)
			err = cannot_follow(from, errnum);
		if (from->pid == getpid() && !err)
			err = err_new("rank %d: pid %d is this program itself", from->rank, (int)from->pid);
	}
	qsort(job->tasks, job->n_tasks, sizeof(*job->tasks), compare_ranks);
	return err ? err : ends_follow(job);
}

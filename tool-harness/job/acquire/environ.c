/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks by the variables that launchers put into their environment, for launchers that
 * have no process table. What a task starts inherits its rank: of a family the eldest is
 * the task.
 *
 * Invariant: a rank is found once, or not at all.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "job/acquire/acquire.h"
#include "job/shim.h"
#include "lib/fs.h"
#include "lib/mem.h"

/* As in the shim: in the order in which they are asked. */
static const char *const rank_names[] = {
	"ATTACHSTORM_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID",
};

struct process {
	pid_t pid, parent;
	int rank;       /* -1: none */
	bool is_shim;   /* it will exec the task's program */
	bool is_ours;   /* of the job that we have started; true of all if it ran before */
	bool below;     /* it descends from the launcher, which is above all without one */
	bool known;     /* `below` has been found out */
};

struct processes {
	struct process *v; /* by pid, as /proc lists them */
	size_t n, cap;
};

/* The rank that an environment tells, or -1. */
static int rank_in(const struct strbuf *env)
{
	for (size_t i = 0; i < ARRAY_SIZE(rank_names); i++) {
		size_t len = strlen(rank_names[i]);

		for (const char *p = env->text; p < env->text + env->len; p += strlen(p) + 1) {
			char *end;
			long rank;

			if (strncmp(p, rank_names[i], len) != 0 || p[len] != '=' || !isdigit((unsigned char)p[len + 1]))
				continue;
			errno = 0;
			rank = strtol(p + len + 1, &end, 10);
			if (!errno && !*end && rank <= INT_MAX)
				return (int)rank;
		}
	}
	return -1;
}

/* Fourth field of /proc/PID/stat; the second, the name, may hold anything. */
static pid_t parent_of(pid_t pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/stat", (int)pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(path, &text);
	const char *after = err ? NULL : strrchr(text.text, ')');

	return after && strlen(after) > 4 ? (pid_t)strtol(after + 4, NULL, 10) : 0;
}

static bool has_entry(const struct strbuf *env, const char *entry)
{
	for (const char *p = env->text; p < env->text + env->len; p += strlen(p) + 1)
		if (!strcmp(p, entry))
			return true;
	return false;
}

/* `mark` is an entry in the environment of all tasks of the job, or NULL. */
static void process_read(struct processes *all, pid_t pid, const char *shim, const char *mark)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/environ", (int)pid);
	_cleanup_free_ char *link = mem_printf("/proc/%d/exe", (int)pid);
	_cleanup_free_ char *exe = NULL;
	_cleanup_strbuf_ struct strbuf env = STRBUF_INIT;
	/* Another user's, or one that has ended: it has no rank for us. */
	_cleanup_err_ struct err *env_err = fs_read(path, &env), *exe_err = fs_realpath(link, &exe);

	mem_grow(all->v, all->n, all->cap);
	all->v[all->n++] = (struct process){ .pid = pid, .parent = parent_of(pid),
					     .rank = env_err || exe_err ? -1 : rank_in(&env),
					     .is_shim = exe && shim && !strcmp(exe, shim),
					     .is_ours = !mark || (!env_err && has_entry(&env, mark)) };
}

static int compare_pids(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct process *process_find(struct processes *all, pid_t pid)
{
	struct process key = { .pid = pid };

	return bsearch(&key, all->v, all->n, sizeof(key), compare_pids);
}

/* The list is no snapshot: a chain that does not end at 1 is cut off by `known`. */
static bool is_below(struct processes *all, struct process *process, pid_t launcher)
{
	struct process *parent;

	if (!launcher)
		return true;
	if (process->known)
		return process->below;
	process->known = true;
	parent = process_find(all, process->parent);
	process->below = process->parent == launcher || (parent && is_below(all, parent, launcher));
	return process->below;
}

static struct err *processes_list(const char *shim, const char *mark, struct processes *all)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		return err_errno(errno, "cannot read '/proc'");
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			process_read(all, atoi(entry->d_name), shim, mark);
	qsort(all->v, all->n, sizeof(*all->v), compare_pids);
	return NULL;
}

static struct err *rank_twice(const struct found *found, const struct process *process)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->tasks[i].rank == process->rank)
			return err_hint(err_new("pids %d and %d are both rank %d", (int)found->tasks[i].pid,
						(int)process->pid, process->rank),
					"several jobs run here; tell which by its launcher's pid");
	return NULL;
}

struct err *environ_find(const struct job_plan *plan, pid_t launcher, struct found *found)
{
	_cleanup_free_ char *shim = NULL, *shim_real = NULL, *dir = NULL, *mark = NULL;
	struct processes all = { 0 };
	char host[256] = "";
	struct err *err;

	/* Tasks of srun do not descend from it: a job that we have started is told by its folder. */
	if (!plan->attach) {
		err = fs_realpath(plan->dir, &dir);
		if (err)
			return err;
		mark = job_env_entry(dir);
		launcher = 0;
	}
	err_free(shim_find(&shim));
	if (shim)
		err_free(fs_realpath(shim, &shim_real));
	gethostname(host, sizeof(host) - 1);
	err = processes_list(shim_real, mark, &all);
	for (size_t i = 0; !err && i < all.n; i++) {
		struct process *process = &all.v[i], *parent;

		if (process->rank < 0 || process->is_shim || !process->is_ours || process->pid == getpid() ||
		    !is_below(&all, process, launcher))
			continue;
		parent = process_find(&all, process->parent);
		if (parent && parent->is_ours && parent->rank == process->rank && parent->pid != launcher)
			continue;
		err = rank_twice(found, process);
		if (!err)
			found_add(found, process->rank, process->pid, host, NULL);
	}
	free(all.v);
	return err;
}

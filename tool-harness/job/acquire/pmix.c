/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks of a launcher that answers PMIx tools: PRRTE's prterun, which is what Open MPI's mpirun becomes
 * from version 5 on. It is asked by a program of its own (tool-harness/pmix), whose lines are read here and trusted
 * in nothing.
 *
 * Invariant: no process is asked that is not prterun or prte by its executable.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job/acquire/acquire.h"
#include "job/acquire/proctable.h"
#include "job/launcher.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "lib/progress.h"

#define ASKER_NAME "attachstorm-pmix"
#define LIMIT_NS (60 * NS_PER_S)

static struct err *asker_find(char **ret)
{
	_cleanup_free_ char *asker = NULL;
	struct err *err = fs_own_file("ATTACHSTORM_PMIX", ASKER_NAME, &asker);

	if (err)
		return err;
	if (access(asker, X_OK))
		return err_hint(err_exit(EXIT_SKIPPED, "this build cannot ask a launcher for its tasks by PMIx: "
					 "there is no '%s'", asker),
				"install libpmix-dev (Debian) or pmix-devel (Fedora) and run make again; or acquire by "
				"the shim, or by environ");
	*ret = no_free_ptr(asker);
	return NULL;
}

struct err *pmix_check(void)
{
	_cleanup_free_ char *asker = NULL;

	return asker_find(&asker);
}

/* --- the answer ------------------------------------------------------------------- */

/* A field up to the next tab; the rest behind it. NULL: there is none. */
static char *field(char **line)
{
	char *at = *line, *tab = at ? strchr(at, '\t') : NULL;

	if (!tab)
		return NULL;
	*tab = '\0';
	*line = tab + 1;
	return at;
}

static bool number(const char *text, long max, long *ret)
{
	char *end;

	errno = 0;
	*ret = strtol(text, &end, 10);
	return *text && !*end && !errno && *ret >= 0 && *ret <= max;
}

struct answer {
	const struct job_plan *plan;
	struct here here;
	struct found *found;
	char *space;      /* of the rows taken: the launcher's first job */
	size_t n_others;  /* rows of its other jobs */
};

static struct err *row_take(struct answer *answer, char *line)
{
	char *space = field(&line), *rank = field(&line), *host = field(&line), *pid = field(&line);
	long rank_value, pid_value;

	if (!pid || !*space || !number(rank, INT_MAX, &rank_value) || !*host || strlen(host) >= PROCTABLE_MAX_HOST ||
	    !number(pid, PROCTABLE_MAX_PID, &pid_value) || !pid_value || strlen(line) >= PROCTABLE_MAX_EXE)
		return err_new("the launcher's PMIx answer cannot be read: a row of it is damaged");
	if (!answer->space)
		answer->space = mem_strdup(space);
	if (strcmp(answer->space, space) != 0) {
		answer->n_others++;
		return NULL;
	}
	if (++answer->found->table_rows > PROCTABLE_MAX_ROWS)
		return err_new("the launcher's PMIx answer cannot be read: more than %u rows", PROCTABLE_MAX_ROWS);
	if (!host_is_here(host, &answer->here)) {
		found_add_elsewhere(answer->found, (int)rank_value, (pid_t)pid_value, host);
		return NULL;
	}
	for (size_t i = 0; i < answer->found->n; i++)
		if (answer->found->tasks[i].rank == rank_value || answer->found->tasks[i].pid == pid_value)
			return err_new("the launcher's PMIx answer cannot be read: rank %ld or pid %ld is there twice",
				       rank_value, pid_value);
	found_add(answer->found, (int)rank_value, (pid_t)pid_value, host, *line ? line : NULL);
	return NULL;
}

struct err *pmix_answer_read(const struct job_plan *plan, char *text, struct found *found)
{
	struct answer answer = { .plan = plan, .found = found };
	char *rest = NULL;
	struct err *err = NULL;

	here_init(plan, &answer.here);
	for (char *line = strtok_r(text, "\n", &rest); line && !err; line = strtok_r(NULL, "\n", &rest))
		err = row_take(&answer, line);
	if (!err && answer.n_others)
		progress_warn("the launcher has other jobs, too, whose tasks (%zu) are left alone: only those of '%s' "
			      "are taken", answer.n_others, answer.space);
	free(answer.space);
	return err;
}

/* --- asking ----------------------------------------------------------------------- */

/* True in answered_ret if it gave an answer; else the reason is in why_ret, heap. */
static struct err *ask(const struct job_plan *plan, pid_t launcher, struct found *found, char **why_ret)
{
	_cleanup_free_ char *asker = NULL, *pid = mem_printf("%d", (int)launcher);
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result;
	struct err *err = asker_find(&asker);

	if (err)
		return err;
	opts.new_group = true;
	err = proc_run((const char *const[]){ asker, pid, NULL }, &opts, LIMIT_NS, &result);
	if (err)
		return err_wrap(err, "cannot ask launcher %d for its tasks", (int)launcher);
	if (result.status) {
		_cleanup_free_ char *how = proc_status_text(result.status);
		size_t len = strcspn(result.err.text, "\n");

		*why_ret = len ? mem_strndup(result.err.text, len) : mem_printf("%s %s", ASKER_NAME, how);
	} else {
		err = pmix_answer_read(plan, result.out.text, found);
	}
	proc_result_deinit(&result);
	return err;
}

static struct err *no_prrte(pid_t launcher)
{
	if (kill(launcher, 0) && errno == ESRCH)
		return err_gone();
	return err_hint(err_new("process %d is no prterun, and only that is asked by PMIx", (int)launcher),
			"Open MPI 4's mpirun and srun have a process table (mpir-attach); else acquire by environ");
}

struct err *pmix_find(const struct job_plan *plan, pid_t launcher, struct found *found)
{
	_cleanup_free_ char *why = NULL;
	struct err *err;

	/* mpirun becomes prterun by exec a moment after its start, and serves nobody in the next one. */
	if (!launcher_is_prrte(launcher))
		return plan->attach ? no_prrte(launcher) : NULL;
	err = ask(plan, launcher, found, &why);
	if (err)
		return err;
	if (why && plan->attach)
		return err_hint(err_new("launcher %d does not tell its tasks: %s", (int)launcher, why),
				"only its own user may ask it; else acquire by environ");
	if (found->table_rows && !found->n)
		return err_hint(err_new("none of the %ju tasks that the launcher tells is on this machine",
					(uintmax_t)found->table_rows),
				"more names of it can be given: the scenario key acquire_hosts, or --here NAME,...");
	return NULL;
}

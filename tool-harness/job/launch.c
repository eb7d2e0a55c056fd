/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starts a job: checks what can be checked before any process exists (program, shim,
 * launcher), builds the launcher's command line and environment, starts it, and hands
 * over to the rendezvous. Does not release, wait for or end tasks.
 *
 * Invariant: job_launch returns a job with all its tasks waiting in their shims, or
 * an error with none of its processes left.
 */
#include "job/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job/colon.h"
#include "job/ends/ends.h"
#include "job/ends/guard.h"
#include "job/ends/lastwords.h"
#include "job/rendezvous.h"
#include "job/shim.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define OUTPUT_NAME "output.txt"
#define OUTPUT_FLAGS (O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC)
#define VERSION_LIMIT_NS (30 * NS_PER_S)
#define FAILED_GRACE_NS (2 * NS_PER_S)
#define TAIL_LINES 12
#define FDS_PER_TASK 4 /* socket, pidfd, and a tracer's two */
#define FDS_SPARE 256

/* A NULL-terminated list of strings that it owns. */
struct words {
	char **v;
	size_t n, cap;
};

static void words_add(struct words *words, const char *word)
{
	mem_grow(words->v, words->n, words->cap);
	words->v[words->n++] = mem_strdup(word);
}

/* Adds a string from mem_printf, which it takes. */
static void words_take(struct words *words, char *word)
{
	mem_grow(words->v, words->n, words->cap);
	words->v[words->n++] = word;
}

/* The list as execvp(3) wants it. */
static const char *const *words_end(struct words *words)
{
	mem_grow(words->v, words->n, words->cap);
	words->v[words->n] = NULL;
	return (const char *const *)words->v;
}

static void words_deinit(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->v[i]);
	free(words->v);
}

static struct err *program_check(const char *name)
{
	_cleanup_free_ char *found = NULL;
	struct stat st;

	if (!*name)
		return err_new("the program to start has an empty name");
	if (!strchr(name, '/')) {
		found = fs_find_program(name);
		if (!found)
			return err_hint(err_new("cannot start '%s': no such program in PATH", name),
					"give its path, or './%s' for one in this folder", name);
		return NULL;
	}
	if (stat(name, &st))
		return err_errno(errno, "cannot start '%s'", name);
	if (S_ISDIR(st.st_mode))
		return err_errno(EISDIR, "cannot start '%s'", name);
	if (!S_ISREG(st.st_mode) || access(name, X_OK))
		return err_hint(fs_noexec_hint(err_errno(EACCES, "cannot start '%s'", name), name),
				"it is not an executable file");
	return NULL;
}

/* Options differ: --oversubscribe and -x are Open MPI's own. */
static struct err *launcher_is_open_mpi(const char *launcher, bool *ret)
{
	const char *const argv[] = { launcher, "--version", NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result = { 0 };
	struct err *err = proc_run(argv, &opts, VERSION_LIMIT_NS, &result);

	if (err)
		return err_wrap(err, "cannot ask the launcher for its version");
	*ret = strstr(result.out.text, "Open MPI") || strstr(result.out.text, "OpenRTE");
	proc_result_deinit(&result);
	return NULL;
}

/*
 * One file for each task's socket, pidfd and a tracer's own. Of this program alone: proc_spawn gives
 * what it starts the limit that we were started with.
 */
struct err *raise_file_limit(size_t n_tasks)
{
	rlim_t want = n_tasks * FDS_PER_TASK + FDS_SPARE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= want)
		return NULL;
	if (limit.rlim_max < want)
		return err_hint(err_new("%zu tasks need %ju open files, but the limit is %ju", n_tasks,
					(uintmax_t)want, (uintmax_t)limit.rlim_max),
				"raise the hard limit (ulimit -Hn), or start fewer tasks");
	limit.rlim_cur = want;
	return setrlimit(RLIMIT_NOFILE, &limit) ? err_errno(errno, "cannot raise the limit of open files") : NULL;
}

/* The program of a task behind the shim, if that has something to do there. */
static void task_words(const struct job_plan *plan, const struct job *job, const char *shim, enum gate gate,
		       struct words *argv)
{
	_cleanup_free_ char *stand_in = colon_stand_in(plan);
	bool env = plan->env && plan->env[0];

	for (size_t i = 0; plan->wrap && plan->wrap[i]; i++)
		words_add(argv, plan->wrap[i]);
	if (gate == GATE_TASKS || env || !plan->aslr || plan->bind || stand_in) {
		words_add(argv, shim);
		if (gate == GATE_TASKS) {
			words_add(argv, "--socket");
			words_add(argv, job->socket_name);
		}
		if (!plan->aslr)
			words_add(argv, "--no-aslr");
		if (plan->bind)
			words_add(argv, "--bind");
		words_add(argv, "--errors");
		words_add(argv, job->dir);
		if (stand_in) {
			words_add(argv, "--colon");
			words_add(argv, stand_in);
		}
		for (size_t i = 0; env && plan->env[i]; i++) {
			words_add(argv, "--env");
			words_add(argv, plan->env[i]);
		}
		words_add(argv, "--");
	}
	for (size_t i = 0; plan->argv[i]; i++)
		words_add(argv, stand_in && !strcmp(plan->argv[i], COLON) ? stand_in : plan->argv[i]);
}

static void launcher_gate_words(const struct job *job, const char *shim, struct words *argv)
{
	words_add(argv, shim);
	words_add(argv, "--launcher");
	words_add(argv, "--socket");
	words_add(argv, job->socket_name);
	words_add(argv, "--");
}

static void env_words(const struct job *job, struct words *env)
{
	words_take(env, job_env_entry(job->dir));
	words_take(env, mem_printf("PYNAMIC_START_NS=%jd", (intmax_t)job->launch_ns));
}

/* Open MPI: more tasks than cores, as root, and our environment for tasks of its other daemons. */
static void open_mpi_words(struct words *argv, struct words *env)
{
	size_t n = env->n;

	words_add(argv, "--oversubscribe");
	for (size_t i = 0; i < n; i++) {
		words_add(argv, "-x");
		words_take(argv, mem_strndup(env->v[i], strcspn(env->v[i], "=")));
	}
	if (geteuid() == 0) {
		words_add(env, "OMPI_ALLOW_RUN_AS_ROOT=1");
		words_add(env, "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1");
	}
}

static struct err *start_mpirun(const struct job_plan *plan, struct job *job, const char *shim, bool open_mpi,
				enum gate gate, struct proc_opts *opts)
{
	_cleanup_(words_deinit) struct words argv = { 0 }, env = { 0 };
	_cleanup_free_ char *entry = job_env_entry(job->dir);
	struct err *err = guard_start(shim, entry, &job->guard_fd);

	if (err)
		return err;
	if (gate == GATE_LAUNCHER)
		launcher_gate_words(job, shim, &argv);
	words_add(&argv, plan->mpirun);
	words_add(&argv, "-n");
	words_take(&argv, mem_printf("%zu", plan->n_tasks));
	job->launch_ns = clock_now_ns();
	env_words(job, &env);
	if (open_mpi)
		open_mpi_words(&argv, &env);
	for (size_t i = 0; plan->launcher_args && i < plan->launcher_args->n; i++)
		words_add(&argv, plan->launcher_args->strings[i]);
	task_words(plan, job, shim, gate, &argv);

	opts->env_set = words_end(&env);
	/* mpirun ends its tasks, and may need its handler for that; the guard gives it the time. */
	opts->death_signal = SIGTERM;
	err = proc_spawn(words_end(&argv), opts, &job->spawned[0]);
	if (err)
		return err_wrap(err, "cannot start the launcher");
	job->n_spawned = 1;
	return NULL;
}

static struct err *start_spawn(const struct job_plan *plan, struct job *job, const char *shim, enum gate gate,
			       struct proc_opts *opts)
{
	_cleanup_(words_deinit) struct words argv = { 0 };
	bool own_errors;

	task_words(plan, job, shim, gate, &argv);
	/* The shim gives each task an own standard error; without one it is done here. */
	own_errors = argv.n && strcmp(argv.v[0], shim) != 0 && !(plan->wrap && plan->wrap[0]);
	opts->death_signal = SIGKILL;
	job->launch_ns = clock_now_ns();
	for (size_t i = 0; i < plan->n_tasks; i++) {
		_cleanup_(words_deinit) struct words env = { 0 };
		_cleanup_free_ char *errors = errors_path(job, (int)i);
		_cleanup_close_ int errors_fd = !own_errors ? -1 : open(errors, OUTPUT_FLAGS, 0666);
		struct err *err;

		if (own_errors && errors_fd < 0)
			return err_errno(errno, "cannot write '%s'", errors);
		if (own_errors)
			opts->stderr_fd = errors_fd;
		env_words(job, &env);
		words_take(&env, mem_printf("ATTACHSTORM_RANK=%zu", i));
		words_take(&env, mem_printf("ATTACHSTORM_SIZE=%zu", plan->n_tasks));
		opts->env_set = words_end(&env);
		err = proc_spawn(words_end(&argv), opts, &job->spawned[i]);
		if (err)
			return err_wrap(err, "cannot start rank %zu", i);
		job->n_spawned++;
	}
	return NULL;
}

static struct err *job_start(const struct job_plan *plan, struct job *job, const char *shim, bool open_mpi,
			     enum gate gate)
{
	_cleanup_close_ int output_fd = -1;
	struct proc_opts opts = PROC_OPTS_INIT;
	struct err *err;

	err = fs_realpath(plan->dir, &job->dir);
	if (err)
		return err;
	job->output_path = fs_join(job->dir, OUTPUT_NAME);
	output_fd = open(job->output_path, OUTPUT_FLAGS, 0666);
	if (output_fd < 0)
		return err_errno(errno, "cannot write '%s'", job->output_path);
	err = rendezvous_open(job);
	if (err)
		return err;
	opts.stdout_fd = opts.stderr_fd = output_fd;
	opts.new_group = true;
	job->spawned = mem_calloc(plan->launcher == LAUNCHER_SPAWN ? plan->n_tasks : 1, sizeof(*job->spawned));
	err = plan->launcher == LAUNCHER_MPIRUN ? start_mpirun(plan, job, shim, open_mpi, gate, &opts) :
						  start_spawn(plan, job, shim, gate, &opts);
	job->launcher_pid = job->spawned[0];
	return err;
}

/* Adds what the tasks and the launcher printed, which often is the reason. */
static struct err *with_output(const struct job *job, struct err *err)
{
	_cleanup_free_ char *tail = job->output_path ? job_output_tail(job, TAIL_LINES) : NULL;
	struct err *quoted;

	if (!tail || !*tail)
		return err;
	quoted = err_exit(err_status(err), "%s\n%s", err_message(err), tail);
	if (err_hint_text(err))
		quoted = err_hint(quoted, "%s", err_hint_text(err));
	err_free(err);
	return quoted;
}

static struct err *launcher_check(const struct job_plan *plan, bool *ret_open_mpi)
{
	_cleanup_free_ char *found = fs_find_program(plan->mpirun);

	if (!found)
		return err_hint(err_exit(EXIT_SKIPPED, "cannot start tasks: no launcher '%s' here", plan->mpirun),
				"install openmpi-bin (Debian, Ubuntu) or openmpi (Fedora, RHEL; then 'module "
				"load mpi'), or use the launcher 'spawn', which needs no MPI");
	return launcher_is_open_mpi(plan->mpirun, ret_open_mpi);
}

struct err *launch_failed(struct job *job, struct err *err)
{
	/* Ended first: what the launcher says at its end is output, too. */
	job_end(job, FAILED_GRACE_NS);
	err = with_output(job, err);
	job_destroy(job);
	return err;
}

struct err *launch_start(const struct job_plan *plan, enum gate gate, struct job **ret)
{
	_cleanup_free_ char *shim = NULL;
	bool open_mpi = false;
	struct job *job;
	struct err *err;

	err = program_check(plan->argv[0]);
	if (!err)
		err = colon_check(plan);
	if (!err)
		err = shim_find(&shim);
	if (!err && plan->launcher == LAUNCHER_MPIRUN)
		err = launcher_check(plan, &open_mpi);
	if (!err)
		err = raise_file_limit(plan->n_tasks);
	if (err)
		return err;
	job = job_create(plan->acquire, plan->launcher, gate == GATE_TASKS ? plan->n_tasks : gate == GATE_LAUNCHER);
	err = job_start(plan, job, shim, open_mpi, gate);
	if (err)
		return launch_failed(job, err);
	*ret = job;
	return NULL;
}

struct err *job_launch(const struct job_plan *plan, int64_t deadline_ns, const volatile bool *stop,
		       struct job **ret)
{
	struct job *job;
	struct err *err = launch_start(plan, GATE_TASKS, &job);

	if (err)
		return err;
	err = rendezvous_wait(job, deadline_ns, stop);
	if (!err)
		err = ends_follow(job);
	if (err)
		return launch_failed(job, err);
	*ret = job;
	return NULL;
}

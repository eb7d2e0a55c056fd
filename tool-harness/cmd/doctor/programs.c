/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of other programs: launchers, by starting a job with them; tools under test, by their own
 * rows and descriptions; what pynamic-gen builds with, asked of pynamic-gen.
 *
 * Invariant: no job is left running.
 */
#include <errno.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/doctor/doctor.h"
#include "job/acquire/acquire.h"
#include "job/acquire/choose.h"
#include "job/launcher.h"
#include "job/job.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "tool/process/description.h"
#include "tool/process/version.h"

#define LIMIT_NS (60 * NS_PER_S)
#define END_GRACE_NS (2 * NS_PER_S)
#define MOST_TASKS 33

static char *version_of(const char *program)
{
	return version_ask((const char *const[]){ program, "--version", NULL });
}

/* Whether a program that is here can tell its version, too. */
static bool program_works(const char *program)
{
	const char *const argv[] = { program, "--version", NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result = { 0 };
	_cleanup_err_ struct err *err = proc_run(argv, &opts, LIMIT_NS, &result);
	bool works = !err && !result.status;

	if (!err)
		proc_result_deinit(&result);
	return works;
}

/* --- launchers -------------------------------------------------------------------- */

static struct job_plan launcher_plan(const struct doctor *doctor, const char *const *argv, const char *dir)
{
	return (struct job_plan){ .argv = argv, .launcher = LAUNCHER_MPIRUN, .mpirun = doctor->scenario.mpirun,
				  .launcher_args = &doctor->scenario.launcher_args, .aslr = true, .dir = dir };
}

/* One task more than there are cores, as in many a run, if that is not too many to try. */
static size_t tasks_to_try(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN) + 1;

	return n > MOST_TASKS ? 2 : (size_t)n;
}

static struct err *mpirun_try(struct doctor *doctor, const char *dir)
{
	static const char *const argv[] = { "true", NULL };
	struct job_plan plan = launcher_plan(doctor, argv, dir);
	_cleanup_(trial_deinit) struct trial trial;
	struct err *err;

	trial_init(&trial);
	plan.n_tasks = tasks_to_try();
	plan.acquire = ACQUIRE_SHIM;
	err = job_run_untraced(&plan, LIMIT_NS, doctor->stop, &trial);
	if (!err && trial.launcher_status > 0) {
		_cleanup_free_ char *how = proc_status_text(trial.launcher_status);

		err = err_new("%s %s", plan.mpirun, how);
	}
	return err;
}

/* Whether it has a process table, while its tasks wait in their shims. */
static struct err *mpir_try(struct doctor *doctor, const char *dir)
{
	static const char *const argv[] = { "true", NULL };
	struct job_plan plan = launcher_plan(doctor, argv, dir);
	struct job *job;
	struct err *err;

	plan.n_tasks = 1;
	plan.acquire = ACQUIRE_SHIM;
	err = job_launch(&plan, clock_now_ns() + LIMIT_NS, doctor->stop, &job);
	if (err)
		return err;
	err = err_hint(mpir_check(job->launcher_pid), "acquire tasks by shim (a run) or environ (attach)");
	job_end(job, END_GRACE_NS);
	job_destroy(job);
	return err;
}

static struct err *in_folder(struct doctor *doctor, struct err *(*act)(struct doctor *doctor, const char *dir))
{
	char dir[] = "/tmp/attachstorm-doctor-XXXXXX";
	struct err *err;

	if (!mkdtemp(dir))
		return err_errno(errno, "cannot make a folder in /tmp");
	err = act(doctor, dir);
	err_free(fs_remove_tree(dir));
	return err;
}

static void look_mpirun(struct doctor *doctor, const struct doctor_check *check)
{
	struct err *err = in_folder(doctor, mpirun_try);
	_cleanup_free_ char *version = err ? NULL : version_of(doctor->scenario.mpirun);

	doctor_say_err(doctor, check, DOCTOR_NO, err,
		       mem_printf("%s: %zu tasks on %ld cores%s", version ? version : "no version", tasks_to_try(),
				  sysconf(_SC_NPROCESSORS_ONLN), geteuid() == 0 ? ", as root" : ""));
}

static void look_mpir(struct doctor *doctor, const struct doctor_check *check)
{
	_cleanup_free_ char *mpirun = fs_find_program(doctor->scenario.mpirun);
	_cleanup_free_ char *version = mpirun ? launcher_version(doctor->scenario.mpirun) : NULL;
	enum acquire acquire;

	/* Open MPI 5 has no table, and another way. */
	if (launcher_kind_of(version) == LAUNCHER_KIND_PRRTE)
		doctor_say_err(doctor, check, DOCTOR_NO,
			       doctor->scenario.acquire == ACQUIRE_MPIR_LAUNCH ?
				       acquire_choose(&doctor->scenario, &acquire) : pmix_check(),
			       mem_printf("%s has no process table, and tells its tasks by PMIx",
					  doctor->scenario.mpirun));
	else if (mpirun)
		doctor_say_err(doctor, check, DOCTOR_NO, in_folder(doctor, mpir_try),
			       mem_printf("%s has a process table (MPIR)", doctor->scenario.mpirun));
	else
		doctor_say(doctor, check, NULL, DOCTOR_NO, "no launcher to read a process table of",
			   "install openmpi-bin (Debian) or openmpi (Fedora), version 4");
}

/* --- programs --------------------------------------------------------------------- */

static const struct other {
	const char *name, *package, *what_for;
} programs[] = {
	{ "srun", "slurm-wlm, or your site's Slurm", "jobs under Slurm: mpirun: srun" },
	{ "mpiexec.hydra", "mpich", "jobs under MPICH, which has no process table: acquire shim or environ" },
	{ "strace", "strace", "tools.count_ptrace" },
	{ "valgrind", "valgrind", "counters: callgrind" },
	{ "gnuplot", "gnuplot-nox", "drawings of reports and laws; without it tables" },
};

static void look_programs(struct doctor *doctor, const struct doctor_check *check)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		const struct other *p = &programs[i];
		_cleanup_free_ char *path = fs_find_program(p->name), *version = path ? version_of(p->name) : NULL;
		const char *seen = !path ? "not here" : version ? version : path;
		_cleanup_free_ char *what = mem_printf("%s (%s)", seen, p->what_for);
		_cleanup_free_ char *way_out =
			path ? mem_printf("'%s --version' fails: it is not configured here", p->name) :
			       mem_printf("install %s", p->package);
		bool works = path && program_works(p->name);

		doctor_say(doctor, check, p->name, works ? DOCTOR_YES : path ? DOCTOR_PARTLY : DOCTOR_NO, what,
			   works ? NULL : way_out);
	}
}

static void look_sqlite(struct doctor *doctor, const struct doctor_check *check)
{
	doctor_say(doctor, check, NULL, DOCTOR_YES, sqlite3_libversion(), NULL);
}

static bool needs_mpirun(const struct scenario *s)
{
	return strcmp(s->tool, "null") != 0 && s->launcher == LAUNCHER_MPIRUN;
}

static bool needs_mpir(const struct scenario *s)
{
	return needs_mpirun(s) && (s->acquire == ACQUIRE_MPIR_LAUNCH || s->acquire == ACQUIRE_MPIR_ATTACH ||
				   s->acquire == ACQUIRE_PMIX);
}

/* --- tools under test --------------------------------------------------------------- */

/* Tools with an adapter: what their scenario keys name. */
static void say_adapter(struct doctor *doctor, const struct doctor_check *check, const char *tool, const char *path)
{
	struct err *err = version_check_program(tool, path, tool);
	_cleanup_free_ char *version = err ? NULL : version_of(path);

	doctor_say(doctor, check, tool, err ? DOCTOR_NO : DOCTOR_YES,
		   err ? err_message(err) : version ? version : path, err ? err_hint_text(err) : NULL);
	err_free(err);
}

/* Tools with a description. */
static void say_template(struct doctor *doctor, const struct doctor_check *check, const char *name)
{
	_cleanup_(template_deinit) struct template t = { 0 };
	_cleanup_free_ char *file = template_find(name), *version = NULL, *what = NULL;
	struct err *err = template_read(file, &t);

	if (!err)
		err = version_check_template(&t);
	if (err) {
		doctor_say(doctor, check, name, DOCTOR_NO, err_message(err), err_hint_text(err));
		err_free(err);
		return;
	}
	if (t.version.n) {
		_cleanup_free_ const char **argv = mem_calloc(t.version.n + 1, sizeof(*argv));

		for (size_t i = 0; i < t.version.n; i++)
			argv[i] = t.version.strings[i];
		version = version_ask(argv);
	}
	what = mem_printf("%s%s", version ? version : t.argv.strings[0],
			  t.tried ? "" : "; its description was not tried");
	doctor_say(doctor, check, name, t.tried ? DOCTOR_YES : DOCTOR_PARTLY, what, NULL);
}

static void look_tools(struct doctor *doctor, const struct doctor_check *check)
{
	char **names = template_names();

	say_adapter(doctor, check, tool_gdb.name, doctor->scenario.gdb_path);
	say_adapter(doctor, check, tool_lldb.name, doctor->scenario.lldb_path);
	for (size_t i = 0; names[i]; i++) {
		say_template(doctor, check, names[i]);
		free(names[i]);
	}
	free(names);
}

/* --- what targets are built with ------------------------------------------------------ */

/* The program beside this one, else the one in PATH. Heap. */
static char *generator_find(void)
{
	_cleanup_free_ char *self = NULL, *dir = NULL, *path = NULL;
	struct err *err = fs_realpath("/proc/self/exe", &self);

	err_free(err);
	if (self) {
		dir = fs_dirname(self);
		path = fs_join(dir, "pynamic-gen");
	}
	if (path && access(path, X_OK) == 0)
		return_ptr(path);
	return fs_find_program("pynamic-gen");
}

/* Programs of one answer in one line: most often it is the same for all. */
static void say_answers(struct doctor *doctor, const struct doctor_check *check, const json_t *answers)
{
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < json_array_size(answers); i++) {
		const json_t *answer = json_array_get(answers, i), *next = json_array_get(answers, i + 1);
		const char *program = json_string_value(json_object_get(answer, "program"));
		const char *what = json_string_value(json_object_get(answer, "what"));
		bool can = json_is_true(json_object_get(answer, "can"));

		strbuf_printf(&names, "%s%s", names.len ? ", " : "", program ? program : "?");
		if (next && json_equal(json_object_get(answer, "what"), json_object_get(next, "what")))
			continue;
		strbuf_printf(&names, can ? "; with %s" : ": %s", what ? what : "?");
		doctor_say(doctor, check, "programs", can ? DOCTOR_YES : DOCTOR_NO, names.text,
			   json_string_value(json_object_get(answer, "way_out")));
		strbuf_clear(&names);
	}
}

static void look_generator(struct doctor *doctor, const struct doctor_check *check)
{
	_cleanup_free_ char *generator = generator_find();
	const char *const argv[] = { generator, "doctor", "--json", NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result = { 0 };
	json_t *answers = NULL;
	struct err *err = generator ? proc_run(argv, &opts, LIMIT_NS, &result) :
				      err_hint(err_new("no pynamic-gen here"), "'make' builds both");

	if (!err) {
		answers = json_loadb(result.out.text, result.out.len, 0, NULL);
		if (!json_is_array(answers))
			err = err_new("'%s doctor --json' did not answer", generator);
		proc_result_deinit(&result);
	}
	if (err)
		doctor_say_err(doctor, check, DOCTOR_NO, err, NULL);
	else
		say_answers(doctor, check, answers);
	json_decref(answers);
}

const struct doctor_check doctor_programs[] = {
	{ "launchers", "mpirun", look_mpirun, needs_mpirun },
	{ "launchers", "MPIR", look_mpir, needs_mpir },
	{ "programs", "others", look_programs, NULL },
	{ "programs", "sqlite", look_sqlite, NULL },
	{ "tools", "tools", look_tools, NULL },
	{ "targets", "pynamic-gen", look_generator, NULL },
	{ 0 },
};

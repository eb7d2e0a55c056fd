/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of what tracing needs, each by doing it with what a run does it with: seizing, debug
 * registers, uprobes, the loader's probes, randomisation, counters. Measures nothing.
 *
 * Invariant: the one child that is traced has been killed and reaped when its check is over.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/doctor/doctor.h"
#include "elf/segment.h"
#include "elf/symidx.h"
#include "job/counts/counters.h"
#include "job/hostfacts.h"
#include "job/job.h"
#include "ld/probes.h"
#include "ld/uprobe.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "trace/task.h"

#define LIMIT_NS (20 * NS_PER_S)

/* A child of our own that waits for its standard input, which it gets at its end. */
static struct err *child_start(int *ret_input, pid_t *ret_pid)
{
	static const char *const argv[] = { "/proc/self/exe", CMD_FLOOR_TRACEE, NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	int ends[2];
	struct err *err;

	if (pipe2(ends, O_CLOEXEC))
		return err_new("cannot make a pipe");
	opts.stdin_fd = ends[0];
	opts.death_signal = SIGKILL;
	err = proc_spawn(argv, &opts, ret_pid);
	close(ends[0]);
	if (err)
		close(ends[1]);
	else
		*ret_input = ends[1];
	return err;
}

/* Does something with a child that is seized and stopped; it is let go again. */
static struct err *with_tracee(struct err *(*act)(struct task *task))
{
	struct tracer tracer;
	struct task *task;
	int input = -1;
	pid_t pid;
	struct err *err = child_start(&input, &pid);

	if (err)
		return err;
	tracer_init(&tracer);
	err = tracer_seize(&tracer, pid, 0, &task);
	if (!err)
		err = threads_hold(task, NULL);
	if (!err && act)
		err = act(task);
	if (!err)
		err = task_detach(task);
	tracer_deinit(&tracer);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(input);
	return err;
}

static bool yama_restricts(void)
{
	_cleanup_strbuf_ struct strbuf scope = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read("/proc/sys/kernel/yama/ptrace_scope", &scope);

	return !err && atoi(scope.text) > 0 && geteuid() != 0;
}

static void look_seize(struct doctor *doctor, const struct doctor_check *check)
{
	struct err *err = with_tracee(NULL);

	if (!err && yama_restricts())
		doctor_say(doctor, check, NULL, DOCTOR_PARTLY,
			   "tasks that it starts itself, and none of a job that runs already",
			   "run as root, or set kernel.yama.ptrace_scope to 0");
	else
		doctor_say_err(doctor, check, DOCTOR_NO, err, mem_strdup("a child was seized, stopped and let go"));
}

static struct err *act_debugreg(struct task *task)
{
	bool fresh;
	struct err *err = debugreg_add(task, (taddr)(uintptr_t)&act_debugreg, 0, &fresh);

	if (!err)
		err = debugregs_sync(task->threads);
	debugregs_clear(task);
	return err;
}

static void look_debugreg(struct doctor *doctor, const struct doctor_check *check)
{
	doctor_say_err(doctor, check, DOCTOR_NO, with_tracee(act_debugreg),
		       mem_printf("%d for each thread, one written and cleared", DEBUGREGS));
}

/* A job of one task, as in a run, that prints its personality(2). */
static struct err *personality_read(const struct doctor *doctor, unsigned long *ret)
{
	static const char *const argv[] = { "cat", "/proc/self/personality", NULL };
	char dir[] = "/tmp/attachstorm-doctor-XXXXXX";
	const struct job_plan plan = { .argv = argv, .n_tasks = 1, .launcher = LAUNCHER_SPAWN, .aslr = false,
				       .acquire = ACQUIRE_SPAWN, .dir = dir };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_(trial_deinit) struct trial trial;
	_cleanup_free_ char *output = NULL;
	struct err *err;

	trial_init(&trial);
	if (!mkdtemp(dir))
		return err_new("cannot make a folder in /tmp");
	err = job_run_untraced(&plan, LIMIT_NS, doctor->stop, &trial);
	output = fs_join(dir, "output.txt");
	if (!err)
		err = fs_read(output, &text);
	err_free(fs_remove_tree(dir));
	if (!err)
		*ret = strtoul(text.text, NULL, 16);
	return err;
}

static void look_aslr(struct doctor *doctor, const struct doctor_check *check)
{
	unsigned long personality = 0;
	struct err *err = personality_read(doctor, &personality);

	if (!err && !(personality & ADDR_NO_RANDOMIZE))
		err = err_hint(err_new("personality(ADDR_NO_RANDOMIZE) had no effect in a task"),
			       "a container's seccomp profile may forbid it: allow personality(2)");
	doctor_say_err(doctor, check, DOCTOR_NO, err, mem_strdup("a task ran with ADDR_NO_RANDOMIZE"));
}

/* Of the loader that runs this program. Heap. */
static char *own_loader(void)
{
	char *path = NULL;
	struct err *err = segment_interpreter("/proc/self/exe", &path);

	err_free(err);
	return path;
}

/*
 * A uprobe in the loader's file, as load_events: uprobe has it, but not at the hook: taken out, it would take with
 * it the breakpoint there of any debugger that runs on this machine. This function is for profiling, and nobody
 * stops in it.
 */
static struct err *uprobe_try(void)
{
	static const char function[] = "_dl_mcount";
	_cleanup_free_ char *loader = own_loader();
	uint64_t addr = 0, offset = 0;
	_cleanup_close_ int fd = -1;
	struct uprobe *uprobe;
	struct symidx *index;
	struct err *err = uprobe_check();

	if (err)
		return err;
	if (!loader)
		return err_new("this program is linked statically: there is no loader to try it on");
	err = symidx_create(loader, &index);
	if (err)
		return err;
	if (!symidx_find(index, function, &addr))
		err = err_new("the loader '%s' has no %s", loader, function);
	symidx_destroy(index);
	fd = open(loader, O_RDONLY | O_CLOEXEC);
	if (!err && fd < 0)
		err = err_errno(errno, "cannot open '%s'", loader);
	if (!err)
		err = segment_offset(fd, loader, addr, &offset);
	if (!err)
		err = uprobe_open(loader, offset, &uprobe);
	if (!err)
		uprobe_close(uprobe);
	return err;
}

static void look_uprobe(struct doctor *doctor, const struct doctor_check *check)
{
	doctor_say_err(doctor, check, DOCTOR_NO, uprobe_try(),
		       mem_strdup("one was set in the loader and taken out"));
}

static void look_probes(struct doctor *doctor, const struct doctor_check *check)
{
	_cleanup_free_ char *loader = own_loader();
	struct probes probes = { 0 };
	struct err *err = loader ? probes_find(loader, &probes) : err_new("this program is linked statically");

	doctor_say_err(doctor, check, DOCTOR_NO, err,
		       mem_printf("%zu SystemTap probes of %s", probes.n_rtld, loader ? loader : ""));
	probes_deinit(&probes);
}

/* Counters as they would be chosen; those of the processor are the better ones. */
static void look_counters(struct doctor *doctor, const struct doctor_check *check)
{
	const enum counter_source asked =
		doctor->scenario.counters ? (enum counter_source)doctor->scenario.counters : COUNTERS_AUTO;
	const char *program = doctor->prepared ? doctor->prepared->argv[0] : "/proc/self/exe";
	enum counter_source source;
	json_t *json = NULL;
	struct err *err = counters_choose(asked, &program, 1, &source, &json);

	if (!err && source == COUNTERS_CALLGRIND && asked == COUNTERS_AUTO) {
		const json_t *why = json_array_get(json_object_get(json, "notes"), 0);
		_cleanup_free_ char *what = mem_printf("%s; callgrind simulates them", json_string_value(why));

		doctor_say(doctor, check, NULL, DOCTOR_PARTLY, what,
			   "a machine with a processor's counters, and kernel.perf_event_paranoid at 2 or less");
	} else {
		doctor_say_err(doctor, check, DOCTOR_NO, err,
			       err ? NULL : mem_printf("by %s", counter_source_names[source]));
	}
	json_decref(json);
}

static const char *text_of(const json_t *facts, const char *key)
{
	const char *text = json_string_value(json_object_get(facts, key));

	return text ? text : "unknown";
}

static void look_glibc(struct doctor *doctor, const struct doctor_check *check)
{
	json_t *facts = hostfacts_read(NULL);
	const char *version = text_of(facts, "glibc");
	_cleanup_free_ char *what = mem_printf("glibc %s, %s", version, text_of(facts, "loader"));
	bool chained = !strncmp(version, "2.", 2) && atoi(version + 2) >= 35;

	doctor_say(doctor, check, NULL, chained ? DOCTOR_YES : DOCTOR_PARTLY, what,
		   chained ? NULL : "libraries in namespaces of their own (dlmopen) are seen from glibc 2.35 on");
	json_decref(facts);
}

static void look_clock(struct doctor *doctor, const struct doctor_check *check)
{
	static const char *const quick[] = { "tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter" };
	json_t *facts = hostfacts_read(NULL);
	const char *source = text_of(facts, "clocksource");
	enum doctor_answer answer = DOCTOR_PARTLY;

	for (size_t i = 0; i < ARRAY_SIZE(quick); i++)
		if (!strcmp(source, quick[i]))
			answer = DOCTOR_YES;
	doctor_say(doctor, check, NULL, answer, source,
		   answer == DOCTOR_YES ? NULL : "each reading is a system call, some 0.1 to 1 us: short costs come "
						 "out too long");
	json_decref(facts);
}

/* --- what a scenario needs -------------------------------------------------------- */

static bool needs_seize(const struct scenario *s)
{
	return !scenario_is_untraced(s) && strcmp(s->tool, "null") != 0;
}

static bool needs_debugreg(const struct scenario *s)
{
	return !strcmp(s->tool, "native") && s->breakpoints_write == BP_WRITE_DEBUG_REGISTERS;
}

static bool needs_aslr(const struct scenario *s)
{
	return s->aslr == ASLR_OFF;
}

static bool needs_uprobe(const struct scenario *s)
{
	return !strcmp(s->tool, "native") &&
	       (s->load_events == LOAD_EVENTS_UPROBE || s->breakpoints_write == BP_WRITE_UPROBE);
}

static bool needs_probes(const struct scenario *s)
{
	return !strcmp(s->tool, "native") && s->load_events == LOAD_EVENTS_PROBES;
}

static bool needs_counters(const struct scenario *s)
{
	return s->counters != COUNTERS_OFF;
}

const struct doctor_check doctor_tracing[] = {
	{ "tracing", "ptrace", look_seize, needs_seize },
	{ "tracing", "debug registers", look_debugreg, needs_debugreg },
	{ "tracing", "uprobes", look_uprobe, needs_uprobe },
	{ "tracing", "loader's probes", look_probes, needs_probes },
	{ "tracing", "glibc", look_glibc, NULL },
	{ "tracing", "ASLR off", look_aslr, needs_aslr },
	{ "measuring", "cache misses", look_counters, needs_counters },
	{ "measuring", "clock", look_clock, NULL },
	{ 0 },
};

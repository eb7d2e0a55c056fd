/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The doors of a tracer that attaches, slammed: whatever fails, whoever dies, the tasks live on, end
 * well, and their text is their files'. faults.h tells how to have some of it.
 */
#include "faults.h"
#include "steady.h"

/* A tracer is killed above quiet tasks, which come to no breakpoint: it does no step, and asks for no register. */
static const struct attach_door {
	enum fault_point point;
	const char *actions;
	const char *set; /* scenario keys */
} attach_doors[] = {
	{ FAULT_SEIZE, "EIO die kill int", "" },
	{ FAULT_INTERRUPT, "EIO die kill", "" },
	{ FAULT_CONT, "EIO die kill int", "" },
	{ FAULT_DETACH, "EIO die kill", "" },
	{ FAULT_REGS, "EIO die kill", "" },
	{ FAULT_USER, "EIO die", "" },
	{ FAULT_USER, "EIO die kill", "breakpoints.write=debug-registers" },
	{ FAULT_TEXT, "EIO die kill", "breakpoints.write=poke" },
	{ FAULT_PENDING, "EIO die kill", "" },
	{ FAULT_SIGMASK, "EIO die", "" },
	{ FAULT_STEP, "EIO die", "" },
	{ FAULT_WAIT, "EIO kill int", "" },
	{ FAULT_MEM_OPEN, "EMFILE die kill", "" },
	{ FAULT_MEM_READ, "EIO short die kill", "" },
	{ FAULT_MEM_READ, "EIO short die kill", "breakpoints.write=page" },
	{ FAULT_MEM_WRITE, "ENOMEM short die kill", "" },
	{ FAULT_MEM_WRITE, "ENOMEM short die kill", "breakpoints.write=page" },
	{ FAULT_AUXV, "EMFILE kill", "" },
	{ FAULT_MAPS, "EMFILE die kill", "" },
	{ FAULT_MAPS_ASK, "ENOTTY die kill", "" },
	{ FAULT_THREAD, "EAGAIN kill", "tracer_threads=2" },
	{ FAULT_ELF, "EMFILE kill", "" },
	{ FAULT_PIDFD, "EMFILE kill", "" },
};

struct tried {
	struct steady *s;
	const char *set;
};

static void attach_play(struct steady *s, const char *set, const char *text, bool quiet)
{
	struct err *err;

	enter_run(s->spy);
	if (spy_set(s->spy, set))
		_exit(99);
	assert_ok(fault_set(text));
	err = attach(s, s->pids, 2, 20 * NS_PER_MS, quiet ? WORDS("never_called", "victim_add") :
							      WORDS("marked", "stepped", "victim_add"));
	tell(err);
	told->done = true;
	_exit(0);
}

/* A task afterwards: as it was before anybody came, after a repair if there was nobody to clean. */
static char *look_at_task(struct steady *s, size_t i, bool killed, bool dies)
{
	struct symcache *symbols = symcache_create();
	struct err *err = NULL;
	char what[512] = "";
	size_t n = 0;
	int status;

	if (status_field(s->pids[i], "TracerPid") != '0')
		return mem_printf("task %zu is still traced ('%s')", i, told->message);
	for (int round = 0; round < 1000 && strchr("tT", status_field(s->pids[i], "State")); round++)
		usleep(1000);
	if (killed)
		err = repair_task(s->pids[i], symbols, &n);
	symcache_destroy(symbols);
	if (err)
		return mem_printf("cannot repair task %zu: %s", i, err_message(err));
	if (*(const volatile uint8_t *)_r_debug.r_brk != TRAP_BYTE && text_changes(s->pids[i], what, sizeof(what)))
		return mem_printf("task %zu: %s ('%s')", i, what, told->message);
	kill(s->pids[i], SIGTERM);
	if (!wait_for(s->pids[i], END_LIMIT_NS, &status)) {
		char state = status_field(s->pids[i], "State");

		kill(s->pids[i], SIGKILL);
		waitpid(s->pids[i], NULL, __WALL);
		return mem_printf("task %zu does not end: its state is %c ('%s')", i, state, told->message);
	}
	if (status && !(dies && status == SIGKILL))
		return mem_printf("task %zu has status 0x%x ('%s')", i, status, told->message);
	return NULL;
}

static char *attach_one(const struct strike *strike, void *data)
{
	const struct tried *tried = data;
	const char *action = strike->action;
	struct steady *s = tried->s;
	/* A task that comes to a trap while nobody traces it dies: a quiet one comes to none. */
	bool killed = !strcmp(action, "kill");
	char *wrong = NULL;
	int status = 0;
	pid_t pid;

	s->n = 0;
	for (int i = 0; i < 2; i++)
		steady_start(s, killed ? "quiet" : "busy");
	pid = fork();
	if (!pid)
		attach_play(s, tried->set, strike->text, killed);
	if (!wait_for(pid, RUN_LIMIT_NS, &status)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		wrong = mem_strdup("hangs");
	} else if (WIFSIGNALED(status) && killed) {
		told->struck = true;
	} else if (!told->done) {
		wrong = mem_printf("the tracer ends with status 0x%x", status);
	} else if (told->failed && (told->gone || !told->message[0])) {
		wrong = mem_printf("fails without a reason: '%s'", told->message);
	}
	for (size_t i = 0; i < 2; i++) {
		siginfo_t info = { 0 };

		if (!strcmp(action, "die") &&
		    !waitid(P_PID, (id_t)s->pids[i], &info, WEXITED | WNOHANG | WNOWAIT | __WALL) && info.si_pid)
			waitpid(s->pids[i], NULL, __WALL);
		else if (!wrong)
			wrong = look_at_task(s, i, killed, !strcmp(action, "die"));
		else
			kill(s->pids[i], SIGKILL);
		close(s->out[i]);
	}
	if (wrong)
		end_children();
	s->n = 0;
	return wrong;
}

/* Who attaches does no harm, whatever fails: the tasks end well, and their text is their files'. */
static void tasks_attached_to_live_on(void **state)
{
	struct steady *s = *state;

	n_runs = n_wrong = 0;
	for (size_t i = 0; i < ARRAY_SIZE(attach_doors); i++) {
		_cleanup_free_ char *actions = mem_strdup(attach_doors[i].actions);
		struct tried tried = { s, attach_doors[i].set };
		const char *play = *tried.set ? tried.set : "attach";
		char *rest = NULL;

		if (!is_wanted(attach_doors[i].point))
			continue;
		for (char *action = strtok_r(actions, " ", &rest); action; action = strtok_r(NULL, " ", &rest))
			go_through(&(struct strike){ .point = attach_doors[i].point, .action = action, .play = play },
				   attach_one, &tried);
	}
	print_message("%u runs\n", n_runs);
	assert_int_equal(n_wrong, 0);
}

static void every_point_was_struck(void **state)
{
	(void)state;
	assert_points_struck(BY_ATTACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tasks_attached_to_live_on, steady_setup, steady_teardown),
		cmocka_unit_test(every_point_was_struck),
	};

	faults_init();
	return cmocka_run_group_tests_name("faults_attach", tests, NULL, NULL);
}

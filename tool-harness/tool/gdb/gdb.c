/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tool "gdb": brings the tasks of a job through the paper's two phases under real GDBs, one
 * for each task or one for all of them, as a parallel debugger's front end does. All tasks come
 * to each point before any goes on, so that the phases are those of the native tool.
 *
 * Invariant: stage_end is called whatever happens, so that no GDB and no task is left.
 */
#include "lib/clock.h"
#include "lib/mem.h"
#include "tool/gdb/gdb.h"
#include "tool/process/files.h"
#include "tool/process/version.h"

#define EXIT_GRACE_NS (10 * NS_PER_S)

/* --- set-up ----------------------------------------------------------------------- */

static void make_sessions(struct gdb *gdb)
{
	const struct tool_request *request = gdb->request;
	size_t n_libraries = request->manifest ? request->manifest->n_libraries : 0, per_session;

	gdb->n_tasks = gdb->stage.job->n_tasks;
	gdb->n_sessions = request->scenario->gdb_mode == GDB_INFERIORS ? 1 : gdb->n_tasks;
	per_session = gdb->n_tasks / gdb->n_sessions;
	gdb->sessions = mem_calloc(gdb->n_sessions, sizeof(gdb->sessions[0]));
	gdb->tasks = mem_calloc(gdb->n_tasks, sizeof(gdb->tasks[0]));
	for (size_t i = 0; i < gdb->n_tasks; i++) {
		struct gdb_task *t = &gdb->tasks[i];
		struct gdb_session *s = &gdb->sessions[i / per_session];

		s->gdb = gdb;
		s->first_task = i / per_session * per_session;
		s->n_tasks = per_session;
		*t = (struct gdb_task){ .index = (uint32_t)i, .session = s, .event = GDB_NO_EVENT };
		snprintf(t->group, sizeof(t->group), "i%zu", i % per_session + 1);
		t->planted = mem_calloc(request->n_breakpoints + 1, sizeof(t->planted[0]));
		t->target_seen = mem_calloc(n_libraries + 1, sizeof(t->target_seen[0]));
		process_memory_init(&t->memory, gdb->stage.job->tasks[i].pid);
	}
}

static void fill_breakpoints(struct gdb *gdb)
{
	struct trial *trial = gdb->trial;

	trial->n_breakpoints = gdb->request->n_breakpoints;
	trial->breakpoints = mem_calloc(trial->n_breakpoints + 1, sizeof(trial->breakpoints[0]));
	for (size_t i = 0; i < trial->n_breakpoints; i++) {
		trial->breakpoints[i].function = mem_strdup(gdb->request->breakpoints[i]);
		trial->breakpoints[i].expected_hits = -1;
	}
}

static void gdb_deinit(struct gdb *gdb)
{
	gdb_report_deinit(gdb);
	for (size_t i = 0; i < gdb->n_sessions; i++)
		gdb_session_deinit(&gdb->sessions[i]);
	for (size_t i = 0; i < gdb->n_tasks; i++) {
		struct gdb_task *t = &gdb->tasks[i];

		loader_deinit(&t->loader);
		free(t->mapped);
		free(t->added);
		free(t->removed);
		free(t->planted);
		free(t->target_seen);
	}
	free(gdb->sessions);
	free(gdb->tasks);
	library_set_destroy(gdb->libraries);
}

/* --- the loop --------------------------------------------------------------------- */

static bool all_in(const struct gdb *gdb, enum gdb_state state)
{
	for (size_t i = 0; i < gdb->n_tasks; i++)
		if (gdb->tasks[i].state < state)
			return false;
	return true;
}

/* One turn; false when the trial must end. A job that has ended brings no more news of its own. */
static bool turn(struct gdb *gdb, struct err **err_ret)
{
	bool go_on = !gdb->stage.job_ended && stage_wait(&gdb->stage);
	struct err *err = gdb_read(gdb);

	*err_ret = err;
	return !err && go_on && !gdb_over(gdb);
}

/* Until all tasks have come to a state, or are gone, and all commands are answered. */
static bool run_until(struct gdb *gdb, enum gdb_state state, struct err **err_ret)
{
	while (!all_in(gdb, state) || !gdb_idle(gdb))
		if (!turn(gdb, err_ret))
			return false;
	return true;
}

static void each_task(struct gdb *gdb, enum gdb_state state, void (*part)(struct gdb_task *t))
{
	for (size_t i = 0; i < gdb->n_tasks; i++)
		if (gdb->tasks[i].state == state)
			part(&gdb->tasks[i]);
}

static void each_session(struct gdb *gdb, void (*part)(struct gdb_session *s))
{
	for (size_t i = 0; i < gdb->n_sessions; i++)
		part(&gdb->sessions[i]);
}

/* --- phases ----------------------------------------------------------------------- */

static void attach(struct gdb_session *s)
{
	for (size_t i = 1; i < s->n_tasks; i++)
		gdb_send(s, GDB_ADD_INFERIOR, 0, "-add-inferior");
	for (size_t i = s->first_task; i < s->first_task + s->n_tasks; i++) {
		struct gdb_task *t = &s->gdb->tasks[i];

		gdb_send(s, GDB_ATTACH, i, "-target-attach --thread-group %s %d", t->group,
			 (int)gdb_trial_task(t)->pid);
	}
}

static void catch_exec(struct gdb_session *s)
{
	gdb_send(s, GDB_CATCH, 0, "-interpreter-exec console \"catch exec\"");
}

/* The start is seen by solib events in any case: there is no other stop at which the linked libraries are
 * mapped and nothing of the program has run. */
static void stop_at_solib_events(struct gdb_session *s)
{
	gdb_send(s, GDB_SET, 0, "-gdb-set stop-on-solib-events 1");
}

static void plant(struct gdb_session *s)
{
	const struct tool_request *request = s->gdb->request;

	if (request->scenario->gdb_solib_events == GDB_SOLIB_FOLLOW)
		gdb_send(s, GDB_SET, 0, "-gdb-set stop-on-solib-events 0");
	for (size_t i = 0; i < request->n_breakpoints; i++) {
		_cleanup_strbuf_ struct strbuf function = STRBUF_INIT;

		mi_quote(&function, request->breakpoints[i]);
		gdb_send(s, GDB_BREAK, i, "-break-insert -f %s", function.text);
	}
}

/* One without a loader has no linked libraries: it is started where it is. */
static void start(struct gdb_task *t)
{
	if (t->loader.path)
		gdb_continue(t);
	else
		t->state = GDB_STARTED;
}

static struct err *start_sessions(struct gdb *gdb)
{
	for (size_t i = 0; i < gdb->n_sessions; i++) {
		struct err *err = gdb_session_start(&gdb->sessions[i]);

		if (err)
			return err;
	}
	return NULL;
}

/* The tasks have ended, which GDB tells a moment later; then it is told to exit. */
static struct err *see_out(struct gdb *gdb)
{
	int64_t until_ns = clock_now_ns() + EXIT_GRACE_NS;
	struct err *err = NULL;

	while (!err && gdb->stage.job_ended && !gdb_over(gdb) && !all_in(gdb, GDB_GONE) &&
	       !*gdb->request->stop && clock_now_ns() < until_ns) {
		outside_set_wait(&gdb->stage.tools, NULL, 0, until_ns);
		err = gdb_read(gdb);
	}
	return err;
}

static struct err *run_phases(struct gdb *gdb)
{
	struct trial_phases *phases = &gdb->trial->phases;
	struct err *err = start_sessions(gdb);

	if (err)
		return err;
	each_session(gdb, attach);
	while (!stage_traced(&gdb->stage))
		if (!turn(gdb, &err))
			return err;
	if (!run_until(gdb, GDB_ATTACHED, &err))
		return err;
	each_session(gdb, catch_exec);
	each_task(gdb, GDB_ATTACHED, gdb_continue);
	if (!run_until(gdb, GDB_RELEASED, &err))
		return err;
	err = stage_release(&gdb->stage);
	if (err || !run_until(gdb, GDB_AT_EXEC, &err))
		return err;
	phases->stopped_ns = clock_now_ns();
	each_session(gdb, stop_at_solib_events);
	each_task(gdb, GDB_AT_EXEC, start);
	if (!run_until(gdb, GDB_STARTED, &err))
		return err;
	phases->started_ns = clock_now_ns();
	each_session(gdb, plant);
	if (!run_until(gdb, GDB_STARTED, &err))
		return err;
	stage_ready(&gdb->stage);
	each_task(gdb, GDB_STARTED, gdb_continue);
	if (!run_until(gdb, GDB_RUNNING, &err))
		return err;
	phases->continued_ns = clock_now_ns(); /* until now it was when the shims were let go */
	while (turn(gdb, &err))
		;
	return err ? err : see_out(gdb);
}

/* What would be without effect, or never hit. */
static struct err *gdb_check(const struct scenario *scenario)
{
	if (!scenario->gdb_path)
		return err_hint(err_new("'gdb.path' is empty"), "leave it out for the system's gdb");
	if (!scenario->gdb_auto_solib_add && scenario->breakpoints_count)
		return err_hint(err_new("'gdb.auto_solib_add' is off, but breakpoints are asked for, which are "
					"found by the symbols of libraries"),
				"set gdb.auto_solib_add to on, or breakpoints.count to 0");
	return version_check_program("gdb", scenario->gdb_path, "gdb");
}

static struct err *gdb_files(const struct scenario *scenario, struct file_set *set)
{
	return toolfiles_add(scenario->gdb_path, set);
}

static struct err *gdb_run(const struct tool_request *request, struct trial *trial)
{
	struct gdb gdb = { .request = request, .trial = trial };
	bool follow = request->scenario->gdb_solib_events == GDB_SOLIB_FOLLOW;
	struct err *err, *end_err;

	trial->load_events = mem_strdup(follow ? "library-loaded" : "solib-event");
	trial->sampled = follow; /* it tells of libraries one by one, not of loads */
	gdb.libraries = library_set_create(request->manifest, request->breakpoints, 0, false);
	err = stage_begin(request, NULL, trial, &gdb.stage);
	if (!err) {
		trial_counts(trial, COUNTS_STOPS | COUNTS_BREAKPOINTS | COUNTS_THREADS |
					    (request->manifest ? COUNTS_TARGET : 0));
		make_sessions(&gdb);
		fill_breakpoints(&gdb);
		err = run_phases(&gdb);
		gdb_count(&gdb);
		gdb_report_write(&gdb);
	}
	end_err = stage_end(&gdb.stage, EXIT_GRACE_NS);
	gdb_deinit(&gdb);
	if (!err)
		return end_err;
	err_free(end_err);
	return err;
}

const struct tool_ops tool_gdb = {
	.name = "gdb",
	.help = "GDB through its machine interface, one for each task or one for all",
	.run = gdb_run,
	.check = gdb_check,
	.files = gdb_files,
};

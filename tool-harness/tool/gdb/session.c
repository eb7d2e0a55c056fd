/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One GDB process: its settings, and what its answers mean. GDB answers commands in order. Sending one is
 * command.c's, what a stop means is stop.c's.
 *
 * Invariant: an answer is matched with the command whose token it has, which is the oldest
 * unanswered one; anything else is rubbish.
 */
#include <string.h>

#include "job/acquire/acquire.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "tool/gdb/gdb.h"

#define MAX_RUBBISH 1000 /* lines; a library of GDB's that prints a warning is no reason to end */
#define QUOTED 300       /* bytes of its words in a message */

/* --- settings --------------------------------------------------------------------- */

static void send_console(struct gdb_session *s, const char *command)
{
	_cleanup_strbuf_ struct strbuf quoted = STRBUF_INIT;

	mi_quote(&quoted, command);
	gdb_send(s, GDB_SET, 0, "-interpreter-exec console %s", quoted.text);
}

/* All that GDB could ask or do by itself is settled before it sees a task. */
static void send_settings(struct gdb_session *s)
{
	const struct scenario *scenario = s->gdb->request->scenario;

	gdb_send(s, GDB_SET, 0, "-gdb-set confirm off");
	gdb_send(s, GDB_SET, 0, "-gdb-set pagination off");
	gdb_send(s, GDB_TRY, 0, "-gdb-set debuginfod enabled off"); /* built without it, it refuses */
	gdb_send(s, GDB_SET, 0, "-gdb-set disable-randomization off");
	gdb_send(s, GDB_SET, 0, "-gdb-set auto-solib-add %s", scenario->gdb_auto_solib_add ? "on" : "off");
	if (scenario->gdb_index_cache)
		gdb_send(s, GDB_SET, 0, "-gdb-set index-cache enabled on");
	else
		gdb_send(s, GDB_TRY, 0, "-gdb-set index-cache enabled off"); /* an older GDB has it off */
	if (scenario->gdb_worker_threads) {
		_cleanup_free_ char *command =
			mem_printf("maint set worker-threads %jd", (intmax_t)scenario->gdb_worker_threads);

		send_console(s, command);
	}
	if (s->n_tasks > 1) {
		gdb_send(s, GDB_SET, 0, "-gdb-set mi-async on");
		gdb_send(s, GDB_SET, 0, "-gdb-set non-stop on");
	}
	for (size_t i = 0; i < scenario->gdb_commands.n; i++)
		send_console(s, scenario->gdb_commands.strings[i]);
	gdb_send(s, GDB_SET, 0, "-enable-timings yes");
	gdb_report_ask(s);
}

struct err *gdb_session_start(struct gdb_session *s)
{
	struct gdb *gdb = s->gdb;
	const char *path = gdb->request->scenario->gdb_path;
	const char *const argv[] = { path, "-nx", "-q", "--interpreter=mi3", NULL };
	_cleanup_free_ char *label = s->n_tasks == 1 ? mem_printf("rank%zu", s->first_task) : mem_strdup("all");
	const struct outside_opts opts = {
		.argv = argv,
		.name = "gdb",
		.label = label,
		.count_ptrace = gdb->request->scenario->tools_count_ptrace,
	};
	struct err *err;

	s->numbers = mem_calloc(gdb->request->n_breakpoints + 1, sizeof(s->numbers[0]));
	err = outside_start(&gdb->stage.tools, &opts, &s->process);
	if (err)
		return err_hint(err, "install gdb, or set gdb.path to one");
	send_settings(s);
	return NULL;
}

void gdb_session_deinit(struct gdb_session *s)
{
	for (size_t i = 0; s->numbers && i < s->gdb->request->n_breakpoints; i++)
		free(s->numbers[i]);
	free(s->numbers);
	free(s->commands);
	free(s->task_of_thread);
}

/* --- answers ---------------------------------------------------------------------- */

static void continued(struct gdb_task *t, int64_t now_ns)
{
	struct trial *trial = t->session->gdb->trial;

	if (t->event != GDB_NO_EVENT)
		trial->events[t->event].done_ns = now_ns;
	t->event = GDB_NO_EVENT;
	if (t->state == GDB_ATTACHED || t->state == GDB_AT_EXEC || t->state == GDB_STARTED)
		t->state++;
}

/* A task that was killed while it stood still cannot go on; GDB hears of its end, or the job does. */
static bool is_gone(const struct gdb_session *s, const struct gdb_command *command)
{
	return command->kind == GDB_CONTINUE &&
	       (s->gdb->tasks[command->arg].state == GDB_GONE || job_task_ended(s->gdb->stage.job, command->arg));
}

static void refused(struct gdb_session *s, const struct gdb_command *command, const struct mi_record *record)
{
	static const char *const what[] = {
		[GDB_SET] = "a setting",
		[GDB_TRY] = "a setting",
		[GDB_SHOW] = "to show a setting",
		[GDB_VERSION] = "to tell its version",
		[GDB_ADD_INFERIOR] = "an inferior",
		[GDB_ATTACH] = "to attach",
		[GDB_CATCH] = "to catch exec",
		[GDB_CONTINUE] = "to continue",
		[GDB_BREAK] = "a breakpoint",
		[GDB_EXIT] = "to exit",
	};

	/* What cannot be shown is not in the record. */
	if (command->kind == GDB_SHOW || command->kind == GDB_TRY || is_gone(s, command))
		return;
	gdb_fail(s, VERDICT_FAILED, "gdb (%s) refused %s: %.*s", outside_label(s->process), what[command->kind],
		 QUOTED, mi_get(record, "msg", NULL));
}

static void answered(struct gdb_session *s, const struct gdb_command *command, const struct mi_record *record,
		     int64_t now_ns)
{
	switch (command->kind) {
	case GDB_SHOW:
		gdb_report_answer(s, command->arg, record);
		break;
	case GDB_CONTINUE:
		continued(&s->gdb->tasks[command->arg], now_ns);
		break;
	case GDB_BREAK:
		free(s->numbers[command->arg]);
		s->numbers[command->arg] = mem_strdup(mi_get(record, "bkpt", "number", NULL));
		gdb_report_time(s->gdb, GDB_TIME_INSERT, record);
		if (mi_find(record, record->values, "bkpt"))
			gdb_breakpoint(s, record, mi_find(record, record->values, "bkpt"));
		break;
	default:
		break;
	}
}

/* False if it is the answer to nothing. */
static bool answer(struct gdb_session *s, const struct mi_record *record, int64_t now_ns)
{
	const struct gdb_command *command;

	if (!record->has_token || s->n_answered == s->n_commands || record->token != s->n_answered)
		return false;
	command = &s->commands[s->n_answered++];
	if (!strcmp(record->class, "error"))
		refused(s, command, record);
	else
		answered(s, command, record, now_ns);
	return true;
}

/* --- reading ---------------------------------------------------------------------- */

static void rubbish(struct gdb_session *s, const struct mi_record *record)
{
	if (++s->rubbish == MAX_RUBBISH)
		gdb_fail(s, VERDICT_RUBBISH, "gdb (%s) prints what is not GDB/MI: '%.*s'", outside_label(s->process),
			 QUOTED, record->text);
}

static void console(struct gdb_session *s, const char *text)
{
	struct trial *trial = s->gdb->trial;

	/* Before anything else it is asked for its version; the first line is the name and number. */
	if (trial->tool_version || s->n_answered >= s->n_commands ||
	    s->commands[s->n_answered].kind != GDB_VERSION)
		return;
	trial->tool_version = mem_strndup(text, strcspn(text, "\n"));
}

static struct err *take(struct gdb_session *s, const struct mi_record *record, int64_t now_ns)
{
	s->records++;
	switch (record->kind) {
	case MI_RESULT:
		if (!answer(s, record, now_ns))
			rubbish(s, record);
		return NULL;
	case MI_EXEC:
	case MI_NOTICE:
		return gdb_async(s, record, now_ns);
	case MI_CONSOLE:
		console(s, record->text);
		return NULL;
	case MI_RUBBISH:
		rubbish(s, record);
		return NULL;
	default:
		return NULL;
	}
}

static bool has_tasks(const struct gdb_session *s)
{
	for (size_t i = 0; i < s->n_tasks; i++)
		if (s->gdb->tasks[s->first_task + i].state != GDB_GONE)
			return true;
	return false;
}

static struct err *session_read(struct gdb_session *s)
{
	struct gdb *gdb = s->gdb;
	const char *line;

	while (!gdb_over(gdb) && (line = outside_line(s->process))) {
		struct mi_record record;
		struct err *err;

		mi_parse(line, strlen(line), &record);
		err = take(s, &record, clock_now_ns());
		mi_record_deinit(&record);
		if (err)
			return err;
	}
	if (!gdb_over(gdb) && !s->told_to_exit && !outside_ended(s->process) && !has_tasks(s)) {
		s->told_to_exit = true;
		gdb_send(s, GDB_EXIT, 0, "-gdb-exit");
	}
	return NULL;
}

struct err *gdb_read(struct gdb *gdb)
{
	for (size_t i = 0; i < gdb->n_sessions; i++) {
		struct err *err = session_read(&gdb->sessions[i]);

		if (err)
			return err;
	}
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the tool "gdb": real GDBs, driven through their machine interface (mi.h).
 * gdb.c brings the job through its phases; command.c says something to a GDB, session.c
 * is one GDB process and what its answers mean; stop.c is what it says of tasks by itself: stops, libraries,
 * breakpoints; report.c puts what GDB tells of itself into the record. Nobody else
 * includes this.
 *
 * What each phase means for GDB is in docs/tools.md.
 */
#ifndef TOOL_GDB_GDB_H
#define TOOL_GDB_GDB_H

#include "ld/loader.h"
#include "tool/library.h"
#include "tool/gdb/mi.h"
#include "tool/process/stage.h"
#include "trace/memory/procmem.h"

enum gdb_state {
	GDB_ATTACHING, /* GDB was told to attach */
	GDB_ATTACHED,  /* stopped in its shim */
	GDB_RELEASED,  /* on its way to exec */
	GDB_AT_EXEC,   /* stopped there, before the first instruction */
	GDB_STARTING,  /* runs to its first consistent stop */
	GDB_STARTED,   /* stopped there: its linked libraries are mapped, and read by GDB */
	GDB_RUNNING,
	GDB_GONE,
};

/* Steps of GDB whose time it tells by itself (-enable-timings). */
enum gdb_timing {
	GDB_TIME_ATTACH,     /* to the stop of the attached task */
	GDB_TIME_EXEC,       /* from continued to stopped at exec */
	GDB_TIME_SOLIB,      /* ... at a solib event: the task's own time is in the wall clock, not in CPU time */
	GDB_TIME_BREAKPOINT, /* ... at a breakpoint */
	GDB_TIME_INSERT,     /* -break-insert */
	GDB_TIME_N,
};

struct gdb_times {
	uint64_t n;
	int64_t wall_ns, user_ns, system_ns;
};

/* A library as GDB has it in one task. */
struct gdb_library {
	struct library *library;
	uint64_t from, to; /* of its code */
};

#define GDB_NO_EVENT SIZE_MAX

struct gdb_task {
	uint32_t index;              /* of the job and the trial */
	struct gdb_session *session;
	char group[24];              /* GDB's name of the inferior: "i1" */
	enum gdb_state state;
	unsigned thread;             /* that stopped last, in GDB's numbers */
	size_t event;                /* index of the event that it is stopped at, or GDB_NO_EVENT */
	struct process_memory memory;
	struct loader loader;        /* path is NULL until its program runs, and without a loader */
	struct gdb_library *mapped;  /* in the order of GDB's words */
	size_t n_mapped, cap_mapped;
	struct library **added, **removed; /* told, and not part of an event yet */
	size_t n_added, cap_added, n_removed, cap_removed;
	int64_t told_ns;             /* the first of these; 0: none */
	bool *planted;               /* per breakpoint: ever in */
	bool *target_seen;           /* libraries of the manifest ever in its map */
};

enum gdb_command_kind {
	GDB_SET,          /* a setting that must be taken */
	GDB_TRY,          /* one that need not */
	GDB_SHOW,         /* arg: index of the setting */
	GDB_VERSION,
	GDB_ADD_INFERIOR,
	GDB_ATTACH,       /* arg: task */
	GDB_CATCH,
	GDB_CONTINUE,     /* arg: task */
	GDB_BREAK,        /* arg: breakpoint */
	GDB_EXIT,
};

struct gdb_command {
	enum gdb_command_kind kind;
	size_t arg;
};

struct gdb_session {
	struct gdb *gdb;
	struct outside *process;
	size_t first_task, n_tasks;   /* of gdb.tasks */
	struct gdb_command *commands; /* all that were sent; the token is the index */
	size_t n_commands, cap_commands;
	size_t n_answered;            /* answers come in the order of the commands */
	size_t *task_of_thread;       /* by GDB's number of the thread: index of the task + 1, or 0 */
	size_t n_threads;
	char **numbers;               /* GDB's number of each breakpoint of the request, or NULL */
	uint64_t records, rubbish;
	bool told_to_exit;
};

struct gdb {
	const struct tool_request *request;
	struct trial *trial;
	struct stage stage;
	struct library_set *libraries;
	struct gdb_session *sessions;
	size_t n_sessions;
	struct gdb_task *tasks;
	size_t n_tasks;
	struct gdb_times times[GDB_TIME_N];
	char **settings;             /* what GDB says of each that is shown, or NULL */
};

static inline struct trial_task *gdb_trial_task(const struct gdb_task *t)
{
	return &t->session->gdb->trial->tasks[t->index];
}

/* A verdict was found: the trial ends. */
static inline bool gdb_over(const struct gdb *gdb)
{
	return gdb->trial->tool_verdict > VERDICT_OK;
}

/* --- command.c ---------------------------------------------------------------- */

/* Sends one command. */
void gdb_send(struct gdb_session *s, enum gdb_command_kind kind, size_t arg, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Lets a stopped task go on. */
void gdb_continue(struct gdb_task *t);

/* True if all commands have been answered. */
bool gdb_idle(const struct gdb *gdb);

/* Ends the trial by a verdict about a session. */
void gdb_fail(struct gdb_session *s, enum tool_verdict verdict, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* --- session.c ---------------------------------------------------------------- */

/* Starts the GDB of a session and tells it its settings. */
MUST_CHECK struct err *gdb_session_start(struct gdb_session *s);
void gdb_session_deinit(struct gdb_session *s);

/* Reads what all GDBs have printed, and tells those to exit that have no task left. One that refuses a
 * command or prints rubbish is a verdict. */
MUST_CHECK struct err *gdb_read(struct gdb *gdb);

/* --- stop.c ------------------------------------------------------------------- */

/* An asynchronous record, at the time at which it was read. */
MUST_CHECK struct err *gdb_async(struct gdb_session *s, const struct mi_record *record, int64_t now_ns);

/* A breakpoint as GDB has it now: in which tasks it is in, and in which library. */
void gdb_breakpoint(struct gdb_session *s, const struct mi_record *record, const struct mi_value *bkpt);

/* Notes in the trial what GDB counted that is not in events. */
void gdb_count(struct gdb *gdb);

/* --- report.c ----------------------------------------------------------------- */

/* Asks for version and settings; the answers come to gdb_report_answer. */
void gdb_report_ask(struct gdb_session *s);
void gdb_report_answer(struct gdb_session *s, size_t setting, const struct mi_record *record);

/* Adds the time that a record tells. */
void gdb_report_time(struct gdb *gdb, enum gdb_timing timing, const struct mi_record *record);

/* The trial's tool_report. */
void gdb_report_write(struct gdb *gdb);
void gdb_report_deinit(struct gdb *gdb);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one execution of a job showed: the one type between the tools, which fill
 * it, and the model, comparison and report, which only read it. Plain data: no
 * ptrace, no ELF, no MPI, so that everything downstream is tested with made-up
 * trials (the null tool).
 *
 * Terms (docs/model.md):
 *   stop        one trap of one thread at the loader's hook, _dl_debug_state
 *   load event  one change that the loader announces: the stop that announces it
 *               (add or delete) and the consistent stop that ends it. A consistent
 *               stop without an announcement is a load event of one stop ("null").
 *   T1          handling time of one load event without reinsertion, all its stops
 *   T2          time to reinsert one breakpoint at one load event
 * All times are CLOCK_MONOTONIC nanoseconds; absolute ones of 0 did not happen.
 */
#ifndef MEASURE_TRIAL_H
#define MEASURE_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/rows.h"
#include "measure/stacktree.h"

/* What the loader said at a stop: r_state, and whether a consistent one ends anything. */
enum event_class {
	EVENT_ADD,        /* RT_ADD: libraries are about to be mapped */
	EVENT_DELETE,     /* RT_DELETE: libraries are about to be unmapped */
	EVENT_CONSISTENT, /* RT_CONSISTENT after an add or a delete */
	EVENT_NULL,       /* a load event that changed nothing: RT_CONSISTENT with no announcement before it */
	EVENT_LOADED,     /* a load that is over, told by one stop or look: a probe, a poll */
	EVENT_UNLOADED,   /* an unload, likewise */
	EVENT_N_CLASSES,
};
extern const char *const event_class_names[]; /* "add", ..., NULL */

/* Which part of the run a stop fell into; told by the task's marks afterwards. */
enum event_phase {
	EVENT_STARTUP, /* before the first mark import_begin: linked libraries, Python, MPI_Init */
	EVENT_IMPORT,  /* between import_begin and import_end */
	EVENT_LATER,   /* after import_end */
	EVENT_N_PHASES,
};
extern const char *const event_phase_names[];

/* One stop, as handled by the tracer. Durations are parts of done_ns - begin_ns. */
struct event {
	uint32_t task;           /* index into trial.tasks */
	pid_t tid;               /* thread that stopped */
	enum event_class class;
	enum event_phase phase;
	int64_t seen_ns;         /* the wait returned this stop */
	int64_t begin_ns;        /* handling begun (later than seen when stops queue) */
	int64_t linkmap_ns;      /* duration: loader state and link map read */
	int64_t symbols_ns;      /* duration: symbols of new libraries read or found, names resolved */
	int64_t breakpoints_ns;  /* duration: breakpoints reinserted (not first insertions) */
	int64_t plant_ns;        /* duration: breakpoints of new libraries inserted for the first time */
	int64_t stacks_ns;       /* duration: stack of the thread walked and named */
	int64_t done_ns;         /* the task was let go; 0: the tool does not tell, the event has no cost */
	uint32_t nodes_read;     /* link-map nodes */
	uint32_t bytes_read;     /* from the task's memory */
	uint32_t reinserted;     /* breakpoints reinserted */
	uint32_t planted;        /* breakpoints inserted for the first time */
	uint32_t traps_written;  /* writes into the task's text, of traps and of original bytes */
	uint32_t ptrace_calls;   /* ptrace(2) requests made for it */
	uint32_t names_at;       /* first of its libraries in trial.names */
	uint32_t added, removed; /* libraries; names holds added first, then removed */
};

/* Phase marks that a target writes; docs/formats.md has the file format. */
#define MARKS(ROW) \
	ROW(MARK_MAIN, "main", "main() of the program entered") \
	ROW(MARK_MPI_INIT, "mpi_init", "MPI_Init returned") \
	ROW(MARK_PYTHON, "python", "interpreter initialised") \
	ROW(MARK_DRIVER, "driver", "first line of the driver") \
	ROW(MARK_IMPORT_BEGIN, "import_begin", "before the first import") \
	ROW(MARK_IMPORT_END, "import_end", "after the last import") \
	ROW(MARK_VISIT_BEGIN, "visit_begin", "before the first call into the modules") \
	ROW(MARK_VISIT_END, "visit_end", "after the last call") \
	ROW(MARK_MPI_BEGIN, "mpi_begin", "before the driver's MPI test") \
	ROW(MARK_MPI_END, "mpi_end", "after it") \
	ROW(MARK_EXIT, "exit", "last mark before the process ends")
enum mark { MARKS(ROW_CONSTANT) MARK_N };
extern const char *const mark_names[]; /* "main", "mpi_init", ..., NULL */

/* Where a task was stopped when the tool came by it. */
enum task_at {
	TASK_AT_EXEC,     /* before its program's first instruction */
	TASK_AT_MPI_INIT, /* held there by its launcher, its linked libraries mapped */
	TASK_AT_RUNNING,  /* wherever it was */
};
extern const char *const task_at_names[]; /* "exec", "mpi_init", "running", NULL */

/* How the tool left a task that lives on. */
#define TASK_LEFTS(ROW) \
	ROW(TASK_LEFT_NONE, "none", "the task ended, or was not let go by the kit's tracer") \
	ROW(TASK_LEFT_CLEAN, "clean", "its text was read again, and is as it was") \
	ROW(TASK_LEFT_NOT_KNOWN, "not_known", "a thread of it could not be stopped") \
	ROW(TASK_LEFT_NOT_CLEAN, "not_clean", "a trap is left in it, or a thread that has run into one")
enum task_left { TASK_LEFTS(ROW_CONSTANT) TASK_LEFT_N };
extern const char *const task_left_names[]; /* "none", "clean", ..., NULL */

/* What the driver itself says it saw; -1 where the target says nothing. */
struct task_report {
	int64_t modules_imported;
	int64_t calls;          /* function calls of the visit, as returned by the entries */
	int64_t mpi_test_passed; /* 1, 0, or -1 */
};

/* Phases whose cache misses can be counted, and what is counted. */
enum counted_phase { COUNTED_IMPORT, COUNTED_VISIT, COUNTED_N };
extern const char *const counted_phase_names[]; /* "import", "visit", NULL */

enum counter {
	COUNTER_INSTRUCTIONS,
	COUNTER_L1D_MISSES,
	COUNTER_L1I_MISSES,
	COUNTER_L2_MISSES,
	COUNTER_N,
};
extern const char *const counter_names[]; /* "instructions", "l1d_misses", ..., NULL */

/* Who counts. Auto is of a scenario only. */
#define COUNTER_SOURCES(ROW) \
	ROW(COUNTERS_OFF, "off", "nobody") \
	ROW(COUNTERS_AUTO, "auto", "the first of the following that this machine has") \
	ROW(COUNTERS_PERF, "perf", "the processor, by perf_event_open(2)") \
	ROW(COUNTERS_PAPI, "papi", "the processor, by PAPI") \
	ROW(COUNTERS_CALLGRIND, "callgrind", "a simulation of it, which takes some fifty times as long")
enum counter_source { COUNTER_SOURCES(ROW_CONSTANT) COUNTERS_N };
extern const char *const counter_source_names[]; /* "off", "auto", ..., NULL */

struct trial_task {
	int rank;
	pid_t pid;
	char *host;
	char *exe;
	enum task_at acquired_at;
	int64_t exec_ns;                  /* stopped at exec (traced) or released (untraced); 0: it ran before */
	int64_t marks_ns[MARK_N];         /* 0: not seen */
	struct task_report report;
	int64_t counters[COUNTED_N][COUNTER_N]; /* -1: not counted */
	/* Of these, up to children_released: -1 where the tool does not tell, or came to no look. */
	int64_t stops[EVENT_N_CLASSES];
	int64_t load_events;             /* null ones included */
	int64_t libraries_at_start;      /* in the link map at the first consistent stop */
	int64_t libraries_at_end;        /* in the link map when last read */
	char *map_digest;                 /* of its link map at the end: files and load addresses; NULL: not read */
	char *map_names_digest;           /* of the files alone */
	int64_t target_libraries;        /* distinct libraries of the manifest ever seen in it */
	int64_t breakpoints_planted;     /* when last counted */
	int64_t breakpoint_hits;
	int64_t threads;                 /* threads ever traced, the main one included */
	int64_t children_released;       /* forked processes let go */
	int exit_status;                  /* as from waitpid(2); -1: not seen */
	uint64_t ended;                   /* it was the n-th of the tasks to end, from 1; 0: its end was not seen */
	enum task_left left;
	bool gone_early;                  /* it died before its import was over */
};

/* What stands at a place of a breakpoint's name. */
enum place_kind {
	PLACE_FUNCTION,
	PLACE_RESOLVER, /* of an IFUNC: runs when the function is bound, not when it is called */
	PLACE_IMPLEMENTATION, /* what a resolver has chosen: runs when the function is called */
};
extern const char *const place_kind_names[]; /* "function", ..., NULL */

/* One of the places that a breakpoint's name has, over all tasks. */
struct trial_place {
	char *library;    /* path as in trial.libraries */
	char *symbol;     /* with its version, if it has one: "foo@@V2" */
	uint64_t address; /* relative to the library's load bias */
	enum place_kind kind;
	uint64_t planted; /* how often a breakpoint was put there */
	uint64_t hits;
};

/* One breakpoint of the scenario, over all tasks. */
struct trial_breakpoint {
	char *function;
	char *library;           /* soname or path it first resolved in; NULL: never resolved */
	struct trial_place *places; /* in the order of being found */
	size_t n_places, cap_places; /* 0: nowhere resolved, or the tool does not tell its places */
	uint64_t planted_tasks;  /* tasks in which it was in at the end */
	uint64_t hits;           /* over all tasks: of all places but resolvers, whose runs are no calls */
	int64_t expected_hits;   /* from the manifest, over all tasks; -1: not known */
	uint64_t *rank_hits;     /* by task; NULL where the tool does not tell them apart. Not in the record */
	int64_t missed;          /* of a late policy: expected hits that did not come; see measure/missed.h */
	int64_t *rank_missed;    /* by task */
	size_t n_rank_missed;    /* 0: not known, or the policy is not late */
};

#define TEMPERATURES(ROW) \
	ROW(TEMPERATURE_COLD, "cold", "what the job reads was evicted from the page cache before") \
	ROW(TEMPERATURE_WARM, "warm", "it was run before")
enum temperature { TEMPERATURES(ROW_CONSTANT) TEMPERATURE_N };
extern const char *const temperature_names[];

/* Absolute times of the tool's sub-phases, over all tasks. */
struct trial_phases {
	int64_t launch_ns;    /* just before the launcher was started */
	int64_t found_ns;     /* all tasks known by rank, pid and host */
	int64_t acquired_ns;  /* and seized, if traced */
	int64_t stopped_ns;   /* all tasks stopped: at exec, or where they were */
	int64_t started_ns;   /* all tasks stopped again with their linked libraries mapped */
	int64_t linkmaps_ns;  /* start-up link maps of all tasks read */
	int64_t symbols_ns;   /* symbols of all start-up libraries read */
	int64_t planted_ns;   /* breakpoints planted: phase 1 ends */
	int64_t first_stack_ns; /* stack of the first task walked and merged; 0: none were asked for */
	int64_t last_stack_ns;  /* stack of the last task */
	int64_t continued_ns; /* last task let go: phase 2 begins */
	int64_t imported_ns;  /* last rank's import_end (its mark): phase 2 ends */
	int64_t visited_ns;   /* last rank's visit_end */
	int64_t mpi_ns;       /* last rank's mpi_end */
	int64_t ended_ns;     /* launcher and all tasks gone */
};

/* When stacks are taken. */
#define STACKS_MOMENTS(ROW) \
	ROW(STACKS_START, "start", "when phase 1 ends: each task's thread at its first consistent stop") \
	ROW(STACKS_EVENTS, "events", "at each later load event, once its link map is read: the thread in the loader") \
	ROW(STACKS_END, "end", "when a job is ended by the time limit or an interrupt: all threads")
enum stacks_moment { STACKS_MOMENTS(ROW_CONSTANT) STACKS_N };
extern const char *const stacks_moment_names[]; /* "start", ..., NULL */

/* How a tool that is a process of its own came through a trial. */
enum tool_verdict {
	VERDICT_NONE,    /* no such tool: the kit's own tracer, made-up events, untraced */
	VERDICT_OK,
	VERDICT_HUNG,    /* it did not come to its end within the time limit */
	VERDICT_ASKED,   /* nor did it, and its last words were a question */
	VERDICT_CRASHED, /* killed by a signal */
	VERDICT_FAILED,  /* ended with a status other than 0, or killed a task that waited for it */
	VERDICT_LEFT,    /* ended well, but before its tasks had */
	VERDICT_LATE,    /* its tasks had ended before it was ready */
	VERDICT_RUBBISH, /* what it printed cannot be read */
	VERDICT_N,
};
extern const char *const tool_verdict_names[]; /* "none", "ok", ..., NULL */

/* Proof of the page cache's state just before launch. */
struct trial_residency {
	int64_t files;          /* -1: not looked at, also the next two */
	int64_t pages;
	int64_t pages_resident;
	bool dropped_caches; /* /proc/sys/vm/drop_caches was used too */
};

/* What the tasks' loader offers to tools. */
struct trial_loader {
	char *path;                    /* NULL: no task had one */
	int64_t probes;                /* SystemTap probes of the provider rtld; -1: no loader was looked at */
	bool probes_usable;            /* those that load events need are among them */
};

/* What a tool read of libraries' files, all tasks together; elf/symidx.h has what is counted. */
struct trial_work {
	bool known; /* false: the tool does not tell, or there was none */
	uint64_t libraries_parsed;
	uint64_t symbols_read;
	uint64_t libraries_hashed, names_hashed;
	uint64_t functions_read, lines_read;
	uint64_t file_bytes_read;
	uint64_t indices_read, index_bytes_read;
	uint64_t indices_written, indices_refused;
	uint64_t names_shared; /* of new link-map nodes, known from another task: share maps */
};

/* Whose failure a job's is. */
enum failure_who {
	FAILURE_NONE,      /* no failure was seen */
	FAILURE_TASK,
	FAILURE_LAUNCHER,  /* it says so, though all tasks have ended well */
	FAILURE_NOT_KNOWN, /* something failed, and which task it was first was not seen */
	FAILURE_N,
};
extern const char *const failure_who_names[]; /* "none", ..., NULL */

/* The first task of a job to end with another status than 0; see measure/failure.h. */
struct trial_failure {
	enum failure_who who;
	int64_t task;     /* index; -1: none, or not known */
	int status;       /* as from waitpid(2): the task's, else the launcher's; -1: none, or not known */
	char *last_words; /* the end of its standard error, as one line; NULL: none failed, or not known */
};

struct trial {
	uint32_t repetition;           /* from 0 */
	enum temperature temperature;
	bool traced;                   /* false: the untraced baseline */
	char *tool;                    /* "native", "null"; "none" for the baseline */
	uint32_t variant;              /* index into the variants of its run: what was run, under which settings */
	enum counter_source counter_source;
	char *load_events;             /* interface to load events that was used: "rbrk"; NULL: none was */
	bool unstopped;                /* that interface stops no task: handling costs the task nothing */
	bool sampled;                  /* libraries were polled: some may have come and gone unseen, and
					  events may lack theirs */
	struct trial_loader loader;
	struct trial_phases phases;
	struct trial_residency residency;
	struct trial_residency tool_residency; /* of the programs of a tool that is a process of its own, and of
					  the libraries that they are linked with; what others run cannot be evicted */
	struct trial_task *tasks;      /* by rank */
	size_t n_tasks;
	struct event *events;          /* in the order of handling */
	size_t n_events, cap_events;
	uint32_t *names;               /* indices into libraries, see event.names_at */
	size_t n_names, cap_names;
	char **libraries;              /* distinct library paths seen */
	size_t n_libraries, cap_libraries;
	uint32_t *library_slots;       /* hash of libraries, for trial_library_id */
	size_t cap_library_slots;
	int64_t libraries_mapped;      /* distinct ones in link maps at the end; -1: not known, as the next */
	int64_t libraries_same_place;  /* of these, at one address in all tasks that have them */
	bool late;                     /* by policy breakpoints may go in after calls of their functions */
	struct trial_breakpoint *breakpoints;
	size_t n_breakpoints;
	struct stacktree stacks[STACKS_N]; /* empty where not asked for */
	int64_t ptrace_calls;          /* of the whole trial; this and the next four: -1 if not known */
	int64_t bytes_read;            /* by our own tracer: from tasks' memory; by others: by read(2) and its kind */
	int64_t traps_written;
	int64_t tracer_cpu_ns;         /* user + system time of the tracer during the trial */
	int64_t tracer_peak_rss_bytes; /* of several processes: the sum of their peaks */
	int64_t text_writes;           /* writes that the traps took, one may be several; -1: not known, as the next */
	int64_t lookups;               /* names looked up again in libraries that were searched before */
	enum tool_verdict tool_verdict;
	char *tool_version;            /* first line of what it says of itself; NULL: not asked */
	bool tool_untried;             /* the kit's authors had no such tool: its description may be wrong */
	char *tool_report;             /* what the tool itself reports: text of a JSON object, or NULL */
	char *transcript;              /* file with what was said to and by the tool; NULL: not kept */
	int64_t tool_home_bytes;       /* in the tool's home just before launch; -1: no look; as the next */
	int64_t tool_home_entries;     /* files of its own there; of the kit's tracer its index */
	struct trial_work work;        /* of the kit's own tracer */
	char *acquire;                 /* strategy by which the tasks were acquired; NULL: none were */
	int64_t table_rows;            /* rows of the launcher's process table; -1: none was read */
	bool left_running;             /* it ran before and runs on: its tasks were let go */
	bool timed_out, interrupted;
	int launcher_status;           /* as from waitpid(2); -1: not seen */
	struct trial_failure failure;
	char **unread;                 /* libraries whose symbols could not all be read, a sentence each */
	size_t n_unread, cap_unread;
	char **unproved;               /* files that a cold run maps and that were not seen to be out of the
					  page cache, a sentence each */
	size_t n_unproved, cap_unproved;
	char **contradictions;         /* why it is invalid, one sentence each */
	size_t n_contradictions, cap_contradictions;
};

void trial_init(struct trial *trial);
void trial_deinit(struct trial *trial);

/* Allocates the tasks of an empty trial: rank i, exit status not seen, nothing reported or counted: all not known. */
void trial_add_tasks(struct trial *trial, size_t n);

/* What a tool counts of its tasks, each from 0 on. Libraries at start and end are set when they are looked at. */
enum trial_count {
	COUNTS_STOPS = 1,       /* by class, and load events */
	COUNTS_TARGET = 2,      /* libraries of the target */
	COUNTS_BREAKPOINTS = 4, /* planted, and hits */
	COUNTS_THREADS = 8,
	COUNTS_CHILDREN = 16,   /* let go */
};
void trial_counts(struct trial *trial, unsigned int what);

/* Whether the stops of any task were counted: without it there are none to be added up. */
bool trial_counts_stops(const struct trial *trial);

/* The breakpoints of a trial that has its tasks: nowhere resolved, never hit, no hits predicted. */
void trial_add_breakpoints(struct trial *trial, char *const *functions, size_t n);

/* Index of a place among those of a breakpoint, added if it is new. */
uint32_t trial_place(struct trial_breakpoint *breakpoint, const char *library, const char *symbol, uint64_t address,
		     enum place_kind kind);

/* B of the model: places of all breakpoints together, each at least once. */
size_t trial_places(const struct trial *trial);

/* Notes a file of which it is not proved that it was cold. */
void trial_add_unproved(struct trial *trial, const char *why);

/* Notes a library whose symbols, or some of them, could not be read: a breakpoint that is not found may be there. */
void trial_add_unread(struct trial *trial, const char *why);

/* All tasks were acquired before they ran on their own, so that all of their loads were seen. */
bool trial_from_start(const struct trial *trial);

/* "linked", "linked+bind_now", "command": heap, caller frees. program may be NULL. */
char *variant_name(const char *program, bool bind_now);

/* Appends a zeroed event; the pointer is good until the next call. */
struct event *trial_add_event(struct trial *trial);

/* Index of a library path in trial.libraries, added if new. */
uint32_t trial_library_id(struct trial *trial, const char *path);

/* Appends a library to the names of the last event. */
void trial_add_name(struct trial *trial, uint32_t library_id);

/* Notes that the trial contradicts itself or its manifest: it is invalid. */
void trial_contradict(struct trial *trial, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Tells each event's phase from its task's marks, and fills the phases that come
 * from marks (imported, visited, mpi). Call once the marks are in. */
void trial_classify(struct trial *trial);

#endif

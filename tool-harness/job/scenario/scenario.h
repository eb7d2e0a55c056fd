/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scenario: what to run, how many tasks, which breakpoints, how often. Read from
 * YAML through one option table, which also makes the command-line overrides, the
 * help text and the "scenario" object of the run record.
 */
#ifndef JOB_SCENARIO_SCENARIO_H
#define JOB_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "job/scenario/choices.h"
#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/manifest/manifest.h"
#include "trace/waits/waiting.h"

enum launcher { LAUNCHER_MPIRUN, LAUNCHER_SPAWN };
enum aslr { ASLR_ON, ASLR_OFF };
enum bind { BIND_NONE, BIND_CORE };
enum bp_where { BP_SPREAD, BP_NAMES };
enum bp_lookup { BP_LOOKUP_HASH, BP_LOOKUP_TABLE };
enum bp_reinsert { REINSERT_REWRITE, REINSERT_REMOVE_INSERT, REINSERT_NONE };
/* Behind interval: enum mark (measure/trial.h), in its order. */
enum deferred_until { DEFERRED_STOP, DEFERRED_INTERVAL, DEFERRED_MARK_FIRST };
enum linkmap_mode { LINKMAP_INCREMENTAL, LINKMAP_FULL };
enum symbols_mode { SYMBOLS_NEEDED, SYMBOLS_ALL, SYMBOLS_OFF };
/* Behind off: enum stacks_moment (measure/trial.h), in its order. */
enum scenario_stacks { STACKS_OFF, STACKS_SCENARIO_FIRST };
enum share { SHARE_FILES, SHARE_NONE, SHARE_MAPS };
enum index_mode { INDEX_OFF, INDEX_ON };
enum tool_temperature { TOOL_TEMPERATURE_SAME, TOOL_TEMPERATURE_COLD, TOOL_TEMPERATURE_WARM };
enum lldb_parallel { LLDB_PARALLEL_DEFAULT, LLDB_PARALLEL_ON, LLDB_PARALLEL_OFF };
enum null_law { NULL_LAW_CONSTANT, NULL_LAW_LINEAR, NULL_LAW_POWER }; /* of T1 over the libraries loaded */
enum gdb_mode { GDB_PER_TASK, GDB_INFERIORS };
enum gdb_solib { GDB_SOLIB_FOLLOW, GDB_SOLIB_STOP };
enum binding { BIND_NOW_OFF, BIND_NOW_ON };

struct scenario {
	char *name;                  /* of the record; NULL: from the file or the command */
	char *tool;                  /* "native", "null", "none", "gdb", "lldb", or a description's name or path */
	char *target;                /* folder of a generated target, or NULL */
	struct conf_list program;    /* enum program (lib/manifest/manifest.h): which programs of the target */
	struct conf_list bind_now;   /* enum binding: each program once with each; see job/scenario/variant.h */
	struct conf_list command;    /* argv of any program, instead of a target */
	struct conf_list needs_programs, needs_modules; /* see job/needs.h */
	struct conf_list needs_packages; /* where these come from */
	int64_t tasks;
	int launcher;                /* enum launcher */
	char *mpirun;                /* command */
	struct conf_list launcher_args;
	int acquire;                 /* enum acquire: how the tool comes by the tasks */
	struct conf_list acquire_hosts; /* more names of this machine in a launcher's table */
	int aslr;                    /* enum aslr */
	int bind;                    /* enum bind */
	struct conf_list temperature;/* enum temperature, in the order given */
	int64_t repetitions;
	bool baseline;               /* an untraced run of the same job for each traced one */
	int counters;                /* enum counter_source: who counts cache misses */
	int64_t breakpoints_count;
	int breakpoints_where;       /* enum bp_where */
	struct conf_list breakpoints_names;
	int breakpoints_reinsert;    /* enum bp_reinsert */
	int breakpoints_write;       /* enum bp_write */
	int breakpoints_lookup;      /* enum bp_lookup */
	int breakpoints_policy;      /* enum bp_policy */
	struct conf_list breakpoints_pattern;
	int breakpoints_deferred_until; /* enum deferred_until */
	int64_t breakpoints_deferred_interval_ns;
	int stop;                    /* enum event_scope: what stands still at a load event */
	int64_t slow_event_ns, slow_breakpoint_ns; /* added to what the tracer does */
	int load_events;             /* enum load_interface */
	int64_t poll_interval_ns;    /* of interfaces that do not stop tasks */
	int linkmap;                 /* enum linkmap_mode */
	int symbols;                 /* enum symbols_mode */
	int event_work;              /* enum event_work */
	int share;                   /* enum share: what tasks share of it */
	int index;                   /* enum index_mode: symbols kept on disk, */
	char *index_folder;          /* there; NULL: in the tool's home */
	int tool_temperature;        /* enum tool_temperature */
	int wait;                    /* enum wait_mode (trace/waits/waiting.h) */
	int64_t tracer_threads;      /* each traces a share of the tasks */
	struct conf_list stacks;     /* enum scenario_stacks: when the tasks' stacks are taken */
	bool cold_drop_caches;
	struct conf_list cold_files; /* more files or folders to evict */
	int64_t time_limit_ns;       /* of one execution of the job */
	int64_t expect_status;       /* with which the job ends: measure/failure.h */
	char *results;               /* folder for records */
	struct conf_matrix matrix;   /* keys to sweep: see job/scenario/variant.h */
	struct conf_cases cases;
	/* tools that are processes of their own */
	bool tools_count_ptrace;
	char *lldb_path;
	bool lldb_index_cache;
	int lldb_parallel;           /* enum lldb_parallel */
	/* GDB */
	char *gdb_path;
	int gdb_mode;                /* enum gdb_mode */
	int gdb_solib_events;        /* enum gdb_solib */
	bool gdb_auto_solib_add;
	bool gdb_index_cache;
	int64_t gdb_worker_threads;  /* 0: as many as it likes */
	struct conf_list gdb_commands; /* more settings */
	/* null tool: what it makes up */
	int64_t null_libraries;
	int null_law;                /* enum null_law: T1 of the null tool is t1 + slope * m^exponent */
	int64_t null_t1_ns, null_slope_ns;
	double null_exponent;
	int64_t null_t2_ns;
	int64_t null_t2_resolve_ns;  /* of one breakpoint for each library loaded, besides t2 */
	double null_noise;           /* relative standard deviation of each handling time */
	uint64_t null_seed;
};

extern const struct conf_table scenario_table;

/* Defaults, then the file if path is not NULL. A relative target or file to evict is taken
 * relative to the scenario file's folder first, then to the current one. */
MUST_CHECK struct err *scenario_read(const char *path, struct scenario *ret);

/* The same with another default of repetitions than the table's; 0: that one. */
MUST_CHECK struct err *scenario_read_repeated(const char *path, int64_t repetitions, struct scenario *ret);

/*
 * What no single key can tell: keys without effect, target and command both or none, names without a
 * list. Fills the name if there is none, and breakpoints_count from the names. Call after all overrides.
 */
MUST_CHECK struct err *scenario_check(struct scenario *scenario);

/* The part of it about the kit's tracer and its breakpoints, for a job that runs already. Before it, while the
 * scenario says only what was asked for, scenario_check_attach refuses keys of jobs that are launched. */
MUST_CHECK struct err *scenario_check_attach(const struct scenario *scenario);
MUST_CHECK struct err *scenario_check_tracer(struct scenario *scenario);

/* True of tools that are processes of their own: all but native, null and none. */
bool scenario_is_outside(const struct scenario *scenario);

/* The part of it about breakpoints.policy and its kin, for those that check the rest by themselves.
 * Of older scenarios breakpoints.reinsert none becomes the policy that it means. */
MUST_CHECK struct err *scenario_check_policy(struct scenario *scenario);

/*
 * event_work in terms of symbols and stacks, which the tools read; may be called again. The check of it and
 * its kin comes after.
 */
MUST_CHECK struct err *scenario_resolve_work(struct scenario *scenario);
MUST_CHECK struct err *scenario_check_work(const struct scenario *scenario);

/* Name of the value of a key that is a choice, for messages. */
const char *scenario_chosen(const struct scenario *scenario, const char *key);

/* True if only untraced runs are made: the tool "none". */
bool scenario_is_untraced(const struct scenario *scenario);

/* True if stacks are taken at some moment. */
bool scenario_wants_stacks(const struct scenario *scenario);

/* True if the interface to load events stops the tasks at each of them. */
bool scenario_stops_tasks(const struct scenario *scenario);

void scenario_deinit(struct scenario *scenario);

#endif

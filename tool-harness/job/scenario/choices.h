/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The values of a scenario's keys that something else makes its own table of: constant, name and help for the
 * option table, then what the file named beside acts by (lib/rows.h). To add a policy, an interface, a way to
 * write or to acquire tasks is to add its row here, and the functions that the row names there.
 */
#ifndef JOB_SCENARIO_CHOICES_H
#define JOB_SCENARIO_CHOICES_H

#include "lib/rows.h"

/* acquire: struct acquire_ops, job/acquire/acquire.c */
#define ACQUIRES(ROW) \
	ROW(ACQUIRE_SHIM, "shim", "a program before each task's stops it at exec", \
	    .at = TASK_AT_EXEC, .start = job_launch) \
	ROW(ACQUIRE_SPAWN, "spawn", "the same for N processes without MPI", .at = TASK_AT_EXEC, .start = job_launch) \
	ROW(ACQUIRE_MPIR_LAUNCH, "mpir-launch", \
	    "by the launcher's process table, while it holds the tasks in MPI_Init", \
	    .rows = "the launcher's process table", .at = TASK_AT_MPI_INIT, .start = mpir_launch) \
	ROW(ACQUIRE_MPIR_ATTACH, "mpir-attach", "by the process table of a launcher whose tasks run", \
	    .rows = "the launcher's process table", .at = TASK_AT_RUNNING, .find = mpir_find) \
	ROW(ACQUIRE_PMIX, "pmix", "by what Open MPI 5's prterun (PRRTE) tells a PMIx tool of tasks that run", \
	    .rows = "the launcher's process table", .at = TASK_AT_RUNNING, .find = pmix_find) \
	ROW(ACQUIRE_ENVIRON, "environ", "by ranks in /proc/PID/environ, in the launchers' variables", \
	    .at = TASK_AT_RUNNING, .find = environ_find) \
	ROW(ACQUIRE_LIST, "list", "by a list of ranks, hosts and pids: of 'attachstorm attach' alone", \
	    .rows = "the list", .at = TASK_AT_RUNNING, .find = list_find) \
	ROW(ACQUIRE_AUTO, "auto", "mpir-launch where the launcher has a process table, else shim", .at = TASK_AT_EXEC)
enum acquire { ACQUIRES(ROW_CONSTANT) ACQUIRE_N };

/* load_events, how a tool hears of libraries: struct interface, tool/observe/interface.c */
#define LOAD_INTERFACES(ROW) \
	ROW(LOAD_EVENTS_RBRK, "rbrk", "a trap at the loader's hook _dl_debug_state: two stops per load") \
	ROW(LOAD_EVENTS_PROBES, "probes", "traps at the loader's SystemTap probes: one stop per load") \
	ROW(LOAD_EVENTS_UPROBE, "uprobe", "a perf event at the loader's hook: no stop", .observer = &observer_uprobe, \
	    .not_late = "its link maps are only read from a start that was seen") \
	ROW(LOAD_EVENTS_AUDIT, "audit", "an LD_AUDIT library in the task: no stop", .observer = &observer_audit, \
	    .not_late = "the loader takes an audit library at a program's start only") \
	ROW(LOAD_EVENTS_NONE, "none", "a look at the link map every poll_interval: no stop", \
	    .observer = &observer_poll, .not_late = "its link maps are only read from a start that was seen")
enum load_interface { LOAD_INTERFACES(ROW_CONSTANT) LOAD_EVENTS_N };

/* breakpoints.policy: struct policy, tool/native/policies.c. docs/strategies.md has who does it so. */
#define POLICIES(ROW) \
	ROW(POLICY_REINSERT_ALL, "reinsert-all", \
	    "all are put in again, as breakpoints.reinsert says (AIX before 4.3.2)", \
	    .hooked = true, .searches = always, .again = write_again) \
	ROW(POLICY_RE_RESOLVE_ALL, "re-resolve-all", "all names are looked up again in all libraries (GDB)", \
	    .hooked = true, .searches = always, .again = resolve_again) \
	ROW(POLICY_NEW_ONLY, "new-only", "only new libraries are searched (LLDB)", .hooked = true, .searches = always) \
	ROW(POLICY_PATTERN, "pattern", \
	    "these are searched only once one matches breakpoints.pattern (TotalView, medium)", \
	    .late = true, .hooked = true, .whole = true, .searches = matches) \
	ROW(POLICY_DEFERRED, "deferred", \
	    "tasks are not stopped at loads once start-up is over, and searched later (TotalView, fast)", \
	    .late = true, .whole = true, .searches = always)
enum bp_policy { POLICIES(ROW_CONSTANT) POLICY_N };

/* breakpoints.write: struct trap_way, tool/native/plant.c */
#define BP_WRITES(ROW) \
	ROW(BP_WRITE_MEM, "mem", "one byte through /proc/PID/mem", \
	    .bytes = TRAP_WRITE_MEM, .plant = bytes_plant, .again = bytes_again) \
	ROW(BP_WRITE_POKE, "poke", "the word around it, by PTRACE_PEEKTEXT and PTRACE_POKETEXT", \
	    .bytes = TRAP_WRITE_POKE, .plant = bytes_plant, .again = bytes_again) \
	ROW(BP_WRITE_PAGE, "page", "all of a page, by one read and one write", \
	    .bytes = TRAP_WRITE_PAGE, .plant = bytes_plant, .again = bytes_again) \
	ROW(BP_WRITE_DEBUG_REGISTERS, "debug-registers", "the processor's, four in each thread", \
	    .bytes = TRAP_WRITE_MEM, .plant = registers_plant, .again = registers_again) \
	ROW(BP_WRITE_UPROBE, "uprobe", "a perf event on the file: one for all tasks, which never stop at it", \
	    .bytes = TRAP_WRITE_MEM, .plant = uprobes_plant, .check = uprobes_check)
enum bp_write { BP_WRITES(ROW_CONSTANT) BP_WRITE_N };

/* stop: struct scope, tool/native/scope.c */
#define EVENT_SCOPES(ROW) \
	ROW(SCOPE_THREAD, "thread", "the thread that stopped") \
	ROW(SCOPE_TASK, "task", "all threads of its task", .hold = task_hold, .release = task_release) \
	ROW(SCOPE_ALL, "all", "those of all tasks", .hold = all_hold, .release = all_release)
enum event_scope { EVENT_SCOPES(ROW_CONSTANT) SCOPE_N };

/* event_work: struct way, job/scenario/work.c */
#define EVENT_WORKS(ROW) \
	ROW(EVENT_WORK_NEEDED, "needed", "what the keys symbols and stacks say", .symbols = SYMBOLS_NEEDED) \
	ROW(EVENT_WORK_LINKS, "links", "nothing beyond the link map", .symbols = SYMBOLS_OFF) \
	ROW(EVENT_WORK_SYMBOLS, "symbols", "its symbol table is read", .symbols = SYMBOLS_ALL) \
	ROW(EVENT_WORK_LINES, "lines", "also every function and line of its debug information", \
	    .symbols = SYMBOLS_ALL) \
	ROW(EVENT_WORK_STACK, "stack", "the stack of the thread is taken", .symbols = SYMBOLS_NEEDED, .stacks = true)
enum event_work { EVENT_WORKS(ROW_CONSTANT) EVENT_WORK_N };

#endif

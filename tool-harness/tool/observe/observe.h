/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watching a job without tracing it: launch, release, look now and then, end. What is looked
 * at is the observer's; its tasks are never stopped, so no breakpoint can be put into
 * them, and what an event costs is seen from the outside alone.
 */
#ifndef TOOL_OBSERVE_OBSERVE_H
#define TOOL_OBSERVE_OBSERVE_H

#include "job/job.h"
#include "ld/loader.h"
#include "tool/library.h"
#include "tool/tool.h"
#include "trace/memory/procmem.h"

/* One task, as seen from outside. */
struct observed {
	pid_t pid;
	uint32_t index;
	bool ended;
	bool lost;                   /* its link map was there and could not be read since */
	struct process_memory memory;
	struct loader loader;        /* path is NULL until it was found */
	bool unsettled;              /* links were seen, or announced, that are not told yet */
	struct library **removed;    /* gone since the last telling */
	size_t n_removed, cap_removed;
	bool *target_seen;           /* libraries of the manifest ever seen in it */
};

struct observe {
	const struct tool_request *request;
	struct trial *trial;
	struct job *job;
	struct library_set *libraries;
	struct observed *tasks;
	size_t n_tasks;
	char *loader_path;           /* file of the loader that the program asks for */
	char **env;                  /* of the tasks, besides the plan's: heap, NULL-terminated */
	size_t n_env, cap_env;
	void *own;                   /* the observer's */
};

struct observer_ops {
	/* Before anything is started: what this machine lacks is an error. May add to the tasks'
	 * environment (observe_env). May be NULL. */
	struct err *(*prepare)(struct observe *observe);
	/* All tasks wait in their shims. May be NULL. */
	struct err *(*open)(struct observe *observe);
	/* Time to look, every poll_interval while tasks run and once more when all have ended. */
	struct err *(*look)(struct observe *observe);
	/* After the last look: tells events that could not be told before. May be NULL. */
	struct err *(*finish)(struct observe *observe);
	/* Frees own. May be NULL; called in any case once prepare was. */
	void (*close)(struct observe *observe);
	bool sampled;                /* what becomes of trial.sampled */
};

extern const struct observer_ops observer_uprobe, observer_audit, observer_poll;

/* One execution of the job, watched by an observer: as tool_ops.run. */
MUST_CHECK struct err *observe_run(const struct tool_request *request, const struct observer_ops *ops,
				   struct trial *trial);

/* --- for observers ---------------------------------------------------------------- */

/* Adds an entry, heap, which it takes, to the environment that the tasks will have. */
void observe_env(struct observe *observe, char *entry);

/* A new event of a task at a time, counted. */
struct event *observe_event(struct observe *observe, const struct observed *task, enum event_class class,
			    int64_t at_ns);

/* The library of a path as the loader has it: "" is the task's program. */
struct library *observe_library(struct observe *observe, const struct observed *task, const char *name);

/* Gives a library its number in the trial, if it has none. */
void observe_known(struct observe *observe, struct library *library);

/* Libraries that came into a task: their symbols are read, those of the target noted. */
void observe_added(struct observe *observe, struct observed *task, struct library *const *libraries, size_t n);

/* Names what came and went with the last event. */
void observe_name(struct observe *observe, struct event *event, struct library *const *added, size_t n_added,
		  struct library *const *removed, size_t n_removed);

/* What came and went since the last look: heap arrays of borrowed libraries. */
struct observe_change {
	struct library **added, **removed;
	size_t n_added, n_removed, cap_added;
};

void observe_change_deinit(struct observe_change *change);

/*
 * Reads a running task's link maps. The task may change them meanwhile: a change is told
 * only when two reads in a row agree and the loader says that all is consistent, else it
 * waits for the next look. A task that has ended or has no loader yet has no change.
 */
MUST_CHECK struct err *observe_maps(struct observe *observe, struct observed *task, struct observe_change *ret);

#endif

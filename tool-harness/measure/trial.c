/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trial as a container: names, growth, release, and the one derivation that
 * needs a task's marks (which phase a stop fell into). It judges nothing: that is
 * check.c, and it adds up nothing: that is summary.c.
 *
 * Invariant: event.names_at + added + removed never passes n_names, since names
 * are only ever appended for the last event.
 */
#include "measure/trial.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fnv.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

const char *const event_class_names[] = { "add", "delete", "consistent", "null", "loaded", "unloaded", NULL };
const char *const event_phase_names[] = { "startup", "import", "later", NULL };
const char *const task_at_names[] = { "exec", "mpi_init", "running", NULL };
const char *const task_left_names[] = { TASK_LEFTS(ROW_NAME) NULL };
const char *const mark_names[] = { MARKS(ROW_NAME) NULL };
const char *const place_kind_names[] = { "function", "resolver", "implementation", NULL };
const char *const temperature_names[] = { TEMPERATURES(ROW_NAME) NULL };
const char *const counted_phase_names[] = { "import", "visit", NULL };
const char *const counter_names[] = { "instructions", "l1d_misses", "l1i_misses", "l2_misses", NULL };
const char *const counter_source_names[] = { COUNTER_SOURCES(ROW_NAME) NULL };
const char *const tool_verdict_names[] = { "none", "ok",   "hung",    "asked", "crashed",
					   "failed", "left", "late",    "rubbish", NULL };
const char *const stacks_moment_names[] = { STACKS_MOMENTS(ROW_NAME) NULL };

_Static_assert(ARRAY_SIZE(event_class_names) == EVENT_N_CLASSES + 1, "a name per class");
_Static_assert(ARRAY_SIZE(event_phase_names) == EVENT_N_PHASES + 1, "a name per phase");
_Static_assert(ARRAY_SIZE(tool_verdict_names) == VERDICT_N + 1, "a name per verdict");
_Static_assert(ARRAY_SIZE(counted_phase_names) == COUNTED_N + 1, "a name per counted phase");
_Static_assert(ARRAY_SIZE(counter_names) == COUNTER_N + 1, "a name per counter");

void trial_init(struct trial *trial)
{
	memset(trial, 0, sizeof(*trial));
	trial->launcher_status = -1;
	trial->failure.task = trial->failure.status = -1;
	trial->residency = (struct trial_residency){ .files = -1, .pages = -1, .pages_resident = -1 };
	trial->tool_residency = trial->residency;
	trial->libraries_mapped = trial->libraries_same_place = -1;
	trial->text_writes = trial->lookups = -1;
	trial->tool_home_bytes = trial->tool_home_entries = -1;
	trial->table_rows = trial->loader.probes = -1;
}

void trial_add_tasks(struct trial *trial, size_t n)
{
	assert(!trial->tasks);
	trial->tasks = mem_calloc(n, sizeof(*trial->tasks));
	trial->n_tasks = n;
	for (size_t i = 0; i < n; i++) {
		trial->tasks[i].rank = i;
		trial->tasks[i].exit_status = -1;
		trial->tasks[i].report = (struct task_report){ -1, -1, -1 };
		memset(trial->tasks[i].counters, -1, sizeof(trial->tasks[i].counters));
		memset(trial->tasks[i].stops, -1, sizeof(trial->tasks[i].stops));
		trial->tasks[i].load_events = trial->tasks[i].target_libraries = -1;
		trial->tasks[i].libraries_at_start = trial->tasks[i].libraries_at_end = -1;
		trial->tasks[i].breakpoints_planted = trial->tasks[i].breakpoint_hits = -1;
		trial->tasks[i].threads = trial->tasks[i].children_released = -1;
	}
}

void trial_counts(struct trial *trial, unsigned int what)
{
	for (size_t i = 0; i < trial->n_tasks; i++) {
		struct trial_task *task = &trial->tasks[i];

		if (what & COUNTS_STOPS) {
			memset(task->stops, 0, sizeof(task->stops));
			task->load_events = 0;
		}
		if (what & COUNTS_TARGET)
			task->target_libraries = 0;
		if (what & COUNTS_BREAKPOINTS)
			task->breakpoints_planted = task->breakpoint_hits = 0;
		if (what & COUNTS_THREADS)
			task->threads = 0;
		if (what & COUNTS_CHILDREN)
			task->children_released = 0;
	}
}

bool trial_counts_stops(const struct trial *trial)
{
	for (size_t i = 0; i < trial->n_tasks; i++)
		if (trial->tasks[i].load_events >= 0)
			return true;
	return false;
}

void trial_add_breakpoints(struct trial *trial, char *const *functions, size_t n)
{
	assert(!trial->breakpoints);
	trial->n_breakpoints = n;
	trial->breakpoints = mem_calloc(n + 1, sizeof(trial->breakpoints[0]));
	for (size_t i = 0; i < n; i++) {
		trial->breakpoints[i].function = mem_strdup(functions[i]);
		trial->breakpoints[i].expected_hits = -1;
		trial->breakpoints[i].missed = -1;
		trial->breakpoints[i].rank_hits = mem_calloc(trial->n_tasks + 1, sizeof(uint64_t));
	}
}

bool trial_from_start(const struct trial *trial)
{
	for (size_t i = 0; i < trial->n_tasks; i++)
		if (trial->tasks[i].acquired_at == TASK_AT_RUNNING)
			return false;
	return true;
}

char *variant_name(const char *program, bool bind_now)
{
	return mem_printf("%s%s", program ? program : "command", bind_now ? "+bind_now" : "");
}

static void places_free(struct trial_breakpoint *bp)
{
	for (size_t i = 0; i < bp->n_places; i++) {
		free(bp->places[i].library);
		free(bp->places[i].symbol);
	}
	free(bp->places);
}

void trial_deinit(struct trial *trial)
{
	for (size_t i = 0; i < trial->n_tasks; i++) {
		free(trial->tasks[i].host);
		free(trial->tasks[i].exe);
		free(trial->tasks[i].map_digest);
		free(trial->tasks[i].map_names_digest);
	}
	for (size_t i = 0; i < trial->n_breakpoints; i++) {
		free(trial->breakpoints[i].function);
		free(trial->breakpoints[i].library);
		places_free(&trial->breakpoints[i]);
		free(trial->breakpoints[i].rank_hits);
		free(trial->breakpoints[i].rank_missed);
	}
	for (size_t i = 0; i < trial->n_libraries; i++)
		free(trial->libraries[i]);
	for (size_t i = 0; i < trial->n_unread; i++)
		free(trial->unread[i]);
	for (size_t i = 0; i < trial->n_contradictions; i++)
		free(trial->contradictions[i]);
	for (size_t i = 0; i < STACKS_N; i++)
		stacktree_deinit(&trial->stacks[i]);
	free(trial->load_events);
	free(trial->loader.path);
	free(trial->tool);
	free(trial->tool_version);
	free(trial->tool_report);
	free(trial->transcript);
	free(trial->failure.last_words);
	free(trial->acquire);
	free(trial->tasks);
	free(trial->events);
	free(trial->names);
	free(trial->libraries);
	free(trial->library_slots);
	free(trial->breakpoints);
	free(trial->unread);
	for (size_t i = 0; i < trial->n_unproved; i++)
		free(trial->unproved[i]);
	free(trial->unproved);
	free(trial->contradictions);
	trial_init(trial);
}

uint32_t trial_place(struct trial_breakpoint *breakpoint, const char *library, const char *symbol, uint64_t address,
		     enum place_kind kind)
{
	for (size_t i = 0; i < breakpoint->n_places; i++) {
		const struct trial_place *place = &breakpoint->places[i];

		if (place->address == address && place->kind == kind && !strcmp(place->library, library) &&
		    !strcmp(place->symbol, symbol))
			return (uint32_t)i;
	}
	mem_grow(breakpoint->places, breakpoint->n_places, breakpoint->cap_places);
	breakpoint->places[breakpoint->n_places] = (struct trial_place){
		.library = mem_strdup(library), .symbol = mem_strdup(symbol), .address = address, .kind = kind,
	};
	return (uint32_t)breakpoint->n_places++;
}

size_t trial_places(const struct trial *trial)
{
	size_t n = 0;

	for (size_t i = 0; i < trial->n_breakpoints; i++)
		n += trial->breakpoints[i].n_places ? trial->breakpoints[i].n_places : 1;
	return n;
}

void trial_add_unproved(struct trial *trial, const char *why)
{
	mem_grow(trial->unproved, trial->n_unproved, trial->cap_unproved);
	trial->unproved[trial->n_unproved++] = mem_strdup(why);
}

void trial_add_unread(struct trial *trial, const char *why)
{
	for (size_t i = 0; i < trial->n_unread; i++)
		if (!strcmp(trial->unread[i], why))
			return;
	mem_grow(trial->unread, trial->n_unread, trial->cap_unread);
	trial->unread[trial->n_unread++] = mem_strdup(why);
}

struct event *trial_add_event(struct trial *trial)
{
	struct event *event;

	mem_grow(trial->events, trial->n_events, trial->cap_events);
	event = &trial->events[trial->n_events++];
	memset(event, 0, sizeof(*event));
	event->names_at = trial->n_names;
	return event;
}

static uint64_t path_hash(const char *path)
{
	uint64_t hash = fnv_text(path);

	return hash ^ hash >> 32;
}

/* The slot of a path, or the free one where it belongs; slots hold index + 1. */
static uint32_t *library_slot(struct trial *trial, const char *path)
{
	size_t mask = trial->cap_library_slots - 1;

	for (size_t i = path_hash(path) & mask;; i = (i + 1) & mask) {
		uint32_t *slot = &trial->library_slots[i];

		if (!*slot || strcmp(trial->libraries[*slot - 1], path) == 0)
			return slot;
	}
}

/* A tool asks this once per library and task while the task waits, so it must not be a walk. */
uint32_t trial_library_id(struct trial *trial, const char *path)
{
	uint32_t *slot;

	if (2 * (trial->n_libraries + 1) > trial->cap_library_slots) {
		free(trial->library_slots);
		trial->cap_library_slots = trial->cap_library_slots ? 2 * trial->cap_library_slots : 64;
		trial->library_slots = mem_calloc(trial->cap_library_slots, sizeof(*trial->library_slots));
		for (size_t i = 0; i < trial->n_libraries; i++)
			*library_slot(trial, trial->libraries[i]) = i + 1;
	}
	slot = library_slot(trial, path);
	if (!*slot) {
		mem_grow(trial->libraries, trial->n_libraries, trial->cap_libraries);
		trial->libraries[trial->n_libraries++] = mem_strdup(path);
		*slot = trial->n_libraries;
	}
	return *slot - 1;
}

void trial_add_name(struct trial *trial, uint32_t library_id)
{
	assert(trial->n_events > 0 && library_id < trial->n_libraries);
	mem_grow(trial->names, trial->n_names, trial->cap_names);
	trial->names[trial->n_names++] = library_id;
}

void trial_contradict(struct trial *trial, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&sb, fmt, ap);
	va_end(ap);
	mem_grow(trial->contradictions, trial->n_contradictions, trial->cap_contradictions);
	trial->contradictions[trial->n_contradictions++] = strbuf_steal(&sb);
}

static enum event_phase phase_at(const struct trial_task *task, int64_t ns)
{
	int64_t begin = task->marks_ns[MARK_IMPORT_BEGIN], end = task->marks_ns[MARK_IMPORT_END];

	if (!begin || ns < begin)
		return EVENT_STARTUP;
	return end && ns >= end ? EVENT_LATER : EVENT_IMPORT;
}

static int64_t last_mark(const struct trial *trial, enum mark mark)
{
	int64_t last = 0;

	for (size_t i = 0; i < trial->n_tasks; i++)
		if (trial->tasks[i].marks_ns[mark] > last)
			last = trial->tasks[i].marks_ns[mark];
	return last;
}

void trial_classify(struct trial *trial)
{
	for (size_t i = 0; i < trial->n_events; i++) {
		struct event *event = &trial->events[i];

		assert(event->task < trial->n_tasks);
		event->phase = phase_at(&trial->tasks[event->task], event->seen_ns);
	}
	trial->phases.imported_ns = last_mark(trial, MARK_IMPORT_END);
	trial->phases.visited_ns = last_mark(trial, MARK_VISIT_END);
	trial->phases.mpi_ns = last_mark(trial, MARK_MPI_END);
}

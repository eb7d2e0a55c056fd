/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks of a trial, one function per subject. They read counts and marks, and
 * write contradictions only.
 *
 * Invariant: a check that has nothing to compare with says nothing.
 */
#include "measure/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "measure/failure.h"
#include "measure/loadevent.h"

#define COLD_RESIDENT_MAX 0.01 /* share of pages; a page or two of a library that runs anyway */
#define QUOTED_RANKS 4         /* further ranks with the same contradiction are only counted */

void expectation_init(struct expectation *expectation, const struct manifest *manifest,
		      const struct manifest_program *program)
{
	*expectation = (struct expectation){ -1, -1, -1, -1, manifest, 0 };
	if (manifest) {
		expectation->libraries = program ? program->libraries : manifest->expect_libraries;
		expectation->modules = manifest->n_modules;
		expectation->calls = manifest->expect_calls;
		expectation->import_events = program ? program->import_events : manifest->expect_import_events;
	}
}

int64_t expectation_calls(const struct manifest *manifest, const char *function)
{
	for (size_t i = 0; i < manifest->n_libraries; i++) {
		const struct manifest_library *library = &manifest->libraries[i];
		const char *hole = library->function_pattern ? strstr(library->function_pattern, "{}") : NULL;
		size_t prefix = hole ? hole - library->function_pattern : 0;
		unsigned long index;
		char *end;

		if (library->cross && strcmp(library->cross, function) == 0)
			return library->cross_calls;
		if (library->entry && strcmp(library->entry, function) == 0)
			return 1;
		if (!hole || strncmp(function, library->function_pattern, prefix) != 0)
			continue;
		/* A number as the generator writes it: no sign, no blank, no leading zero. */
		if (function[prefix] < '0' || function[prefix] > '9' ||
		    (function[prefix] == '0' && function[prefix + 1] >= '0' && function[prefix + 1] <= '9'))
			continue;
		index = strtoul(function + prefix, &end, 10);
		if (index < library->n_functions && strcmp(end, hole + 2) == 0)
			return library->calls[index];
	}
	return -1;
}

/* Notes a per-task disagreement; the first few by rank, the rest as a number. */
struct disagreement {
	struct trial *trial;
	const char *what; /* "libraries of the target" */
	size_t n;
};

static void disagree(struct disagreement *d, int rank, int64_t seen, const char *expected_by, int64_t expected)
{
	if (d->n++ < QUOTED_RANKS)
		trial_contradict(d->trial, "rank %d: %" PRId64 " %s, but %s says %" PRId64, rank, seen, d->what,
				 expected_by, expected);
}

static void disagree_end(struct disagreement *d)
{
	if (d->n > QUOTED_RANKS)
		trial_contradict(d->trial, "%zu more ranks with other numbers of %s", d->n - QUOTED_RANKS, d->what);
}

#define ROW_WHAT(constant, name, what) [constant] = what,
static const char *const task_left_whats[] = { TASK_LEFTS(ROW_WHAT) };

static void check_end(struct trial *trial, bool generated)
{
	if (trial->timed_out)
		trial_contradict(trial, "the time limit ended it");
	if (trial->interrupted)
		trial_contradict(trial, "it was interrupted");
	if (trial->n_tasks == 0)
		trial_contradict(trial, "it has no tasks");
	for (size_t i = 0; i < trial->n_tasks; i++) {
		const struct trial_task *task = &trial->tasks[i];

		if (task->left > TASK_LEFT_CLEAN)
			trial_contradict(trial, "rank %d was let go, but %s", task->rank, task_left_whats[task->left]);
		if (generated && task->gone_early)
			trial_contradict(trial, "rank %d was gone before its import was over", task->rank);
	}
}

bool check_failure(struct trial *trial, const struct expectation *expectation)
{
	return !trial->interrupted && failure_check(trial, expectation->exit_status);
}

/* Some marks every driver writes; of the others all ranks write the same ones. */
static void check_marks(struct trial *trial)
{
	static const enum mark always[] = { MARK_IMPORT_BEGIN, MARK_IMPORT_END, MARK_VISIT_BEGIN, MARK_VISIT_END };

	for (size_t mark = 0; mark < MARK_N; mark++) {
		size_t with = 0, missing_at = 0;
		bool needed = false;

		for (size_t i = 0; i < ARRAY_SIZE(always); i++)
			needed |= always[i] == mark;
		for (size_t i = trial->n_tasks; i-- > 0;) {
			if (trial->tasks[i].marks_ns[mark])
				with++;
			else
				missing_at = i;
		}
		if (with < trial->n_tasks && (with > 0 || needed))
			trial_contradict(trial, "mark '%s' of %zu of %zu tasks is missing, rank %d's first",
					 mark_names[mark], trial->n_tasks - with, trial->n_tasks,
					 trial->tasks[missing_at].rank);
	}
}

static void check_reports(struct trial *trial, const struct expectation *expectation)
{
	struct disagreement modules = { trial, "modules imported", 0 };
	struct disagreement calls = { trial, "function calls", 0 };

	for (size_t i = 0; i < trial->n_tasks; i++) {
		const struct trial_task *task = &trial->tasks[i];

		if (task->report.modules_imported != expectation->modules)
			disagree(&modules, task->rank, task->report.modules_imported, "the manifest",
				 expectation->modules);
		if (task->report.calls != expectation->calls)
			disagree(&calls, task->rank, task->report.calls, "the manifest", expectation->calls);
		if (task->report.mpi_test_passed == 0)
			trial_contradict(trial, "rank %d failed the MPI test", task->rank);
	}
	disagree_end(&modules);
	disagree_end(&calls);
}

/* Who was to count has counted: a processor may lack a counter, but not all of them. */
static void check_counters(struct trial *trial)
{
	if (trial->counter_source == COUNTERS_OFF)
		return;
	for (size_t i = 0; i < trial->n_tasks; i++) {
		const struct trial_task *task = &trial->tasks[i];

		for (size_t phase = 0; phase < COUNTED_N; phase++)
			if (task->counters[phase][COUNTER_L1D_MISSES] < 0 &&
			    task->counters[phase][COUNTER_L1I_MISSES] < 0)
				trial_contradict(trial, "rank %d: no cache misses of the %s were counted by %s",
						 task->rank, counted_phase_names[phase],
						 counter_source_names[trial->counter_source]);
	}
}

static void check_libraries(struct trial *trial, const struct expectation *expectation)
{
	struct disagreement d = { trial, "libraries of the target", 0 };

	for (size_t i = 0; i < trial->n_tasks; i++)
		if (trial->tasks[i].target_libraries >= 0 &&
		    trial->tasks[i].target_libraries != expectation->libraries &&
		    !(trial->sampled && trial->tool_verdict == VERDICT_NONE &&
		      trial->tasks[i].target_libraries < expectation->libraries))
			disagree(&d, trial->tasks[i].rank, trial->tasks[i].target_libraries, "the manifest",
				 expectation->libraries);
	disagree_end(&d);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * Which of trial.libraries are the target's. By file name, since a task may have
 * reached the folder by another path than we did.
 */
static bool *find_target_libraries(const struct trial *trial, const struct manifest *manifest)
{
	_cleanup_free_ const char **names = mem_calloc(manifest->n_libraries, sizeof(*names));
	bool *ours = mem_calloc(trial->n_libraries, sizeof(*ours));

	for (size_t i = 0; i < manifest->n_libraries; i++)
		names[i] = base_name(manifest->libraries[i].path);
	qsort(names, manifest->n_libraries, sizeof(*names), compare_names);
	for (size_t i = 0; i < trial->n_libraries; i++) {
		const char *name = base_name(trial->libraries[i]);

		ours[i] = bsearch(&name, names, manifest->n_libraries, sizeof(*names), compare_names);
	}
	return ours;
}

static bool stop_adds(const struct trial *trial, size_t index, const bool *ours)
{
	const struct event *stop = &trial->events[index];

	for (uint32_t i = 0; i < stop->added; i++)
		if (ours[trial->names[stop->names_at + i]])
			return true;
	return false;
}

/* Python and MPI load libraries of their own, so only loads that bring in ours are predicted. */
static void check_import_events(struct trial *trial, const struct load_events *loads,
				const struct expectation *expectation)
{
	_cleanup_free_ bool *ours = find_target_libraries(trial, expectation->manifest);
	_cleanup_free_ int64_t *seen = mem_calloc(trial->n_tasks, sizeof(*seen));
	struct disagreement d = { trial, "load events that brought in libraries of the target", 0 };

	for (size_t i = 0; i < loads->n; i++) {
		const struct load_event *load = &loads->events[i];

		if (load->phase != EVENT_IMPORT)
			continue;
		if (stop_adds(trial, load->first, ours) ||
		    (load->last != load->first && stop_adds(trial, load->last, ours)))
			seen[load->task]++;
	}
	for (size_t i = 0; i < trial->n_tasks; i++)
		if (seen[i] != expectation->import_events)
			disagree(&d, trial->tasks[i].rank, seen[i], "the manifest", expectation->import_events);
	disagree_end(&d);
}

/* What the tool counted while it ran against the samples that it left. */
static void check_own_counts(struct trial *trial, const struct load_events *loads)
{
	_cleanup_free_ int64_t *of_task = mem_calloc(trial->n_tasks, sizeof(*of_task));
	struct disagreement stops = { trial, "stops counted", 0 };
	struct disagreement events = { trial, "load events counted", 0 };

	for (size_t i = 0; i < trial->n_events; i++)
		of_task[trial->events[i].task]++;
	for (size_t i = 0; i < trial->n_tasks; i++) {
		int64_t counted = 0;

		for (size_t class = 0; class < EVENT_N_CLASSES; class++)
			counted += trial->tasks[i].stops[class];
		if (trial->tasks[i].load_events >= 0 && counted != of_task[i])
			disagree(&stops, trial->tasks[i].rank, counted, "the list of stops", of_task[i]);
	}
	disagree_end(&stops);
	if (loads->n_odd > 0)
		return;
	memset(of_task, 0, trial->n_tasks * sizeof(*of_task));
	for (size_t i = 0; i < loads->n; i++)
		of_task[loads->events[i].task]++;
	for (size_t i = 0; i < trial->n_tasks; i++)
		if (trial->tasks[i].load_events >= 0 && trial->tasks[i].load_events != of_task[i])
			disagree(&events, trial->tasks[i].rank, trial->tasks[i].load_events, "the list of stops",
				 of_task[i]);
	disagree_end(&events);
}

/* What could not be read is not what is not there. */
static void tell_unresolved(struct trial *trial, const struct trial_breakpoint *bp)
{
	const char *more = trial->n_unread > 2 ? ", and others" : "";

	if (bp->expected_hits >= 0)
		trial_contradict(trial, "breakpoint '%s' was never resolved, though the manifest has it", bp->function);
	else if (!trial->n_unread)
		trial_contradict(trial, "breakpoint '%s' was never resolved: no library of any task has it",
				 bp->function);
	else
		trial_contradict(trial, "breakpoint '%s' was never resolved: no library whose symbols could be read "
				 "has it, but it may be in one that could not: %s%s%s%s", bp->function,
				 trial->unread[0],
				 trial->n_unread > 1 ? "; " : "", trial->n_unread > 1 ? trial->unread[1] : "", more);
}

static void check_breakpoints(struct trial *trial)
{
	uint64_t by_task = 0, by_breakpoint = 0;

	for (size_t i = 0; i < trial->n_tasks; i++)
		by_task += trial->tasks[i].breakpoint_hits > 0 ? (uint64_t)trial->tasks[i].breakpoint_hits : 0;
	for (size_t i = 0; i < trial->n_breakpoints; i++) {
		const struct trial_breakpoint *bp = &trial->breakpoints[i];

		by_breakpoint += bp->hits;
		/* A late policy may never come to a library, or miss calls; it cannot see more. */
		if (!bp->library && !(trial->late && bp->expected_hits >= 0))
			tell_unresolved(trial, bp);
		if (bp->expected_hits < 0)
			continue;
		if (bp->library && bp->planted_tasks != trial->n_tasks && !trial->late)
			trial_contradict(trial, "breakpoint '%s' was in %" PRIu64 " of %zu tasks", bp->function,
					 bp->planted_tasks, trial->n_tasks);
		if ((int64_t)bp->hits != bp->expected_hits &&
		    !(trial->late && (int64_t)bp->hits < bp->expected_hits))
			trial_contradict(trial, "breakpoint '%s' was hit %" PRIu64 " times, but the manifest "
					 "predicts %" PRId64, bp->function, bp->hits, bp->expected_hits);
	}
	if (trial->n_breakpoints > 0 && by_task != by_breakpoint)
		trial_contradict(trial, "%" PRIu64 " breakpoint hits by task, but %" PRIu64 " by breakpoint", by_task,
				 by_breakpoint);
}

static void check_residency(struct trial *trial)
{
	const struct trial_residency *residency = &trial->residency;

	if (trial->temperature != TEMPERATURE_COLD)
		return;
	if (residency->pages <= 0)
		trial_contradict(trial, "no proof that it was cold: the residency of no file was measured");
	else if (residency->pages_resident > COLD_RESIDENT_MAX * residency->pages)
		trial_contradict(trial, "not cold: %" PRId64 " of %" PRId64 " pages (%.1f %%) were in the page cache",
				 residency->pages_resident, residency->pages,
				 100.0 * residency->pages_resident / residency->pages);
}

void check_trial(struct trial *trial, const struct expectation *expectation)
{
	_cleanup_(load_events_deinit) struct load_events loads = { 0 };
	bool generated = expectation->manifest;

	bool failed = check_failure(trial, expectation);

	check_end(trial, generated);
	check_residency(trial);
	/* What was cut off counts less by nature; one reason is enough. */
	if (trial->timed_out || trial->interrupted || failed)
		return;
	if (generated) {
		check_marks(trial);
		check_reports(trial, expectation);
		check_counters(trial);
	}
	if (!trial->traced)
		return;
	/* Of other tools' load events nothing is known but what an adapter has heard. */
	if (trial->tool_verdict != VERDICT_NONE && !trial->load_events) {
		check_breakpoints(trial);
		return;
	}
	load_events_find(trial, &loads);
	if (trial_counts_stops(trial))
		check_own_counts(trial, &loads);
	/* Who polls may miss libraries, but sees none that are not there. A debugger tells of each, if not of loads. */
	if (generated)
		check_libraries(trial, expectation);
	if (generated && !trial->sampled && trial_from_start(trial))
		check_import_events(trial, &loads, expectation);
	check_breakpoints(trial);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shards of a trial put together. Events are merged, not sorted: each shard has its own in
 * the order of handling already.
 *
 * Invariant: an event's names follow each other in the trial's names, whatever order its shard
 * had them in.
 */
#include "measure/trial_merge.h"

#include <assert.h>

#include "lib/mem.h"

void trial_shard_init(struct trial *shard, const struct trial *trial)
{
	_cleanup_free_ char **functions = mem_calloc(trial->n_breakpoints + 1, sizeof(*functions));

	for (size_t i = 0; i < trial->n_breakpoints; i++)
		functions[i] = trial->breakpoints[i].function;
	trial_init(shard);
	shard->text_writes = shard->lookups = 0; /* who has a share counts */
	shard->tasks = trial->tasks;
	shard->n_tasks = trial->n_tasks;
	trial_add_breakpoints(shard, functions, trial->n_breakpoints);
}

void trial_shard_deinit(struct trial *shard)
{
	shard->tasks = NULL;
	shard->n_tasks = 0;
	trial_deinit(shard);
}

/* --- events ----------------------------------------------------------------------- */

/* The shard whose next event was handled first; of several the first; NULL when all are told. */
static const struct trial *earliest(const struct trial *shards, const size_t *at, size_t n)
{
	const struct trial *best = NULL;
	int64_t best_ns = INT64_MAX;

	for (size_t i = 0; i < n; i++) {
		if (at[i] == shards[i].n_events || shards[i].events[at[i]].begin_ns >= best_ns)
			continue;
		best = &shards[i];
		best_ns = best->events[at[i]].begin_ns;
	}
	return best;
}

static void add_event(struct trial *trial, const struct trial *shard, const struct event *event)
{
	struct event *to = trial_add_event(trial);
	uint32_t names_at = to->names_at;

	*to = *event;
	to->names_at = names_at;
	for (uint32_t i = 0; i < event->added + event->removed; i++) {
		const char *path = shard->libraries[shard->names[event->names_at + i]];

		trial_add_name(trial, trial_library_id(trial, path));
	}
}

static void merge_events(struct trial *trial, const struct trial *shards, size_t n)
{
	_cleanup_free_ size_t *at = mem_calloc(n, sizeof(*at));
	const struct trial *shard;

	while ((shard = earliest(shards, at, n)))
		add_event(trial, shard, &shard->events[at[shard - shards]++]);
}

/* --- all else --------------------------------------------------------------------- */

static void latest(int64_t *ns, int64_t other_ns)
{
	if (other_ns > *ns)
		*ns = other_ns;
}

/* What is over in all tasks is over when it is in the last. */
static void merge_phases(struct trial_phases *to, const struct trial_phases *from)
{
	latest(&to->found_ns, from->found_ns);
	latest(&to->acquired_ns, from->acquired_ns);
	latest(&to->stopped_ns, from->stopped_ns);
	latest(&to->started_ns, from->started_ns);
	latest(&to->linkmaps_ns, from->linkmaps_ns);
	latest(&to->symbols_ns, from->symbols_ns);
	latest(&to->planted_ns, from->planted_ns);
	latest(&to->last_stack_ns, from->last_stack_ns);
	latest(&to->continued_ns, from->continued_ns);
	if (from->first_stack_ns && (!to->first_stack_ns || from->first_stack_ns < to->first_stack_ns))
		to->first_stack_ns = from->first_stack_ns;
}

static void merge_breakpoints(struct trial *trial, const struct trial *shard)
{
	assert(shard->n_breakpoints == trial->n_breakpoints);
	for (size_t i = 0; i < trial->n_breakpoints; i++) {
		struct trial_breakpoint *to = &trial->breakpoints[i];
		const struct trial_breakpoint *from = &shard->breakpoints[i];

		to->hits += from->hits;
		for (size_t j = 0; j < trial->n_tasks; j++)
			to->rank_hits[j] += from->rank_hits[j];
		if (!to->library && from->library)
			to->library = mem_strdup(from->library);
		for (size_t j = 0; j < from->n_places; j++) {
			const struct trial_place *place = &from->places[j];
			uint32_t at = trial_place(to, place->library, place->symbol, place->address, place->kind);

			to->places[at].planted += place->planted;
			to->places[at].hits += place->hits;
		}
	}
}

static void merge_rest(struct trial *trial, const struct trial *shard)
{
	for (int i = 0; i < STACKS_N; i++)
		stacktree_join(&trial->stacks[i], &shard->stacks[i]);
	if (!trial->loader.path && shard->loader.path) {
		trial->loader = shard->loader;
		trial->loader.path = mem_strdup(shard->loader.path);
	}
	trial->ptrace_calls += shard->ptrace_calls;
	trial->bytes_read += shard->bytes_read;
	trial->traps_written += shard->traps_written;
	trial->text_writes += shard->text_writes;
	trial->lookups += shard->lookups;
	trial->work.names_shared += shard->work.names_shared;
	trial->left_running |= shard->left_running;
	trial->timed_out |= shard->timed_out;
	trial->interrupted |= shard->interrupted;
	for (size_t i = 0; i < shard->n_unread; i++)
		trial_add_unread(trial, shard->unread[i]);
	for (size_t i = 0; i < shard->n_contradictions; i++)
		trial_contradict(trial, "%s", shard->contradictions[i]);
}

void trial_merge(struct trial *trial, const struct trial *shards, size_t n_shards)
{
	assert(!trial->n_events);
	merge_events(trial, shards, n_shards);
	for (size_t i = 0; i < n_shards; i++) {
		merge_phases(&trial->phases, &shards[i].phases);
		merge_breakpoints(trial, &shards[i]);
		merge_rest(trial, &shards[i]);
	}
}

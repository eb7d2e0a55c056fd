/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One trial from the shards that several tracer threads have filled, each with what it saw of
 * its own tasks. Pure arithmetic, as all of measure/.
 */
#ifndef MEASURE_TRIAL_MERGE_H
#define MEASURE_TRIAL_MERGE_H

#include "measure/trial.h"

/*
 * An empty shard of a trial: its tasks are the trial's own (a thread writes those of its share),
 * its breakpoints have the same functions, all else is its own.
 */
void trial_shard_init(struct trial *shard, const struct trial *trial);
void trial_shard_deinit(struct trial *shard);

/*
 * Adds what the shards saw: events of all in the order of handling (begin_ns), their libraries
 * under the trial's numbers; hits, stacks and counters added up; of each time the latest, of
 * first_stack_ns the first; a flag that any of them has; the first status that is not 0. The
 * trial's events must be none yet.
 */
void trial_merge(struct trial *trial, const struct trial *shards, size_t n_shards);

#endif

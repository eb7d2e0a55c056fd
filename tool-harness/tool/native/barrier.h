/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A barrier for the threads of a run that any of them can abort. A round is over when all have come to it.
 * Whoever waits, or is to wait, returns at once when one has aborted.
 */
#ifndef TOOL_NATIVE_BARRIER_H
#define TOOL_NATIVE_BARRIER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct barrier {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t n;       /* threads */
	size_t n_here;  /* in the round to come */
	size_t rounds;  /* that all have come to */
	bool aborted;
};

void barrier_init(struct barrier *barrier, size_t n_threads);
void barrier_deinit(struct barrier *barrier);

/* False once any thread has aborted the run: callers must then stop. */
bool barrier_wait(struct barrier *barrier);
void barrier_abort(struct barrier *barrier);
bool barrier_aborted(const struct barrier *barrier);

/* For a thread that is not one of them: waits until a round is over (from 1). False: it was aborted before. */
bool barrier_passed(struct barrier *barrier, size_t round);

#endif

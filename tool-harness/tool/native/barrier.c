/* SPDX-License-Identifier: BSD-3-Clause */
/* Invariant: rounds only grow; once aborted it stays so. */
#include "tool/native/barrier.h"

void barrier_init(struct barrier *barrier, size_t n_threads)
{
	*barrier = (struct barrier){ .n = n_threads };
	pthread_mutex_init(&barrier->lock, NULL);
	pthread_cond_init(&barrier->changed, NULL);
}

void barrier_deinit(struct barrier *barrier)
{
	pthread_cond_destroy(&barrier->changed);
	pthread_mutex_destroy(&barrier->lock);
}

bool barrier_wait(struct barrier *barrier)
{
	size_t round;
	bool held;

	pthread_mutex_lock(&barrier->lock);
	round = barrier->rounds;
	if (++barrier->n_here == barrier->n) {
		barrier->n_here = 0;
		barrier->rounds++;
		pthread_cond_broadcast(&barrier->changed);
	}
	while (barrier->rounds == round && !barrier->aborted)
		pthread_cond_wait(&barrier->changed, &barrier->lock);
	held = !barrier->aborted;
	pthread_mutex_unlock(&barrier->lock);
	return held;
}

void barrier_abort(struct barrier *barrier)
{
	pthread_mutex_lock(&barrier->lock);
	__atomic_store_n(&barrier->aborted, true, __ATOMIC_RELAXED);
	pthread_cond_broadcast(&barrier->changed);
	pthread_mutex_unlock(&barrier->lock);
}

/* Asked at each stop, so without the lock. */
bool barrier_aborted(const struct barrier *barrier)
{
	return __atomic_load_n(&barrier->aborted, __ATOMIC_RELAXED);
}

bool barrier_passed(struct barrier *barrier, size_t round)
{
	bool passed;

	pthread_mutex_lock(&barrier->lock);
	while (barrier->rounds < round && !barrier->aborted)
		pthread_cond_wait(&barrier->changed, &barrier->lock);
	passed = barrier->rounds >= round;
	pthread_mutex_unlock(&barrier->lock);
	return passed;
}

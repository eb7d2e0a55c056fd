/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that take work from one counter until there is no more. Invariant: when
 * parallel_run returns, none of them is left.
 */
#include "gen/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "lib/mem.h"
#include "lib/progress.h"

struct pool {
	pthread_mutex_t lock;
	size_t next, done, n;
	const char *progress;
	struct err *(*work)(void *context, size_t i);
	void *context;
	struct err *err;
};

unsigned parallel_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return CPU_COUNT(&set);
}

static bool take(struct pool *pool, size_t *ret)
{
	bool any;

	pthread_mutex_lock(&pool->lock);
	any = !pool->err && pool->next < pool->n;
	if (any)
		*ret = pool->next++;
	pthread_mutex_unlock(&pool->lock);
	return any;
}

static void finish(struct pool *pool, struct err *err)
{
	pthread_mutex_lock(&pool->lock);
	pool->done++;
	if (pool->err)
		err_free(err);
	else
		pool->err = err;
	if (pool->progress && !pool->err)
		progress_count(pool->progress, pool->done, pool->n);
	pthread_mutex_unlock(&pool->lock);
}

static void *run_thread(void *argument)
{
	struct pool *pool = argument;
	size_t i;

	while (take(pool, &i))
		finish(pool, pool->work(pool->context, i));
	return NULL;
}

struct err *parallel_run(size_t n, unsigned threads, const char *progress,
			 struct err *(*work)(void *context, size_t i), void *context)
{
	struct pool pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .n = n, .progress = progress, .work = work,
			     .context = context };
	_cleanup_free_ pthread_t *ids = NULL;
	size_t n_started = 0;

	if (!threads)
		threads = parallel_cores();
	if (threads > n)
		threads = n;
	ids = mem_calloc(threads + 1, sizeof(*ids));
	/* This thread works too, so a thread that cannot be had only makes it slower. */
	while (n_started + 1 < threads && !pthread_create(&ids[n_started], NULL, run_thread, &pool))
		n_started++;
	run_thread(&pool);
	for (size_t i = 0; i < n_started; i++)
		pthread_join(ids[i], NULL);
	return pool.err;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts held once: found again, freed with their last user, by several threads. */
#include "lib/intern.h"
#include "unit.h"

#include <pthread.h>

static void a_text_is_held_once(void **state)
{
	const char *first = intern_get("/lib/a.so"), *again;
	char same[] = "/lib/a.so";

	(void)state;
	assert_string_equal(first, "/lib/a.so");
	again = intern_get(same);
	assert_ptr_equal(first, again);
	assert_ptr_equal(intern_again(first), first);
	intern_put(first);
	intern_put(first);
	intern_put(first);
	intern_put(NULL);
	assert_null(intern_again(NULL));
}

#define N_TEXTS 3000
#define N_THREADS 4

static void *get_all(void *arg)
{
	const char **texts = arg;

	for (int i = 0; i < N_TEXTS; i++) {
		_cleanup_free_ char *text = mem_printf("text %d", i);

		texts[i] = intern_get(text);
	}
	return NULL;
}

static void threads_share_texts(void **state)
{
	static const char *texts[N_THREADS][N_TEXTS];
	pthread_t threads[N_THREADS];

	(void)state;
	for (int i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_all, texts[i]), 0);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < N_TEXTS; i++)
		for (int j = 0; j < N_THREADS; j++) {
			assert_ptr_equal(texts[j][i], texts[0][i]);
			if (j)
				intern_put(texts[j][i]);
		}
	for (int i = 0; i < N_TEXTS; i++)
		intern_put(texts[0][i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_held_once),
		cmocka_unit_test(threads_share_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

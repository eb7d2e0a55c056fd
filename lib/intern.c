/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hash table of counted texts, which grows and never shrinks. Invariant: a text is in the table as
 * long as it has users.
 */
#include "lib/intern.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "lib/fnv.h"
#include "lib/mem.h"

struct text {
	struct text *next;
	size_t users;
	uint64_t hash;
	char bytes[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct text **buckets;
static size_t n_buckets, n_texts;

static struct text *text_of(const char *bytes)
{
	return (struct text *)(void *)((char *)bytes - offsetof(struct text, bytes));
}

static void grow(void)
{
	size_t n = n_buckets ? 2 * n_buckets : 256;
	struct text **larger = mem_calloc(n, sizeof(*larger));

	for (size_t i = 0; i < n_buckets; i++) {
		while (buckets[i]) {
			struct text *text = buckets[i];

			buckets[i] = text->next;
			text->next = larger[text->hash % n];
			larger[text->hash % n] = text;
		}
	}
	free(buckets);
	buckets = larger;
	n_buckets = n;
}

static struct text *find_or_add(const char *bytes)
{
	uint64_t hash = fnv_text(bytes);
	size_t len = strlen(bytes);
	struct text *text;

	if (n_texts == n_buckets)
		grow();
	for (text = buckets[hash % n_buckets]; text; text = text->next)
		if (text->hash == hash && !strcmp(text->bytes, bytes))
			return text;
	text = mem_alloc(sizeof(*text) + len + 1);
	memcpy(text->bytes, bytes, len);
	text->hash = hash;
	text->next = buckets[hash % n_buckets];
	buckets[hash % n_buckets] = text;
	n_texts++;
	return text;
}

const char *intern_get(const char *bytes)
{
	struct text *text;

	pthread_mutex_lock(&lock);
	text = find_or_add(bytes);
	text->users++;
	pthread_mutex_unlock(&lock);
	return text->bytes;
}

const char *intern_again(const char *bytes)
{
	if (!bytes)
		return NULL;
	pthread_mutex_lock(&lock);
	text_of(bytes)->users++;
	pthread_mutex_unlock(&lock);
	return bytes;
}

void intern_put(const char *bytes)
{
	struct text *text, **at;

	if (!bytes)
		return;
	text = text_of(bytes);
	pthread_mutex_lock(&lock);
	if (!--text->users) {
		for (at = &buckets[text->hash % n_buckets]; *at != text; at = &(*at)->next)
			;
		*at = text->next;
		free(text);
		n_texts--;
	}
	pthread_mutex_unlock(&lock);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Invariant: ranges are in order, and no two of them touch. */
#include "measure/stats/rankset.h"

#include <inttypes.h>
#include <string.h>

#include "lib/mem.h"

void rankset_deinit(struct rankset *set)
{
	free(set->ranges);
	memset(set, 0, sizeof(*set));
}

/* Index of the first range that ends at the rank or after it. */
static size_t find(const struct rankset *set, uint32_t rank)
{
	size_t low = 0, high = set->n;

	/* Ranks mostly come in order. */
	if (set->n && set->ranges[set->n - 1].high < rank)
		return set->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->ranges[middle].high < rank)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void remove_range(struct rankset *set, size_t at)
{
	set->n--;
	memmove(&set->ranges[at], &set->ranges[at + 1], (set->n - at) * sizeof(set->ranges[0]));
}

static void insert_range(struct rankset *set, size_t at, struct rank_range range)
{
	mem_grow(set->ranges, set->n, set->cap);
	memmove(&set->ranges[at + 1], &set->ranges[at], (set->n - at) * sizeof(set->ranges[0]));
	set->ranges[at] = range;
	set->n++;
}

void rankset_add(struct rankset *set, uint32_t rank)
{
	size_t at = find(set, rank);
	struct rank_range *before = at ? &set->ranges[at - 1] : NULL;
	struct rank_range *here = at < set->n ? &set->ranges[at] : NULL;
	bool joins_before = before && rank && before->high == rank - 1;
	bool joins_here = here && here->low <= (uint64_t)rank + 1;

	if (here && here->low <= rank)
		return;
	if (joins_before && joins_here) {
		before->high = here->high;
		remove_range(set, at);
	} else if (joins_before) {
		before->high = rank;
	} else if (joins_here) {
		here->low = rank;
	} else {
		insert_range(set, at, (struct rank_range){ rank, rank });
	}
}

void rankset_join(struct rankset *set, const struct rankset *other)
{
	struct rankset joined = { 0 };
	size_t i = 0, j = 0;

	while (i < set->n || j < other->n) {
		bool own = j == other->n || (i < set->n && set->ranges[i].low <= other->ranges[j].low);
		const struct rank_range *next = own ? &set->ranges[i++] : &other->ranges[j++];
		struct rank_range *last = joined.n ? &joined.ranges[joined.n - 1] : NULL;

		if (!last || (uint64_t)last->high + 1 < next->low)
			insert_range(&joined, joined.n, *next);
		else if (last->high < next->high)
			last->high = next->high;
	}
	rankset_deinit(set);
	*set = joined;
}

uint64_t rankset_count(const struct rankset *set)
{
	uint64_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += (uint64_t)set->ranges[i].high - set->ranges[i].low + 1;
	return n;
}

bool rankset_equal(const struct rankset *a, const struct rankset *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->ranges, b->ranges, a->n * sizeof(a->ranges[0])));
}

void rankset_put(const struct rankset *set, struct strbuf *out)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct rank_range *range = &set->ranges[i];

		strbuf_printf(out, "%s%" PRIu32, i ? "," : "", range->low);
		if (range->high > range->low)
			strbuf_printf(out, "-%" PRIu32, range->high);
	}
}

static bool parse_rank(const char **at, uint32_t *ret)
{
	uint64_t rank = 0;
	const char *p = *at;

	for (; *p >= '0' && *p <= '9' && rank <= UINT32_MAX; p++)
		rank = 10 * rank + (uint64_t)(*p - '0');
	if (p == *at || rank > UINT32_MAX)
		return false;
	*at = p;
	*ret = (uint32_t)rank;
	return true;
}

struct err *rankset_parse(const char *text, struct rankset *ret)
{
	struct rankset set = { 0 };
	const char *at = text;

	while (*at) {
		struct rank_range range;
		bool good = (!set.n || *at++ == ',') && parse_rank(&at, &range.low);

		range.high = range.low;
		if (good && *at == '-') {
			at++;
			good = parse_rank(&at, &range.high);
		}
		if (!good || range.high < range.low ||
		    (set.n && range.low <= (uint64_t)set.ranges[set.n - 1].high + 1)) {
			rankset_deinit(&set);
			return err_new("'%.100s' is no set of ranks", text);
		}
		insert_range(&set, set.n, range);
	}
	*ret = set;
	return NULL;
}

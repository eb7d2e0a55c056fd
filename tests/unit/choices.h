/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sequence of choices that a run makes, each one of so many: the first time it takes the first of each, and
 * choices_next goes on to the next sequence until all have been taken. A run that makes the same choices goes the same way.
 */
#ifndef UNIT_CHOICES_H
#define UNIT_CHOICES_H

#include <stdbool.h>

#define CHOICES_MOST 4096

static struct {
	int choice[CHOICES_MOST], of[CHOICES_MOST];
	int n, at;
} choices;

/* One of n: 0 first, the next one when the same choices come again. */
static int choices_take(int n)
{
	if (n <= 1)
		return 0;
	if (choices.at == choices.n) {
		if (choices.n == CHOICES_MOST)
			return 0;
		choices.choice[choices.n] = 0;
		choices.of[choices.n++] = n;
	}
	return choices.choice[choices.at++] % n;
}

/* The next sequence; false if there is none. */
static bool choices_next(void)
{
	while (choices.n) {
		if (++choices.choice[choices.n - 1] < choices.of[choices.n - 1]) {
			choices.at = 0;
			return true;
		}
		choices.n--;
	}
	return false;
}

#endif

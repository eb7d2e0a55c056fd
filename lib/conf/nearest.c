/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/conf/nearest.h"

#include <ctype.h>
#include <string.h>

#include "lib/mem.h"

static bool same_char(char a, char b)
{
	if (a == '-')
		a = '_';
	if (b == '-')
		b = '_';
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t nearest_distance(const char *a, const char *b)
{
	size_t n_a = strlen(a), n_b = strlen(b), width = n_b + 1;
	_cleanup_free_ size_t *d = mem_calloc((n_a + 1) * width, sizeof(*d));

	for (size_t i = 0; i <= n_a; i++) {
		for (size_t j = 0; j <= n_b; j++) {
			size_t *at = &d[i * width + j];

			if (!i || !j) {
				*at = i + j;
				continue;
			}
			size_t best = at[-1 - (ptrdiff_t)width] + !same_char(a[i - 1], b[j - 1]);
			if (at[-1] + 1 < best)
				best = at[-1] + 1;
			if (at[-(ptrdiff_t)width] + 1 < best)
				best = at[-(ptrdiff_t)width] + 1;
			if (i > 1 && j > 1 && same_char(a[i - 1], b[j - 2]) &&
			    same_char(a[i - 2], b[j - 1]) && at[-2 - 2 * (ptrdiff_t)width] + 1 < best)
				best = at[-2 - 2 * (ptrdiff_t)width] + 1;
			*at = best;
		}
	}
	return d[n_a * width + n_b];
}

bool nearest_is_near(const char *written, size_t distance)
{
	return distance <= (strlen(written) + 2) / 3;
}

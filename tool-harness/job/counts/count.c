/* SPDX-License-Identifier: BSD-3-Clause */
/* Parsing counts strictly: phase marks and callgrind's files share it. */
#include "job/counts/count.h"

#include <errno.h>
#include <stdlib.h>

bool count_parse(const char *text, int64_t *ret)
{
	char *end;
	long long value;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end)
		return false;
	*ret = value;
	return true;
}

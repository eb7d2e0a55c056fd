/* SPDX-License-Identifier: BSD-3-Clause */
/* Callgrind's files: bytes that another program wrote. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "job/counts/counters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct callgrind_part part = { .part = -1 };

	if (!callgrind_parse((const char *)data, size, &part))
		for (size_t i = 0; i < COUNTER_N; i++)
			if (part.part < 0 || part.counters[i] < 0)
				abort();
	return 0;
}

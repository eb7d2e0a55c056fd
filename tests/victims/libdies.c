/* SPDX-License-Identifier: BSD-3-Clause */
/* Kills rank 1 in its constructor: in the middle of a dlopen. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void __attribute__((constructor)) die(void)
{
	const char *rank = getenv("ATTACHSTORM_RANK");

	if (rank && !strcmp(rank, "1"))
		raise(SIGKILL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Ends rank 1 in its constructor, in the middle of a dlopen: by SIGKILL, or as DIES_BY says: exit, exec. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void __attribute__((constructor)) die(void)
{
	const char *rank = getenv("ATTACHSTORM_RANK"), *by = getenv("DIES_BY");

	if (!rank || strcmp(rank, "1") != 0)
		return;
	if (by && !strcmp(by, "exit"))
		_exit(7);
	if (by && !strcmp(by, "exec"))
		execl("/bin/true", "true", (char *)NULL);
	raise(SIGKILL);
}

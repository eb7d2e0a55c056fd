/* SPDX-License-Identifier: BSD-3-Clause */
/* A library that needs libc, which a namespace of its own then has, too. */
#include <unistd.h>

int spaced_is_here(void);

int spaced_is_here(void)
{
	return getpid() > 0;
}

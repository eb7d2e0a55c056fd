/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The signals by which a user ends a command. Does not end it: what it holds must be let go
 * first. Invariant: the flag is only ever set.
 */
#include "cmd/interrupt.h"

#include <signal.h>
#include <stddef.h>

#include "lib/cleanup.h"

static volatile bool stop_wanted;

static void stop_handler(int sig)
{
	(void)sig;
	__atomic_store_n(&stop_wanted, true, __ATOMIC_RELAXED);
}

const volatile bool *interrupt_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = stop_handler };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	return &stop_wanted;
}

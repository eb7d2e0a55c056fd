/* SPDX-License-Identifier: BSD-3-Clause */
/* What subcommands share. */
#include "gen/cmd/cmd.h"

#include <stdio.h>

struct err *cmd_print(const char *text)
{
	if (fputs(text, stdout) < 0 || fflush(stdout))
		return err_new("cannot write to standard output");
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pynamic-gen: makes a target, or runs the subcommand that the first argument names. The
 * only place of the program that prints an error.
 */
#include <argp.h>
#include <string.h>

#include "gen/cmd.h"
#include "gen/emit_build.h"
#include "lib/fault.h"
#include "lib/mem.h"
#include "lib/progress.h"

const char *argp_program_version = GENERATOR;

/* First arguments that are none of a spec's; a file of such a name is ./NAME. */
static const struct {
	const char *name;
	struct err *(*run)(int argc, char **argv);
} commands[] = {
	{ "footprint", cmd_footprint },
	{ "fit", cmd_fit },
	{ "doctor", cmd_doctor },
};

static struct err *run_command(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		struct err *err;

		if (strcmp(argv[1], commands[i].name))
			continue;
		argv[1] = mem_printf("pynamic-gen %s", commands[i].name);
		err = commands[i].run(argc - 1, argv + 1);
		free(argv[1]);
		return err;
	}
	return cmd_make(argc, argv);
}

int main(int argc, char **argv)
{
	enum exit_status status = EXIT_OK;
	struct err *err;

	argp_err_exit_status = EXIT_USAGE;
	err = fault_from_env();
	if (!err)
		err = run_command(argc, argv);
	if (err) {
		progress_end();
		fprintf(stderr, "pynamic-gen: %s\n", err_message(err));
		if (err_hint_text(err))
			fprintf(stderr, "hint: %s\n", err_hint_text(err));
		status = err_status(err);
		err_free(err);
	}
	return status;
}

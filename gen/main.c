/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pynamic-gen: makes a target, or runs the subcommand that the first argument names. The
 * only place of the program that prints an error.
 */
#include <argp.h>
#include <string.h>

#include "gen/cmd/cmd.h"
#include "gen/emit/build.h"
#include "gen/spec.h"
#include "lib/complete.h"
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

/* Hidden: "pynamic-gen complete WORD...": what a shell may offer for the last word. */
static struct err *complete(const char *const *words, int n)
{
	static const char *const with_setting[] = { "-s", "--set" };
	_cleanup_strbuf_ struct strbuf candidates = STRBUF_INIT;
	const char *word = words[n - 1], *subcommand = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (n == 1)
			complete_add(commands[i].name, word, &candidates);
		else if (!strcmp(words[0], commands[i].name))
			subcommand = commands[i].name;
	}
	if (!strncmp(word, "--set=", 6))
		complete_setting(&spec_table, "--set=", word + 6, &candidates);
	else if (word[0] == '-')
		complete_options(subcommand, word, &candidates);
	for (size_t i = 0; n > 1 && i < ARRAY_SIZE(with_setting); i++)
		if (!strcmp(words[n - 2], with_setting[i]))
			complete_setting(&spec_table, "", word, &candidates);
	return cmd_print(candidates.text);
}

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
	if (argc > 2 && !strcmp(argv[1], "complete"))
		return complete((const char *const *)argv + 2, argc - 2);
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
		progress_error("pynamic-gen", err);
		status = err_status(err);
		err_free(err);
	}
	return status;
}

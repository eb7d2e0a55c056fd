/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm: a table of subcommands. The one place that prints an error, with its hint,
 * and turns it into an exit status (lib/err.h has the table).
 */
#include <argp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/complete.h"
#include "lib/conf/nearest.h"
#include "lib/err.h"
#include "lib/fault.h"
#include "lib/mem.h"
#include "lib/progress.h"

struct command {
	const char *name;
	const char *help; /* NULL: hidden */
	struct err *(*run)(int argc, char **argv, int *status_ret);
};

static const struct command commands[] = {
	{ "run", "run a scenario or a command under a tool, and measure its start-up", cmd_run },
	{ "validate", "check a scenario and all of its variants, without running them", cmd_validate },
	{ "explain", "say what a scenario would run: variants, order, files, time", cmd_explain },
	{ "doctor", "report what this machine supports, and how to fix what it lacks", cmd_doctor },
	{ "attach", "trace the tasks of a job that runs already, and leave it running", cmd_attach },
	{ "starter", "start tasks as a launcher with a process table of any size", cmd_starter },
	{ "calibrate", "measure what ptrace itself costs on this machine", cmd_calibrate },
	{ "model", "predict start-up from M libraries, N tasks, B breakpoints", cmd_model },
	{ "compare", "compare two runs, counts exactly and times by their distributions; a gate for CI", cmd_compare },
	{ "list", "list the records of the results folder", cmd_list },
	{ "show", "print a record's table again", cmd_show },
	{ "trend", "how a metric went from record to record", cmd_trend },
	{ "report", "make one HTML page of runs, with pictures", cmd_report },
	{ "export", "print a record as CSV, or as hyperfine or Google Benchmark would", cmd_export },
	{ CMD_FLOOR_TRACEE, NULL, cmd_floor_tracee },
};

static void print_help(FILE *out)
{
	fputs("usage: attachstorm COMMAND [OPTIONS]\n\n"
	      "Times how debuggers and other tools bring MPI jobs with many shared libraries through start-up.\n\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].help)
			fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\n'attachstorm COMMAND --help' explains a command, 'attachstorm --version' tells the version.\n"
	      "Exit status: 0 done, 1 a comparison found the new side worse, 2 could not be done,\n"
	      "3 measured but contradictory, or not comparable, 4 a comparison cannot tell,\n"
	      "77 this machine lacks something, 124 out of time, 130 interrupted.\n",
	      out);
}

static struct err *complete(int n, char **words)
{
	const char *names[ARRAY_SIZE(commands) + 1] = { NULL };
	size_t n_names = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].help)
			names[n_names++] = commands[i].name;
	return complete_print(names, (const char *const *)words, (size_t)n);
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static struct err *unknown_command(const char *written)
{
	struct err *err = err_new("'%s' is not an attachstorm command", written);
	size_t best_distance = SIZE_MAX;
	const char *best = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(commands) && strlen(written) < 100; i++) {
		size_t distance = nearest_distance(written, commands[i].name);

		if (commands[i].help && nearest_is_near(written, distance) && distance < best_distance) {
			best = commands[i].name;
			best_distance = distance;
		}
	}
	if (best)
		return err_hint(err, "did you mean 'attachstorm %s'?", best);
	return err_hint(err, "'attachstorm --help' lists them");
}

static int report(struct err *err)
{
	int status = (int)err_status(err);

	progress_error("attachstorm", err);
	err_free(err);
	return status;
}

int main(int argc, char **argv)
{
	const struct command *command;
	int status = EXIT_OK;
	struct err *err;

	argp_err_exit_status = EXIT_USAGE; /* not the 64 of sysexits.h */
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("attachstorm %s\n", KIT_VERSION);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], CMD_COMPLETE)) {
		err = complete(argc - 2, argv + 2);
		return err ? report(err) : EXIT_OK;
	}
	command = command_find(argv[1]);
	if (!command)
		return report(unknown_command(argv[1]));
	argv[1] = mem_printf("attachstorm %s", command->name);
	err = fault_from_env();
	if (!err)
		err = command->run(argc - 1, argv + 1, &status);
	free(argv[1]);
	/* A table that could not be written (a full disk, a closed pipe) must not look like success. */
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = err_new("cannot write to standard output");
	return err ? report(err) : status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm show and export: one record, found by its name or path, as its table again or
 * in another tool's format. Computes nothing anew.
 */
#include <argp.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "report/export.h"
#include "report/store/store.h"
#include "report/table/table.h"

static const struct argp_option show_options[] = {
	{ "results", 'o', "DIR", 0, "folder in which a name is looked for (default " STORE_DEFAULT_DIR ")", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};
static const struct argp_option export_options[] = {
	{ "format", 'f', "FORMAT", 0, "csv (the default), hyperfine or google-benchmark", 0 },
	{ "results", 'o', "DIR", 0, "folder in which a name is looked for (default " STORE_DEFAULT_DIR ")", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

struct show_args {
	const char *dir, *name, *format;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct show_args *args = state->input;

	switch (key) {
	case 'o':
		args->dir = arg;
		return 0;
	case 'f':
		args->format = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (args->name)
			argp_error(state, "one record at a time: '%s' is too much", arg);
		args->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->name)
			argp_error(state, "a record is needed: its name or its file");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static struct err *print_record(const struct show_args *args, void (*put)(const struct run *, struct strbuf *))
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct run run;
	struct err *err = store_read_one(args->dir, args->name, &run);

	if (err)
		return err;
	put(&run, &text);
	fputs(text.text, stdout);
	run_deinit(&run);
	return NULL;
}

struct err *cmd_show(int argc, char **argv, int *status_ret)
{
	const struct argp argp = {
		show_options, parse, "RECORD",
		"Print the table of a record again.\vRECORD is a file, or a name in the results folder: all of it, or "
		"the beginning if no other record's name begins so.",
		NULL, NULL, NULL,
	};
	struct show_args args = { .dir = STORE_DEFAULT_DIR };

	(void)status_ret;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	return print_record(&args, table_format);
}

struct err *cmd_export(int argc, char **argv, int *status_ret)
{
	const struct argp argp = {
		export_options, parse, "RECORD",
		"Print a record in the format of another tool.\vRECORD is as for 'attachstorm show'.", NULL, NULL,
		NULL,
	};
	struct show_args args = { .dir = STORE_DEFAULT_DIR, .format = "csv" };
	const struct export_format *format;

	(void)status_ret;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	format = export_find(args.format);
	if (!format)
		return err_hint(err_new("'%s' is no format", args.format),
				"they are csv, hyperfine and google-benchmark");
	return print_record(&args, format->put);
}

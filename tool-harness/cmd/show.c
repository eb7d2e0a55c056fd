/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm show and export: one record, found by its name or path, as its tables again or
 * in another tool's format. Computes nothing anew.
 */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/print.h"
#include "report/export.h"
#include "report/store/store.h"
#include "report/table/short.h"
#include "report/table/table.h"

enum { OPT_DETAILS = 0x800 };

static const struct argp_option show_options[] = {
	{ "format", 'f', "FORMAT", 0,
	  "text (the default), markdown, csv (a line for each cell, with its key) or html", 0 },
	{ "details", OPT_DETAILS, NULL, 0, "all tables, not just the answer", 0 },
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
	bool details;
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
	case OPT_DETAILS:
		args->details = true;
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

struct err *cmd_show(int argc, char **argv, int *status_ret)
{
	const struct argp argp = {
		show_options, parse, "RECORD",
		"Print the tables of a record again.\vRECORD is a file, or a name in the results folder: all of it, or "
		"the beginning if no other record's name begins so.",
		NULL, NULL, NULL,
	};
	struct show_args args = { .dir = STORE_DEFAULT_DIR, .format = "text" };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const struct grid_format *format;
	struct grid_list list = { 0 };
	struct run run;
	struct err *err;

	(void)status_ret;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	format = grid_format_find(args.format);
	if (!format)
		return err_hint(err_new("'%s' is no format", args.format), "they are text, markdown, csv and html");
	err = store_read_one(args.dir, args.name, &run);
	if (err)
		return err;
	print_fit(&list);
	if (args.details)
		table_add(&run, &list);
	else
		short_add(&run, args.name, &list);
	format->put(&list, &text);
	fputs(text.text, stdout);
	grid_list_deinit(&list);
	run_deinit(&run);
	return NULL;
}

struct err *cmd_export(int argc, char **argv, int *status_ret)
{
	const struct argp argp = {
		export_options, parse, "RECORD",
		"Print a record in the format of another tool.\vRECORD is as for 'attachstorm show'.", NULL, NULL,
		NULL,
	};
	struct show_args args = { .dir = STORE_DEFAULT_DIR, .format = "csv" };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const struct export_format *format;
	struct run run;
	struct err *err;

	(void)status_ret;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	format = export_find(args.format);
	if (!format)
		return err_hint(err_new("'%s' is no format", args.format),
				"they are csv, hyperfine and google-benchmark");
	err = store_read_one(args.dir, args.name, &run);
	if (err)
		return err;
	format->put(&run, &text);
	fputs(text.text, stdout);
	run_deinit(&run);
	return NULL;
}

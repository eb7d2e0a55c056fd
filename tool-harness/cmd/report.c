/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm report: records, found as 'compare' finds them, to one HTML page.
 *
 * Invariant: the file is a whole page or not touched.
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "report/page/page.h"
#include "report/page/plot.h"
#include "report/store/store.h"

enum { OPT_FOOTPRINT = 0x700, OPT_RESULTS, OPT_TITLE, OPT_TABLES, OPT_FIGURES };

static const struct argp_option options[] = {
	{ "output", 'o', "FILE.html", 0, "the page (default report.html; - for standard output)", 0 },
	{ "title", OPT_TITLE, "TEXT", 0, "heading of the page (default: from the records)", 0 },
	{ "footprint", OPT_FOOTPRINT, "FILE", 0,
	  "a target's sizes, from 'pynamic-gen footprint --json'; repeatable", 0 },
	{ "tables", OPT_TABLES, NULL, 0, "tables alone, no pictures", 0 },
	{ "figures", OPT_FIGURES, "DIR", 0,
	  "each picture into this folder, too, as SVG and PDF for slides, with its caption", 0 },
	{ "results", OPT_RESULTS, "DIR", 0,
	  "folder in which records are looked for by name (default " STORE_DEFAULT_DIR ")", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const char doc[] = "Make one HTML page of runs: tables, with pictures where gnuplot is there. It needs no "
			  "other file, no script and "
			  "no style to be read."
			  "\vRUN is a record, a folder of records, or a name in the results folder. For example\n\n"
			  "  attachstorm report results/runs/table4-*.json -o table4.html";

struct report_args {
	const char *output, *dir;
	const char **whats, **footprints;
	size_t n_whats, cap_whats, n_footprints, cap_footprints;
	const char *title, *figures;
	bool tables_only;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_args *args = state->input;

	switch (key) {
	case 'o':
		args->output = arg;
		return 0;
	case OPT_TITLE:
		args->title = arg;
		return 0;
	case OPT_FOOTPRINT:
		mem_grow(args->footprints, args->n_footprints, args->cap_footprints);
		args->footprints[args->n_footprints++] = arg;
		return 0;
	case OPT_TABLES:
		args->tables_only = true;
		return 0;
	case OPT_FIGURES:
		args->figures = arg;
		return 0;
	case OPT_RESULTS:
		args->dir = arg;
		return 0;
	case ARGP_KEY_ARG:
		mem_grow(args->whats, args->n_whats, args->cap_whats);
		args->whats[args->n_whats++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->n_whats)
			argp_error(state, "a run is needed: a record, a folder of records, or a name");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool is_there(const struct page_input *input, const char *path)
{
	for (size_t i = 0; i < input->n_records; i++)
		if (!strcmp(input->records[i].path, path))
			return true;
	return false;
}

/* In a folder, what is no record is passed over with a warning; what was named must be one. */
static struct err *add_runs(const char *dir, const char *what, struct page_input *input)
{
	_cleanup_(path_list_deinit) struct path_list paths = { 0 };
	struct err *err = store_find(dir, what, &paths);
	bool named = paths.n == 1 && !strcmp(paths.paths[0], what);
	size_t before = input->n_records;

	for (size_t i = 0; !err && i < paths.n; i++) {
		if (is_there(input, paths.paths[i]))
			continue;
		err = page_input_add_record(input, paths.paths[i]);
		if (!err || named || paths.n == 1)
			continue;
		progress_warn("passed over: %s", err_message(err));
		err_free(err);
		err = NULL;
	}
	if (!err && paths.n != 1 && input->n_records == before)
		err = err_new("folder '%s' has no record that can be read", what);
	return err;
}

static struct err *prepare_figures(const struct report_args *args)
{
	if (args->tables_only)
		return err_new("--figures and --tables: there are no pictures without pictures");
	if (!plot_available())
		return err_hint(err_exit(EXIT_SKIPPED, "gnuplot is missing, so there are no pictures"),
				"install gnuplot-nox, or leave --figures out");
	return fs_mkdirs(args->figures);
}

static struct err *write_page(const struct report_args *args, const struct page_input *input)
{
	_cleanup_strbuf_ struct strbuf page = STRBUF_INIT;
	struct err *err = page_put(input, &page);

	if (err)
		return err_hint(err, "with --tables the page is made without pictures");
	if (strcmp(args->output, "-") != 0)
		return fs_publish(args->output, page.text, page.len);
	fwrite(page.text, 1, page.len, stdout);
	return NULL;
}

struct err *cmd_report(int argc, char **argv, int *status_ret)
{
	const struct argp argp = { options, parse, "RUN...", doc, NULL, NULL, NULL };
	struct report_args args = { .output = "report.html", .dir = STORE_DEFAULT_DIR };
	_cleanup_(page_input_deinit) struct page_input input = { 0 };
	struct err *err = NULL;

	(void)status_ret;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	for (size_t i = 0; !err && i < args.n_whats; i++)
		err = add_runs(args.dir, args.whats[i], &input);
	for (size_t i = 0; !err && i < args.n_footprints; i++)
		err = page_input_add_footprint(&input, args.footprints[i]);
	input.title = args.title;
	input.tables_only = args.tables_only;
	input.figures = args.figures;
	if (!err && args.figures)
		err = prepare_figures(&args);
	if (!err)
		err = write_page(&args, &input);
	free(args.whats);
	free(args.footprints);
	return err;
}

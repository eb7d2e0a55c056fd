/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm compare: options and records to report/compare/compare.h, its result to standard output
 * and to files. The exit status is the verdict.
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "job/scenario/scenario.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "report/compare/print.h"
#include "report/store/store.h"

enum {
	OPT_TOLERANCES = 0x400,
	OPT_HELP_TOLERANCES,
	OPT_VARY,
	OPT_COUNTS,
	OPT_FORCE,
	OPT_JSON,
	OPT_JUNIT,
	OPT_MARKDOWN,
	OPT_METRICS,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What is compared:", 1 },
	{ "vary", OPT_VARY, "KEY", 0, "a scenario key that is what the comparison is about; may be given again", 1 },
	{ "counts", OPT_COUNTS, NULL, 0, "compare counts alone, however few runs there are", 1 },
	{ "force", OPT_FORCE, NULL, 0, "compare different machines, scenarios, targets or launchers; says which differ",
	  1 },
	{ "results", 'o', "DIR", 0, "folder in which records are looked for by name (default " STORE_DEFAULT_DIR ")",
	  1 },
	{ NULL, 0, NULL, 0, "What is tolerated:", 2 },
	{ "tolerances", OPT_TOLERANCES, "FILE", 0, "tolerances per metric, as YAML", 2 },
	{ "metrics", OPT_METRICS, "LIST", 0, "compare these alone, as phase1,total: fewer times are fewer tests", 2 },
	{ "set", 's', "KEY=VALUE", 0, "set one tolerance, as --set t1.relative=0.2", 2 },
	{ "help-tolerances", OPT_HELP_TOLERANCES, NULL, 0, "list all tolerances", 2 },
	{ NULL, 0, NULL, 0, "Output:", 3 },
	{ "json", OPT_JSON, NULL, 0, "JSON instead of the table", 3 },
	{ "junit", OPT_JUNIT, "FILE", 0, "write JUnit XML for a CI server, too", 3 },
	{ "markdown", OPT_MARKDOWN, "FILE", 0, "write Markdown for a merge request, too", 3 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const char doc[] =
	"Compare two runs metric by metric: counts exactly, times as distributions over whole runs."
	"\vBASE and NEW are records, folders of records that stand together on one side, or names in the results "
	"folder; RECORD#VARIANT is one variant of a record. Cold and warm are never pooled.\n\n"
	"Exit status: 0 no worse, 1 worse, 2 could not be done, 3 not comparable, 4 cannot tell.";

struct compare_args {
	const char *base, *new;
	const char *dir, *tolerances, *metrics, *junit, *markdown;
	const char **settings, **vary;
	size_t n_settings, cap_settings, n_vary, cap_vary;
	bool counts_only, force, json;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct compare_args *args = state->input;

	switch (key) {
	case OPT_TOLERANCES:
		args->tolerances = arg;
		return 0;
	case 's':
		mem_grow(args->settings, args->n_settings, args->cap_settings);
		args->settings[args->n_settings++] = arg;
		return 0;
	case OPT_METRICS:
		args->metrics = arg;
		return 0;
	case OPT_HELP_TOLERANCES:
		conf_print_help(&tolerances_table, stdout);
		exit(EXIT_OK);
	case OPT_VARY:
		mem_grow(args->vary, args->n_vary, args->cap_vary);
		args->vary[args->n_vary++] = arg;
		return 0;
	case OPT_COUNTS:
		args->counts_only = true;
		return 0;
	case OPT_FORCE:
		args->force = true;
		return 0;
	case 'o':
		args->dir = arg;
		return 0;
	case OPT_JSON:
		args->json = true;
		return 0;
	case OPT_JUNIT:
		args->junit = arg;
		return 0;
	case OPT_MARKDOWN:
		args->markdown = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num >= 2)
			argp_error(state, "two sides at a time; a folder stands for all of its records");
		*(state->arg_num ? &args->new : &args->base) = arg;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_error(state, "two sides are needed: BASE and NEW");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static struct err *read_tolerances(const struct compare_args *args, struct tolerances *ret)
{
	struct err *err = tolerances_read(args->tolerances, ret);

	for (size_t i = 0; !err && i < args->n_settings; i++)
		err = err_wrap(conf_set(&tolerances_table, args->settings[i], ret), "--set");
	if (!err && args->metrics)
		err = conf_set_value(&tolerances_table, "metrics", args->metrics, "--metrics", ret);
	return err;
}

/* A key that no scenario has would let nothing differ, and say nothing. */
static struct err *check_vary(const struct compare_args *args)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && i < args->n_vary; i++)
		err = err_wrap(conf_check_name(&scenario_table, args->vary[i]), "--vary");
	return err;
}

/* Takes it. */
static void print_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(json);
}

/* What a CI server finds is of this comparison, also if there was none: not what an earlier one left. */
static struct err *publish_failure(const struct compare_args *args, struct err *err)
{
	const struct comparison_failure failure = { args->base, args->new, err_message(err) };
	_cleanup_strbuf_ struct strbuf junit = STRBUF_INIT, markdown = STRBUF_INIT;
	struct err *write_err = NULL;

	if (args->json)
		print_json(comparison_failure_json(&failure));
	comparison_failure_junit(&failure, &junit);
	comparison_failure_markdown(&failure, &markdown);
	if (args->junit)
		write_err = fs_publish(args->junit, junit.text, junit.len);
	if (!write_err && args->markdown)
		write_err = fs_publish(args->markdown, markdown.text, markdown.len);
	if (write_err)
		err = err_wrap(err, "the files that were to say so could not be written (%s)", err_message(write_err));
	err_free(write_err);
	return err;
}

static struct err *publish(const char *path, const struct comparison *comparison,
			   void (*format)(const struct comparison *, struct strbuf *))
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!path)
		return NULL;
	format(comparison, &text);
	return fs_publish(path, text.text, text.len);
}

static struct err *print(const struct compare_args *args, const struct comparison *comparison)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err = publish(args->junit, comparison, comparison_junit);

	if (!err)
		err = publish(args->markdown, comparison, comparison_markdown);
	if (err)
		return err;
	if (args->json) {
		print_json(comparison_json(comparison));
	} else {
		comparison_format(comparison, &text);
		fputs(text.text, stdout);
	}
	return NULL;
}

static struct err *compare_loaded(const struct compare_args *args, const struct tolerances *tolerances,
				  const struct run_list *base, const struct run_list *new, int *status_ret)
{
	const struct compare_side base_side = { args->base, base->runs, base->n, base->variant };
	const struct compare_side new_side = { args->new, new->runs, new->n, new->variant };
	const struct compare_options how = {
		.tolerances = tolerances,
		.keys = &scenario_table,
		.vary = args->vary,
		.counts_only = args->counts_only,
		.force = args->force,
	};
	struct comparison comparison;
	struct err *err = compare_sides(&base_side, &new_side, &how, &comparison);

	if (err)
		return err;
	err = print(args, &comparison);
	*status_ret = comparison_status(&comparison);
	comparison_deinit(&comparison);
	return err;
}

static struct err *load_and_compare(const struct compare_args *args, int *status_ret)
{
	_cleanup_(run_list_deinit) struct run_list base = { 0 }, new = { 0 };
	struct tolerances tolerances = { 0 };
	struct err *err = read_tolerances(args, &tolerances);

	if (!err)
		err = check_vary(args);
	if (!err)
		err = store_load(args->dir, args->base, &base);
	if (!err)
		err = store_load(args->dir, args->new, &new);
	if (!err)
		err = compare_loaded(args, &tolerances, &base, &new, status_ret);
	tolerances_deinit(&tolerances);
	return err ? publish_failure(args, err) : NULL;
}

struct err *cmd_compare(int argc, char **argv, int *status_ret)
{
	const struct argp argp = { options, parse, "BASE NEW", doc, NULL, NULL, NULL };
	struct compare_args args = { .dir = STORE_DEFAULT_DIR };
	struct err *err;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	if (args.n_vary) {
		mem_grow(args.vary, args.n_vary, args.cap_vary);
		args.vary[args.n_vary] = NULL;
	}
	err = load_and_compare(&args, status_ret);
	free(args.settings);
	free(args.vary);
	return err;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm model fit, predict: laws fitted to the sweeps in records and published
 * series, and what they say of a job. Reads, has measure/ fit, has report/ print.
 *
 * Invariant: tables are printed before a plot can fail.
 */
#include <argp.h>
#include <string.h>

#include "cmd/model/model.h"
#include "lib/conf/conf.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "report/law/result.h"
#include "report/store/store.h"

#define MOST_RESAMPLES 100000

enum {
	OPT_SERIES = 1000, OPT_PLOT, OPT_SEED, OPT_RESAMPLES, OPT_JSON, OPT_LIBRARIES, OPT_TASKS, OPT_BREAKPOINTS,
	OPT_TARGET, OPT_DAEMONS,
};

#define COMMON_OPTIONS                                                                                            \
	{ NULL, 0, NULL, 0, "The data:", 1 },                                                                     \
	{ "series", OPT_SERIES, "FILE.csv", 0, "Published totals, as scenarios/series/gdb-solib.csv; repeatable", 1 }, \
	{ NULL, 0, NULL, 0, "The bootstrap:", 3 },                                                                \
	{ "seed", OPT_SEED, "SEED", 0, "Of the resampling (default 1): the same gives the same intervals", 3 },   \
	{ "resamples", OPT_RESAMPLES, "R", 0, "Of whole runs (default 1000)", 3 },                                \
	{ NULL, 0, NULL, 0, "Output:", 4 },                                                                       \
	{ "json", OPT_JSON, NULL, 0, "JSON instead of text", 4 },                                                 \
	{ "plot", OPT_PLOT, "FILE.svg", 0, "Also draw cells, law and 95 % band, by gnuplot", 4 },                 \
	{ NULL, 0, NULL, 0, NULL, 0 }

static const struct argp_option fit_options[] = { COMMON_OPTIONS };
static const struct argp_option predict_options[] = {
	{ NULL, 0, NULL, 0, "The job to predict for:", 2 },
	{ "load-events", OPT_LIBRARIES, "M", 0, "Load events of each task after it was let go", 2 },
	{ "libraries", OPT_LIBRARIES, "M", OPTION_ALIAS, NULL, 2 },
	{ "target", 't', "DIR", 0, "Instead: as this target has them, built or not (pynamic-gen --sources-only), and "
	  "others as in the data", 2 },
	{ "tasks", OPT_TASKS, "N", 0, "Tasks (default 1)", 2 },
	{ "breakpoints", OPT_BREAKPOINTS, "B", 0, "Breakpoints in each task (default 0)", 2 },
	{ "daemons", OPT_DAEMONS, "D", 0, "Equal shares of the tasks, handled at the same time (default 1)", 2 },
	COMMON_OPTIONS,
};

static const char fit_doc[] =
	"Fit laws of a tool's cost to runs with different libraries, tasks and breakpoints."
	"\vRECORD is a run record; where its samples (.events.csv) are beside it, single load events are used, else "
	"the total of each run. The law is chosen by leaving out each combination of libraries, tasks and breakpoints "
	"in turn and predicting it from the others; at least three are needed. For example\n\n"
	"  attachstorm model fit results/runs/sweep-*.json --plot law.svg\n\n"
	"attachstorm-model(1) and docs/model.md have the laws.";
static const char predict_doc[] =
	"Predict what load events cost a job, by the law that is fitted to runs."
	"\vThe interval is for one new run: it has the doubt about the law's terms and what runs deviate from it. For "
	"example\n\n"
	"  attachstorm model predict results/runs/sweep-*.json --load-events 500 \\\n"
	"      --tasks 500 --breakpoints 10\n\n"
	"RECORD is a file, a folder, a name in " STORE_DEFAULT_DIR ", or 'latest', with '#VARIANT' one of its "
	"variants.";

struct fit_args {
	struct law_sources sources;
	struct law_job job;
	struct manifest target;
	bool has_target;
	const char *plot;
	uint64_t seed;
	int64_t resamples;
	bool json;
	bool has_data;
	struct err *err;
};

static struct err *parse_whole(const char *text, const char *what, double min, double max, double *ret)
{
	struct err *err;
	double value;

	err = model_parse_number(text, what, min, &value);
	if (err)
		return err;
	if (value > max || value != (double)(int64_t)value)
		return err_new("%s: %s is not a whole number from %g to %g", what, text, min, max);
	*ret = value;
	return NULL;
}

static struct err *read_target(struct fit_args *args, const char *dir)
{
	struct err *err;

	if (args->has_target)
		return err_new("--target: one target at a time: '%s' is too much", dir);
	err = manifest_read(dir, &args->target);
	if (err)
		return err_hint(err, "of a spec 'pynamic-gen --sources-only SPEC -o DIR' makes a target without "
				     "building it");
	args->has_target = true;
	args->job.target = &args->target;
	return NULL;
}

/* All records that a name means, as 'attachstorm compare' takes them. */
static struct err *add_records(struct fit_args *args, const char *what)
{
	_cleanup_(path_list_deinit) struct path_list paths = { 0 };
	_cleanup_free_ char *name = mem_strdup(what);
	char *hash = fs_exists(what) ? NULL : strrchr(name, '#');
	struct err *err;

	if (hash)
		*hash++ = '\0';
	err = store_find(STORE_DEFAULT_DIR, name, &paths);
	for (size_t i = 0; !err && i < paths.n; i++)
		err = law_sources_add_record(&args->sources, paths.paths[i], hash);
	return err;
}

static struct err *parse_one(int key, const char *arg, struct fit_args *args)
{
	struct err *err;
	double value = 0;

	switch (key) {
	case OPT_SERIES:
		args->has_data = true;
		return law_sources_add_series(&args->sources, arg);
	case OPT_SEED:
		err = parse_whole(arg, "--seed", 0, 1e9, &value);
		args->seed = (uint64_t)value;
		return err;
	case OPT_RESAMPLES:
		err = parse_whole(arg, "--resamples", 20, MOST_RESAMPLES, &value);
		args->resamples = (int64_t)value;
		return err;
	case OPT_LIBRARIES:
		return parse_whole(arg, "--load-events", 1, 1e6, &args->job.libraries);
	case OPT_TASKS:
		return parse_whole(arg, "--tasks", 1, 1e9, &args->job.tasks);
	case OPT_DAEMONS:
		return parse_whole(arg, "--daemons", 1, 1e9, &args->job.daemons);
	case 't':
		return read_target(args, arg);
	case OPT_BREAKPOINTS:
		return parse_whole(arg, "--breakpoints", 0, 1e9, &args->job.breakpoints);
	default:
		args->has_data = true;
		return add_records(args, arg);
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct fit_args *args = state->input;

	switch (key) {
	case OPT_JSON:
		args->json = true;
		return 0;
	case OPT_PLOT:
		args->plot = arg;
		return 0;
	case OPT_SERIES:
	case OPT_SEED:
	case OPT_RESAMPLES:
	case OPT_LIBRARIES:
	case OPT_TASKS:
	case OPT_BREAKPOINTS:
	case OPT_DAEMONS:
	case 't':
	case ARGP_KEY_ARG:
		args->err = parse_one(key, arg, args);
		return args->err ? EINVAL : 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_json(const struct law_result *results, size_t n, const struct law_job *job)
{
	json_t *laws = json_array(), *root;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(laws, law_result_to_json(&results[i], job));
	root = json_pack("{s:o}", "laws", laws);
	json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(root);
}

static void put_law(const struct law_result *result, size_t index, struct strbuf *out)
{
	struct grid_list list = { 0 };

	law_result_add(result, index, &list);
	grid_list_to_text(&list, out);
	grid_list_deinit(&list);
}

static void print_text(const struct law_result *results, size_t n, const struct law_job *job,
		       size_t n_skipped)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_putc(&out, '\n');
		if (!law_job_is_given(job))
			put_law(&results[i], i, &out);
		else if (results[i].choice)
			law_result_put_prediction(&results[i], job, &out);
		else
			strbuf_printf(&out, "%s\n  no law: %s\n", results[i].group->name, results[i].why);
	}
	if (n_skipped)
		strbuf_printf(&out,
			      "\npassed over: %zu runs that contradict themselves, ended early, or have no total or no "
			      "load events\n",
			      n_skipped);
	fputs(out.text, stdout);
}

/* Fits each group, prints all, then says whether any had a law. */
static struct err *fit_and_print(const struct fit_args *args)
{
	size_t n = args->sources.n, n_laws = 0;
	_cleanup_free_ struct law_result *results = mem_calloc(n, sizeof(*results));
	_cleanup_free_ struct law_choice *choices = mem_calloc(n, sizeof(*choices));
	_cleanup_free_ struct err **errs = mem_calloc(n, sizeof(*errs));
	struct err *err = NULL;

	for (size_t i = 0; i < n; i++) {
		results[i].group = &args->sources.groups[i];
		errs[i] = law_choose(&results[i].group->data, args->seed, (size_t)args->resamples, &choices[i]);
		results[i].choice = errs[i] ? NULL : &choices[i];
		results[i].why = errs[i] ? err_message(errs[i]) : NULL;
		n_laws += !errs[i];
	}
	if (args->json)
		print_json(results, n, &args->job);
	else
		print_text(results, n, &args->job, args->sources.n_skipped);
	fflush(stdout);
	if (args->plot)
		err = law_plot(results, n, args->plot);
	if (!err && !n_laws)
		err = err_hint(err_exit(EXIT_INCONCLUSIVE, "no law could be fitted"), "%s",
			       "measure with more numbers of libraries, tasks or breakpoints: at least 3 combinations");
	for (size_t i = 0; i < n; i++) {
		law_choice_deinit(&choices[i]);
		err_free(errs[i]);
	}
	return err;
}

struct err *model_fit(int argc, char **argv, bool predict, int *status_ret)
{
	const struct argp argp = { predict ? predict_options : fit_options, parse_option, "RECORD...",
				   predict ? predict_doc : fit_doc, NULL, NULL, NULL };
	struct fit_args args = { .job = { .tasks = 1, .daemons = 1 }, .seed = 1, .resamples = 1000 };
	char name[] = "attachstorm model predict";
	struct err *err = NULL;

	if (!predict)
		strcpy(name, "attachstorm model fit");
	argv[0] = name;
	if (argp_parse(&argp, argc, argv, 0, NULL, &args) && !args.err)
		err = err_new("cannot read the options");
	if (!err)
		err = args.err;
	if (!err && !args.has_data)
		err = err_hint(err_new("nothing to fit a law to"), "give run records, or --series FILE.csv");
	if (!err && predict && !law_job_is_given(&args.job))
		err = err_hint(err_new("nothing to predict"), "give --load-events M, or --target DIR");
	if (!err && args.job.libraries >= 1 && args.job.target)
		err = err_new("--load-events and --target say the same thing: give one of them");
	if (!err)
		err = law_sources_finish(&args.sources);
	if (!err)
		err = fit_and_print(&args);
	law_sources_deinit(&args.sources);
	if (args.has_target)
		manifest_deinit(&args.target);
	if (!err)
		*status_ret = EXIT_OK;
	return err;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* pynamic-gen fit: the spec of a target whose footprint is that of a real code. */
#include <argp.h>
#include <string.h>

#include "gen/cmd/cmd.h"
#include "gen/cmd/source.h"
#include "gen/emit/build.h"
#include "gen/fit/fit.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"

enum option_key { OPT_LIKE = 0x100, OPT_NO_VERIFY, OPT_TARGET, OPT_SET };

static const struct argp_option options[] = {
	{ "like", OPT_LIKE, "WHAT", 0, "Program, process or footprint (JSON) to match", 0 },
	{ "output", 'o', "SPEC.yaml", 0, "Write the spec to this file", 0 },
	{ "target", OPT_TARGET, "DIR", 0, "Build the whole target here, with its programs, and keep it", 0 },
	{ "no-verify", OPT_NO_VERIFY, NULL, 0, "Do not build the whole target: trust the samples", 0 },
	{ "set", OPT_SET, "KEY=VALUE", 0, "Set a key of the spec that is not fitted; may be repeated", 0 },
	{ "jobs", 'j', "N", 0, "Build with N compilers at once (default: one per core)", 0 },
	{ "quiet", 'q', NULL, 0, "No progress", 0 },
	{ 0 },
};

struct arguments {
	const char *like, *output, *target;
	struct cmd_source source;
	const char **sets;
	size_t n_sets, cap_sets;
	unsigned jobs;
	bool no_verify;
};

static unsigned parse_jobs(const char *text, struct argp_state *state)
{
	char *end;
	unsigned long jobs = strtoul(text, &end, 10);

	if (*end || !jobs || jobs > 4096)
		argp_error(state, "--jobs must be between 1 and 4096, not '%s'", text);
	return jobs;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->source;
		return 0;
	case OPT_LIKE:
		args->like = arg;
		return 0;
	case 'o':
		args->output = arg;
		return 0;
	case OPT_TARGET:
		args->target = arg;
		return 0;
	case OPT_NO_VERIFY:
		args->no_verify = true;
		return 0;
	case OPT_SET:
		mem_grow(args->sets, args->n_sets, args->cap_sets);
		args->sets[args->n_sets++] = arg;
		return 0;
	case 'j':
		args->jobs = parse_jobs(arg, state);
		return 0;
	case 'q':
		progress_quiet();
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "too many arguments: '%s'", arg);
		return 0;
	case ARGP_KEY_END:
		if (!args->like || !args->output)
			argp_error(state, "%s is missing", args->like ? "-o SPEC.yaml" : "--like");
		if (args->no_verify && args->target)
			argp_error(state, "--target builds the whole target, --no-verify does not");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.children = (const struct argp_child[]){ { .argp = &cmd_source_parser }, { 0 } },
	.args_doc = "--like WHAT -o SPEC.yaml",
	.doc = "Finds the spec of a target with as many libraries as a real code, whose text, data, debug "
	       "information, symbol tables and string tables are as large, each within 10 %. Builds samples, solves, "
	       "builds the whole target and corrects, and prints real and model side by side."
	       "\v"
	       "Python extension modules count as modules, all other libraries as utilities; the program itself is "
	       "not modelled. WHAT is as for 'pynamic-gen footprint'.\n\n"
	       "Exit status: 0 done, 2 usage or build error, 3 a section cannot be matched, 77 something is missing "
	       "on this machine.",
};

static struct err *read_base(const struct arguments *args, struct target_spec *ret)
{
	struct err *err = spec_read(NULL, ret);

	if (err)
		return err;
	for (size_t i = 0; !err && i < args->n_sets; i++)
		err = conf_set(&spec_table, args->sets[i], ret);
	if (err)
		spec_deinit(ret);
	return err;
}

/* The spec without the name that fitting gave it: it is called as its file is. */
static struct err *write_spec(const struct arguments *args, const char *what, struct fit_result *result)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *keys = NULL;
	struct err *err = conf_set_value(&spec_table, "name", "", "name", &result->spec);

	if (err)
		return err;
	keys = conf_to_yaml(&spec_table, &result->spec);
	strbuf_printf(&text, "# As many libraries, and as large in every section, as %s.\n# Found by " GENERATOR
		      " fit.\n", what);
	strbuf_puts(&text, keys);
	return fs_publish(args->output, text.text, text.len);
}

static struct err *fit(const struct arguments *args, const struct footprint *real, const struct target_spec *base)
{
	struct fit_opts opts = { .dir = args->target, .jobs = args->jobs, .no_verify = args->no_verify,
				 .base = base };
	_cleanup_strbuf_ struct strbuf table = STRBUF_INIT;
	struct fit_result result;
	struct err *err = fit_find(real, &opts, &result);

	if (err)
		return err;
	progress_end();
	fit_put_table(&result, real->what, &table);
	err = cmd_print(table.text);
	if (!err)
		err = write_spec(args, real->what, &result);
	if (!err)
		err = fit_check(&result);
	fit_result_deinit(&result);
	return err;
}

struct err *cmd_fit(int argc, char **argv)
{
	struct arguments args = { .source = CMD_SOURCE_INIT };
	struct footprint real;
	struct target_spec base;
	struct err *err;

	argp_parse(&parser, argc, argv, 0, NULL, &args);
	err = footprint_find(args.like, args.source.debug_dir, &real);
	if (!err) {
		err = read_base(&args, &base);
		if (!err) {
			err = fit(&args, &real, &base);
			spec_deinit(&base);
		}
		footprint_deinit(&real);
	}
	free(args.sets);
	return err;
}

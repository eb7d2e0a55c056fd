/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pynamic-gen: options -> spec -> target. Takes a spec file or Pynamic's own command
 * line; every option of the latter sets a key of the spec, so that both are checked
 * and recorded the same. The only place of the program that prints an error.
 */
#include <argp.h>
#include <string.h>

#include "gen/cmd.h"
#include "gen/emit_build.h"
#include "gen/spec.h"
#include "gen/target.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"

const char *argp_program_version = GENERATOR;

enum option_key {
	OPT_WITH_CC = 0x100,
	OPT_WITH_PYTHON,
	OPT_WITH_MPI4PY,
	OPT_WITHOUT_HOST,
	OPT_SET,
	OPT_SOURCES_ONLY,
	OPT_HELP_KEYS,
};

enum group { GROUP_PYNAMIC = 1, GROUP_TARGET, GROUP_OTHER = -1 };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "In Pynamic's words:", GROUP_PYNAMIC },
	{ NULL, 'd', "DEPTH", 0, "Functions in one call chain (default 10)", 0 },
	{ NULL, 'e', NULL, 0, "Modules call a function of earlier modules", 0 },
	{ NULL, 'i', "DIR", 0, "One more folder with headers; may be repeated", 0 },
	{ "jobs", 'j', "N", 0, "Build with N compilers at once (default: one per core)", 0 },
	{ NULL, 'n', "LENGTH", 0, "Add LENGTH characters to function names", 0 },
	{ NULL, 'p', NULL, 0, "Each function prints its name when it is called", 0 },
	{ NULL, 's', "SEED", 0, "Seed of all random decisions (fixed default)", 0 },
	{ NULL, 'u', "NUM AVG", 0, "NUM of the files are utility libraries, with AVG functions on average", 0 },
	{ "with-cc", OPT_WITH_CC, "COMMAND", 0, "C compiler (default gcc)", 0 },
	{ "with-python", OPT_WITH_PYTHON, "PATH", 0, "Python interpreter (default /usr/bin/python3)", 0 },
	{ NULL, 'b', NULL, OPTION_HIDDEN, NULL, 0 },
	{ NULL, 'c', "ARGS", OPTION_HIDDEN, NULL, 0 },
	{ NULL, 't', NULL, OPTION_HIDDEN, NULL, 0 },
	{ "with-mpi4py", OPT_WITH_MPI4PY, NULL, OPTION_HIDDEN, NULL, 0 },

	{ NULL, 0, NULL, 0, "Target:", GROUP_TARGET },
	{ "output", 'o', "DIR", 0, "Folder of the target (default: named as the target)", 0 },
	{ "set", OPT_SET, "KEY=VALUE", 0, "Set a key of the spec; may be repeated", 0 },
	{ "without-host", OPT_WITHOUT_HOST, NULL, 0, "Leave out the MPI program with embedded Python", 0 },
	{ "sources-only", OPT_SOURCES_ONLY, NULL, 0, "Write sources and makefile, build nothing", 0 },

	{ "quiet", 'q', NULL, 0, "No progress", GROUP_OTHER },
	{ "help-keys", OPT_HELP_KEYS, NULL, 0, "List the keys of a spec", GROUP_OTHER },
	{ 0 },
};

/* Options that set one key of the spec: to their argument, or to a fixed value. */
static const struct {
	int key;
	const char *spec_key, *value, *name;
} setters[] = {
	{ 'd', "max_depth", NULL, "-d" },
	{ 'e', "cross_module", "true", "-e" },
	{ 'n', "name_length", NULL, "-n" },
	{ 'p', "print", "true", "-p" },
	{ 's', "seed", NULL, "-s" },
	{ OPT_WITH_CC, "compiler.cc", NULL, "--with-cc" },
	{ OPT_WITH_PYTHON, "python", NULL, "--with-python" },
	{ OPT_WITHOUT_HOST, "programs", "plain", "--without-host" },
	{ OPT_SET, NULL, NULL, "--set" },
};

/* Options of Pynamic that this program does not have: told, not ignored. */
static const struct {
	int key;
	const char *name, *hint;
} refused[] = {
	{ 'b', "-b", "the big executable is not built; leave the option out" },
	{ 'c', "-c", "no configure script is run; use --with-cc, --with-python or --set" },
	{ 't', "-t", "the driver always times itself; leave the option out" },
	{ OPT_WITH_MPI4PY, "--with-mpi4py",
	  "leave the option out: driver.py of any target runs under python3 with mpi4py" },
};

struct assignment {
	const char *key;  /* NULL: value is "key=value", as from --set */
	const char *value;
	const char *name; /* of the option, for messages */
};

struct arguments {
	const char *words[2];
	size_t n_words;
	const char *utilities[2]; /* of -u */
	const char *dir;
	unsigned jobs;
	bool sources_only;
	struct strbuf include_dirs;
	struct assignment *assignments;
	size_t n_assignments, cap_assignments;
};

/* False if the option is none of the setters. */
static bool take_setter(struct arguments *args, int key, const char *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(setters); i++) {
		if (setters[i].key != key)
			continue;
		mem_grow(args->assignments, args->n_assignments, args->cap_assignments);
		args->assignments[args->n_assignments++] = (struct assignment){
			.key = setters[i].spec_key,
			.value = setters[i].value ? setters[i].value : arg,
			.name = setters[i].name,
		};
		return true;
	}
	return false;
}

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* -u takes two words; getopt knows one, so the next is taken here. */
static void take_utilities(struct arguments *args, const char *number, struct argp_state *state)
{
	if (state->next >= state->argc || !is_number(number) || !is_number(state->argv[state->next]))
		argp_error(state, "-u needs two numbers: utility libraries and their average functions");
	args->utilities[0] = number;
	args->utilities[1] = state->argv[state->next++];
}

static unsigned parse_jobs(const char *text, struct argp_state *state)
{
	unsigned long jobs = is_number(text) ? strtoul(text, NULL, 10) : 0;

	if (!jobs || jobs > 4096)
		argp_error(state, "--jobs must be between 1 and 4096, not '%s'", text);
	return jobs;
}

static void check_refused(int key, struct argp_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (refused[i].key == key)
			argp_error(state, "option '%s' of Pynamic is not supported\nhint: %s", refused[i].name,
				   refused[i].hint);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	if (take_setter(args, key, arg))
		return 0;
	check_refused(key, state);
	switch (key) {
	case 'i':
		strbuf_printf(&args->include_dirs, "%s%s", args->include_dirs.len ? "," : "", arg);
		return 0;
	case 'j':
		args->jobs = parse_jobs(arg, state);
		return 0;
	case 'u':
		take_utilities(args, arg, state);
		return 0;
	case 'o':
		args->dir = arg;
		return 0;
	case 'q':
		progress_quiet();
		return 0;
	case OPT_SOURCES_ONLY:
		args->sources_only = true;
		return 0;
	case OPT_HELP_KEYS:
		conf_print_help(&spec_table, stdout);
		exit(EXIT_OK);
	case ARGP_KEY_ARG:
		if (args->n_words == ARRAY_SIZE(args->words))
			argp_error(state, "too many arguments: '%s'", arg);
		args->words[args->n_words++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->n_words)
			argp_error(state, "no spec file, and no numbers of files and functions");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.args_doc = "SPEC.yaml\nNUM_FILES AVG_FUNCTIONS\nfootprint ...",
	.doc = "Generates and builds a target: Python modules and utility libraries that are loaded and called "
	       "as those of a large scientific code are, and the programs that load them."
	       "\v"
	       "NUM_FILES includes the utility libraries of -u. Options are applied after the spec file, "
	       "then --set. A folder that is finished and unchanged is left alone; an interrupted one is continued.\n\n"
	       "Exit status: 0 done, 2 usage, spec or build error, 77 something is missing on this machine.",
};

/* "495 1850 -u 215 1850": 280 modules and 215 utilities. */
static struct err *apply_numbers(const struct arguments *args, struct target_spec *spec)
{
	const char *files = args->words[0];
	long long n_files = strtoll(files, NULL, 10);
	long long n_utilities = args->utilities[0] ? strtoll(args->utilities[0], NULL, 10) : 0;
	_cleanup_free_ char *modules = mem_printf("%lld", n_files - n_utilities);
	struct err *err;

	if (n_files <= n_utilities && n_files)
		return err_hint(err_new("no modules: all of %s files are utilities", files),
				"the number of files includes the utilities of -u");
	err = conf_set_value(&spec_table, "modules", modules, "NUM_FILES", spec);
	if (!err)
		err = conf_set_value(&spec_table, "functions", args->words[1], "AVG_FUNCTIONS", spec);
	if (!err && !args->utilities[0])
		err = conf_set_value(&spec_table, "utilities", "0", "-u", spec);
	return err;
}

static struct err *apply(const struct arguments *args, bool by_numbers, struct target_spec *spec)
{
	struct err *err = by_numbers ? apply_numbers(args, spec) : NULL;

	if (!err && args->utilities[0])
		err = conf_set_value(&spec_table, "utilities", args->utilities[0], "-u", spec);
	if (!err && args->utilities[0])
		err = conf_set_value(&spec_table, "utility_functions", args->utilities[1], "-u", spec);
	if (!err && args->include_dirs.len)
		err = conf_set_value(&spec_table, "compiler.include_dirs", args->include_dirs.text, "-i", spec);
	for (int set = 0; set < 2; set++) /* --set comes last, wherever it stands */
		for (size_t i = 0; !err && i < args->n_assignments; i++) {
			const struct assignment *a = &args->assignments[i];

			if (!a->key && set)
				err = conf_set(&spec_table, a->value, spec);
			else if (a->key && !set)
				err = conf_set_value(&spec_table, a->key, a->value, a->name, spec);
		}
	return err;
}

static struct err *read_spec(const struct arguments *args, struct target_spec *ret)
{
	bool by_numbers = is_number(args->words[0]);
	const char *path = by_numbers ? NULL : args->words[0];
	struct err *err;

	if (by_numbers && args->n_words < 2)
		return err_hint(err_new("no average number of functions after %s files", args->words[0]),
				"usage: pynamic-gen NUM_FILES AVG_FUNCTIONS [OPTIONS]");
	if (!by_numbers && args->n_words > 1)
		return err_new("more than a spec file: '%s'", args->words[1]);
	err = spec_read(path, ret);
	if (err)
		return err;
	err = apply(args, by_numbers, ret);
	if (!err)
		err = spec_check(ret, path);
	if (err)
		spec_deinit(ret);
	return err;
}

static struct err *run(const struct arguments *args)
{
	struct target_opts opts = { .dir = args->dir, .jobs = args->jobs, .sources_only = args->sources_only };
	struct target_spec spec;
	bool was_done;
	struct err *err = read_spec(args, &spec);

	if (err)
		return err;
	if (!opts.dir)
		opts.dir = spec.name;
	err = target_make(&spec, &opts, &was_done);
	if (!err)
		progress_note("%s: %s", opts.dir,
			      was_done		? "up to date" :
			      opts.sources_only ? "sources written" :
						  "done");
	spec_deinit(&spec);
	return err;
}

static struct err *cmd_make(int argc, char **argv)
{
	struct arguments args = { .include_dirs = STRBUF_INIT };
	struct err *err;

	argp_parse(&parser, argc, argv, 0, NULL, &args);
	err = run(&args);
	free(args.assignments);
	strbuf_deinit(&args.include_dirs);
	return err;
}

/* First arguments that are none of a spec's; a file of such a name is ./NAME. */
static const struct {
	const char *name;
	struct err *(*run)(int argc, char **argv);
} commands[] = {
	{ "footprint", cmd_footprint },
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

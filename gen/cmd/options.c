/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of making a target: a spec file or Pynamic's own words. Every option
 * of the latter sets a key of the spec, so that both are checked and recorded the same.
 * Invariant: no option is ignored; what means nothing here is refused with a reason.
 */
#include "gen/cmd/options.h"

#include <argp.h>
#include <string.h>

#include "gen/series.h"
#include "lib/mem.h"
#include "lib/progress.h"

enum option_key {
	OPT_WITH_CC = 0x100,
	OPT_WITH_PYTHON,
	OPT_WITH_MPI4PY,
	OPT_WITH_PYMPI,
	OPT_WITHOUT_HOST,
	OPT_CODEGEN,
	OPT_SET,
	OPT_SOURCES_ONLY,
	OPT_HELP_KEYS,
};

enum group { GROUP_PYNAMIC = 1, GROUP_TARGET, GROUP_OTHER = -1 };

static const struct argp_option table[] = {
	{ NULL, 0, NULL, 0, "In Pynamic's words:", GROUP_PYNAMIC },
	{ NULL, 'b', NULL, 0, "Build the big executable too (key bigexe.size)", 0 },
	{ NULL, 'c', "ARGS...", 0, "Last option: arguments for pyMPI's configure; known are CC= (the MPI compiler), "
	  "PYTHON=, --with-python= and --with-includes=", 0 },
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
	{ "with-mpi4py", OPT_WITH_MPI4PY, NULL, 0, "Run by the interpreter with mpi4py too", 0 },
	{ "with-pympi", OPT_WITH_PYMPI, NULL, 0, "Run by the MPI program with embedded Python too (default)", 0 },
	{ NULL, 't', NULL, OPTION_HIDDEN, NULL, 0 },

	{ NULL, 0, NULL, 0, "Target:", GROUP_TARGET },
	{ "output", 'o', "DIR", 0, "Folder of the target (default: named as the target)", 0 },
	{ "set", OPT_SET, "KEY=VALUE", 0, "Set a key of the spec; may be repeated", 0 },
	{ "without-host", OPT_WITHOUT_HOST, NULL, 0, "Leave out the MPI program with embedded Python", 0 },
	{ "codegen", OPT_CODEGEN, "c|asm", 0, "How libraries are made: by the compiler (c, default), or written from "
	  "compiled templates, which is many times faster (asm)", 0 },
	{ "sources-only", OPT_SOURCES_ONLY, NULL, 0, "Write sources and makefile, build nothing", 0 },

	{ "quiet", 'q', NULL, 0, "No progress, no summary of sizes", GROUP_OTHER },
	{ "help-keys", OPT_HELP_KEYS, NULL, 0, "List the keys of a spec", GROUP_OTHER },
	{ 0 },
};

/* Options that set one key of the spec: to their argument, or to a fixed value; "+word" adds
 * to a list. */
static const struct {
	int key;
	const char *spec_key, *value, *name;
} setters[] = {
	{ 'b', "programs", "+bigexe", "-b" },
	{ 'd', "max_depth", NULL, "-d" },
	{ 'e', "cross_module", "true", "-e" },
	{ 'j', "jobs", NULL, "--jobs" },
	{ 'n', "name_length", NULL, "-n" },
	{ 'p', "print", "true", "-p" },
	{ 's', "seed", NULL, "-s" },
	{ OPT_WITH_CC, "compiler.cc", NULL, "--with-cc" },
	{ OPT_WITH_PYTHON, "python", NULL, "--with-python" },
	{ OPT_WITH_MPI4PY, "programs", "+python", "--with-mpi4py" },
	{ OPT_WITH_PYMPI, "programs", "+host", "--with-pympi" },
	{ OPT_WITHOUT_HOST, "programs", "plain", "--without-host" },
	{ OPT_CODEGEN, "codegen", NULL, "--codegen" },
	{ OPT_SET, NULL, NULL, "--set" },
};

/* What pyMPI's configure script would be told, as far as it means something here. */
static const struct {
	const char *prefix, *spec_key;
} configure_words[] = {
	{ "CC=", "mpicc" },
	{ "PYTHON=", "python" },
	{ "--with-python=", "python" },
};

static void add_assignment(struct options *args, const char *spec_key, const char *value, const char *name)
{
	mem_grow(args->assignments, args->n_assignments, args->cap_assignments);
	args->assignments[args->n_assignments++] = (struct options_assignment){ spec_key, value, name };
}

/* False if the option is none of the setters. */
static bool take_setter(struct options *args, int key, const char *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(setters); i++) {
		if (setters[i].key != key)
			continue;
		add_assignment(args, setters[i].spec_key, setters[i].value ? setters[i].value : arg, setters[i].name);
		return true;
	}
	return false;
}

static void add_include_dir(struct options *args, const char *dir)
{
	strbuf_printf(&args->include_dirs, "%s%s", args->include_dirs.len ? "," : "", dir);
}

/* False if the word means nothing here. */
static bool take_configure_word(struct options *args, const char *word)
{
	static const char includes[] = "--with-includes=-I";

	for (size_t i = 0; i < ARRAY_SIZE(configure_words); i++) {
		size_t n = strlen(configure_words[i].prefix);

		if (strncmp(word, configure_words[i].prefix, n))
			continue;
		add_assignment(args, configure_words[i].spec_key, word + n, "-c");
		return true;
	}
	if (strncmp(word, includes, strlen(includes)))
		return false;
	add_include_dir(args, word + strlen(includes));
	return true;
}

/* -c takes all words that are left. */
static void take_configure_words(struct options *args, const char *word, struct argp_state *state)
{
	for (;;) {
		if (!take_configure_word(args, word))
			argp_error(state, "'%s' after -c has no meaning here: no configure script is run\n"
					  "hint: see -c in --help, and --help-keys for what --set can do", word);
		if (state->next >= state->argc)
			return;
		word = state->argv[state->next++];
	}
}

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* -u takes two words; getopt knows one, so the next is taken here. */
static void take_utilities(struct options *args, const char *number, struct argp_state *state)
{
	if (state->next >= state->argc || !is_number(number) || !is_number(state->argv[state->next]))
		argp_error(state, "-u needs two numbers: utility libraries and their average functions");
	args->utilities[0] = number;
	args->utilities[1] = state->argv[state->next++];
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *args = state->input;

	if (take_setter(args, key, arg))
		return 0;
	switch (key) {
	case 'c':
		take_configure_words(args, arg, state);
		return 0;
	case 'i':
		add_include_dir(args, arg);
		return 0;
	case 't': /* times in the driver's output: always there */
		return 0;
	case 'u':
		take_utilities(args, arg, state);
		return 0;
	case 'o':
		args->dir = arg;
		return 0;
	case 'q':
		progress_quiet();
		args->quiet = true;
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
	.options = table,
	.parser = parse_option,
	.args_doc = "SPEC.yaml\nNUM_FILES AVG_FUNCTIONS\nfootprint ...\nfit ...",
	.doc = "Generates and builds a target: Python modules and utility libraries that are loaded and called "
	       "as those of a large scientific code are, and the programs that load them."
	       "\v"
	       "NUM_FILES includes the utility libraries of -u. Options are applied after the spec file, "
	       "then --set. A spec with lists (series.*) makes a folder for each combination and prints their "
	       "names. A folder that is finished and unchanged is left alone; an interrupted one is continued.\n\n"
	       "Exit status: 0 done, 2 usage, spec or build error, 77 something is missing on this machine.",
};

/* "495 1850 -u 215 1850": 280 modules and 215 utilities. */
static struct err *apply_numbers(const struct options *args, struct target_spec *spec)
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

static struct err *add_program(const char *program, const char *what, struct target_spec *spec)
{
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < spec->programs.n; i++) {
		const char *has = program_names[spec->programs.choices[i]];

		if (!strcmp(has, program))
			return NULL;
		strbuf_printf(&list, "%s,", has);
	}
	strbuf_puts(&list, program);
	return conf_set_value(&spec_table, "programs", list.text, what, spec);
}

static struct err *assign(const struct options_assignment *a, struct target_spec *spec)
{
	if (!a->key)
		return conf_set(&spec_table, a->value, spec);
	if (!strcmp(a->key, "programs") && *a->value == '+')
		return add_program(a->value + 1, a->name, spec);
	return conf_set_value(&spec_table, a->key, a->value, a->name, spec);
}

static struct err *apply(const struct options *args, bool by_numbers, struct target_spec *spec)
{
	struct err *err = by_numbers ? apply_numbers(args, spec) : NULL;

	if (!err && args->utilities[0])
		err = conf_set_value(&spec_table, "utilities", args->utilities[0], "-u", spec);
	if (!err && args->utilities[0])
		err = conf_set_value(&spec_table, "utility_functions", args->utilities[1], "-u", spec);
	if (!err && args->include_dirs.len)
		err = conf_set_value(&spec_table, "compiler.include_dirs", args->include_dirs.text, "-i", spec);
	for (int set = false; set <= true; set++) /* --set comes last, wherever it stands */
		for (size_t i = 0; !err && i < args->n_assignments; i++) {
			if ((args->assignments[i].key == NULL) == set)
				err = assign(&args->assignments[i], spec);
		}
	return err;
}

struct err *options_read_spec(const struct options *args, size_t member, struct target_spec *ret,
			     char **ret_folder)
{
	_cleanup_free_ char *folder = NULL;
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
	if (!err && member != OPTIONS_NO_MEMBER)
		series_select(ret, member, &folder);
	if (!err)
		err = spec_check(ret, path);
	if (err) {
		spec_deinit(ret);
		return folder ? err_wrap(err, "%s", folder) : err;
	}
	if (folder) {
		char *name = mem_printf("%s-%s", ret->name, folder);

		free(ret->name);
		ret->name = name;
		*ret_folder = no_free_ptr(folder);
	}
	return NULL;
}

void options_parse(int argc, char **argv, struct options *ret)
{
	*ret = (struct options){ .include_dirs = STRBUF_INIT };
	argp_parse(&parser, argc, argv, 0, NULL, ret);
}

void options_deinit(struct options *options)
{
	free(options->assignments);
	strbuf_deinit(&options->include_dirs);
	*options = (struct options){ .include_dirs = STRBUF_INIT };
}

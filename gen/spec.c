/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option table of a target spec. Reading, ranges and messages are conf's; what no
 * single key can tell is checked in spec_check.c.
 */
#include "gen/spec.h"

static const struct conf_choice debugs[] = {
	{ "none", "none" },
	{ "full", "-g" },
	{ "split", "in .dwo files" },
	{ "compressed", "compressed" },
	{ "gdb_index", "full, with a .gdb_index" },
	{ "names", "full, with .debug_names" },
	{ "stripped", "none, and no symbol table either" },
	{ 0 },
};
static const struct conf_choice codegens[] = {
	{ "c", "each is compiled" },
	{ "asm", "they are written from templates that were compiled, which gives the same in a small part of the "
		 "time; needs code for x86-64 without optimisation" },
	{ 0 },
};
static const struct conf_choice hashes[] = {
	{ "gnu", NULL },
	{ "sysv", NULL },
	{ "both", NULL },
	{ 0 },
};
static const struct conf_choice build_ids[] = {
	{ "sha1", NULL },
	{ "none", NULL },
	{ 0 },
};
static const struct conf_choice places[] = {
	{ "any", "the kernel's choice" },
	{ "fixed", "each is linked at one of its own, as prelinked libraries were: they stand there in every task, "
		   "randomised or not (glibc takes it as a wish, which the kernel grants while the place is free)" },
	{ 0 },
};
static const struct conf_choice shapes[] = {
	{ "used", "modules on the utilities that they call" },
	{ "all", "each module on every utility" },
	{ "chain", "each library on the one before it" },
	{ "tree", "each library has one user; fan-out children" },
	{ "layers", "each library on some of the layer below" },
	{ 0 },
};

static const struct conf_choice programs[] = { PROGRAMS(ROW_CHOICE) { 0 } };

#define FIELD(field) .offset = offsetof(struct target_spec, field)

static const struct conf_option options[] = {
	{ .key = "name", .type = CONF_STRING, FIELD(name), .default_text = "",
	  .help = "name of the target; default: the spec file's name", .group = "Target" },
	{ .key = "seed", .type = CONF_SEED, FIELD(seed), .default_text = "2007",
	  .help = "all random decisions follow from it", .group = "Target" },
	{ .key = "modules", .type = CONF_INT, FIELD(modules), .default_text = "6", .min = 1, .max = 100000,
	  .help = "Python modules", .group = "Target" },
	{ .key = "utilities", .type = CONF_INT, FIELD(utilities), .default_text = "4", .min = 0, .max = 100000,
	  .help = "utility libraries, plain C, that modules depend on", .group = "Target" },
	{ .key = "functions", .type = CONF_INT, FIELD(functions), .default_text = "20", .min = 1, .max = 1000000,
	  .help = "average number of functions in a module",
	  .group = "Functions" },
	{ .key = "utility_functions", .type = CONF_INT, FIELD(utility_functions), .default_text = "0",
	  .min = 0, .max = 1000000,
	  .help = "average number of functions in a utility library; 0: as in a module", .group = "Functions" },
	{ .key = "functions_spread", .type = CONF_INT, FIELD(functions_spread), .default_text = "50", .min = 0,
	  .max = 99, .help = "percent by which a library may have more or fewer functions than the average",
	  .group = "Functions" },
	{ .key = "short_names", .type = CONF_BOOL, FIELD(short_names), .default_text = "false",
	  .help = "functions are called m0_12 and u3_45 instead of libmodule0_fn12 and libutility3_fn45",
	  .group = "Functions" },
	{ .key = "series.modules", .type = CONF_INTS, FIELD(series_modules), .default_text = "", .min = 1,
	  .max = 100000, .help = "a target for each number of modules, in a folder of its own", .group = "Series" },
	{ .key = "series.utilities", .type = CONF_INTS, FIELD(series_utilities), .default_text = "", .min = 0,
	  .max = 100000, .help = "the same for utilities; several lists give each combination", .group = "Series" },
	{ .key = "series.functions", .type = CONF_INTS, FIELD(series_functions), .default_text = "", .min = 1,
	  .max = 1000000, .help = "the same for functions; those of utilities follow if utility_functions is 0",
	  .group = "Series" },
	{ .key = "name_length", .type = CONF_INT, FIELD(name_length), .default_text = "0", .min = 0, .max = 4096,
	  .help = "characters added to each function's name", .group = "Functions" },
	{ .key = "max_depth", .type = CONF_INT, FIELD(max_depth), .default_text = "10", .min = 1, .max = 10000,
	  .help = "functions in one call chain of a module; the entry calls the first of each chain",
	  .group = "Functions" },
	{ .key = "print", .type = CONF_BOOL, FIELD(print), .default_text = "false",
	  .help = "each function prints its name when called", .group = "Functions" },
	{ .key = "body.size", .type = CONF_INTS, FIELD(body_sizes), .default_text = "0", .min = 0, .max = 10000,
	  .help = "statements in a function's body; each function has one of the numbers listed, drawn evenly",
	  .group = "Bodies" },
	{ .key = "body.integer", .type = CONF_INT, FIELD(body_weights[BODY_INTEGER]), .default_text = "1",
	  .min = 0, .max = 1000, .help = "weight of bodies that do integer arithmetic", .group = "Bodies" },
	{ .key = "body.floating", .type = CONF_INT, FIELD(body_weights[BODY_FLOATING]), .default_text = "1",
	  .min = 0, .max = 1000, .help = "weight of bodies that do floating-point arithmetic", .group = "Bodies" },
	{ .key = "body.memory", .type = CONF_INT, FIELD(body_weights[BODY_MEMORY]), .default_text = "1",
	  .min = 0, .max = 1000, .help = "weight of bodies that read and write their library's data",
	  .group = "Bodies" },
	{ .key = "body.branchy", .type = CONF_INT, FIELD(body_weights[BODY_BRANCHY]), .default_text = "1",
	  .min = 0, .max = 1000, .help = "weight of bodies made of branches, switches and short loops",
	  .group = "Bodies" },
	{ .key = "body.stack", .type = CONF_SIZE, FIELD(body_stack), .default_text = "0", .min = 0, .max = 1 << 20,
	  .help = "size of a local array in each function", .group = "Bodies" },
	{ .key = "data_size", .type = CONF_SIZE, FIELD(data_size), .default_text = "0", .min = 0, .max = 1 << 30,
	  .help = "initialised data of each library", .group = "Bodies" },
	{ .key = "debug_size", .type = CONF_SIZE, FIELD(debug_size), .default_text = "0", .min = 0, .max = 1 << 30,
	  .help = "about so many bytes of types in the debug information of each library, besides its functions",
	  .group = "Debug information" },
	{ .key = "stripped_libraries", .type = CONF_INT, FIELD(stripped_libraries), .default_text = "0", .min = 0,
	  .max = 200000, .help = "libraries without symbol table and debug information, evenly among all",
	  .group = "Debug information" },
	{ .key = "undebugged_libraries", .type = CONF_INT, FIELD(undebugged_libraries), .default_text = "0", .min = 0,
	  .max = 200000, .help = "libraries without debug information, evenly among those that are not stripped",
	  .group = "Debug information" },
	{ .key = "coverage", .type = CONF_INT, FIELD(coverage), .default_text = "100", .min = 0, .max = 100,
	  .help = "percent of each module's functions that a visit calls", .group = "Functions" },
	{ .key = "break_modules", .type = CONF_BOOL, FIELD(break_modules), .default_text = "true",
	  .help = "two more modules, imported first and last, for debuggers to stop at: "
		  "libmodulebegin.begin_break_here and libmodulefinal.break_here",
	  .group = "Target" },
	{ .key = "begin_links_all", .type = CONF_BOOL, FIELD(begin_links_all), .default_text = "false",
	  .help = "libmodulebegin is linked with every module, so that the first import loads them all at once",
	  .group = "Target" },
	{ .key = "cross_module", .type = CONF_BOOL, FIELD(cross_module), .default_text = "false",
	  .help = "each module has one more function that later modules call", .group = "Dependencies" },
	{ .key = "dependencies.shape", .type = CONF_CHOICE, FIELD(shape), .default_text = "used",
	  .choices = shapes,
	  .help = "which libraries a library depends on",
	  .group = "Dependencies" },
	{ .key = "dependencies.fan_out", .type = CONF_INT, FIELD(utility_fan_out), .default_text = "4",
	  .min = 1, .max = 100000,
	  .help = "utility libraries that a library depends on, in the shapes used (more if that is needed to use "
		  "all of them), tree and layers",
	  .group = "Dependencies" },
	{ .key = "dependencies.layers", .type = CONF_INT, FIELD(layers), .default_text = "3", .min = 1, .max = 100000,
	  .help = "layers of modules and of utilities, in the shape of that name", .group = "Dependencies" },
	{ .key = "dependencies.module_fan_out", .type = CONF_INT, FIELD(module_fan_out), .default_text = "2",
	  .min = 1, .max = 100000,
	  .help = "with cross_module, a module depends on 1 to this many modules; in a tree on this many",
	  .group = "Dependencies" },
	{ .key = "calls.utility", .type = CONF_INT, FIELD(utility_calls), .default_text = "1", .min = 0, .max = 100,
	  .help = "calls of utility functions in each module function", .group = "Dependencies" },
	{ .key = "jobs", .type = CONF_INT, FIELD(jobs), .default_text = "0", .min = 0, .max = 4096,
	  .help = "compilers at once; 0: one per core", .group = "Build" },
	{ .key = "compiler.cc", .type = CONF_STRING, FIELD(cc), .default_text = "gcc",
	  .help = "C compiler command", .group = "Build" },
	{ .key = "compiler.flags", .type = CONF_STRINGS, FIELD(cflags), .default_text = "-O0",
	  .help = "compiler flags for the libraries, besides those of debug", .group = "Build" },
	{ .key = "compiler.include_dirs", .type = CONF_STRINGS, FIELD(include_dirs), .default_text = "",
	  .help = "more folders with headers, searched before Python's own", .group = "Build" },
	{ .key = "codegen", .type = CONF_CHOICE, FIELD(codegen), .default_text = "c", .choices = codegens,
	  .help = "how the libraries' objects are made", .group = "Build" },
	{ .key = "python", .type = CONF_STRING, FIELD(python), .default_text = "/usr/bin/python3",
	  .help = "Python interpreter whose headers and library are used", .group = "Build" },
	{ .key = "mpicc", .type = CONF_STRING, FIELD(mpicc), .default_text = "mpicc",
	  .help = "MPI compiler command for the host program", .group = "Build" },
	{ .key = "programs", .type = CONF_CHOICES, FIELD(programs), .default_text = "host,plain",
	  .choices = programs,
	  .help = "what is built to run the target",
	  .group = "Build" },
	{ .key = "bigexe.size", .type = CONF_SIZE, FIELD(bigexe_size), .default_text = "200MB", .min = 1 << 18,
	  .max = 1.0 * (1 << 30), .help = "extra code in the program bigexe, without debug information",
	  .group = "Build" },
	{ .key = "debug", .type = CONF_CHOICE, FIELD(debug), .default_text = "full", .choices = debugs,
	  .help = "debug information of libraries and programs",
	  .group = "Debug information" },
	{ .key = "link.hash_style", .type = CONF_CHOICE, FIELD(hash_style), .default_text = "gnu",
	  .choices = hashes, .help = "hash tables of dynamic symbols", .group = "Debug information" },
	{ .key = "link.build_id", .type = CONF_CHOICE, FIELD(build_id), .default_text = "sha1",
	  .choices = build_ids,
	  .help = "build-id note by which a debugger finds and caches what belongs to a file",
	  .group = "Debug information" },
	{ .key = "link.addresses", .type = CONF_CHOICE, FIELD(place), .default_text = "any", .choices = places,
	  .help = "load addresses of the libraries",
	  .group = "Addresses" },
	{ .key = "link.pie", .type = CONF_BOOL, FIELD(pie), .default_text = "true",
	  .help = "programs are position-independent (PIE), so that their own addresses are randomised too",
	  .group = "Addresses" },
};

const struct conf_table spec_table = {
	.what = "target spec",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

struct err *spec_read(const char *path, struct target_spec *ret)
{
	struct target_spec spec = { 0 };
	struct err *err;

	conf_defaults(&spec_table, &spec);
	if (path) {
		err = conf_read_file(&spec_table, path, &spec);
		if (err) {
			spec_deinit(&spec);
			return err;
		}
	}
	*ret = spec;
	return NULL;
}

bool spec_has_program(const struct target_spec *spec, enum program program)
{
	for (size_t i = 0; i < spec->programs.n; i++)
		if (spec->programs.choices[i] == (int)program)
			return true;
	return false;
}

void spec_deinit(struct target_spec *spec)
{
	conf_deinit(&spec_table, spec);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the compiler, the MPI compiler and the Python of a spec before anything is
 * written, so that what is missing is told in one sentence instead of by the first of
 * five hundred compilations. Python is asked itself (sysconfig): the `python3-config`
 * in PATH may belong to another one.
 */
#include "gen/toolchain.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/program.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define ASK_DEADLINE_NS (60 * NS_PER_S)
#define MAX_WORDS 32

/* Runs "command more..." and gives its standard output. A command may have arguments of
 * its own, as in CC='ccache gcc'. */
static struct err *ask(const char *command, const char *const *more, int stdin_fd, struct strbuf *ret)
{
	_cleanup_free_ char *copy = mem_strdup(command);
	const char *argv[MAX_WORDS + 1] = { NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result = { .out = STRBUF_INIT, .err = STRBUF_INIT };
	char *save = NULL;
	size_t n = 0;
	struct err *err;

	for (char *word = strtok_r(copy, " ", &save); word && n < MAX_WORDS; word = strtok_r(NULL, " ", &save))
		argv[n++] = word;
	if (!n)
		return err_new("empty command");
	while (*more && n < MAX_WORDS)
		argv[n++] = *more++;
	opts.env_set = (const char *const[]){ "LC_ALL=C", NULL };
	opts.stdin_fd = stdin_fd;
	err = proc_run(argv, &opts, ASK_DEADLINE_NS, &result);
	if (err)
		return err;
	if (!WIFEXITED(result.status) || WEXITSTATUS(result.status)) {
		_cleanup_free_ char *status = proc_status_text(result.status);

		err = err_new("'%s' %s", command, status);
	} else {
		strbuf_add(ret, result.out.text, result.out.len);
	}
	proc_result_deinit(&result);
	return err;
}

/* What the compiler makes of a few lines, on its standard output. */
static struct err *try_compiler(const char *command, const char *output, struct strbuf *ret)
{
	static const char source[] = "int variable; int function(void) { return variable; }\n";
	_cleanup_close_ int fd = memfd_create("source", MFD_CLOEXEC);

	if (fd < 0 || write(fd, source, strlen(source)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(errno, "cannot make a file in memory");
	return ask(command, (const char *const[]){ output, "-o", "-", "-x", "c", "-", NULL }, fd, ret);
}

struct err *toolchain_compile_shows(const struct target_spec *spec, const char *flags, const char *text, bool *ret)
{
	_cleanup_free_ char *command = mem_printf("%s %s", spec->cc, flags);
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct err *err = try_compiler(command, "-S", &out);

	if (err)
		return err_wrap(err, "cannot try the C compiler");
	*ret = strstr(out.text, text);
	return NULL;
}

/* All compilers preprocess; some programs answer --version and anything else with success. */
static struct err *find_compiler(const struct target_spec *spec, char **ret_version)
{
	_cleanup_strbuf_ struct strbuf version = STRBUF_INIT, out = STRBUF_INIT;
	struct err *err = ask(spec->cc, (const char *const[]){ "--version", NULL }, -1, &version);

	if (!err)
		err = try_compiler(spec->cc, "-E", &out);
	if (!err && !strstr(out.text, "int function(void)"))
		err = err_new("it does not compile C");
	if (err) {
		err = err_wrap(err, "cannot use the C compiler '%s'", spec->cc);
		err = err_hint(err, "install it (Debian: apt-get install gcc; Fedora: dnf install gcc) "
				    "or choose another by --with-cc");
		return err_with_status(err, EXIT_SKIPPED);
	}
	*ret_version = mem_strndup(version.text, strcspn(version.text, "\n"));
	return NULL;
}

static const char python_script[] =
	"import json, sys, sysconfig\n"
	"v = sysconfig.get_config_var\n"
	"p = sysconfig.get_paths()\n"
	"print(json.dumps({'version': '.'.join(map(str, sys.version_info[:3])),\n"
	"    'number': sys.version_info[0] * 100 + sys.version_info[1],\n"
	"    'include': p['include'], 'platinclude': p['platinclude'],\n"
	"    'libdir': v('LIBDIR') or '', 'libpl': v('LIBPL') or '',\n"
	"    'ldlibrary': v('LDLIBRARY') or '', 'ldversion': v('LDVERSION') or '',\n"
	"    'libs': ' '.join(filter(None, [v('LIBS'), v('SYSLIBS')]))}))\n";

static const char *text_of(const json_t *facts, const char *key)
{
	const char *text = json_string_value(json_object_get(facts, key));

	return text ? text : "";
}

static bool file_in(const char *dir, const char *name)
{
	_cleanup_free_ char *path = fs_join(dir, name);

	return *dir && *name && fs_exists(path);
}

static bool has_headers(const struct target_spec *spec, const json_t *facts)
{
	for (size_t i = 0; i < spec->include_dirs.n; i++)
		if (file_in(spec->include_dirs.strings[i], "Python.h"))
			return true;
	return file_in(text_of(facts, "include"), "Python.h");
}

static bool is_archive(const char *name)
{
	size_t n = strlen(name);

	return n > 2 && !strcmp(name + n - 2, ".a");
}

static struct err *find_embedding(const struct target_spec *spec, const json_t *facts, char **ret_libs)
{
	const char *dir = text_of(facts, "libdir");
	_cleanup_free_ char *rpath = NULL;

	if (!file_in(dir, text_of(facts, "ldlibrary"))) {
		dir = text_of(facts, "libpl");
		if (!file_in(dir, text_of(facts, "ldlibrary")))
			return err_hint(err_exit(EXIT_SKIPPED, "'%s' has no library to embed it ('%s')", spec->python,
						 text_of(facts, "ldlibrary")),
					"install python3-dev (Debian) or python3-devel (Fedora), choose another "
					"by --with-python, or leave the host program out by --without-host");
	}
	/* A Python outside of the loader's own folders is found again at run time. */
	rpath = strncmp(dir, "/usr/lib", 8) ? mem_printf(" -Wl,-rpath,%s", dir) : mem_strdup("");
	/* A static library need not be fit for a position-independent program (Debian's is not). */
	*ret_libs = mem_printf("-L%s%s -lpython%s %s%s", dir, rpath, text_of(facts, "ldversion"),
			       text_of(facts, "libs"), is_archive(text_of(facts, "ldlibrary")) ? " -no-pie" : "");
	return NULL;
}

static struct err *read_facts(const struct target_spec *spec, const json_t *facts, struct toolchain *ret)
{
	const char *include = text_of(facts, "include"), *platinclude = text_of(facts, "platinclude");

	if (json_integer_value(json_object_get(facts, "number")) < 309)
		return err_hint(err_exit(EXIT_SKIPPED, "'%s' is Python %s", spec->python, text_of(facts, "version")),
				"at least 3.9 is needed; choose another by --with-python");
	if (!has_headers(spec, facts))
		return err_hint(err_exit(EXIT_SKIPPED, "'%s' has no headers: no Python.h in '%s'", spec->python,
					 include),
				"install python3-dev (Debian) or python3-devel (Fedora), or choose another "
				"interpreter by --with-python, such as /usr/bin/python3");
	if (program_needs(spec).embedding) {
		struct err *err = find_embedding(spec, facts, &ret->python_libs);

		if (err)
			return err;
	}
	ret->python_version = mem_strdup(text_of(facts, "version"));
	ret->python_cflags = strcmp(include, platinclude) ? mem_printf("-I%s -I%s", include, platinclude) :
							    mem_printf("-I%s", include);
	return NULL;
}

static struct err *find_python(const struct target_spec *spec, struct toolchain *ret)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct err *err = ask(spec->python, (const char *const[]){ "-c", python_script, NULL }, -1, &out);
	json_t *facts;

	if (err) {
		err = err_wrap(err, "cannot use the Python interpreter '%s'", spec->python);
		err = err_hint(err, "choose another by --with-python");
		return err_with_status(err, EXIT_SKIPPED);
	}
	facts = json_loadb(out.text, out.len, 0, NULL);
	if (!facts)
		return err_exit(EXIT_SKIPPED, "'%s' is not a Python interpreter: it does not say its version",
				spec->python);
	err = read_facts(spec, facts, ret);
	json_decref(facts);
	return err;
}

static struct err *find_mpi4py(const struct target_spec *spec)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_err_ struct err *err =
		ask(spec->python, (const char *const[]){ "-c", "import mpi4py", NULL }, -1, &out);

	if (!err)
		return NULL;
	return err_hint(err_exit(EXIT_SKIPPED, "'%s' has no mpi4py", spec->python),
			"install python3-mpi4py, or leave the program python out");
}

/* A program by the first word of a command. */
static struct err *find_program(const char *command, const char *what, const char *packages)
{
	_cleanup_free_ char *program = mem_strndup(command, strcspn(command, " "));
	_cleanup_free_ char *path = fs_find_program(program);

	if (path)
		return NULL;
	return err_hint(err_exit(EXIT_SKIPPED, "no %s '%s'", what, program), "install one (%s) or leave the programs "
			"out that need it: see --without-host and the key 'programs'", packages);
}

static struct err *find_for_programs(const struct target_spec *spec)
{
	struct program_needs needs = program_needs(spec);
	struct err *err = NULL;

	if (needs.embedding)
		err = find_program(spec->mpicc, "MPI compiler", "Debian: apt-get install libopenmpi-dev; "
								"Fedora: dnf install openmpi-devel");
	if (!err && needs.extra)
		err = find_program("objcopy", "program", "Debian: apt-get install binutils; "
							 "Fedora: dnf install binutils");
	if (!err && needs.mpi4py)
		err = find_mpi4py(spec);
	return err;
}

struct err *toolchain_find(const struct target_spec *spec, struct toolchain *ret)
{
	struct toolchain found = { 0 };
	struct err *err = find_compiler(spec, &found.compiler_version);

	if (!err)
		err = find_python(spec, &found);
	if (!err)
		err = find_for_programs(spec);
	if (!err)
		err = debuginfo_find(spec, &found.debug);
	if (err) {
		toolchain_deinit(&found);
		return err;
	}
	*ret = found;
	return NULL;
}

void toolchain_deinit(struct toolchain *toolchain)
{
	free(toolchain->compiler_version);
	free(toolchain->python_version);
	free(toolchain->python_cflags);
	free(toolchain->python_libs);
	*toolchain = (struct toolchain){ 0 };
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Has the spec's compiler make template libraries, with the flags that the makefile has
 * for the libraries of the target. The files are gone once they are read.
 */
#include "gen/asm/compile.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/parallel.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define MAX_QUOTED 400

struct asm_unit *asm_unit_create(enum library_kind kind, size_t n_functions, size_t n_callees)
{
	struct asm_unit *unit = mem_alloc(sizeof(*unit));
	struct plan_library *libraries = mem_calloc(2, sizeof(*libraries));

	unit->plan = (struct plan){ .libraries = libraries, .n_libraries = 2, .name_suffix = mem_strdup("") };
	libraries[0] = (struct plan_library){ .kind = kind, .cross = PLAN_NONE, .entry = PLAN_NONE,
					      .n_functions = n_functions };
	libraries[0].name = mem_strdup(kind == LIBRARY_MODULE ? "libmodule0" : ASM_TEMPLATE_NAME);
	libraries[1] = (struct plan_library){ .kind = LIBRARY_UTILITY, .index = 1, .cross = PLAN_NONE,
					      .entry = PLAN_NONE, .n_functions = n_callees, .n_all = n_callees };
	libraries[1].name = mem_strdup("libutility1");
	libraries[0].n_all = n_functions;
	if (kind == LIBRARY_MODULE)
		libraries[0].entry = libraries[0].n_all++;
	for (size_t i = 0; i < 2; i++)
		libraries[i].functions = mem_calloc(libraries[i].n_all + 1, sizeof(*libraries[i].functions));
	unit->places.functions = mem_calloc(libraries[0].n_all + 1, sizeof(*unit->places.functions));
	unit->library = &libraries[0];
	unit->source = (struct strbuf)STRBUF_INIT;
	unit->object.image = (struct strbuf)STRBUF_INIT;
	return unit;
}

void asm_unit_destroy(struct asm_unit *unit)
{
	if (!unit)
		return;
	plan_deinit(&unit->plan);
	asm_object_deinit(&unit->object);
	asm_text_deinit(&unit->text);
	strbuf_deinit(&unit->source);
	free(unit->source_name);
	free(unit->places.functions);
	free(unit);
}

void asm_unit_add_call(struct asm_unit *unit, uint32_t caller, uint32_t callee)
{
	struct plan_library *library = &unit->plan.libraries[0];
	struct plan_function *function = &library->functions[caller];

	if (!function->n_calls)
		function->first_call = library->n_calls;
	mem_grow(library->calls, library->n_calls, library->cap_calls);
	library->calls[library->n_calls++] = (struct plan_call){ .library = 1, .function = callee };
	function->n_calls++;
}

/* --- the compiler ---------------------------------------------------------------- */

struct command {
	char **words;
	size_t n, cap;
};

static void add_word(struct command *command, const char *word, size_t len)
{
	mem_grow(command->words, command->n, command->cap);
	command->words[command->n++] = mem_strndup(word, len);
}

static void add_words(struct command *command, const char *text)
{
	while (*(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");

		add_word(command, text, len);
		text += len;
	}
}

static void add_list(struct command *command, const struct conf_list *list, const char *prefix)
{
	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *text = mem_printf("%s%s", prefix, list->strings[i]);

		add_words(command, text);
	}
}

/* As the makefile's rule for objects has it. The linker compresses, if that is asked for. */
static void make_command(const struct asm_compiler *compiler, const struct asm_unit *unit, bool templates,
			 const char *source, const char *object, struct command *ret)
{
	add_words(ret, compiler->spec->cc);
	add_list(ret, &compiler->spec->cflags, "");
	add_words(ret, compiler->toolchain->debug.cflags);
	add_words(ret, "-gz=none");
	if (templates)
		add_words(ret, "-g");
	else if (unit->library->symbols != PLAN_DEBUG)
		add_words(ret, "-g0");
	add_list(ret, &compiler->spec->include_dirs, "-I");
	if (unit->library->kind == LIBRARY_MODULE)
		add_words(ret, compiler->toolchain->python_cflags);
	add_words(ret, "-fPIC -c -o");
	add_word(ret, object, strlen(object));
	add_word(ret, source, strlen(source));
	mem_grow(ret->words, ret->n, ret->cap);
	ret->words[ret->n] = NULL;
}

static void free_command(struct command *command)
{
	for (size_t i = 0; i < command->n; i++)
		free(command->words[i]);
	free(command->words);
}

static struct err *run_compiler(const struct asm_compiler *compiler, const struct command *command)
{
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result = { .out = STRBUF_INIT, .err = STRBUF_INIT };
	struct err *err;

	opts.cwd = compiler->dir;
	opts.env_set = (const char *const[]){ "LC_ALL=C", NULL };
	opts.death_signal = SIGTERM;
	err = proc_run((const char *const *)command->words, &opts, 0, &result);
	if (err)
		return err;
	if (!WIFEXITED(result.status) || WEXITSTATUS(result.status)) {
		_cleanup_free_ char *status = proc_status_text(result.status);

		err = err_new("the compiler '%s' %s:\n  %.*s", compiler->spec->cc, status, MAX_QUOTED, result.err.text);
	}
	proc_result_deinit(&result);
	return err;
}

struct batch {
	const struct asm_compiler *compiler;
	struct asm_unit **units;
	bool templates;
};

static struct err *write_source(const char *path, const struct strbuf *source)
{
	_cleanup_fclose_ FILE *file = fopen(path, "we");

	if (!file || fwrite(source->text, 1, source->len, file) != source->len || fflush(file))
		return err_errno(errno, "cannot write '%s'", path);
	return NULL;
}

static struct err *compile_unit(void *context, size_t i)
{
	const struct batch *batch = context;
	const struct asm_compiler *compiler = batch->compiler;
	struct asm_unit *unit = batch->units[i];
	char *source = mem_printf("%s/template%zu.c", compiler->folder, i);
	_cleanup_free_ char *object = mem_printf("%s/template%zu.o", compiler->folder, i);
	_cleanup_free_ char *source_path = fs_join(compiler->dir, source);
	_cleanup_free_ char *object_path = fs_join(compiler->dir, object);
	struct command command = { 0 };
	struct err *err;

	unit->source_name = source;
	emit_c_library(&unit->plan, unit->library, compiler->spec->print, &unit->source, &unit->places);
	asm_text_index(unit->source.text, &unit->text);
	err = write_source(source_path, &unit->source);
	if (!err) {
		make_command(compiler, unit, batch->templates, source, object, &command);
		err = run_compiler(compiler, &command);
		free_command(&command);
	}
	if (!err)
		err = asm_object_read(object_path, &unit->object);
	unlink(source_path);
	unlink(object_path);
	return err;
}

struct err *asm_compile(const struct asm_compiler *compiler, struct asm_unit **units, size_t n, bool templates)
{
	struct batch batch = { .compiler = compiler, .units = units, .templates = templates };

	return parallel_run(n, compiler->threads, NULL, compile_unit, &batch);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes what turns the sources into a target. Invariant: every rule makes its file
 * under a temporary name and renames it, so that a file that exists is whole, however
 * the build ended.
 */
#include "gen/emit_build.h"

#include "gen/embed.h"

static void put_list(const char *name, const struct conf_list *list, const char *prefix, struct strbuf *ret)
{
	strbuf_printf(ret, "%s :=", name);
	for (size_t i = 0; i < list->n; i++)
		strbuf_printf(ret, " %s%s", prefix, list->strings[i]);
	strbuf_putc(ret, '\n');
}

void emit_flags(const struct target_spec *spec, const struct toolchain *toolchain, struct strbuf *ret)
{
	strbuf_printf(ret, "# Written by " GENERATOR "; changes are lost. Compiler: %s\n",
		      toolchain->compiler_version);
	strbuf_printf(ret, "CC := %s\n", spec->cc);
	put_list("CFLAGS", &spec->cflags, "", ret);
	put_list("INCLUDES", &spec->include_dirs, "-I", ret);
	strbuf_printf(ret, "PYTHON_CFLAGS := %s\n", toolchain->python_cflags);
	if (spec_has_program(spec, PROGRAM_HOST))
		strbuf_printf(ret, "MPICC := %s\nPYTHON_LIBS := %s\n", spec->mpicc, toolchain->python_libs);
}

static void put_program(const char *name, enum embed_use use, const char *command, struct strbuf *ret)
{
	strbuf_printf(ret, "\n%s:", name);
	for (size_t i = 0; i < embed_n_files; i++)
		if (embed_files[i].use & use)
			strbuf_printf(ret, " " PROGRAM_SRC_DIR "/%s", embed_files[i].name);
	strbuf_puts(ret, " flags.mk");
	for (size_t i = 0; i < embed_n_files; i++)
		if (embed_files[i].use == EMBED_HEADER)
			strbuf_printf(ret, " " PROGRAM_SRC_DIR "/%s", embed_files[i].name);
	strbuf_printf(ret, "\n\t@%s\n\t@mv -f $@.tmp $@\n\t@echo " BUILT_PREFIX "$@\n", command);
}

/*
 * Libraries stand after the object, between --push-state --no-as-needed and --pop-state:
 * the module needs exactly its dependencies whatever the compiler's default is.
 */
static const char rules[] =
	"\n"
	"obj/%.o: src/%.c flags.mk\n"
	"\t@mkdir -p obj\n"
	"\t@$(CC) $(CFLAGS) $(if $(filter $*,$(NO_DEBUG) $(STRIPPED)),-g0) $(INCLUDES) "
	"$(if $(filter libmodule%,$*),$(PYTHON_CFLAGS)) "
	"-fPIC -c -o $@.tmp $<\n"
	"\t@mv -f $@.tmp $@\n"
	"\n"
	"lib/%.so: obj/%.o\n"
	"\t@mkdir -p lib\n"
	"\t@$(CC) $(CFLAGS) $(LDFLAGS) $(if $(filter $*,$(STRIPPED)),-s) -shared -Wl,-soname,$*.so "
	"-Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN' -Wl,-rpath-link,lib -o $@.tmp $< "
	"-Wl,--push-state,--no-as-needed $(NEEDED_$*:%=lib/%.so) -Wl,--pop-state\n"
	"\t@mv -f $@.tmp $@\n"
	"\t@echo " BUILT_PREFIX "$@\n";

static void put_symbols(const struct plan *plan, const char *name, enum plan_symbols symbols, struct strbuf *ret)
{
	bool any = false;

	for (size_t i = 0; i < plan->n_libraries; i++) {
		if (plan->libraries[i].symbols != symbols)
			continue;
		if (!any)
			strbuf_printf(ret, "\n%s :=", name);
		any = true;
		strbuf_printf(ret, " %s", plan->libraries[i].name);
	}
}

void emit_makefile(const struct plan *plan, const struct target_spec *spec, struct strbuf *ret)
{
	bool host = spec_has_program(spec, PROGRAM_HOST), plain = spec_has_program(spec, PROGRAM_PLAIN);

	strbuf_puts(ret, "# Written by pynamic-gen; changes are lost. 'make -j' here builds the target or goes on\n"
			 "# where it was interrupted; the manifest is written by pynamic-gen, when all is built.\n"
			 "include flags.mk\n\n"
			 "LIBRARIES :=");
	/* Utilities first: modules wait for those that they are linked with. */
	for (size_t i = plan->n_modules; i < plan->n_libraries; i++)
		strbuf_printf(ret, " \\\n\t%s", plan->libraries[i].name);
	for (size_t i = 0; i < plan->n_modules; i++)
		strbuf_printf(ret, " \\\n\t%s", plan->libraries[i].name);
	put_symbols(plan, "NO_DEBUG", PLAN_NO_DEBUG, ret);
	put_symbols(plan, "STRIPPED", PLAN_STRIPPED, ret);
	strbuf_printf(ret, "\n\n.PHONY: all\nall: $(LIBRARIES:%%=lib/%%.so)%s%s\n", host ? " host" : "",
		      plain ? " plain" : "");
	strbuf_puts(ret, "\n.SUFFIXES:\n.SECONDARY:\n.DELETE_ON_ERROR:\n");
	strbuf_puts(ret, rules);
	if (host)
		put_program("host", EMBED_HOST,
			    "$(MPICC) -O2 -g $(INCLUDES) $(PYTHON_CFLAGS) -o $@.tmp $(filter %.c,$^) "
			    "$(PYTHON_LIBS) -lm",
			    ret);
	if (plain)
		put_program("plain", EMBED_PLAIN, "$(CC) -O2 -g -o $@.tmp $(filter %.c,$^) -ldl -lm", ret);
	strbuf_putc(ret, '\n');
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		if (!library->n_dependencies)
			continue;
		strbuf_printf(ret, "NEEDED_%s :=", library->name);
		for (size_t j = 0; j < library->n_dependencies; j++)
			strbuf_printf(ret, " %s", plan->libraries[library->dependencies[j]].name);
		strbuf_printf(ret, "\nlib/%s.so: $(NEEDED_%s:%%=lib/%%.so)\n", library->name, library->name);
	}
}

void emit_module_list(const struct plan *plan, struct strbuf *ret)
{
	strbuf_puts(ret, "# Written by pynamic-gen: module, entry symbol, result of the entry.\n"
			 "version 1\n"
			 "libdir lib\n");
	for (size_t i = 0; i < plan->n_modules; i++) {
		const struct plan_library *library = &plan->libraries[i];
		_cleanup_free_ char *entry = plan_function_name(plan, library, library->entry);

		strbuf_printf(ret, "module %s %s %llu\n", library->name, entry,
			      (unsigned long long)library->visit_result);
	}
}

size_t emit_n_built(const struct plan *plan, const struct target_spec *spec)
{
	return plan->n_libraries + spec->programs.n;
}

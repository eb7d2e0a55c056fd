/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes what turns the sources into a target. Invariant: every rule makes its file
 * under a temporary name and renames it, so that a file that exists is whole, however
 * the build ended.
 */
#include "gen/emit/build.h"

#include "gen/program.h"

static void put_list(const char *name, const struct conf_list *list, const char *prefix, struct strbuf *ret)
{
	strbuf_printf(ret, "%s :=", name);
	for (size_t i = 0; i < list->n; i++)
		strbuf_printf(ret, " %s%s", prefix, list->strings[i]);
	strbuf_putc(ret, '\n');
}

void emit_flags(const struct target_spec *spec, const struct toolchain *toolchain, struct strbuf *ret)
{
	struct program_needs needs = program_needs(spec);

	strbuf_printf(ret, "# Written by " GENERATOR "; changes are lost. Compiler: %s\n",
		      toolchain->compiler_version);
	/* Here, so that objects of the one are made again for the other. */
	if (spec->codegen == CODEGEN_ASM)
		strbuf_puts(ret, "# Objects are written from templates (codegen: asm).\n");
	if (spec->place == PLACE_FIXED)
		strbuf_puts(ret, "# Libraries are linked at addresses of their own (link.addresses: fixed).\n");
	strbuf_printf(ret, "CC := %s\n", spec->cc);
	put_list("CFLAGS", &spec->cflags, "", ret);
	put_list("INCLUDES", &spec->include_dirs, "-I", ret);
	strbuf_printf(ret, "PYTHON_CFLAGS := %s\n", toolchain->python_cflags);
	strbuf_printf(ret, "DEBUG_CFLAGS := %s\nLINK_FLAGS := %s %s %s\n", toolchain->debug.cflags,
		      debuginfo_hash_flag(spec), debuginfo_build_id_flag(spec), toolchain->debug.ldflags);
	strbuf_printf(ret, "INDEX := %s\nINDEX_SECTION := %s\n", toolchain->debug.index, toolchain->debug.section);
	strbuf_printf(ret, "PROGRAM_CFLAGS := %s\nPROGRAM_LDFLAGS := %s\n", spec->pie ? "-fPIE" : "-fno-pie",
		      spec->pie ? "-pie" : "-no-pie");
	if (needs.embedding)
		strbuf_printf(ret, "MPICC := %s\nPYTHON_LIBS := %s\n", spec->mpicc, toolchain->python_libs);
	if (needs.extra)
		strbuf_printf(ret, "EXTRA_BYTES := %lld\n", (long long)spec->bigexe_size);
}

/*
 * An object is made beside its place, or where its .dwo file stays: the name of that
 * follows from the object's and is written into it.
 */
static const char object_rules[] =
	"\n"
	"obj/%.o: src/%.c flags.mk\n"
	"\t@mkdir -p obj $(dir $(OBJECT_TMP))\n"
	"\t@$(CC) $(CFLAGS) $(DEBUG_CFLAGS) $(if $(filter $*,$(NO_DEBUG) $(STRIPPED)),-g0) $(INCLUDES) "
	"$(if $(filter libmodule%,$*),$(PYTHON_CFLAGS)) "
	"-fPIC -c -o $(OBJECT_TMP) $<\n"
	"\t@mv -f $(OBJECT_TMP) $@\n"
	"\n"
	"ADD_INDEX = $(if $(INDEX),$(if $(filter $*,$(NO_DEBUG) $(STRIPPED)),,"
	"@$(INDEX) $@.tmp && { readelf -SW $@.tmp | grep -qF '$(INDEX_SECTION)' || "
	"{ echo 'error: $(INDEX) made no $(INDEX_SECTION) in $@'; exit 1; }; }))\n";

/*
 * Libraries stand after the object, between --push-state --no-as-needed and --pop-state:
 * the module needs exactly its dependencies whatever the compiler's default is.
 */
static const char library_rule[] =
	"\n"
	"%s/%%.so: obj/%%.o src/%%." NEEDED_SUFFIX "\n"
	"\t@mkdir -p %s\n"
	"\t@$(CC) $(CFLAGS) $(LDFLAGS) $(LINK_FLAGS) $(if $(filter $*,$(STRIPPED)),-s) -shared $(AT_$*) -Wl,-z,%s "
	"-Wl,-soname,$*.so -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN' -Wl,-rpath-link,%s -o $@.tmp $< "
	"-Wl,--push-state,--no-as-needed $(NEEDED_$*:%%=%s/%%.so) -Wl,--pop-state\n"
	"\t$(ADD_INDEX)\n"
	"\t@mv -f $@.tmp $@\n"
	"\t@echo " BUILT_PREFIX "$@\n";

static void put_library_rule(const char *dir, const char *binding, struct strbuf *ret)
{
	strbuf_printf(ret, library_rule, dir, dir, binding, dir, dir);
}

/*
 * Far from where kernels put programs, libraries, heaps and stacks of x86-64, and apart enough
 * for any library: 100,000 of them take 24 TiB.
 */
#define PLACES_BEGIN 0x100000000000u
#define PLACES_APART 0x10000000u

static void put_places(const struct plan *plan, struct strbuf *ret)
{
	for (size_t i = 0; i < plan->n_libraries; i++)
		strbuf_printf(ret, "AT_%s := -Wl,-Ttext-segment=0x%llx\n", plan->libraries[i].name,
			      (unsigned long long)(PLACES_BEGIN + i * PLACES_APART));
}

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
	struct program_needs needs = program_needs(spec);

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
	strbuf_printf(ret, "\n\n.PHONY: all\nall: $(LIBRARIES:%%=" LIBRARY_DIR "/%%.so)%s",
		      needs.now ? " $(LIBRARIES:%=" LIBRARY_NOW_DIR "/%.so)" : "");
	for (enum program i = 0; i < PROGRAM_N; i++)
		if (spec_has_program(spec, i) && !program_kinds[i].found)
			strbuf_printf(ret, " %s", program_names[i]);
	strbuf_puts(ret, "\n\n.SUFFIXES:\n.SECONDARY:\n.DELETE_ON_ERROR:\n");
	strbuf_printf(ret, "\nOBJECT_TMP = %s\n", debuginfo_is_split(spec) ? DWO_DIR "/$*.o" : "$@.tmp");
	strbuf_puts(ret, object_rules);
	put_library_rule(LIBRARY_DIR, "lazy", ret);
	if (needs.now)
		put_library_rule(LIBRARY_NOW_DIR, "now", ret);
	if (needs.n_built)
		emit_programs(spec, ret);
	strbuf_putc(ret, '\n');
	if (spec->place == PLACE_FIXED)
		put_places(plan, ret);
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		if (!library->n_dependencies)
			continue;
		strbuf_printf(ret, "NEEDED_%s :=", library->name);
		for (size_t j = 0; j < library->n_dependencies; j++)
			strbuf_printf(ret, " %s", plan->libraries[library->dependencies[j]].name);
		strbuf_printf(ret, "\nlib/%s.so: $(NEEDED_%s:%%=lib/%%.so)\n", library->name, library->name);
		if (needs.now)
			strbuf_printf(ret, LIBRARY_NOW_DIR "/%s.so: $(NEEDED_%s:%%=" LIBRARY_NOW_DIR "/%%.so)\n",
				      library->name, library->name);
	}
}

void emit_module_list(const struct plan *plan, const char *library_dir, struct strbuf *ret)
{
	strbuf_printf(ret, "# Written by pynamic-gen: module, entry symbol, result of the entry.\n"
			   "version 1\n"
			   "libdir %s\n",
		      library_dir);
	for (size_t i = 0; i < plan->n_modules; i++) {
		const struct plan_library *library = &plan->libraries[i];
		_cleanup_free_ char *entry = plan_function_name(plan, library, library->entry);

		strbuf_printf(ret, "module %s %s %llu\n", library->name, entry,
			      (unsigned long long)library->visit_result);
	}
}

void emit_needed(const struct plan *plan, const struct plan_library *library, struct strbuf *ret)
{
	for (size_t i = 0; i < library->n_dependencies; i++)
		strbuf_printf(ret, "%s\n", plan->libraries[library->dependencies[i]].name);
}

size_t emit_n_built(const struct plan *plan, const struct target_spec *spec)
{
	struct program_needs needs = program_needs(spec);

	return plan->n_libraries * (needs.now ? 2 : 1) + needs.n_built;
}

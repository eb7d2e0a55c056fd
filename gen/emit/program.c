/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes the rules for the programs of a target. Objects are made once and linked into
 * as many programs as need them; lists that may be longer than a command line go through
 * response files. Invariant: as for libraries, a program that exists is whole.
 */
#include "gen/emit/build.h"

#include <string.h>

#include "gen/emit/embed.h"
#include "gen/program.h"
#include "lib/mem.h"

/* Of the sources with just this use. */
static void put_objects(const char *list, unsigned use, struct strbuf *ret)
{
	strbuf_printf(ret, "%s :=", list);
	for (size_t i = 0; i < embed_n_files; i++) {
		const char *name = embed_files[i].name;

		if (embed_files[i].use == use)
			strbuf_printf(ret, " " PROGRAM_OBJ_DIR "/%.*s.o", (int)strcspn(name, "."), name);
	}
	strbuf_putc(ret, '\n');
}

/* The compiler of the libraries makes the programs, too: the MPI wrappers take its name
 * from the environment (Open MPI, MPICH). */
static const char object_rules[] =
	"MPI_CC = OMPI_CC='$(CC)' MPICH_CC='$(CC)' $(MPICC)\n"
	"PROGRAM_CC = $(CC)\n"
	"$(HOST_OBJECTS): PROGRAM_CC = $(MPI_CC) $(PYTHON_CFLAGS)\n"
	PROGRAM_OBJ_DIR "/%.o: " PROGRAM_SRC_DIR "/%.c $(PROGRAM_HEADERS) flags.mk\n"
	"\t@mkdir -p $(@D) $(dir $(OBJECT_TMP))\n"
	"\t@$(PROGRAM_CC) -O2 $(PROGRAM_CFLAGS) $(DEBUG_CFLAGS) $(INCLUDES) -c -o $(OBJECT_TMP) $<\n"
	"\t@mv -f $(OBJECT_TMP) $@\n";

/* Copies of one object under other names: the assembler and the compiler see it once. */
static const char extra_rules[] =
	"\n" EXTRA_OBJ_DIR "/list: " PROGRAM_SRC_DIR "/extra.c flags.mk\n"
	"\t@mkdir -p $(@D) && rm -f $(@D)/part*.o\n"
	"\t@$(CC) -O0 -g0 -fPIC -c -o $(@D)/part.o $<\n"
	"\t@size=$$(size -A $(@D)/part.o | awk '$$1 ~ /^[.]text/ { n += $$2 } END { print n + 0 }') && \\\n"
	"\tn=$$((($(EXTRA_BYTES) + size / 2) / size)) && i=0 && \\\n"
	"\twhile [ $$i -lt $$n ]; do \\\n"
	"\t\tobjcopy --prefix-symbols=extra$${i}_ $(@D)/part.o $(@D)/part$$i.o && \\\n"
	"\t\techo $(@D)/part$$i.o || exit 1; \\\n"
	"\t\ti=$$((i + 1)); \\\n"
	"\tdone >$@.tmp\n"
	"\t@mv -f $@.tmp $@\n";

static void put_link(enum program program, struct strbuf *ret)
{
	const struct program_kind *kind = &program_kinds[program];
	const char *dir = kind->build == BUILD_STATIC ? "obj" : program_library_dir(kind);
	const char *suffix = kind->build == BUILD_STATIC ? ".o" : ".so";

	strbuf_printf(ret, "\n%s: %s", program_names[program],
		      kind->embeds ? "$(HOST_OBJECTS) $(COMMON_OBJECTS)" : "$(PLAIN_OBJECTS) $(COMMON_OBJECTS)");
	if (kind->build == BUILD_STATIC)
		strbuf_puts(ret, " " PROGRAM_OBJ_DIR "/static_table.o");
	if (kind->build != BUILD_VANILLA)
		strbuf_printf(ret, " $(LIBRARIES:%%=%s/%%%s) " LIBRARY_LIST, dir, suffix);
	if (kind->extra)
		strbuf_puts(ret, " " EXTRA_OBJ_DIR "/list");
	strbuf_puts(ret, kind->build == BUILD_STATIC && kind->embeds ? " " EXPORT_LIST " flags.mk\n" : " flags.mk\n");
	if (kind->build != BUILD_VANILLA)
		strbuf_printf(ret, "\t$(file >$@.rsp,$(LIBRARIES:%%=%s/%%%s))\n", dir, suffix);
	strbuf_printf(ret, "\t@%s $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp "
			   "$(filter " PROGRAM_OBJ_DIR "/%%,$^)", kind->embeds ? "$(MPI_CC)" : "$(CC)");
	if (kind->extra)
		strbuf_puts(ret, " @" EXTRA_OBJ_DIR "/list");
	if (kind->build == BUILD_STATIC)
		strbuf_puts(ret, " @$@.rsp");
	if (kind->build == BUILD_LINKED)
		strbuf_printf(ret, " -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN/%s' -Wl,-z,%s "
				   "-Wl,--push-state,--no-as-needed @$@.rsp -Wl,--pop-state",
			      dir, kind->now ? "now" : "lazy");
	/* All symbols of the host are for modules to find. Those of static modules are not: nobody
	 * looks them up, and there may be a million. */
	if (kind->embeds)
		strbuf_printf(ret, " %s $(PYTHON_LIBS)", kind->build == BUILD_STATIC ?
								 "-Wl,--dynamic-list=" EXPORT_LIST :
								 "-Wl,--export-dynamic");
	strbuf_puts(ret, " -ldl -lm\n\t$(ADD_INDEX)\n");
	if (kind->build != BUILD_VANILLA)
		strbuf_puts(ret, "\t@rm -f $@.rsp\n");
	strbuf_puts(ret, "\t@mv -f $@.tmp $@\n\t@echo " BUILT_PREFIX "$@\n");
}

void emit_programs(const struct target_spec *spec, struct strbuf *ret)
{
	struct program_needs needs = program_needs(spec);

	strbuf_puts(ret, "\nPROGRAM_HEADERS :=");
	for (size_t i = 0; i < embed_n_files; i++)
		if (embed_files[i].use == EMBED_HEADER)
			strbuf_printf(ret, " " PROGRAM_SRC_DIR "/%s", embed_files[i].name);
	strbuf_putc(ret, '\n');
	put_objects("COMMON_OBJECTS", EMBED_HOST | EMBED_PLAIN, ret);
	put_objects("PLAIN_OBJECTS", EMBED_PLAIN, ret);
	put_objects("HOST_OBJECTS", EMBED_HOST, ret);
	strbuf_puts(ret, object_rules);
	if (needs.extra)
		strbuf_puts(ret, extra_rules);
	for (enum program i = 0; i < PROGRAM_N; i++)
		if (spec_has_program(spec, i) && !program_kinds[i].found)
			put_link(i, ret);
}

void emit_static_table(const struct plan *plan, struct strbuf *ret)
{
	strbuf_puts(ret, "/* Written by pynamic-gen: the modules inside a static program. */\n"
			 "#include <stddef.h>\n\n#include \"static_modules.h\"\n\n");
	for (size_t i = 0; i < plan->n_modules; i++) {
		const struct plan_library *library = &plan->libraries[i];
		_cleanup_free_ char *entry = plan_function_name(plan, library, library->entry);

		strbuf_printf(ret, "struct _object *PyInit_%s(void);\nlong %s(void);\n", library->name, entry);
	}
	strbuf_puts(ret, "\nconst struct static_module static_modules[] = {\n");
	for (size_t i = 0; i < plan->n_modules; i++) {
		const struct plan_library *library = &plan->libraries[i];
		_cleanup_free_ char *entry = plan_function_name(plan, library, library->entry);

		strbuf_printf(ret, "\t{ \"%s\", PyInit_%s, %s },\n", library->name, library->name, entry);
	}
	strbuf_puts(ret, "\t{ NULL, NULL, NULL },\n};\n");
}

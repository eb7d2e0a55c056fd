/* SPDX-License-Identifier: BSD-3-Clause */
/* plan -> the files around the sources: makefile, its flags, module list, manifest. */
#ifndef GEN_EMIT_BUILD_H
#define GEN_EMIT_BUILD_H

#include "gen/plan/plan.h"
#include "gen/spec.h"
#include "gen/toolchain.h"
#include "lib/strbuf.h"

/* Who made a target: in its manifest. */
#define GENERATOR "pynamic-gen " KIT_VERSION

/* Folder of the target with copies of the programs' sources. */
#define PROGRAM_SRC_DIR "src-host"

/* With split debug information: where the .dwo files stay. */
#define DWO_DIR "dwo"

/* What the makefile prints before each finished file: the progress is read from it. */
#define BUILT_PREFIX "built "

/* Makefile: what depends on what. The same on every machine. */
void emit_makefile(const struct plan *plan, const struct target_spec *spec, struct strbuf *ret);

/* flags.mk: this machine's commands and flags. All objects depend on it, so that another
 * generator, compiler or flag builds everything again, and one more library does not. */
void emit_flags(const struct target_spec *spec, const struct toolchain *toolchain, struct strbuf *ret);

/* modules.txt (docs/formats.md), for the libraries in this folder of the target. */
void emit_module_list(const struct plan *plan, const char *library_dir, struct strbuf *ret);

/*
 * src/NAME.needed: what a library is linked with. The makefile says the same, but a file that
 * is written only when it changes tells make which libraries to link again.
 */
#define NEEDED_SUFFIX "needed"
void emit_needed(const struct plan *plan, const struct plan_library *library, struct strbuf *ret);

/* Files that the makefile builds. */
size_t emit_n_built(const struct plan *plan, const struct target_spec *spec);

/* The manifest of a target as it will be when built; free with manifest_deinit. */
void emit_manifest(const struct plan *plan, const struct target_spec *spec, const struct toolchain *toolchain,
		   struct manifest *ret);

#endif

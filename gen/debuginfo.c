/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of debug information formats. An index is made by the compiler where it can,
 * else by gdb-add-index on the linked file. Invariant: what the flags do not bring about
 * is refused here, or by the makefile, which looks for the section of an index.
 */
#include "gen/debuginfo.h"

#include <string.h>

#include "gen/toolchain.h"
#include "lib/fs.h"

static const struct debuginfo formats[] = {
	[DEBUG_NONE] = { "-g0", "", "", "" },
	[DEBUG_FULL] = { "-g", "", "", "" },
	[DEBUG_SPLIT] = { "-g -gsplit-dwarf", "", "", "" },
	[DEBUG_COMPRESSED] = { "-g -gz", "-gz", "", "" },
	[DEBUG_GDB_INDEX] = { "-g", "", "gdb-add-index", ".gdb_index" },
	[DEBUG_NAMES] = { "-g -gdwarf-5", "", "gdb-add-index -dwarf-5", ".debug_names" },
	[DEBUG_STRIPPED] = { "-g0", "-s", "", "" },
};

/* Clang writes .debug_names itself; GCC takes the flags, too, and writes something else. */
static const struct debuginfo names_by_compiler = { "-g -gdwarf-5 -gpubnames", "", "", ".debug_names" };

struct err *debuginfo_find(const struct target_spec *spec, struct debuginfo *ret)
{
	const struct debuginfo *format = &formats[spec->debug];
	bool writes_names = false;

	if (spec->debug == DEBUG_NAMES) {
		struct err *err = toolchain_compile_shows(spec, "-g -gdwarf-5 -gpubnames", ".debug_names",
							  &writes_names);

		if (err)
			return err;
	}
	if (writes_names)
		format = &names_by_compiler;
	if (*format->index) {
		_cleanup_free_ char *program = fs_find_program("gdb-add-index");

		if (!program)
			return err_hint(err_exit(EXIT_SKIPPED, "no way to make %s: '%s' does not, and there is no "
							       "gdb-add-index", format->section, spec->cc),
					"install gdb (Debian: apt-get install gdb; Fedora: dnf install gdb)%s",
					spec->debug == DEBUG_NAMES ? ", or use clang: --with-cc=clang" : "");
	}
	*ret = *format;
	return NULL;
}

const char *debuginfo_hash_flag(const struct target_spec *spec)
{
	static const char *const flags[] = {
		[HASH_GNU] = "-Wl,--hash-style=gnu",
		[HASH_SYSV] = "-Wl,--hash-style=sysv",
		[HASH_BOTH] = "-Wl,--hash-style=both",
	};

	return flags[spec->hash_style];
}

const char *debuginfo_build_id_flag(const struct target_spec *spec)
{
	return spec->build_id == BUILD_ID_SHA1 ? "-Wl,--build-id=sha1" : "-Wl,--build-id=none";
}

bool debuginfo_is_split(const struct target_spec *spec)
{
	return spec->debug == DEBUG_SPLIT;
}

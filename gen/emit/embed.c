/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carries the files of targets/ as bytes (.incbin, relative to the folder where the
 * compiler runs: the root of the repository), so that pynamic-gen needs no data folder.
 * A new file of targets/ is one line in FILES and nothing else.
 */
#include "gen/emit/embed.h"

#define FILES(X)                                                \
	X(counters_c, "counters.c", EMBED_HOST | EMBED_PLAIN)   \
	X(counters_h, "counters.h", EMBED_HEADER)               \
	X(extra_c, "extra.c", EMBED_EXTRA)                      \
	X(host_c, "host.c", EMBED_HOST)                         \
	X(mpi_collective_c, "mpi_collective.c", EMBED_HOST)     \
	X(mpi_module_c, "mpi_module.c", EMBED_HOST)             \
	X(mpi_module_h, "mpi_module.h", EMBED_HEADER)           \
	X(mpi_reduce_c, "mpi_reduce.c", EMBED_HOST)             \
	X(mpi_value_c, "mpi_value.c", EMBED_HOST)               \
	X(phase_c, "phase.c", EMBED_HOST | EMBED_PLAIN)         \
	X(phase_h, "phase.h", EMBED_HEADER)                     \
	X(plain_c, "plain.c", EMBED_PLAIN)                      \
	X(static_modules_h, "static_modules.h", EMBED_HEADER)   \
	X(driver_py, "driver.py", EMBED_DRIVER)

#define INCLUDE_BYTES(id, file, use)                            \
	__asm__(".pushsection .rodata\n"                        \
		".global embed_" #id "\n"                       \
		".global embed_" #id "_end\n"                   \
		"embed_" #id ": .incbin \"targets/" file "\"\n" \
		"embed_" #id "_end: .byte 0\n"                  \
		".popsection\n");                               \
	extern const char embed_##id[], embed_##id##_end[];
FILES(INCLUDE_BYTES)

#define TABLE_ROW(id, file, used_by) \
	{ .name = (file), .use = (used_by), .bytes = embed_##id, .end = embed_##id##_end },
const struct embed_file embed_files[] = { FILES(TABLE_ROW) };
const size_t embed_n_files = sizeof(embed_files) / sizeof(embed_files[0]);

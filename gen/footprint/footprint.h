/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Footprint: the sizes of sections of all libraries of a code (paper, Table 3), found in
 * a generated target, an executable, a running process, or a footprint written as JSON.
 *
 * Every byte is counted once: the symbol table is .symtab and .dynsym, the string table
 * .strtab and .dynstr, and text is without these. Pynamic's summary counts otherwise:
 * its text is that of size(1), with the dynamic tables in it, and its tables are .symtab
 * and .strtab alone.
 */
#ifndef GEN_FOOTPRINT_FOOTPRINT_H
#define GEN_FOOTPRINT_FOOTPRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gen/footprint/sizes.h"
#include "lib/err.h"
#include "lib/strbuf.h"

#define FOOTPRINT_VERSION 1
#define FOOTPRINT_DEBUG_DIR "/usr/lib/debug"

enum footprint_kind {
	FOOTPRINT_MODULE,  /* Python extension */
	FOOTPRINT_UTILITY, /* any other library */
	FOOTPRINT_PROGRAM,
	FOOTPRINT_N_KINDS
};

struct footprint_object {
	char *path;
	enum footprint_kind kind;
	uint64_t count;             /* objects that stand here together, with the sums of their sizes; mostly 1 */
	uint64_t file_bytes;
	uint64_t bytes[ELF_N_PARTS];
	uint64_t separate_bytes;    /* of these, in separate debug files */
};

struct footprint {
	char *what;                 /* "process 4711 (/usr/bin/python3)": for headings */
	struct footprint_object *objects;
	size_t n_objects, cap_objects;
	uint64_t n_separate;        /* separate debug files that were found */
};

/* The columns of the paper's table. */
enum footprint_column {
	COLUMN_TEXT, COLUMN_DATA, COLUMN_DEBUG, COLUMN_SYMTAB, COLUMN_STRTAB, FOOTPRINT_N_COLUMNS
};

extern const char *const footprint_column_names[]; /* "text" */
extern const char *const footprint_kind_names[];   /* NULL-terminated */

/*
 * Measures what the argument names: digits alone are a process; a folder is a generated
 * target, its programs apart; an ELF file comes with the libraries that its loader finds
 * for it, without being run; any other file is read as JSON. Separate debug files are
 * looked for by build-id below debug_dir, unless that is NULL. Free with footprint_deinit.
 */
MUST_CHECK struct err *footprint_find(const char *argument, const char *debug_dir, struct footprint *ret);

MUST_CHECK struct err *footprint_of_target(const char *dir, const char *debug_dir, struct footprint *ret);
MUST_CHECK struct err *footprint_of_process(pid_t pid, const char *debug_dir, struct footprint *ret);

/* docs/formats.md describes the format. */
json_t *footprint_to_json(const struct footprint *footprint);
MUST_CHECK struct err *footprint_parse(const char *name, const char *text, size_t len, struct footprint *ret);

/* The sum over all objects of a kind; count, sizes. path is NULL. */
struct footprint_object footprint_sum(const struct footprint *footprint, enum footprint_kind kind);

/* Modules and utilities together. */
struct footprint_object footprint_libraries(const struct footprint *footprint);

uint64_t footprint_column(const struct footprint_object *object, enum footprint_column column);
uint64_t footprint_total(const struct footprint_object *object); /* of the columns */

/* Lines of a library each are shown up to max_objects, the largest first. */
void footprint_put_table(const struct footprint *footprint, size_t max_objects, struct strbuf *ret);

/* The six lines, between stars and under a heading, as Pynamic prints them. */
void footprint_put_summary(const struct footprint *footprint, struct strbuf *ret);

/* Next to the paper's Table 3, in Pynamic's way of counting. */
void footprint_put_paper(const struct footprint *footprint, struct strbuf *ret);

void footprint_deinit(struct footprint *footprint);

/* For those that find objects: adds the file, and its separate debug file if there is one. */
MUST_CHECK struct err *footprint_add(struct footprint *footprint, const char *path, enum footprint_kind kind,
				     const char *debug_dir);

/* The same for a file already measured; kind of a library by what it exports. */
void footprint_add_sizes(struct footprint *footprint, const char *path, const struct elf_sizes *sizes,
			 enum footprint_kind kind, const char *debug_dir);

#endif

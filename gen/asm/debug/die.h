/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Debug information entries of a compiled object, as lists that can be written again
 * with other names, places and lines. Forms that differ by compiler (indexed strings and
 * addresses, implicit constants) are gone here: an attribute says what it means.
 */
#ifndef GEN_ASM_DEBUG_DIE_H
#define GEN_ASM_DEBUG_DIE_H

#include "gen/asm/object.h"
#include "lib/err.h"

enum asm_meaning {
	MEAN_UNSIGNED,
	MEAN_SIGNED,
	MEAN_STRING,
	MEAN_NAME,      /* of the function */
	MEAN_SOURCE,    /* name of the object's own source */
	MEAN_FLAG,
	MEAN_BLOCK,     /* a location or other expression without addresses */
	MEAN_VARIABLE,  /* location: address of the data object of this name */
	MEAN_PLACE,     /* low_pc; value: in .text, in a function's entries: in the function */
	MEAN_LENGTH,    /* high_pc */
	MEAN_FILE,      /* the object's own source */
	MEAN_LINE,      /* in the object's own source */
	MEAN_COLUMN,    /* in a function's entries: MEAN_COLUMN_VALUE, and how often its name stands left of it */
	MEAN_ENTRY,     /* reference; value: offset of the entry in its unit, or a number of the user's */
	MEAN_SIBLING,
	MEAN_LINE_TABLE,
	MEAN_N
};

#define MEAN_COLUMN_VALUE UINT32_MAX
#define MEAN_COLUMN_NAMES 32 /* shift */

struct asm_attr {
	uint16_t name;     /* DW_AT_... */
	uint8_t meaning;   /* enum asm_meaning */
	union {
		uint64_t value;   /* of a text too, once it is in a pool (asm/pool.h) */
		const char *text;
		struct {
			const unsigned char *bytes;
			size_t size;
		} block;
	};
};

struct asm_die {
	uint16_t tag;
	bool has_children;
	uint32_t place;    /* offset in its unit */
	uint32_t abbrev;   /* number of its abbreviation (asm/pool.h) */
	uint32_t end;      /* index in the list behind its last descendant */
	struct asm_attr *attrs;
	size_t n_attrs;
};

/* Entries in the order of the file: an entry, its children. */
struct asm_dies {
	struct asm_die *v;
	size_t n, cap;
};

/*
 * Appends an entry and all below it. skip, or NULL, leaves out entries for which it is
 * true. Texts are borrowed from the object.
 */
typedef bool (*asm_die_skip)(const void *context, Dwarf_Die *die);
MUST_CHECK struct err *asm_dies_read(const struct asm_object *object, Dwarf_Die *die, asm_die_skip skip,
				     const void *context, struct asm_dies *ret);
void asm_dies_deinit(struct asm_dies *dies);

/* NULL if the entry has no such attribute. */
struct asm_attr *asm_die_attr(const struct asm_die *die, unsigned name);
const char *asm_die_name(const struct asm_die *die);

/* The first entry of this tag and name, or NULL. */
const struct asm_die *asm_dies_find(const struct asm_dies *dies, unsigned tag, const char *name);

/*
 * A type as text, the same for the same type in whatever unit: "ptr(char)". NULL for
 * types that are not made of base types, pointers, arrays, typedefs and qualifiers.
 * Heap, caller frees.
 */
char *asm_type_text(const struct asm_object *object, uint64_t place);

#endif

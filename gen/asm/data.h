/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of an object that is not written anew: sections, symbols and functions of its
 * base, under the library's name; and the constants of its functions.
 */
#ifndef GEN_ASM_DATA_H
#define GEN_ASM_DATA_H

#include "gen/asm/base.h"
#include "gen/asm/elf.h"
#include "gen/asm/debug/info.h"

struct asm_data {
	struct asm_elf *elf;
	const struct asm_base *base;
	const char *library;
	size_t text, pool;     /* sections; the pool holds constants */
	size_t *section_of;    /* [sections of the base] ours, 0: none */
	uint32_t *symbol_of;   /* [symbols of the base] ours, 0: none */
	uint32_t entry_symbol; /* of a module's entry, the caller's to set; 0: none */
	uint32_t first_global;
	uint32_t *singles, *doubles; /* [value of an argument] place in the pool + 1 */
	struct asm_constant {
		uint64_t hash;
		uint32_t place, size;
	} *constants;          /* open addressing; size 0: empty */
	size_t n_constants, n_slots;
	struct asm_symbol_name {
		char *name;
		uint32_t symbol;
	} *outside;            /* symbols outside, by name */
	size_t n_outside, cap_outside;
};

/* What a relocation leads to. */
struct asm_target {
	uint32_t symbol;
	int64_t offset;
};

void asm_data_init(struct asm_data *ret, struct asm_elf *elf, const struct asm_base *base, const char *library);
void asm_data_deinit(struct asm_data *data);

/* In this order, with the elf's other sections and symbols between. */
void asm_data_add_sections(struct asm_data *data);
void asm_data_add_locals(struct asm_data *data, const char *file, size_t text);
void asm_data_add_globals(struct asm_data *data);

struct asm_target asm_data_argument(struct asm_data *data, enum plan_type type, unsigned value);
struct asm_target asm_data_constant(struct asm_data *data, const void *bytes, size_t size, size_t align);

/* A data object of the library by what follows the library's name in its own ("_sink"). */
uint32_t asm_data_object(struct asm_data *data, const char *suffix);
uint32_t asm_data_object_named(struct asm_data *data, const char *name);
/* Something outside. */
uint32_t asm_data_symbol(struct asm_data *data, const char *name);

/* A function of the base begins here now; its bytes are the caller's to copy. */
void asm_data_move_function(struct asm_data *data, const struct asm_function *function, uint64_t begin);
/* After all of these: the references between functions and data of the base. */
void asm_data_move_references(struct asm_data *data, const struct asm_moved *moved, size_t n);

/* Appends bytes with the library's name in place of the base's. */
void asm_data_add_renamed(const struct asm_data *data, const struct strbuf *bytes, struct strbuf *ret);

#endif

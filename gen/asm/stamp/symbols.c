/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The global symbols of an object: its own functions, what the base defines, what is called
 * outside. Invariant: they stand in this order, so that indices are known before use.
 */
#include "gen/asm/stamp/internal.h"

#include <assert.h>

#include "lib/mem.h"

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void stamp_list_callees(struct stamp *s)
{
	const struct plan_library *library = s->library;

	s->callees = mem_calloc(library->n_calls + 1, sizeof(*s->callees));
	s->symbols = mem_calloc(library->n_calls + 1, sizeof(*s->symbols));
	for (size_t i = 0; i < library->n_calls; i++)
		s->callees[i] = (uint64_t)library->calls[i].library << 32 | library->calls[i].function;
	if (library->n_calls)
		qsort(s->callees, library->n_calls, sizeof(*s->callees), compare_u64);
	for (size_t i = 0; i < library->n_calls; i++)
		if (!s->n_callees || s->callees[s->n_callees - 1] != s->callees[i])
			s->callees[s->n_callees++] = s->callees[i];
}

const struct plan_library *stamp_callee_library(const struct stamp *s, uint64_t callee)
{
	return &s->stamper->plan->libraries[callee >> 32];
}

bool stamp_is_own(const struct stamp *s, uint64_t callee)
{
	return callee >> 32 == s->index;
}

size_t stamp_callee_index(const struct stamp *s, const struct plan_call *call)
{
	uint64_t key = (uint64_t)call->library << 32 | call->function;
	const uint64_t *found = bsearch(&key, s->callees, s->n_callees, sizeof(key), compare_u64);

	assert(found);
	return found - s->callees;
}

void stamp_add_symbols(struct stamp *s)
{
	const struct plan *plan = s->stamper->plan;

	s->first_own = asm_elf_n_locals(&s->elf);
	for (size_t i = 0; i < s->library->n_all; i++) {
		_cleanup_free_ char *name = plan_function_name(plan, s->library, i);

		asm_elf_add_global(&s->elf, name, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), s->text, 0, 0);
	}
	if (s->library->entry != PLAN_NONE)
		s->data.entry_symbol = s->first_own + s->library->entry;
	asm_data_add_globals(&s->data);
	for (size_t i = 0; i < s->n_callees; i++) {
		_cleanup_free_ char *name = NULL;

		if (stamp_is_own(s, s->callees[i])) {
			s->symbols[i] = s->first_own + (uint32_t)s->callees[i];
			continue;
		}
		name = plan_function_name(plan, stamp_callee_library(s, s->callees[i]), (uint32_t)s->callees[i]);
		s->symbols[i] = asm_elf_add_global(&s->elf, name, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), SHN_UNDEF,
						   0, 0);
	}
}

const char *stamp_global_name(const struct stamp *s, uint32_t symbol)
{
	return s->elf.names.text + ((const Elf64_Sym *)s->elf.globals.text)[symbol - s->first_own].st_name;
}

const char *stamp_own_name(const struct stamp *s, uint32_t function)
{
	return stamp_global_name(s, s->first_own + function);
}

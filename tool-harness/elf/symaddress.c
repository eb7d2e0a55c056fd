/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Functions by address. Their table is made when the first address is looked for, of the ELF file's
 * symbol table once more or of the stored index. Invariant: sorted by address, and functions at one
 * address by preference, whatever the file's order.
 */
#include "elf/internal.h"

#include "lib/mem.h"

static int address_compare(const void *a, const void *b)
{
	const struct by_address *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static void address_add(struct symidx *index, const struct symtab_symbol *symbol)
{
	if (symbol->kind == SYMBOL_DATA || index->n_sorted == index->n_functions)
		return;
	index->sorted[index->n_sorted++] = (struct by_address){
		.low = symbol->value,
		.high = symbol->value + symbol->size,
		.name = symidx_name(index, symbol),
		.place = symbol->place,
		.preference = symbol->preference,
	};
}

static void addresses_collect(struct symidx *index)
{
	struct symtab_symbol symbol;
	struct symtab symtab;

	for (size_t i = 0; index->stored.bytes && i < index->n_symbols; i++) {
		symbol = symfile_symbol(&index->stored.file, i);
		address_add(index, &symbol);
	}
	if (index->stored.bytes || !index->elf)
		return;
	symtab_open(index->elf, index->debugdata, &symtab);
	while (symtab_next(&symtab, &symbol))
		address_add(index, &symbol);
	symtab_close(&symtab);
}

/* Functions written in assembler may have no size: they end where the next one begins. */
static void addresses_make(struct symidx *index)
{
	index->sorted = mem_calloc(index->n_functions + 1, sizeof(index->sorted[0]));
	addresses_collect(index);
	qsort(index->sorted, index->n_sorted, sizeof(index->sorted[0]), address_compare);
	for (size_t i = index->n_sorted; i > 0; i--) {
		struct by_address *s = &index->sorted[i - 1];

		if (s->high <= s->low && i < index->n_sorted)
			s->high = s[1].low > s->low ? s[1].low : s[1].high;
	}
}

/* How far back of an address a function is looked for that others begin in (a cold part, an
 * entry point of assembler). */
#define NESTED_MAX 16

const char *symidx_find_address(struct symidx *index, uint64_t value)
{
	size_t low = 0, high;
	const struct by_address *best = NULL;

	symidx_read(index);
	symidx_make_once(index, &index->is_sorted, addresses_make);
	high = index->n_sorted;
	while (low < high) { /* the first function behind the address */
		size_t middle = low + (high - low) / 2;

		if (index->sorted[middle].low <= value)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i > 0 && low - i < NESTED_MAX; i--) {
		const struct by_address *s = &index->sorted[i - 1];

		if (best && s->low != best->low)
			break;
		if (value < s->high)
			best = s; /* goes on to the preferred one at the same address */
	}
	return best ? best->name : NULL;
}

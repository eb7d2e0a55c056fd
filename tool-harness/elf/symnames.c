/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Functions and objects by name: in the file's own hash table and among its local symbols, in all that were read of its
 * .symtab, or in a stored index. Whichever it is, the places are the same ones in the same order.
 */
#include "elf/internal.h"

#include <string.h>

#include "lib/mem.h"

/* Eight bytes at a time: names of generated code are long, and there are many. */
static uint32_t name_hash(const char *name)
{
	size_t len = strlen(name);
	uint64_t hash = len, word;

	for (; len >= sizeof(word); name += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, name, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, name, len);
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(hash >> 32);
}

static void table_insert(struct symnames *names, uint32_t number)
{
	const struct symbol *symbol = &names->symbols[number];
	size_t i = symbol->hash & (names->n_buckets - 1);

	while (names->buckets[i])
		i = (i + 1) & (names->n_buckets - 1);
	names->buckets[i] = number + 1;
}

static void table_make(struct symnames *names)
{
	names->n_buckets = 16;
	while (names->n_buckets < 2 * names->n)
		names->n_buckets *= 2;
	names->buckets = mem_calloc(names->n_buckets, sizeof(names->buckets[0]));
	for (size_t i = 0; i < names->n; i++) {
		names->symbols[i].hash = name_hash(names->symbols[i].name);
		table_insert(names, (uint32_t)i);
	}
}

/* "foo", "foo@V1" or "foo@@V1": what is asked for. */
struct asked {
	char *name;          /* without the version; heap */
	const char *version; /* NULL: any */
	bool data;
};

static bool is_asked(const struct asked *asked, enum symbol_kind kind, const char *version)
{
	return (kind == SYMBOL_DATA) == asked->data &&
	       (!asked->version || (version && !strcmp(version, asked->version)));
}

/* What the name alone means first, then what has no version, then older versions; global before local. */
static bool is_before(const struct symplace *a, const struct symplace *b)
{
	int rank_a = a->is_default ? 0 : a->version ? 2 : 1, rank_b = b->is_default ? 0 : b->version ? 2 : 1;

	if (rank_a != rank_b)
		return rank_a < rank_b;
	return a->preference != b->preference ? a->preference < b->preference : a->value < b->value;
}

/* In order, one for each address. */
static void add_place(struct symplaces *places, const struct symplace *place)
{
	size_t i = 0;

	while (i < places->n && places->v[i].value != place->value)
		i++;
	if (i < places->n && !is_before(place, &places->v[i]))
		return;
	if (i == places->n) {
		mem_grow(places->v, places->n, places->cap);
		places->n++;
	}
	for (; i > 0 && is_before(place, &places->v[i - 1]); i--)
		places->v[i] = places->v[i - 1];
	places->v[i] = *place;
}

static void search_stored(const struct symfile *file, const struct asked *asked, struct symplaces *ret)
{
	for (size_t i = symfile_first(file, asked->name); i < file->header->n_symbols; i++) {
		struct symtab_symbol symbol = symfile_symbol(file, i);

		if (strcmp(symbol.name, asked->name) != 0)
			return;
		if (is_asked(asked, symbol.kind, symbol.version))
			add_place(ret, &(struct symplace){ symbol.value, symbol.version, symbol.is_default,
							   symbol.kind == SYMBOL_RESOLVER, symbol.preference });
	}
}

/* Symbols of one name follow each other in the table, in the file's order. */
static void search_names(struct symidx *index, struct symnames *names, const struct asked *asked,
			 struct symplaces *ret)
{
	uint32_t hash = name_hash(asked->name);

	if (!__atomic_load_n(&names->has_table, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&index->lock);
		if (!names->has_table)
			table_make(names);
		__atomic_store_n(&names->has_table, true, __ATOMIC_RELEASE);
		pthread_mutex_unlock(&index->lock);
	}
	for (size_t i = hash & (names->n_buckets - 1); names->buckets[i]; i = (i + 1) & (names->n_buckets - 1)) {
		const struct symbol *symbol = &names->symbols[names->buckets[i] - 1];

		if (symbol->hash == hash && is_asked(asked, symbol->kind, symbol->version) &&
		    !strcmp(symbol->name, asked->name))
			add_place(ret, &(struct symplace){ symbol->value, symbol->version, symbol->is_default,
							   symbol->kind == SYMBOL_RESOLVER, symbol->preference });
	}
}

static void search_exported(struct symidx *index, const struct asked *asked, struct symplaces *ret)
{
	const struct dynsyms *exported = &index->exported;
	struct dynsyms_search search = { .name = asked->name };
	size_t i;

	while (dynsyms_next(exported, &search, &i)) {
		struct symtab_symbol symbol;

		if (!symtab_decode(exported->symbols + i * sizeof(Elf64_Sym), exported->strings, exported->n_strings,
				   &symbol))
			continue;
		symbol.version = dynsyms_version(exported, i, &symbol.is_default);
		if (is_asked(asked, symbol.kind, symbol.version))
			add_place(ret, &(struct symplace){ symbol.value, symbol.version, symbol.is_default,
							   symbol.kind == SYMBOL_RESOLVER, symbol.preference });
	}
	__atomic_add_fetch(&index->work.names_hashed, 1, __ATOMIC_RELAXED);
}

/* Whether the symbol table need not be read for a name. */
static bool is_hashed(struct symidx *index)
{
	if (__atomic_load_n(&index->is_read, __ATOMIC_ACQUIRE))
		return false;
	symidx_make_once(index, &index->was_looked_at, symidx_read_exported);
	return index->is_hashed;
}

static void search(struct symidx *index, const char *name, bool data, struct symplaces *ret)
{
	size_t len = strcspn(name, "@");
	_cleanup_free_ char *base = mem_strndup(name, len);
	struct asked asked = { .name = base, .data = data };

	if (name[len])
		asked.version = name + len + 1 + (name[len + 1] == '@');
	if (is_hashed(index)) {
		search_exported(index, &asked, ret);
		search_names(index, &index->locals, &asked, ret);
		return;
	}
	symidx_read(index);
	if (index->stored.bytes)
		search_stored(&index->stored.file, &asked, ret);
	else
		search_names(index, &index->all, &asked, ret);
}

void symidx_places(struct symidx *index, const char *name, struct symplaces *ret)
{
	*ret = (struct symplaces){ 0 };
	search(index, name, false, ret);
}

void symplaces_deinit(struct symplaces *places)
{
	free(places->v);
	*places = (struct symplaces){ 0 };
}

static bool find(struct symidx *index, const char *name, bool data, uint64_t *value_ret)
{
	_cleanup_(symplaces_deinit) struct symplaces places = { 0 };

	search(index, name, data, &places);
	if (places.n)
		*value_ret = places.v[0].value;
	return places.n > 0;
}

bool symidx_find(struct symidx *index, const char *name, uint64_t *value_ret)
{
	return find(index, name, false, value_ret);
}

bool symidx_find_object(struct symidx *index, const char *name, uint64_t *value_ret)
{
	return find(index, name, true, value_ret);
}


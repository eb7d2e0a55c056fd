/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Symbol index of one ELF file: the file stays mapped (libelf), names are not copied,
 * and a hash table of symbol numbers, made at the first search, finds one by name. One that is
 * stored is searched in its file. Does not read DWARF.
 * Invariant: every name that the table refers to ends inside its string table.
 */
#include "elf/internal.h"

#include <gelf.h>
#include <string.h>
#include <unistd.h>

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

static struct err *elf_failed(const char *path)
{
	return err_new("cannot read '%s': %s", path, elf_errmsg(-1));
}

static void table_insert(struct symidx *index, uint32_t number)
{
	const struct symbol *symbol = &index->symbols[number];
	size_t i = symbol->hash & (index->n_buckets - 1);

	while (index->buckets[i])
		i = (i + 1) & (index->n_buckets - 1);
	index->buckets[i] = number + 1;
}

const char *symidx_name(struct symidx *index, const struct symtab_symbol *symbol)
{
	if (!symbol->name[symbol->name_len])
		return symbol->name;
	mem_grow(index->names, index->n_names, index->cap_names);
	return index->names[index->n_names++] = mem_strndup(symbol->name, symbol->name_len);
}

static void read_symbols(struct symidx *index, struct symwork *work)
{
	struct symtab_symbol symbol;
	struct symtab symtab;

	symtab_open(index->elf, &symtab);
	index->symbols = mem_calloc(symtab.n + 1, sizeof(index->symbols[0]));
	while (symtab_next(&symtab, &symbol)) {
		index->symbols[index->n_symbols++] = (struct symbol){
			.name = symidx_name(index, &symbol),
			.version = symbol.version,
			.value = symbol.value,
			.kind = (uint8_t)symbol.kind,
			.is_default = symbol.is_default,
			.preference = symbol.preference,
		};
		index->n_functions += symbol.kind != SYMBOL_DATA;
	}
	work->libraries_parsed++;
	work->symbols_read += index->n_symbols;
	work->file_bytes_read += symtab_bytes(&symtab);
	index->lack = symtab.lack ? mem_strdup(symtab.lack) : NULL;
	symtab_close(&symtab);
}

/* Made at the first search: a tool without breakpoints never looks for a name. */
static void table_make(struct symidx *index)
{
	index->n_buckets = 16;
	while (index->n_buckets < 2 * index->n_symbols)
		index->n_buckets *= 2;
	index->buckets = mem_calloc(index->n_buckets, sizeof(index->buckets[0]));
	for (size_t i = 0; i < index->n_symbols; i++) {
		index->symbols[i].hash = name_hash(index->symbols[i].name);
		table_insert(index, (uint32_t)i);
	}
}

static struct err *read_extent(struct symidx *index, const char *path)
{
	size_t n;

	if (elf_getphdrnum(index->elf, &n))
		return elf_failed(path);
	index->low = UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;

		if (!gelf_getphdr(index->elf, (int)i, &phdr) || phdr.p_type != PT_LOAD)
			continue;
		if (phdr.p_vaddr < index->low)
			index->low = phdr.p_vaddr;
		if (phdr.p_vaddr + phdr.p_memsz > index->high)
			index->high = phdr.p_vaddr + phdr.p_memsz;
	}
	if (index->low > index->high)
		index->low = index->high = 0;
	return NULL;
}

struct symidx *symidx_new(void)
{
	struct symidx *index = mem_alloc(sizeof(*index));

	pthread_mutex_init(&index->lock, NULL);
	index->fd = -1;
	return index;
}

struct err *symidx_read(struct symidx *index, const char *path, struct symwork *work)
{
	struct err *err = NULL;
	GElf_Ehdr ehdr;

	elf_version(EV_CURRENT);
	index->elf = elf_begin(index->fd, ELF_C_READ_MMAP, NULL);
	if (!index->elf)
		err = elf_failed(path);
	if (!err && (elf_kind(index->elf) != ELF_K_ELF || !gelf_getehdr(index->elf, &ehdr)))
		err = err_new("'%s' is not an ELF file", path);
	if (!err && (ehdr.e_machine != EM_X86_64 || ehdr.e_ident[EI_CLASS] != ELFCLASS64))
		err = err_new("'%s' is not an x86-64 ELF file", path);
	if (!err)
		err = read_extent(index, path);
	if (!err)
		read_symbols(index, work);
	/* The mapping is enough: a program may have more libraries than we may have open files. */
	if (!err && elf_cntl(index->elf, ELF_C_FDREAD))
		err = elf_failed(path);
	if (err)
		return err;
	close(index->fd);
	index->fd = -1;
	return NULL;
}

struct err *symidx_create(const char *path, struct symidx **ret)
{
	struct symwork work = { 0 };

	return symidx_create_stored(path, NULL, &work, ret);
}

void symidx_destroy(struct symidx *index)
{
	if (!index)
		return;
	pthread_mutex_destroy(&index->lock);
	elf_end(index->elf);
	if (index->fd >= 0)
		close(index->fd);
	for (size_t i = 0; i < index->n_names; i++)
		free(index->names[i]);
	free(index->names);
	free(index->lack);
	free(index->symbols);
	free(index->buckets);
	free(index->sorted);
	stored_deinit(&index->stored);
	free(index);
}

void symidx_make_once(struct symidx *index, bool *made, void (*make)(struct symidx *index))
{
	if (__atomic_load_n(made, __ATOMIC_ACQUIRE))
		return;
	pthread_mutex_lock(&index->lock);
	if (!*made) {
		make(index);
		__atomic_store_n(made, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&index->lock);
}

/* --- by name ---------------------------------------------------------------------- */

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

	return rank_a != rank_b ? rank_a < rank_b : a->preference < b->preference;
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

/* The table is made at the first search. Symbols of one name follow each other in it, in the file's order. */
static void search_table(struct symidx *index, const struct asked *asked, struct symplaces *ret)
{
	uint32_t hash = name_hash(asked->name);

	symidx_make_once(index, &index->has_table, table_make);
	for (size_t i = hash & (index->n_buckets - 1); index->buckets[i]; i = (i + 1) & (index->n_buckets - 1)) {
		const struct symbol *symbol = &index->symbols[index->buckets[i] - 1];

		if (symbol->hash == hash && is_asked(asked, symbol->kind, symbol->version) &&
		    !strcmp(symbol->name, asked->name))
			add_place(ret, &(struct symplace){ symbol->value, symbol->version, symbol->is_default,
							   symbol->kind == SYMBOL_RESOLVER, symbol->preference });
	}
}

static void search(struct symidx *index, const char *name, bool data, struct symplaces *ret)
{
	size_t len = strcspn(name, "@");
	_cleanup_free_ char *base = mem_strndup(name, len);
	struct asked asked = { .name = base, .data = data };

	if (name[len])
		asked.version = name + len + 1 + (name[len + 1] == '@');
	if (index->stored.bytes)
		search_stored(&index->stored.file, &asked, ret);
	else
		search_table(index, &asked, ret);
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

/* --- the file as a whole ---------------------------------------------------------- */

size_t symidx_symbols(const struct symidx *index)
{
	return index->n_symbols;
}

bool symidx_function_at(const struct symidx *index, size_t i, uint64_t *value_ret)
{
	const struct symfile_entry *entry = index->stored.bytes ? &index->stored.file.entries[i] : NULL;

	*value_ret = entry ? entry->value : index->symbols[i].value;
	return (entry ? entry->kind : index->symbols[i].kind) != SYMBOL_DATA;
}

const char *symidx_lack(const struct symidx *index)
{
	return index->lack;
}

size_t symidx_count(const struct symidx *index)
{
	return index->n_functions;
}

void symidx_extent(const struct symidx *index, uint64_t *low_ret, uint64_t *high_ret)
{
	*low_ret = index->low;
	*high_ret = index->high;
}

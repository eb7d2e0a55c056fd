/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Symbol index of one ELF file: the file stays mapped (libelf), names are not copied,
 * and a hash table of symbol numbers, made at the first search, finds one by name.
 * Does not read DWARF.
 * Invariant: every name that the table refers to ends inside its string table.
 */
#include "elf/symidx.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/mem.h"

struct symbol {
	const char *name;
	uint64_t value;
	uint32_t hash;
	bool object; /* data, not a function */
};

/* A function for the search by address; made of the file's table again, for the few files
 * whose functions are searched that way. */
struct by_address {
	uint64_t low, high; /* high excluded */
	const char *name;
	uint32_t place;     /* in the file */
	uint8_t preference; /* of several at one address: less is better */
};

struct symidx {
	int fd;
	Elf *elf;
	struct symbol *symbols;
	size_t n_symbols, n_functions;
	uint32_t *buckets; /* symbol number + 1, 0 empty; open addressing */
	size_t n_buckets;
	struct by_address *sorted; /* by low, functions at one address by preference */
	size_t n_sorted;
	pthread_mutex_t lock; /* of making the two tables, each at its first use */
	bool has_table, is_sorted;
	uint64_t low, high;
};

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

/* .symtab has what .dynsym has and more; only one of them is read. */
static Elf_Scn *symbol_section(Elf *elf, GElf_Shdr *shdr_ret)
{
	Elf_Scn *scn = NULL, *best = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &shdr))
			continue;
		if (shdr.sh_type == SHT_SYMTAB || (shdr.sh_type == SHT_DYNSYM && !best)) {
			best = scn;
			*shdr_ret = shdr;
		}
		if (shdr.sh_type == SHT_SYMTAB)
			break;
	}
	return best;
}

static void table_insert(struct symidx *index, uint32_t number)
{
	const struct symbol *symbol = &index->symbols[number];
	size_t i = symbol->hash & (index->n_buckets - 1);

	while (index->buckets[i])
		i = (i + 1) & (index->n_buckets - 1);
	index->buckets[i] = number + 1;
}

static struct err *read_symbols(struct symidx *index, const char *path)
{
	GElf_Shdr shdr = { 0 }, strings_shdr;
	Elf_Scn *scn = symbol_section(index->elf, &shdr), *strings_scn;
	Elf_Data *data, *strings;
	size_t n;

	if (!scn)
		return NULL; /* fully stripped: an index without symbols */
	data = elf_getdata(scn, NULL);
	strings_scn = elf_getscn(index->elf, shdr.sh_link);
	if (!data || !strings_scn || !gelf_getshdr(strings_scn, &strings_shdr) || strings_shdr.sh_type != SHT_STRTAB)
		return elf_failed(path);
	strings = elf_getdata(strings_scn, NULL);
	if (!strings || !strings->d_size || ((const char *)strings->d_buf)[strings->d_size - 1])
		return err_new("cannot read '%s': its string table does not end", path);

	n = data->d_size / sizeof(Elf64_Sym);
	index->symbols = mem_calloc(n ? n : 1, sizeof(index->symbols[0]));
	for (size_t i = 0; i < n; i++) {
		GElf_Sym sym;
		int type;

		if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF || sym.st_name >= strings->d_size)
			continue;
		type = GELF_ST_TYPE(sym.st_info);
		if (type != STT_FUNC && type != STT_OBJECT)
			continue;
		index->symbols[index->n_symbols++] = (struct symbol){
			.name = (const char *)strings->d_buf + sym.st_name,
			.value = sym.st_value,
			.object = type == STT_OBJECT,
		};
		index->n_functions += type == STT_FUNC;
	}
	return NULL;
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

struct err *symidx_create(const char *path, struct symidx **ret)
{
	struct symidx *index = mem_alloc(sizeof(*index));
	struct err *err = NULL;
	GElf_Ehdr ehdr;

	pthread_mutex_init(&index->lock, NULL);
	elf_version(EV_CURRENT);
	index->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (index->fd < 0)
		err = err_errno(errno, "cannot open '%s'", path);
	if (!err) {
		index->elf = elf_begin(index->fd, ELF_C_READ_MMAP, NULL);
		if (!index->elf)
			err = elf_failed(path);
	}
	if (!err && (elf_kind(index->elf) != ELF_K_ELF || !gelf_getehdr(index->elf, &ehdr)))
		err = err_new("'%s' is not an ELF file", path);
	if (!err && (ehdr.e_machine != EM_X86_64 || ehdr.e_ident[EI_CLASS] != ELFCLASS64))
		err = err_new("'%s' is not an x86-64 ELF file", path);
	if (!err)
		err = read_extent(index, path);
	if (!err)
		err = read_symbols(index, path);
	/* The mapping is enough: a program may have more libraries than we may have open files. */
	if (!err && elf_cntl(index->elf, ELF_C_FDREAD))
		err = elf_failed(path);
	if (err) {
		symidx_destroy(index);
		return err;
	}
	close(index->fd);
	index->fd = -1;
	*ret = index;
	return NULL;
}

void symidx_destroy(struct symidx *index)
{
	if (!index)
		return;
	pthread_mutex_destroy(&index->lock);
	elf_end(index->elf);
	if (index->fd >= 0)
		close(index->fd);
	free(index->symbols);
	free(index->buckets);
	free(index->sorted);
	free(index);
}

/* Several threads may search first. */
static void make_once(struct symidx *index, bool *made, void (*make)(struct symidx *index))
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

static bool find(struct symidx *index, const char *name, bool object, uint64_t *value_ret)
{
	uint32_t hash = name_hash(name);

	make_once(index, &index->has_table, table_make);
	for (size_t i = hash & (index->n_buckets - 1); index->buckets[i]; i = (i + 1) & (index->n_buckets - 1)) {
		const struct symbol *symbol = &index->symbols[index->buckets[i] - 1];

		if (symbol->hash == hash && symbol->object == object && !strcmp(symbol->name, name)) {
			*value_ret = symbol->value;
			return true;
		}
	}
	return false;
}

bool symidx_find(struct symidx *index, const char *name, uint64_t *value_ret)
{
	return find(index, name, false, value_ret);
}

bool symidx_find_object(struct symidx *index, const char *name, uint64_t *value_ret)
{
	return find(index, name, true, value_ret);
}

/* --- by address ------------------------------------------------------------------- */

static int address_compare(const void *a, const void *b)
{
	const struct by_address *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static uint8_t preference(const GElf_Sym *sym)
{
	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_GLOBAL:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return 2;
	}
}

/* The sections were checked when the names were read. Functions written in assembler may
 * have no size: they end where the next one begins. */
static void addresses_make(struct symidx *index)
{
	GElf_Shdr shdr = { 0 };
	Elf_Scn *scn = symbol_section(index->elf, &shdr);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	Elf_Data *strings = scn ? elf_getdata(elf_getscn(index->elf, shdr.sh_link), NULL) : NULL;
	size_t n = data && strings ? data->d_size / sizeof(Elf64_Sym) : 0;

	index->sorted = mem_calloc(index->n_functions + 1, sizeof(index->sorted[0]));
	for (size_t i = 0; i < n && index->n_sorted < index->n_functions; i++) {
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF ||
		    sym.st_name >= strings->d_size || GELF_ST_TYPE(sym.st_info) != STT_FUNC)
			continue;
		index->sorted[index->n_sorted++] = (struct by_address){
			.low = sym.st_value,
			.high = sym.st_value + sym.st_size,
			.name = (const char *)strings->d_buf + sym.st_name,
			.place = (uint32_t)i,
			.preference = preference(&sym),
		};
	}
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

	make_once(index, &index->is_sorted, addresses_make);
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

/* --- the file as a whole ---------------------------------------------------------- */

size_t symidx_symbols(const struct symidx *index)
{
	return index->n_symbols;
}

bool symidx_function_at(const struct symidx *index, size_t i, uint64_t *value_ret)
{
	*value_ret = index->symbols[i].value;
	return !index->symbols[i].object;
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

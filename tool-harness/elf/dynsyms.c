/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading the dynamic section and what it points to. Invariant: nothing is looked at that does not lie within the
 * file's bytes, whatever the file says.
 */
#include "elf/dynsyms.h"

#include <string.h>

#include "elf/bytes.h"
#include "lib/mem.h"

#define VERSION_HIDDEN 0x8000u
#define VERSIONS_MAX 0x8000u
#define GNU_HEADER 4u  /* words before the Bloom filter of DT_GNU_HASH: buckets, first symbol, filter, shift */
#define HASH_HEADER 2u /* before the buckets of DT_HASH: buckets, chains */

struct image {
	const uint8_t *bytes;
	size_t len;
	uint64_t phdrs;
	size_t n_phdrs;
};

/* What the dynamic section says; addresses, 0 where it says nothing. */
struct dynamic {
	uint64_t symtab, strtab, strsz, hash, gnu_hash, versym, verdef, n_verdef;
};

static bool phdr_at(const struct image *image, size_t i, Elf64_Phdr *ret)
{
	if (!bytes_within(image->len, image->phdrs, (i + 1) * sizeof(*ret)))
		return false;
	memcpy(ret, image->bytes + image->phdrs + i * sizeof(*ret), sizeof(*ret));
	return true;
}

/* What the file has at an address, `least` bytes at least; all there are in len_ret. */
static const uint8_t *at_address(const struct image *image, uint64_t addr, uint64_t least, uint64_t *len_ret)
{
	Elf64_Phdr phdr;

	for (size_t i = 0; i < image->n_phdrs && phdr_at(image, i, &phdr); i++) {
		uint64_t in = addr - phdr.p_vaddr, rest;

		if (phdr.p_type != PT_LOAD || addr < phdr.p_vaddr || in >= phdr.p_filesz)
			continue;
		rest = phdr.p_filesz - in;
		if (phdr.p_offset > image->len || in > image->len - phdr.p_offset)
			return NULL;
		if (rest > image->len - phdr.p_offset - in)
			rest = image->len - phdr.p_offset - in;
		*len_ret = rest;
		return rest >= least ? image->bytes + phdr.p_offset + in : NULL;
	}
	return NULL;
}

static bool read_dynamic(const struct image *image, struct dynamic *ret)
{
	Elf64_Phdr phdr;
	Elf64_Dyn entry;

	for (size_t i = 0; i < image->n_phdrs && phdr_at(image, i, &phdr); i++) {
		if (phdr.p_type != PT_DYNAMIC || !bytes_within(image->len, phdr.p_offset, phdr.p_filesz))
			continue;
		for (uint64_t at = 0; at + sizeof(entry) <= phdr.p_filesz; at += sizeof(entry)) {
			memcpy(&entry, image->bytes + phdr.p_offset + at, sizeof(entry));
			switch (entry.d_tag) {
			case DT_NULL: return true;
			case DT_SYMTAB: ret->symtab = entry.d_un.d_ptr; break;
			case DT_STRTAB: ret->strtab = entry.d_un.d_ptr; break;
			case DT_STRSZ: ret->strsz = entry.d_un.d_val; break;
			case DT_HASH: ret->hash = entry.d_un.d_ptr; break;
			case DT_GNU_HASH: ret->gnu_hash = entry.d_un.d_ptr; break;
			case DT_VERSYM: ret->versym = entry.d_un.d_ptr; break;
			case DT_VERDEF: ret->verdef = entry.d_un.d_ptr; break;
			case DT_VERDEFNUM: ret->n_verdef = entry.d_un.d_val; break;
			default: break;
			}
		}
		return true;
	}
	return false;
}

static uint32_t word(const uint8_t *bytes, uint64_t i)
{
	uint32_t value;

	memcpy(&value, bytes + i * sizeof(value), sizeof(value));
	return value;
}

/* The table has no length of its own: the chains of DT_GNU_HASH end with its last symbol. */
static uint64_t count_gnu(const struct image *image, uint64_t addr)
{
	uint64_t len, n_words, chains, last = 0;
	const uint8_t *hash = at_address(image, addr, 16, &len);
	uint32_t n_buckets, first, n_bloom;

	if (!hash)
		return 0;
	n_buckets = word(hash, 0);
	first = word(hash, 1);
	n_bloom = word(hash, 2);
	n_words = len / sizeof(uint32_t);
	chains = 4 + 2 * (uint64_t)n_bloom + n_buckets;
	if (chains > n_words)
		return 0;
	for (uint64_t i = 0; i < n_buckets; i++)
		if (word(hash, 4 + 2 * (uint64_t)n_bloom + i) > last)
			last = word(hash, 4 + 2 * (uint64_t)n_bloom + i);
	if (last < first)
		return first; /* nothing is defined; those before it are not */
	for (uint64_t i = last; chains + (i - first) < n_words; i++)
		if (word(hash, chains + (i - first)) & 1)
			return i + 1;
	return 0;
}

static uint64_t count_symbols(const struct image *image, const struct dynamic *dynamic)
{
	uint64_t len;
	const uint8_t *hash = dynamic->hash ? at_address(image, dynamic->hash, 8, &len) : NULL;

	if (hash)
		return word(hash, 1); /* nchain */
	return dynamic->gnu_hash ? count_gnu(image, dynamic->gnu_hash) : 0;
}

static const char *string_at(const struct dynsyms *dynsyms, uint64_t offset)
{
	return offset < dynsyms->n_strings ? dynsyms->strings + offset : NULL;
}

/* Names of the versions that the file defines; those that it needs are of symbols that it does not have. */
static void read_versions(const struct image *image, const struct dynamic *dynamic, struct dynsyms *ret)
{
	uint64_t len, at = 0;
	const uint8_t *bytes = dynamic->verdef ? at_address(image, dynamic->verdef, sizeof(Elf64_Verdef), &len) : NULL;

	for (uint64_t i = 0; bytes && i < dynamic->n_verdef && i < VERSIONS_MAX; i++) {
		Elf64_Verdef def;
		Elf64_Verdaux aux;

		if (at > len || len - at < sizeof(def))
			return;
		memcpy(&def, bytes + at, sizeof(def));
		if (def.vd_aux > len - at || len - at - def.vd_aux < sizeof(aux))
			return;
		memcpy(&aux, bytes + at + def.vd_aux, sizeof(aux));
		def.vd_ndx &= (uint16_t)~VERSION_HIDDEN;
		if (!(def.vd_flags & VER_FLG_BASE)) {
			if (def.vd_ndx >= ret->n_names) {
				size_t n = def.vd_ndx + 1u;

				ret->names = mem_realloc(ret->names, n, sizeof(ret->names[0]));
				memset(ret->names + ret->n_names, 0, (n - ret->n_names) * sizeof(ret->names[0]));
				ret->n_names = n;
			}
			ret->names[def.vd_ndx] = string_at(ret, aux.vda_name);
		}
		if (!def.vd_next)
			return;
		at += def.vd_next;
	}
}

bool dynsyms_find(const void *bytes, size_t len, struct dynsyms *ret, const char **why_ret)
{
	struct image image = { .bytes = bytes, .len = len };
	struct dynsyms dynsyms = { 0 };
	struct dynamic dynamic = { 0 };
	Elf64_Ehdr ehdr;
	uint64_t rest;

	*ret = dynsyms;
	if (len < sizeof(ehdr))
		return true;
	memcpy(&ehdr, bytes, sizeof(ehdr));
	if (ehdr.e_phentsize != sizeof(Elf64_Phdr))
		return true;
	image.phdrs = ehdr.e_phoff;
	image.n_phdrs = ehdr.e_phnum;
	if (!read_dynamic(&image, &dynamic) || !dynamic.symtab)
		return true;
	dynsyms.n = count_symbols(&image, &dynamic);
	if (!dynsyms.n) {
		*why_ret = "its dynamic symbols have no hash table that tells how many there are";
		return false;
	}
	dynsyms.strings = (const char *)at_address(&image, dynamic.strtab, dynamic.strsz, &rest);
	dynsyms.n_strings = dynamic.strsz;
	if (!dynsyms.strings || !dynsyms.n_strings || dynsyms.strings[dynsyms.n_strings - 1]) {
		*why_ret = "the names of its dynamic symbols are not in the file, or do not end";
		return false;
	}
	dynsyms.symbols = dynsyms.n > len / sizeof(Elf64_Sym) ? NULL :
			  at_address(&image, dynamic.symtab, dynsyms.n * sizeof(Elf64_Sym), &rest);
	if (!dynsyms.symbols) {
		*why_ret = "its dynamic symbols are not in the file";
		return false;
	}
	if (dynamic.gnu_hash)
		dynsyms.gnu_hash = at_address(&image, dynamic.gnu_hash, GNU_HEADER * sizeof(uint32_t), &rest);
	dynsyms.n_gnu_hash = dynsyms.gnu_hash ? rest / sizeof(uint32_t) : 0;
	if (dynamic.hash)
		dynsyms.hash = at_address(&image, dynamic.hash, HASH_HEADER * sizeof(uint32_t), &rest);
	dynsyms.n_hash = dynsyms.hash ? rest / sizeof(uint32_t) : 0;
	if (dynamic.versym)
		dynsyms.versions = at_address(&image, dynamic.versym, dynsyms.n * sizeof(Elf64_Half), &rest);
	if (dynsyms.versions)
		read_versions(&image, &dynamic, &dynsyms);
	*ret = dynsyms;
	return true;
}

void dynsyms_deinit(struct dynsyms *dynsyms)
{
	free(dynsyms->names);
	*dynsyms = (struct dynsyms){ 0 };
}

/* --- by name ---------------------------------------------------------------------- */

bool dynsyms_has_hash(const struct dynsyms *dynsyms)
{
	return dynsyms->gnu_hash || dynsyms->hash;
}

/* The hash function of DT_GNU_HASH (Bernstein's), and that of DT_HASH (System V gABI, "Hash Table"). */
uint32_t dynsyms_gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (uint8_t)*name;
	return hash;
}

static uint32_t sysv_hash(const char *name)
{
	uint32_t hash = 0;

	for (; *name; name++) {
		uint32_t high;

		hash = (hash << 4) + (uint8_t)*name;
		high = hash & 0xf0000000u;
		hash = (hash ^ high >> 24) & ~high;
	}
	return hash;
}

/* A word of a table, 0 where there is none: a chain that leaves the file ends. */
static uint32_t table_word(const uint8_t *table, uint64_t n_words, uint64_t i)
{
	return i < n_words ? word(table, i) : 0;
}

/* The Bloom filter knows most names that are not there, without a look at a bucket. */
static bool gnu_may_have(const struct dynsyms *d, uint32_t hash)
{
	uint32_t n_bloom = word(d->gnu_hash, 2), shift = word(d->gnu_hash, 3) & 31;
	uint64_t at, bits;

	if (!n_bloom)
		return false;
	at = GNU_HEADER + 2 * (uint64_t)(hash / 64 % n_bloom);
	bits = table_word(d->gnu_hash, d->n_gnu_hash, at) |
	       (uint64_t)table_word(d->gnu_hash, d->n_gnu_hash, at + 1) << 32;
	return bits >> hash % 64 & bits >> (hash >> shift) % 64 & 1;
}

static void gnu_begin(const struct dynsyms *d, struct dynsyms_search *search)
{
	uint32_t n_buckets = word(d->gnu_hash, 0), first = word(d->gnu_hash, 1);
	uint64_t buckets = GNU_HEADER + 2 * (uint64_t)word(d->gnu_hash, 2);

	search->hash = dynsyms_gnu_hash(search->name);
	if (!n_buckets || !gnu_may_have(d, search->hash))
		return;
	search->at = table_word(d->gnu_hash, d->n_gnu_hash, buckets + search->hash % n_buckets);
	search->left = search->at && search->at >= first && search->at < d->n ? d->n - search->at : 0;
}

/* False if the symbol has another hash. Goes on to the next of the chain, whose end is told by the lowest bit. */
static bool gnu_step(const struct dynsyms *d, struct dynsyms_search *search)
{
	uint64_t chains = GNU_HEADER + 2 * (uint64_t)word(d->gnu_hash, 2) + word(d->gnu_hash, 0);
	uint64_t at = chains + search->at++ - word(d->gnu_hash, 1);
	uint32_t hash = table_word(d->gnu_hash, d->n_gnu_hash, at);

	search->left = at < d->n_gnu_hash && !(hash & 1) ? search->left - 1 : 0;
	return at < d->n_gnu_hash && (hash | 1) == (search->hash | 1);
}

static void sysv_begin(const struct dynsyms *d, struct dynsyms_search *search)
{
	uint32_t n_buckets = word(d->hash, 0);

	search->hash = sysv_hash(search->name);
	if (!n_buckets)
		return;
	search->at = table_word(d->hash, d->n_hash, HASH_HEADER + search->hash % n_buckets);
	search->left = search->at && search->at < d->n ? d->n : 0; /* a chain is in no order */
}

static void sysv_step(const struct dynsyms *d, struct dynsyms_search *search)
{
	search->at = table_word(d->hash, d->n_hash, HASH_HEADER + word(d->hash, 0) + search->at);
	search->left = search->at && search->at < d->n ? search->left - 1 : 0;
}

static bool has_name(const struct dynsyms *dynsyms, size_t i, const char *name)
{
	Elf64_Sym sym;

	memcpy(&sym, dynsyms->symbols + i * sizeof(sym), sizeof(sym));
	return sym.st_name < dynsyms->n_strings && !strcmp(dynsyms->strings + sym.st_name, name);
}

bool dynsyms_next(const struct dynsyms *dynsyms, struct dynsyms_search *search, size_t *ret)
{
	if (!search->begun) {
		search->begun = true;
		if (dynsyms->gnu_hash)
			gnu_begin(dynsyms, search);
		else if (dynsyms->hash)
			sysv_begin(dynsyms, search);
	}
	while (search->left) {
		size_t i = search->at;
		bool may_be = true;

		if (dynsyms->gnu_hash)
			may_be = gnu_step(dynsyms, search);
		else
			sysv_step(dynsyms, search);
		if (!may_be || !has_name(dynsyms, i, search->name))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

const char *dynsyms_version(const struct dynsyms *dynsyms, size_t i, bool *default_ret)
{
	Elf64_Half version;

	*default_ret = false;
	if (!dynsyms->versions)
		return NULL;
	memcpy(&version, dynsyms->versions + i * sizeof(version), sizeof(version));
	if ((version & ~VERSION_HIDDEN) >= dynsyms->n_names)
		return NULL;
	*default_ret = !(version & VERSION_HIDDEN);
	return dynsyms->names[version & ~VERSION_HIDDEN];
}

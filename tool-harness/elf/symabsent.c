/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads of a file what tells that names are not in it: its first bytes, the section headers, bits of the Bloom filter,
 * the local symbols and their names. Whatever is unusual is left to symidx.c, which reads all.
 *
 * Invariant: "absent" is said only where symidx_places would find no place; symhashed.c says why the two parts are all.
 */
#include "elf/symabsent.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

#include "elf/bytes.h"
#include "elf/debugdata.h"
#include "elf/dynsyms.h"
#include "elf/symtab.h"
#include "lib/mem.h"

#define HEAD_BYTES 12288u /* header, program headers, and the Bloom filter of some thousand symbols */
#define SECTIONS_MAX 96u
#define LOCALS_MAX 512u
#define NAMES_BYTES 1024u
#define NAME_LEAST 128u   /* of a name, if the strings have so much */
#define COMPARES_MAX 16384u
#define GNU_HEADER 4u
#define CHAIN_WORDS 32u

struct file {
	int fd;
	uint64_t bytes_read;
	uint8_t head[HEAD_BYTES];
	size_t n_head;
	Elf64_Ehdr ehdr;
	Elf64_Shdr sections[SECTIONS_MAX];
	const Elf64_Shdr *symtab, *dynsym, *gnu_hash; /* NULL: there is none */
};

struct wanted *wanted_create(char *const *names, size_t n)
{
	struct wanted *wanted = mem_calloc(n + 1, sizeof(wanted[0]));

	for (size_t i = 0; i < n; i++) {
		wanted[i].name = mem_strndup(names[i], strcspn(names[i], "@"));
		wanted[i].hash = dynsyms_gnu_hash(wanted[i].name);
	}
	return wanted;
}

void wanted_destroy(struct wanted *wanted, size_t n)
{
	for (size_t i = 0; wanted && i < n; i++)
		free(wanted[i].name);
	free(wanted);
}

/* False if the file does not have so much. */
static bool read_at(struct file *file, void *buf, size_t len, uint64_t offset)
{
	if (bytes_within(file->n_head, offset, len)) {
		memcpy(buf, file->head + offset, len);
		return true;
	}
	file->bytes_read += len;
	return offset < INT64_MAX && pread(file->fd, buf, len, (off_t)offset) == (ssize_t)len;
}

/* Also if it cannot be told. */
static bool has_debugdata(struct file *file)
{
	char name[sizeof(DEBUGDATA_SECTION)];

	const Elf64_Shdr *names = &file->sections[file->ehdr.e_shstrndx];

	if (file->ehdr.e_shstrndx >= file->ehdr.e_shnum)
		return true;
	for (size_t i = 0; i < file->ehdr.e_shnum; i++)
		if (debugdata_may_be(&file->sections[i]) &&
		    (!read_at(file, name, sizeof(name), names->sh_offset + file->sections[i].sh_name) ||
		     !memcmp(name, DEBUGDATA_SECTION, sizeof(name))))
			return true;
	return false;
}

static bool read_headers(struct file *file)
{
	ssize_t n = pread(file->fd, file->head, sizeof(file->head), 0);

	if (n < (ssize_t)sizeof(file->ehdr) || memcmp(file->head, ELFMAG, SELFMAG))
		return false;
	file->n_head = (size_t)n;
	file->bytes_read += (uint64_t)n;
	memcpy(&file->ehdr, file->head, sizeof(file->ehdr));
	if (file->ehdr.e_machine != EM_X86_64 || file->ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    file->ehdr.e_phentsize != sizeof(Elf64_Phdr) || file->ehdr.e_shentsize != sizeof(Elf64_Shdr) ||
	    !file->ehdr.e_shnum || file->ehdr.e_shnum > SECTIONS_MAX ||
	    !read_at(file, file->sections, file->ehdr.e_shnum * sizeof(file->sections[0]), file->ehdr.e_shoff))
		return false;
	for (size_t i = 0; i < file->ehdr.e_shnum; i++) {
		const Elf64_Shdr *section = &file->sections[i];

		if (section->sh_type == SHT_SYMTAB && !file->symtab)
			file->symtab = section;
		if (section->sh_type == SHT_DYNSYM)
			file->dynsym = section;
		if (section->sh_type == SHT_GNU_HASH)
			file->gnu_hash = section;
	}
	return file->gnu_hash && file->dynsym && (file->symtab || !has_debugdata(file));
}

static bool read_extent(const struct file *file, uint64_t *low_ret, uint64_t *high_ret)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t i = 0; i < file->ehdr.e_phnum; i++) {
		uint64_t at = file->ehdr.e_phoff + i * sizeof(Elf64_Phdr);
		Elf64_Phdr phdr;

		if (!bytes_within(file->n_head, at, sizeof(phdr)))
			return false;
		memcpy(&phdr, file->head + at, sizeof(phdr));
		extent_add(&phdr, &low, &high);
	}
	*low_ret = low;
	*high_ret = high;
	return low < high;
}

/* --- exported names --------------------------------------------------------------- */

struct hash_table {
	uint64_t bloom, buckets, chains; /* in the file */
	uint32_t n_buckets, first, n_bloom, shift;
};

static bool read_hash_table(struct file *file, struct hash_table *ret)
{
	uint32_t header[GNU_HEADER];
	uint64_t at = file->gnu_hash->sh_offset;

	if (!read_at(file, header, sizeof(header), at) || !header[0] || !header[2])
		return false;
	*ret = (struct hash_table){ .n_buckets = header[0], .first = header[1], .n_bloom = header[2],
				    .shift = header[3] & 31, .bloom = at + sizeof(header) };
	ret->buckets = ret->bloom + 8 * (uint64_t)ret->n_bloom;
	ret->chains = ret->buckets + 4 * (uint64_t)ret->n_buckets;
	return true;
}

/* No symbol of the name's hash is in its chain. */
static bool not_in_chain(struct file *file, const struct hash_table *table, uint32_t hash)
{
	uint32_t symbol, chain[CHAIN_WORDS];
	uint64_t end = file->gnu_hash->sh_offset + file->gnu_hash->sh_size, at;

	if (!read_at(file, &symbol, sizeof(symbol), table->buckets + 4 * (uint64_t)(hash % table->n_buckets)))
		return false;
	if (!symbol)
		return true;
	at = table->chains + 4 * ((uint64_t)symbol - table->first);
	if (symbol < table->first || at >= end)
		return false;
	memset(chain, 0, sizeof(chain));
	if (!read_at(file, chain, end - at < sizeof(chain) ? end - at : sizeof(chain), at))
		return false;
	for (size_t i = 0; i < CHAIN_WORDS && at + 4 * i < end; i++) {
		if ((chain[i] | 1) == (hash | 1))
			return false;
		if (chain[i] & 1)
			return true;
	}
	return false;
}

static bool none_exported(struct file *file, const struct wanted *wanted, size_t n)
{
	struct hash_table table;

	if (!read_hash_table(file, &table))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint32_t hash = wanted[i].hash;
		uint64_t bits;

		if (!read_at(file, &bits, sizeof(bits), table.bloom + 8 * (uint64_t)(hash / 64 % table.n_bloom)))
			return false;
		if (bits >> hash % 64 & bits >> (hash >> table.shift) % 64 & 1 && !not_in_chain(file, &table, hash))
			return false;
	}
	return true;
}

/* --- local names ------------------------------------------------------------------ */

/* Whether a name may be one of them: its first `len` bytes are known, with its end or without. */
static bool may_be_one_of(const char *name, size_t len, const struct wanted *wanted, size_t n)
{
	size_t known = strnlen(name, len);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(wanted[i].name, name, known) && (known == len || !wanted[i].name[known]))
			return true;
	return known < len && memchr(name, '@', known); /* with a version, which is no local function's */
}

/* What .symtab has is what a library has: with few enough local symbols to look through. */
static bool symtab_is_plain(const struct file *file)
{
	const Elf64_Shdr *symtab = file->symtab;

	return symtab->sh_link < file->ehdr.e_shnum && symtab->sh_info <= LOCALS_MAX &&
	       symtab_is_of_library(symtab, &file->sections[symtab->sh_link], file->dynsym);
}

static bool is_local(const Elf64_Sym *sym)
{
	return ELF64_ST_BIND(sym->st_info) == STB_LOCAL;
}

static bool is_function(const Elf64_Sym *sym)
{
	int type = ELF64_ST_TYPE(sym->st_info);

	return sym->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC);
}

/* Names of local symbols stand together mostly, as linkers write them first: a read has several of them. */
struct names {
	uint64_t begin, end; /* offsets among the strings */
	char bytes[NAMES_BYTES];
};

static bool names_have(struct file *file, struct names *names, const Elf64_Shdr *strings, uint64_t at)
{
	if (at >= names->begin && at < names->end && names->end - at >= NAME_LEAST)
		return true;
	if (at >= strings->sh_size)
		return false;
	names->begin = at;
	names->end = strings->sh_size - at < NAMES_BYTES ? strings->sh_size : at + NAMES_BYTES;
	return read_at(file, names->bytes, names->end - at, strings->sh_offset + at);
}

static bool none_local(struct file *file, const struct wanted *wanted, size_t n, struct symwork *work)
{
	const Elf64_Shdr *strings = &file->sections[file->symtab->sh_link];
	size_t n_locals = file->symtab->sh_info, n_all = file->symtab->sh_size / sizeof(Elf64_Sym);
	Elf64_Sym symbols[LOCALS_MAX + 1];
	struct names names;

	names.begin = names.end = 0;
	/* With the one behind them, which shows that they are all. */
	if (n_locals * n > COMPARES_MAX ||
	    !read_at(file, symbols, (n_locals + (n_all > n_locals)) * sizeof(symbols[0]), file->symtab->sh_offset) ||
	    !is_local(&symbols[n_locals - 1]) || (n_all > n_locals && is_local(&symbols[n_locals])))
		return false;
	for (size_t i = 0; i < n_locals; i++) {
		uint64_t at = symbols[i].st_name;

		if (!is_function(&symbols[i]))
			continue;
		if (!names_have(file, &names, strings, at) ||
		    may_be_one_of(names.bytes + (at - names.begin), names.end - at, wanted, n))
			return false;
		work->symbols_read++;
	}
	return true;
}

bool symabsent(int fd, const struct wanted *wanted, size_t n, uint64_t *low_ret, uint64_t *high_ret,
	       struct symwork *work)
{
	struct symwork own = { .libraries_hashed = 1, .names_hashed = n };
	struct file file;

	file.fd = fd;
	file.bytes_read = file.n_head = 0;
	file.symtab = file.dynsym = file.gnu_hash = NULL;
	if (!read_headers(&file) || !none_exported(&file, wanted, n) ||
	    (file.symtab && (!symtab_is_plain(&file) || !none_local(&file, wanted, n, &own))) ||
	    !read_extent(&file, low_ret, high_ret))
		return false;
	own.file_bytes_read = file.bytes_read;
	symwork_add(work, &own);
	return true;
}

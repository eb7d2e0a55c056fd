/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Symbol index of one ELF file: the file is mapped and stays so, names are not copied, and each part is
 * read when it is first asked for. Searching is symnames.c's and symaddress.c's. Does not read DWARF.
 * Invariant: every name in it ends inside its string table.
 */
#include "elf/internal.h"

#include <errno.h>
#include <gelf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf/bytes.h"
#include "elf/debugdata.h"
#include "lib/mem.h"

/* --- the parts -------------------------------------------------------------------- */

const char *symidx_name(struct symidx *index, const struct symtab_symbol *symbol)
{
	if (!symbol->name[symbol->name_len])
		return symbol->name;
	mem_grow(index->names, index->n_names, index->cap_names);
	return index->names[index->n_names++] = mem_strndup(symbol->name, symbol->name_len);
}

void symnames_add(struct symidx *index, struct symnames *names, const struct symtab_symbol *symbol)
{
	names->symbols[names->n++] = (struct symbol){
		.name = symidx_name(index, symbol),
		.version = symbol->version,
		.value = symbol->value,
		.kind = (uint8_t)symbol->kind,
		.is_default = symbol->is_default,
		.preference = symbol->preference,
	};
}

static void symnames_deinit(struct symnames *names)
{
	free(names->symbols);
	free(names->buckets);
}

/* What is packed in a file without .symtab. */
static void read_debugdata(struct symidx *index)
{
	size_t len;

	if (!debugdata_read(index->elf, &index->unpacked, &len))
		index->lack = mem_strdup("its " DEBUGDATA_SECTION " cannot be unpacked");
	else if (index->unpacked)
		index->debugdata = elf_memory((char *)index->unpacked, len);
	if (index->unpacked && !index->debugdata)
		index->lack = mem_printf("its " DEBUGDATA_SECTION " cannot be read: %s", elf_errmsg(-1));
}

void symidx_read_table(struct symidx *index)
{
	struct symtab_symbol symbol;
	struct symtab symtab;

	elf_version(EV_CURRENT);
	index->elf = elf_memory((char *)index->bytes, index->len);
	if (!index->elf) {
		index->lack = mem_printf("its sections cannot be read: %s", elf_errmsg(-1));
		return;
	}
	read_debugdata(index);
	symtab_open(index->elf, index->debugdata, &symtab);
	index->all.symbols = mem_calloc(symtab_count(&symtab) + 1, sizeof(index->all.symbols[0]));
	while (symtab_next(&symtab, &symbol)) {
		symnames_add(index, &index->all, &symbol);
		index->n_functions += symbol.kind != SYMBOL_DATA;
	}
	index->n_symbols = index->all.n;
	index->work.libraries_parsed++;
	index->work.symbols_read += index->n_symbols;
	index->work.file_bytes_read += symtab_bytes(&symtab);
	if (symtab.lack && !index->lack)
		index->lack = mem_strdup(symtab.lack);
	symtab_close(&symtab);
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

void symidx_read(struct symidx *index)
{
	symidx_make_once(index, &index->is_read, symidx_read_whole);
}

struct symwork symidx_work(struct symidx *index)
{
	struct symwork work;

	pthread_mutex_lock(&index->lock);
	work = index->work;
	work.names_hashed = __atomic_load_n(&index->work.names_hashed, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&index->lock);
	return work;
}

/* --- opening ---------------------------------------------------------------------- */

static void read_extent(struct symidx *index, const Elf64_Ehdr *ehdr)
{
	index->low = UINT64_MAX;
	for (size_t i = 0; i < ehdr->e_phnum && ehdr->e_phentsize == sizeof(Elf64_Phdr); i++) {
		uint64_t at = ehdr->e_phoff + i * sizeof(Elf64_Phdr);
		Elf64_Phdr phdr;

		if (!bytes_within(index->len, at, sizeof(phdr)))
			break;
		memcpy(&phdr, index->bytes + at, sizeof(phdr));
		extent_add(&phdr, &index->low, &index->high);
	}
	if (index->low > index->high)
		index->low = index->high = 0;
}

static struct err *check_header(struct symidx *index)
{
	Elf64_Ehdr ehdr;

	if (index->len < sizeof(ehdr) || memcmp(index->bytes, ELFMAG, SELFMAG))
		return err_new("'%s' is not an ELF file", index->path);
	memcpy(&ehdr, index->bytes, sizeof(ehdr));
	if (ehdr.e_machine != EM_X86_64 || ehdr.e_ident[EI_CLASS] != ELFCLASS64)
		return err_new("'%s' is not an x86-64 ELF file", index->path);
	read_extent(index, &ehdr);
	return NULL;
}

static struct err *map_file(struct symidx *index, int fd)
{
	struct stat st;
	void *bytes;

	if (fstat(fd, &st))
		return err_errno(errno, "cannot read '%s'", index->path);
	if (S_ISREG(st.st_mode) && !st.st_size)
		return err_new("'%s' is not an ELF file", index->path);
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return err_errno(errno, "cannot read '%s'", index->path);
	index->bytes = bytes;
	index->len = (size_t)st.st_size;
	return NULL;
}

struct err *symidx_open(int fd, const char *path, struct symstore *store, struct symidx **ret)
{
	struct symidx *index = mem_alloc(sizeof(*index));
	struct err *err;

	pthread_mutex_init(&index->lock, NULL);
	index->path = mem_strdup(path);
	index->store = store;
	err = map_file(index, fd);
	close(fd);
	if (!err)
		err = check_header(index);
	if (err) {
		symidx_destroy(index);
		return err;
	}
	*ret = index;
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
	elf_end(index->debugdata);
	free(index->unpacked);
	dynsyms_deinit(&index->exported);
	for (size_t i = 0; i < index->n_names; i++)
		free(index->names[i]);
	free(index->names);
	free(index->lack);
	symnames_deinit(&index->all);
	symnames_deinit(&index->locals);
	free(index->sorted);
	stored_deinit(&index->stored);
	if (index->bytes)
		munmap(index->bytes, index->len);
	free(index->path);
	free(index);
}

/* --- the file as a whole ---------------------------------------------------------- */

size_t symidx_symbols(struct symidx *index)
{
	symidx_read(index);
	return index->n_symbols;
}

bool symidx_function_at(struct symidx *index, size_t i, uint64_t *value_ret)
{
	const struct symfile_entry *entry;

	symidx_read(index);
	entry = index->stored.bytes ? &index->stored.file.entries[i] : NULL;
	*value_ret = entry ? entry->value : index->all.symbols[i].value;
	return (entry ? entry->kind : index->all.symbols[i].kind) != SYMBOL_DATA;
}

const char *symidx_lack(const struct symidx *index)
{
	return __atomic_load_n(&index->is_read, __ATOMIC_ACQUIRE) ? index->lack : NULL;
}

size_t symidx_count(struct symidx *index)
{
	symidx_read(index);
	return index->n_functions;
}

void symidx_extent(const struct symidx *index, uint64_t *low_ret, uint64_t *high_ret)
{
	*low_ret = index->low;
	*high_ret = index->high;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects of a footprint and their sums. Where objects come from is footprint_find's
 * business, how they are shown footprint_text's. Invariant: sums are exact, in bytes.
 */
#include "gen/footprint/footprint.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"

const char *const footprint_column_names[FOOTPRINT_N_COLUMNS] = {
	"text", "data", "debug", "symbol table", "string table",
};
const char *const footprint_kind_names[] = { "module", "utility", "program", NULL };

/* .build-id/ab/cdef.debug, as GDB and debuginfod agree on. */
static char *debug_path(const struct elf_sizes *sizes, const char *debug_dir)
{
	_cleanup_strbuf_ struct strbuf path = STRBUF_INIT;

	if (!debug_dir || sizes->n_build_id < 2)
		return NULL;
	strbuf_printf(&path, "%s/.build-id/%02x/", debug_dir, sizes->build_id[0]);
	for (size_t i = 1; i < sizes->n_build_id; i++)
		strbuf_printf(&path, "%02x", sizes->build_id[i]);
	strbuf_puts(&path, ".debug");
	return strbuf_steal(&path);
}

/* A separate file repeats the headers of its library but only these sections' bytes; a
 * file that is damaged is as good as none. */
static void add_separate(const struct elf_sizes *sizes, const char *debug_dir, struct footprint_object *object,
			 uint64_t *n_separate)
{
	static const enum elf_part parts[] = { ELF_DEBUG, ELF_SYMTAB, ELF_STRTAB };
	_cleanup_free_ char *path = debug_path(sizes, debug_dir);
	struct elf_sizes separate;
	struct err *err;

	if (!path || !fs_exists(path))
		return;
	err = elf_sizes_read(path, &separate);
	if (err) {
		err_free(err);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i] != ELF_DEBUG && sizes->bytes[parts[i]])
			continue;
		object->bytes[parts[i]] += separate.bytes[parts[i]];
		object->separate_bytes += separate.bytes[parts[i]];
	}
	++*n_separate;
	elf_sizes_deinit(&separate);
}

void footprint_add_sizes(struct footprint *footprint, const char *path, const struct elf_sizes *sizes,
			 enum footprint_kind kind, const char *debug_dir)
{
	struct footprint_object *object;

	mem_grow(footprint->objects, footprint->n_objects, footprint->cap_objects);
	object = &footprint->objects[footprint->n_objects++];
	*object = (struct footprint_object){
		.path = mem_strdup(path),
		.kind = kind,
		.count = 1,
		.file_bytes = sizes->file_bytes,
	};
	memcpy(object->bytes, sizes->bytes, sizeof(object->bytes));
	add_separate(sizes, debug_dir, object, &footprint->n_separate);
}

struct err *footprint_add(struct footprint *footprint, const char *path, enum footprint_kind kind,
			  const char *debug_dir)
{
	struct elf_sizes sizes;
	struct err *err = elf_sizes_read(path, &sizes);

	if (err)
		return err;
	footprint_add_sizes(footprint, path, &sizes, kind, debug_dir);
	elf_sizes_deinit(&sizes);
	return NULL;
}

static void add_to(struct footprint_object *sum, const struct footprint_object *object)
{
	sum->count += object->count;
	sum->file_bytes += object->file_bytes;
	sum->separate_bytes += object->separate_bytes;
	for (size_t i = 0; i < ELF_N_PARTS; i++)
		sum->bytes[i] += object->bytes[i];
}

struct footprint_object footprint_sum(const struct footprint *footprint, enum footprint_kind kind)
{
	struct footprint_object sum = { .kind = kind };

	for (size_t i = 0; i < footprint->n_objects; i++)
		if (footprint->objects[i].kind == kind)
			add_to(&sum, &footprint->objects[i]);
	return sum;
}

struct footprint_object footprint_libraries(const struct footprint *footprint)
{
	struct footprint_object sum = footprint_sum(footprint, FOOTPRINT_MODULE);
	struct footprint_object utilities = footprint_sum(footprint, FOOTPRINT_UTILITY);

	add_to(&sum, &utilities);
	return sum;
}

uint64_t footprint_column(const struct footprint_object *object, enum footprint_column column)
{
	static const struct {
		enum elf_part part, other;
	} parts[FOOTPRINT_N_COLUMNS] = {
		[COLUMN_TEXT] = { ELF_TEXT, ELF_N_PARTS },
		[COLUMN_DATA] = { ELF_DATA, ELF_N_PARTS },
		[COLUMN_DEBUG] = { ELF_DEBUG, ELF_N_PARTS },
		[COLUMN_SYMTAB] = { ELF_SYMTAB, ELF_DYNSYM },
		[COLUMN_STRTAB] = { ELF_STRTAB, ELF_DYNSTR },
	};
	uint64_t other = parts[column].other == ELF_N_PARTS ? 0 : object->bytes[parts[column].other];

	return object->bytes[parts[column].part] + other;
}

uint64_t footprint_total(const struct footprint_object *object)
{
	uint64_t total = 0;

	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++)
		total += footprint_column(object, i);
	return total;
}

void footprint_deinit(struct footprint *footprint)
{
	for (size_t i = 0; i < footprint->n_objects; i++)
		free(footprint->objects[i].path);
	free(footprint->objects);
	free(footprint->what);
	*footprint = (struct footprint){ 0 };
}

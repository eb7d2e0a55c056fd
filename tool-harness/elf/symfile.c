/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making and checking the bytes of index files. A lookup is a binary search: of a library's
 * names a few are touched. Invariant: in a symfile that was parsed every name that an entry refers to ends
 * inside of the names, whatever the file says.
 */
#include "elf/symfile.h"

#include <stddef.h>
#include <string.h>

#include "lib/mem.h"

#define CHECKED_FROM (offsetof(struct symfile_header, checksum) + sizeof(uint64_t))
#define LANES 4

static const char magic[8] = "ASYMIDX\n";

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/* Four lanes of words: all of a warm tool's indices are summed up at each start. */
static uint64_t checksum(const uint8_t *p, size_t len)
{
	uint64_t lanes[LANES] = { len, 1, 2, 3 }, words[LANES], hash = 0;

	for (; len >= sizeof(words); p += sizeof(words), len -= sizeof(words)) {
		memcpy(words, p, sizeof(words));
		for (int i = 0; i < LANES; i++)
			lanes[i] = mix(lanes[i], words[i]);
	}
	memset(words, 0, sizeof(words));
	memcpy(words, p, len);
	for (int i = 0; i < LANES; i++)
		hash = mix(hash, mix(lanes[i], words[i]));
	return hash;
}

void symfile_seal(void *bytes, size_t len)
{
	struct symfile_header *header = bytes;

	header->checksum = checksum((const uint8_t *)bytes + CHECKED_FROM, len - CHECKED_FROM);
}

/* --- making ----------------------------------------------------------------------- */

static int symbol_compare(const void *a, const void *b)
{
	const struct symtab_symbol *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->object != y->object)
		return x->object ? 1 : -1;
	return x->place < y->place ? -1 : x->place > y->place;
}

uint8_t *symfile_make(const struct buildid *id, struct symtab *symtab, uint64_t low, uint64_t high, size_t *len_ret)
{
	struct symfile_header header = {
		.version = SYMFILE_VERSION,
		.header_bytes = sizeof(header),
		.low = low,
		.high = high,
		.source_bytes = id->file_bytes,
		.id_len = id->len,
	};
	_cleanup_free_ struct symtab_symbol *symbols = mem_calloc(symtab->n + 1, sizeof(*symbols));
	struct symfile_entry *entries;
	uint8_t *bytes;
	char *names;
	size_t n = 0, at = 0;

	while (symtab_next(symtab, &symbols[n])) {
		header.n_functions += !symbols[n].object;
		header.names_bytes += strlen(symbols[n++].name) + 1;
	}
	qsort(symbols, n, sizeof(*symbols), symbol_compare);
	memcpy(header.magic, magic, sizeof(magic));
	memcpy(header.id, id->bytes, id->len);
	header.n_symbols = n;
	header.bytes = sizeof(header) + n * sizeof(*entries) + header.names_bytes;
	bytes = mem_alloc(header.bytes);
	memcpy(bytes, &header, sizeof(header));
	entries = (struct symfile_entry *)(void *)(bytes + sizeof(header));
	names = (char *)(entries + n);
	for (size_t i = 0; i < n; i++) {
		const struct symtab_symbol *s = &symbols[i];
		size_t len = strlen(s->name) + 1;

		entries[i] = (struct symfile_entry){ s->value, s->size, (uint32_t)at,
						     s->place, s->object, s->preference };
		memcpy(names + at, s->name, len);
		at += len;
	}
	symfile_seal(bytes, header.bytes);
	*len_ret = header.bytes;
	return bytes;
}

/* --- reading ---------------------------------------------------------------------- */

/* What is wrong with a header whose file has so many bytes; NULL: nothing. */
static const char *header_fault(const struct symfile_header *header, size_t len, const struct buildid *id)
{
	uint64_t rest;

	if (len < sizeof(*header) || memcmp(header->magic, magic, sizeof(magic)))
		return "it is no index";
	if (header->version != SYMFILE_VERSION || header->header_bytes != sizeof(*header))
		return "it is of another version";
	if (header->bytes != len)
		return "it is cut off, or has something behind its end";
	rest = len - sizeof(*header);
	if (header->n_symbols > rest / sizeof(struct symfile_entry) || header->n_functions > header->n_symbols ||
	    header->names_bytes != rest - header->n_symbols * sizeof(struct symfile_entry))
		return "its sizes contradict each other";
	if (header->id_len != id->len || memcmp(header->id, id->bytes, id->len) ||
	    header->source_bytes != id->file_bytes)
		return "it was made of another library";
	if (header->checksum != checksum((const uint8_t *)header + CHECKED_FROM, len - CHECKED_FROM))
		return "its checksum is wrong";
	return NULL;
}

static const char *names_fault(const struct symfile *file)
{
	if (file->header->n_symbols && (!file->header->names_bytes || file->names[file->header->names_bytes - 1]))
		return "its names do not end";
	for (size_t i = 0; i < file->header->n_symbols; i++)
		if (file->entries[i].name >= file->header->names_bytes)
			return "a name lies behind its names";
	return NULL;
}

struct err *symfile_parse(const void *bytes, size_t len, const struct buildid *id, struct symfile *ret)
{
	struct symfile file = { .header = bytes };
	const char *fault = header_fault(file.header, len, id);

	if (!fault) {
		file.entries = (const struct symfile_entry *)(file.header + 1);
		file.names = (const char *)(file.entries + file.header->n_symbols);
		fault = names_fault(&file);
	}
	if (fault)
		return err_new("%s", fault);
	*ret = file;
	return NULL;
}

const struct symfile_entry *symfile_find(const struct symfile *file, const char *name, bool object)
{
	size_t low = 0, high = file->header->n_symbols;

	while (low < high) { /* the first that is not before what is looked for */
		size_t middle = low + (high - low) / 2;
		const struct symfile_entry *entry = &file->entries[middle];
		int order = strcmp(file->names + entry->name, name);

		if (order < 0 || (!order && !entry->object && object))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == file->header->n_symbols || strcmp(file->names + file->entries[low].name, name) ||
	    (file->entries[low].object != 0) != object)
		return NULL;
	return &file->entries[low];
}

struct symtab_symbol symfile_symbol(const struct symfile *file, size_t i)
{
	const struct symfile_entry *entry = &file->entries[i];

	return (struct symtab_symbol){
		.name = file->names + entry->name,
		.value = entry->value,
		.size = entry->size,
		.place = entry->place,
		.object = entry->object != 0,
		.preference = (uint8_t)entry->preference,
	};
}

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
#include "lib/strbuf.h"

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
	size_t least = x->name_len < y->name_len ? x->name_len : y->name_len;
	int order = memcmp(x->name, y->name, least);

	if (order)
		return order;
	if (x->name_len != y->name_len)
		return x->name_len < y->name_len ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* Names are written one behind the other; a version, which many symbols have, once. */
struct names {
	struct strbuf text;
	uint32_t *versions;
	size_t n_versions, cap_versions;
};

static uint32_t put_name(struct names *names, const char *name, size_t len)
{
	size_t at = names->text.len;

	strbuf_add(&names->text, name, len);
	strbuf_putc(&names->text, '\0');
	return (uint32_t)at;
}

static uint32_t put_version(struct names *names, const char *version)
{
	if (!version)
		return SYMFILE_NO_VERSION;
	for (size_t i = names->n_versions; i > 0; i--)
		if (!strcmp(names->text.text + names->versions[i - 1], version))
			return names->versions[i - 1];
	mem_grow(names->versions, names->n_versions, names->cap_versions);
	return names->versions[names->n_versions++] = put_name(names, version, strlen(version));
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
	_cleanup_free_ struct symtab_symbol *symbols = mem_calloc(symtab_count(symtab) + 1, sizeof(*symbols));
	_cleanup_free_ struct symfile_entry *entries = mem_calloc(symtab_count(symtab) + 1, sizeof(*entries));
	struct names names = { .text = STRBUF_INIT };
	uint8_t *bytes;
	size_t n = 0;

	while (symtab_next(symtab, &symbols[n]))
		header.n_functions += symbols[n++].kind != SYMBOL_DATA;
	qsort(symbols, n, sizeof(*symbols), symbol_compare);
	for (size_t i = 0; i < n; i++) {
		const struct symtab_symbol *s = &symbols[i];

		entries[i] = (struct symfile_entry){
			.value = s->value,
			.size = s->size,
			.name = put_name(&names, s->name, s->name_len),
			.place = s->place,
			.version = put_version(&names, s->version),
			.kind = (uint16_t)s->kind,
			.preference = s->preference,
			.is_default = s->is_default,
		};
	}
	memcpy(header.magic, magic, sizeof(magic));
	memcpy(header.id, id->bytes, id->len);
	header.n_symbols = n;
	header.names_bytes = names.text.len;
	header.bytes = sizeof(header) + n * sizeof(*entries) + header.names_bytes;
	bytes = mem_alloc(header.bytes);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), entries, n * sizeof(*entries));
	memcpy(bytes + sizeof(header) + n * sizeof(*entries), names.text.text, names.text.len);
	symfile_seal(bytes, header.bytes);
	*len_ret = header.bytes;
	strbuf_deinit(&names.text);
	free(names.versions);
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
		if (file->entries[i].name >= file->header->names_bytes ||
		    (file->entries[i].version >= file->header->names_bytes &&
		     file->entries[i].version != SYMFILE_NO_VERSION) ||
		    file->entries[i].kind > SYMBOL_RESOLVER)
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

size_t symfile_first(const struct symfile *file, const char *name)
{
	size_t low = 0, high = file->header->n_symbols;

	while (low < high) { /* the first that is not before what is looked for */
		size_t middle = low + (high - low) / 2;

		if (strcmp(file->names + file->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct symtab_symbol symfile_symbol(const struct symfile *file, size_t i)
{
	const struct symfile_entry *entry = &file->entries[i];
	const char *name = file->names + entry->name;

	return (struct symtab_symbol){
		.name = name,
		.name_len = strlen(name),
		.version = entry->version == SYMFILE_NO_VERSION ? NULL : file->names + entry->version,
		.value = entry->value,
		.size = entry->size,
		.place = entry->place,
		.kind = (enum symbol_kind)entry->kind,
		.is_default = entry->is_default,
		.preference = entry->preference,
	};
}

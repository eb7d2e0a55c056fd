/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds and unpacks .gnu_debugdata, by liblzma. Invariant: what a file claims to unpack to is held to a limit, so that
 * a damaged or hostile one costs an error and not the memory of the machine.
 */
#include "elf/debugdata.h"

#include <gelf.h>
#include <lzma.h>
#include <string.h>

#include "lib/mem.h"

#define UNPACKED_MOST (256u << 20) /* bytes; of the largest programs that are shipped so it is some ten MiB */
#define DECODER_MOST (128u << 20)  /* bytes that xz may take for itself: xz -9 takes 65 MiB */
#define FIRST_GUESS 8u             /* times the packed size */

bool debugdata_may_be(const Elf64_Shdr *section)
{
	return section->sh_type == SHT_PROGBITS && !(section->sh_flags & (SHF_ALLOC | SHF_MERGE));
}

static Elf_Scn *section_find(Elf *elf)
{
	Elf_Scn *scn = NULL, *found = NULL;
	size_t names;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name = gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;

		if (name && shdr.sh_type == SHT_SYMTAB)
			return NULL;
		if (name && !strcmp(name, DEBUGDATA_SECTION))
			found = scn;
	}
	return found;
}

static bool unpack(lzma_stream *stream, uint8_t **ret, size_t *len_ret)
{
	size_t cap = stream->avail_in * FIRST_GUESS;
	_cleanup_free_ uint8_t *bytes = NULL;
	lzma_ret result = LZMA_OK;

	while (result == LZMA_OK && stream->total_out < UNPACKED_MOST) {
		bytes = mem_realloc(bytes, cap, 1);
		stream->next_out = bytes + stream->total_out;
		stream->avail_out = cap - (size_t)stream->total_out;
		result = lzma_code(stream, LZMA_FINISH);
		cap *= 2;
	}
	if (result != LZMA_STREAM_END)
		return false;
	*len_ret = (size_t)stream->total_out;
	*ret = bytes;
	bytes = NULL;
	return true;
}

bool debugdata_read(Elf *elf, uint8_t **ret, size_t *len_ret)
{
	Elf_Scn *section = section_find(elf);
	const Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
	lzma_stream stream = LZMA_STREAM_INIT;
	bool done;

	*ret = NULL;
	*len_ret = 0;
	if (!section)
		return true;
	if (!data || !data->d_buf || !data->d_size || lzma_stream_decoder(&stream, DECODER_MOST, 0) != LZMA_OK)
		return false;
	stream.next_in = data->d_buf;
	stream.avail_in = data->d_size;
	done = unpack(&stream, ret, len_ret);
	lzma_end(&stream);
	return done;
}

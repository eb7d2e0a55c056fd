/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An index by way of a store. What is wrong with a stored index is told once, and the index is made
 * again; a store that cannot be written is told, and no reason to fail. Invariant: with a sound index in
 * the store nothing of the library's symbol table is read.
 */
#include <errno.h>
#include <fcntl.h>

#include "elf/internal.h"
#include "lib/fault.h"
#include "lib/mem.h"
#include "lib/progress.h"

void symwork_add(struct symwork *to, const struct symwork *from)
{
	to->libraries_parsed += from->libraries_parsed;
	to->symbols_read += from->symbols_read;
	to->libraries_hashed += from->libraries_hashed;
	to->names_hashed += from->names_hashed;
	to->functions_read += from->functions_read;
	to->lines_read += from->lines_read;
	to->file_bytes_read += from->file_bytes_read;
	to->indices_read += from->indices_read;
	to->index_bytes_read += from->index_bytes_read;
	to->indices_written += from->indices_written;
	to->indices_refused += from->indices_refused;
}

/* True if the store had it. */
static bool take_stored(struct symidx *index, const struct buildid *id)
{
	struct symwork *work = &index->work;
	bool found = false;
	struct err *err = symstore_get(index->store, id, &found, &index->stored);

	if (err) {
		progress_warn("%s: it is made again", err_message(err));
		err_free(err);
		work->indices_refused++;
		return false;
	}
	if (!found)
		return false;
	work->indices_read++;
	work->index_bytes_read += index->stored.len;
	index->n_symbols = index->stored.file.header->n_symbols;
	index->n_functions = index->stored.file.header->n_functions;
	return true;
}

static void put_stored(struct symidx *index, const struct buildid *id)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	struct symtab symtab;
	struct err *err;
	size_t len;

	symtab_open(index->elf, index->debugdata, &symtab);
	bytes = symfile_make(id, &symtab, index->low, index->high, &len);
	symtab_close(&symtab);
	err = symstore_put(index->store, id, bytes, len);
	if (err) {
		progress_warn("the index of '%s' is not kept: %s", index->path, err_message(err));
		err_free(err);
		return;
	}
	index->work.indices_written++;
}

void symidx_read_whole(struct symidx *index)
{
	struct buildid id = { .len = 0 };

	/* Its header was found sound when it was opened. */
	if (index->store)
		err_free(buildid_of(index->bytes, index->len, index->path, &id, &index->work.file_bytes_read));
	if (id.len && take_stored(index, &id))
		return;
	symidx_read_table(index);
	if (id.len && !index->lack) /* what is there in part would be taken for all */
		put_stored(index, &id);
}

struct err *symidx_create_stored(const char *path, struct symstore *store, struct symwork *work, struct symidx **ret)
{
	int fd = FAULT_OR(FAULT_ELF, 0, open(path, O_RDONLY | O_CLOEXEC));
	struct symwork own;
	struct err *err;

	if (fd < 0)
		return err_errno(errno, "cannot open '%s'", path);
	err = symidx_open(fd, path, store, ret);
	if (err)
		return err;
	symidx_read(*ret);
	own = symidx_work(*ret);
	symwork_add(work, &own);
	return NULL;
}

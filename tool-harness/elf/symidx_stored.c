/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An index by way of a store. What is wrong with a stored index is told once, and the index is made
 * again; a store that cannot be written is told, and no reason to fail. Invariant: with a sound index in
 * the store nothing of the library's symbol table is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "elf/internal.h"
#include "lib/fault.h"
#include "lib/mem.h"
#include "lib/progress.h"

void symwork_add(struct symwork *to, const struct symwork *from)
{
	to->libraries_parsed += from->libraries_parsed;
	to->symbols_read += from->symbols_read;
	to->functions_read += from->functions_read;
	to->lines_read += from->lines_read;
	to->file_bytes_read += from->file_bytes_read;
	to->indices_read += from->indices_read;
	to->index_bytes_read += from->index_bytes_read;
	to->indices_written += from->indices_written;
	to->indices_refused += from->indices_refused;
}

/* True if the store had it. */
static bool take_stored(struct symidx *index, const struct symstore *store, const struct buildid *id,
			struct symwork *work)
{
	bool found = false;
	struct err *err = symstore_get(store, id, &found, &index->stored);

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
	index->low = index->stored.file.header->low;
	index->high = index->stored.file.header->high;
	return true;
}

static void put_stored(const struct symidx *index, const char *path, struct symstore *store, const struct buildid *id,
		       struct symwork *work)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	struct symtab symtab;
	struct err *err;
	size_t len;

	symtab_open(index->elf, &symtab);
	bytes = symfile_make(id, &symtab, index->low, index->high, &len);
	symtab_close(&symtab);
	err = symstore_put(store, id, bytes, len);
	if (err) {
		progress_warn("the index of '%s' is not kept: %s", path, err_message(err));
		err_free(err);
		return;
	}
	work->indices_written++;
}

struct err *symidx_create_stored(const char *path, struct symstore *store, struct symwork *work, struct symidx **ret)
{
	int fd = FAULT_OR(FAULT_ELF, 0, open(path, O_RDONLY | O_CLOEXEC));

	if (fd < 0)
		return err_errno(errno, "cannot open '%s'", path);
	return symidx_create_of(fd, path, store, work, ret);
}

struct err *symidx_create_of(int fd, const char *path, struct symstore *store, struct symwork *work,
			     struct symidx **ret)
{
	struct symidx *index = symidx_new();
	struct buildid id = { .len = 0 };
	struct err *err = NULL;

	index->fd = fd;
	if (store)
		err = buildid_read(index->fd, path, &id, &work->file_bytes_read);
	if (!err && (!id.len || !take_stored(index, store, &id, work))) {
		err = symidx_read(index, path, work);
		if (!err && id.len && !index->lack) /* what is there in part would be taken for all */
			put_stored(index, path, store, &id, work);
	}
	if (err) {
		symidx_destroy(index);
		return err;
	}
	if (index->fd >= 0)
		close(index->fd);
	index->fd = -1;
	*ret = index;
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a launcher's process table. Does not look for it, and trusts nothing in it.
 *
 * Invariant: memory and time are bounded by the number of rows, whatever they hold: a
 * string that is too long ends the reading, and of rows elsewhere only a few are kept.
 */
#include "job/acquire/proctable.h"

#include <inttypes.h>
#include <string.h>

#include "lib/mem.h"

#define BATCH_ROWS 2048
#define PAGE 4096u
#define N_PAGES 256 /* kept, by address modulo their number */

struct raw_row {
	uint64_t host, exe;
	int32_t pid;
	int32_t pad;
};
_Static_assert(sizeof(struct raw_row) == PROCTABLE_ROW_BYTES, "MPIR_PROCDESC on LP64");

struct page {
	taddr addr;
	bool valid;
	char bytes[PAGE];
};

struct reader {
	struct memory *memory;
	struct page *pages;
	char string[PROCTABLE_MAX_EXE];
};

static struct err *page_get(struct reader *reader, taddr addr, const struct page **ret)
{
	struct page *page = &reader->pages[addr / PAGE % N_PAGES];

	if (!page->valid || page->addr != addr) {
		struct err *err;

		page->valid = false;
		err = memory_read(reader->memory, addr, page->bytes, PAGE);
		if (err)
			return err;
		page->addr = addr;
		page->valid = true;
	}
	*ret = page;
	return NULL;
}

/* A string of at most max bytes with its NUL, into reader->string. */
static struct err *string_read(struct reader *reader, taddr addr, size_t max)
{
	size_t have = 0;

	while (have < max) {
		taddr at = addr + have;
		size_t offset = at % PAGE, len = PAGE - offset;
		const struct page *page;
		const char *nul;
		struct err *err = page_get(reader, at - offset, &page);

		if (err)
			return err;
		if (len > max - have)
			len = max - have;
		nul = memchr(page->bytes + offset, '\0', len);
		if (nul)
			len = (size_t)(nul - (page->bytes + offset)) + 1;
		memcpy(reader->string + have, page->bytes + offset, len);
		if (nul)
			return NULL;
		have += len;
	}
	return err_new("a string at 0x%" PRIx64 " does not end within %zu bytes", addr, max);
}

static struct err *row_read(struct reader *reader, const struct raw_row *raw, int rank,
			    bool (*is_here)(const char *host, const void *arg), const void *arg,
			    struct proctable *table)
{
	struct proctable_row *row;
	_cleanup_free_ char *host = NULL;
	struct err *err;

	err = string_read(reader, raw->host, PROCTABLE_MAX_HOST);
	if (err)
		return err_wrap(err, "host");
	if (!reader->string[0])
		return err_new("it has no host");
	if (raw->pid < 1 || raw->pid > PROCTABLE_MAX_PID)
		return err_new("%" PRId32 " is no pid", raw->pid);
	if (!is_here(reader->string, arg)) {
		if (table->n_named < PROCTABLE_NAMED)
			table->elsewhere[table->n_named++] =
				(struct proctable_row){ rank, raw->pid, mem_strdup(reader->string), NULL };
		return NULL;
	}
	if (table->n_rows == PROCTABLE_MAX_LOCAL)
		return err_new("more than %d tasks on one machine", PROCTABLE_MAX_LOCAL);
	host = mem_strdup(reader->string);
	err = string_read(reader, raw->exe, PROCTABLE_MAX_EXE);
	if (err)
		return err_wrap(err, "executable");
	mem_grow(table->rows, table->n_rows, table->cap_rows);
	row = &table->rows[table->n_rows++];
	*row = (struct proctable_row){ rank, raw->pid, no_free_ptr(host), mem_strdup(reader->string) };
	return NULL;
}

static int compare_pids(const void *a, const void *b)
{
	const struct proctable_row *const *x = a, *const *y = b;

	return ((*x)->pid > (*y)->pid) - ((*x)->pid < (*y)->pid);
}

static struct err *check_pids(const struct proctable *table)
{
	_cleanup_free_ const struct proctable_row **rows = mem_calloc(table->n_rows + 1, sizeof(*rows));

	for (size_t i = 0; i < table->n_rows; i++)
		rows[i] = &table->rows[i];
	qsort(rows, table->n_rows, sizeof(*rows), compare_pids);
	for (size_t i = 1; i < table->n_rows; i++)
		if (rows[i]->pid == rows[i - 1]->pid)
			return err_new("ranks %d and %d have the same pid %d", rows[i - 1]->rank, rows[i]->rank,
				       (int)rows[i]->pid);
	return NULL;
}

static struct err *rows_read(struct reader *reader, taddr addr, size_t n,
			     bool (*is_here)(const char *host, const void *arg), const void *arg,
			     struct proctable *table)
{
	_cleanup_free_ struct raw_row *rows = mem_calloc(BATCH_ROWS, sizeof(*rows));

	for (size_t at = 0; at < n; at += BATCH_ROWS) {
		size_t batch = n - at < BATCH_ROWS ? n - at : BATCH_ROWS;
		struct err *err = memory_read(reader->memory, addr + at * sizeof(*rows), rows, batch * sizeof(*rows));

		for (size_t i = 0; !err && i < batch; i++) {
			err = row_read(reader, &rows[i], (int)(at + i), is_here, arg, table);
			if (err && !err_is_gone(err))
				err = err_wrap(err, "row %zu", at + i);
		}
		if (err)
			return err;
	}
	return check_pids(table);
}

struct err *proctable_read(struct memory *memory, taddr addr, int64_t n,
			   bool (*is_here)(const char *host, const void *arg), const void *arg,
			   struct proctable *ret)
{
	struct proctable table = { .n_total = (uint64_t)n };
	struct reader reader = { .memory = memory };
	struct err *err;

	if (n < 1 || n > PROCTABLE_MAX_ROWS)
		return err_new("the launcher's process table cannot be read: %" PRId64 " rows", n);
	reader.pages = mem_calloc(N_PAGES, sizeof(*reader.pages));
	err = rows_read(&reader, addr, (size_t)n, is_here, arg, &table);
	free(reader.pages);
	if (err) {
		proctable_deinit(&table);
		return err_wrap(err, "the launcher's process table cannot be read");
	}
	*ret = table;
	return NULL;
}

void proctable_deinit(struct proctable *table)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		free(table->rows[i].host);
		free(table->rows[i].exe);
	}
	for (size_t i = 0; i < table->n_named; i++)
		free(table->elsewhere[i].host);
	free(table->rows);
	*table = (struct proctable){ 0 };
}

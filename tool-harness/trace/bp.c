/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of traps of one address space and how they get in and out. Stepping over
 * one is in step.c. Invariant: a trap is in the table exactly as long as its byte is
 * meant to be in the memory.
 */
#include "trace/bp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fault.h"
#include "lib/mem.h"
#include "trace/memory/procmem.h"
#include "trace/task.h"
#include "trace/memory/textwrite.h"

void trap_table_deinit(struct trap_table *table)
{
	free(table->traps);
	free(table->past);
	*table = (struct trap_table){ 0 };
}

void trap_table_clear(struct trap_table *table)
{
	table->n = table->n_past = 0;
}

/* Index of the first of n traps at or after addr. */
static size_t lower_bound(const struct trap *traps, size_t n, taddr addr)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (traps[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t trap_lower_bound(const struct trap_table *table, taddr addr)
{
	return lower_bound(table->traps, table->n, addr);
}

struct trap *trap_find(const struct trap_table *table, taddr addr)
{
	size_t i = trap_lower_bound(table, addr);

	return i < table->n && table->traps[i].addr == addr ? &table->traps[i] : NULL;
}

static void table_insert(struct trap_table *table, const struct trap *trap)
{
	size_t i = trap_lower_bound(table, trap->addr);

	mem_grow(table->traps, table->n, table->cap);
	memmove(&table->traps[i + 1], &table->traps[i], (table->n - i) * sizeof(*trap));
	table->traps[i] = *trap;
	table->n++;
}

/* Keeps a trap that is forgotten; of one place the last. */
static void past_add(struct trap_table *table, const struct trap *trap)
{
	size_t i = lower_bound(table->past, table->n_past, trap->addr);

	if (i < table->n_past && table->past[i].addr == trap->addr) {
		table->past[i] = *trap;
		return;
	}
	mem_grow(table->past, table->n_past, table->past_cap);
	memmove(&table->past[i + 1], &table->past[i], (table->n_past - i) * sizeof(*trap));
	table->past[i] = *trap;
	table->n_past++;
}

/* Before they are written. A place that was there before, with the same text, is in the journal. */
static void write_down(struct task *task, const struct trap *traps, size_t n)
{
	const struct trap_table *table = &task->traps;
	struct trap fresh[MEMORY_MAX_SPANS];
	size_t n_fresh = 0;

	if (task->tracer->exit_kill)
		return; /* it does not outlive us */
	for (size_t i = 0; i < n; i++) {
		size_t at = lower_bound(table->past, table->n_past, traps[i].addr);
		const struct trap *past = at < table->n_past ? &table->past[at] : NULL;

		if (!past || past->addr != traps[i].addr || past->byte != traps[i].byte ||
		    memcmp(past->text, traps[i].text, TRAP_TEXT) != 0)
			fresh[n_fresh++] = traps[i];
	}
	journal_add(&task->journal, fresh, n_fresh);
}

/* Reads what the trap will cover; at the end of a mapping less than TRAP_TEXT is there. */
static struct err *read_text(struct task *task, struct trap *trap, size_t *got_ret)
{
	struct mem_span span = { .addr = trap->addr, .buf = trap->text, .len = TRAP_TEXT };
	struct err *err = task->memory.read(&task->memory, &span, 1);

	if (err)
		return err;
	if (span.got == 0)
		return err_new("cannot set a breakpoint at 0x%" PRIx64 " of pid %d: not mapped", trap->addr, task->pid);
	*got_ret = span.got;
	return NULL;
}

/* Over a trap of somebody else's ours would not be told to us, and its byte would come back for good. */
static struct err *refuse_foreign(const struct task *task, const struct trap *trap)
{
	if (trap->text[0] != TRAP_BYTE)
		return NULL;
	return err_hint(err_new("cannot set a breakpoint at 0x%" PRIx64 " of pid %d: there is a trap already",
				trap->addr, task->pid),
			"a uprobe on this machine (perf, bpftrace, another run that uses uprobes), or left by a tracer "
			"that was killed: end the one, take the other out with 'attachstorm attach --repair'");
}

struct err *trap_insert(struct task *task, taddr addr, uint32_t id)
{
	struct trap trap = { .addr = addr, .byte = TRAP_BYTE, .id = id };
	size_t got;
	struct err *err;

	if (trap_find(&task->traps, addr))
		return NULL;
	err = read_text(task, &trap, &got);
	if (!err)
		err = refuse_foreign(task, &trap);
	if (err)
		return err;
	write_down(task, &trap, 1);
	err = task_write_byte(task, addr, TRAP_BYTE);
	if (!err)
		table_insert(&task->traps, &trap);
	return err;
}

static int place_compare(const void *a, const void *b)
{
	const struct trap_place *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* What the traps will cover, up to MEMORY_MAX_SPANS of them in one read. Where one span ends early
 * those behind it are not read: they are read by themselves. */
static struct err *read_texts(struct task *task, struct trap *traps, size_t n)
{
	struct mem_span spans[MEMORY_MAX_SPANS];
	struct err *err;
	size_t got;

	for (size_t i = 0; i < n; i++)
		spans[i] = (struct mem_span){ .addr = traps[i].addr, .buf = traps[i].text, .len = TRAP_TEXT };
	err = task->memory.read(&task->memory, spans, n);
	for (size_t i = 0; !err && i < n; i++)
		if (!spans[i].got)
			err = read_text(task, &traps[i], &got);
	return err;
}

/* Where the memory is not as the file, an instruction may begin elsewhere: a trap would be in the midst of one. */
static bool differs(const struct trap_place *place, const struct trap *trap)
{
	return place->n_text && memcmp(place->text, trap->text, place->n_text) != 0;
}

/* Those of up to MEMORY_MAX_SPANS places that are not in yet. */
static struct err *insert_some(struct task *task, struct trap_place *places, size_t n)
{
	struct text_edit edits[MEMORY_MAX_SPANS];
	struct trap traps[MEMORY_MAX_SPANS];
	size_t new_at[MEMORY_MAX_SPANS];
	size_t n_new = 0, n_same = 0;
	struct err *err;

	for (size_t i = 0; i < n; i++) {
		places[i].differs = false;
		places[i].fresh = !trap_find(&task->traps, places[i].addr) &&
				  !(n_new && traps[n_new - 1].addr == places[i].addr);
		if (!places[i].fresh)
			continue;
		new_at[n_new] = i;
		traps[n_new++] = (struct trap){ .addr = places[i].addr,
						 .byte = TRAP_BYTE,
						 .id = places[i].id,
						 .place = places[i].place };
	}
	if (!n_new)
		return NULL;
	err = read_texts(task, traps, n_new);
	for (size_t i = 0; !err && i < n_new; i++)
		err = refuse_foreign(task, &traps[i]);
	if (!err)
		write_down(task, traps, n_new);
	/* Into the table before they are written: what is left of a failure is taken out again. */
	for (size_t i = 0; !err && i < n_new; i++) {
		struct trap_place *place = &places[new_at[i]];

		place->differs = differs(place, &traps[i]);
		place->fresh = !place->differs;
		if (place->differs)
			continue;
		table_insert(&task->traps, &traps[i]);
		edits[n_same++] = (struct text_edit){ place->addr, TRAP_BYTE };
	}
	return err || !n_same ? err : task_write_edits(task, edits, n_same);
}

struct err *traps_insert(struct task *task, struct trap_place *places, size_t n)
{
	if (n > 1)
		qsort(places, n, sizeof(places[0]), place_compare);
	for (size_t i = 0; i < n; i += MEMORY_MAX_SPANS) {
		struct err *err = insert_some(task, places + i, n - i < MEMORY_MAX_SPANS ? n - i : MEMORY_MAX_SPANS);

		if (err)
			return err;
	}
	return NULL;
}

/* Compilers pad up to the next function with nops of several bytes, or with int3. */
static bool is_padding(taddr addr, uint8_t byte)
{
	return addr % 16 && (byte == 0x66 || byte == 0x90 || byte == 0x0f || byte == 0xcc);
}

struct err *trap_insert_returning(struct task *task, taddr addr, uint32_t id, bool *done_ret)
{
	struct trap trap = { .addr = addr, .byte = TRAP_BYTE, .id = id };
	struct trap behind = { .addr = addr + 1, .byte = TRAP_RETURN, .id = id };
	size_t got = 0;
	struct err *err;

	*done_ret = false;
	err = read_text(task, &trap, &got);
	if (err || got < TRAP_TEXT || trap.text[0] != TRAP_RETURN || !is_padding(addr + 1, trap.text[1]))
		return err;
	memcpy(behind.text, trap.text + 1, TRAP_TEXT - 1);
	write_down(task, (const struct trap[]){ behind, trap }, 2);
	err = task_write_byte(task, behind.addr, TRAP_RETURN);
	if (err)
		return err;
	table_insert(&task->traps, &behind);
	err = task_write_byte(task, addr, TRAP_BYTE);
	if (err)
		return err;
	table_insert(&task->traps, &trap);
	*done_ret = true;
	return NULL;
}

void trap_adopt(struct task *task, taddr addr, const uint8_t text[TRAP_TEXT])
{
	struct trap trap = { .addr = addr, .byte = TRAP_BYTE };

	if (trap_find(&task->traps, addr))
		return;
	memcpy(trap.text, text, TRAP_TEXT);
	table_insert(&task->traps, &trap);
}

struct err *trap_remove(struct task *task, taddr addr)
{
	struct trap_table *table = &task->traps;
	struct trap *trap = trap_find(table, addr);
	struct err *err;

	if (!trap)
		return NULL;
	err = task_write_byte(task, addr, trap->text[0]);
	if (err)
		return err;
	past_add(table, trap);
	memmove(trap, trap + 1, (size_t)(table->traps + table->n - (trap + 1)) * sizeof(*trap));
	table->n--;
	return NULL;
}

static size_t edits_of(const struct trap_table *table, uint32_t ids, bool remove, bool insert,
		       struct text_edit *edits)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n; i++) {
		const struct trap *trap = &table->traps[i];

		if (trap->id >= ids)
			continue;
		if (remove)
			edits[n++] = (struct text_edit){ trap->addr, trap->text[0] };
		if (insert)
			edits[n++] = (struct text_edit){ trap->addr, trap->byte };
	}
	return n;
}

struct err *traps_rewrite(struct task *task, uint32_t ids, bool remove_first, uint32_t *n_ret)
{
	_cleanup_free_ struct text_edit *edits = mem_calloc(2 * task->traps.n + 1, sizeof(edits[0]));
	bool pages = task->tracer->trap_write == TRAP_WRITE_PAGE;
	struct err *err = NULL;
	size_t n;

	/* One by one each trap is away as shortly as can be; of a page all are away together. */
	if (remove_first && pages) {
		n = edits_of(&task->traps, ids, true, false, edits);
		err = task_write_edits(task, edits, n);
	}
	n = edits_of(&task->traps, ids, remove_first && !pages, true, edits);
	if (!err)
		err = task_write_edits(task, edits, n);
	if (!err)
		*n_ret = (uint32_t)(remove_first && !pages ? n / 2 : n);
	return err;
}

/* A trap's library was unmapped, and the event is still to come: no error. It cannot be read either, then. */
static bool was_unmapped(struct err **err, int mem_fd, pid_t pid, taddr addr)
{
	struct err *unread;
	uint8_t byte;

	if (err_errnum(*err) != EIO)
		return false;
	unread = process_mem_read(mem_fd, pid, addr, &byte, 1);
	if (!unread)
		return false;
	err_free(unread);
	err_free(*err);
	*err = NULL;
	return true;
}

static bool is_place(const struct trap_table *table, taddr addr)
{
	size_t at = lower_bound(table->past, table->n_past, addr);

	return trap_find(table, addr) || (at < table->n_past && table->past[at].addr == addr);
}

/* Whether the trap is in the memory: its byte, and of one that was forgotten what it stood before, too, as by now
 * something else may be mapped there. What other traps cover is not compared. */
static struct err *trap_is_there(struct task *task, const struct trap *trap, bool past, bool *ret)
{
	uint8_t text[TRAP_TEXT];
	struct mem_span span = { .addr = trap->addr, .buf = text, .len = past ? TRAP_TEXT : 1 };
	struct err *err = NULL;

	/* What cannot be read is not mapped, if it is so twice: a trap that was taken for gone would stay. */
	for (int i = 0; !err && !span.got && i < 2; i++)
		err = process_mem_read_spans(&task->memory, task->mem_fd, task->pid, &span, 1);
	if (err)
		return err;
	*ret = span.got && text[0] == trap->byte && trap->text[0] != trap->byte;
	for (size_t i = 1; *ret && i < span.got; i++)
		*ret = text[i] == trap->text[i] || is_place(&task->traps, trap->addr + i);
	return NULL;
}

static struct err *take_out(struct task *task, const struct trap *trap, bool past, size_t *n_out, size_t *n_left)
{
	bool there;
	struct err *err = trap_is_there(task, trap, past, &there);

	if (err || !there)
		return err;
	task->tracer->traps_written++;
	task->tracer->text_writes++;
	err = process_mem_write(task->mem_fd, task->pid, trap->addr, trap->text, 1);
	if (!err)
		err = trap_is_there(task, trap, past, &there);
	else if (was_unmapped(&err, task->mem_fd, task->pid, trap->addr))
		there = false;
	*n_left += !err && there;
	*n_out += !err && !there;
	return err;
}

struct err *traps_remove_all(struct task *task, size_t *n_out_ret, size_t *n_left_ret)
{
	struct trap_table *table = &task->traps;
	struct err *err = NULL;

	*n_out_ret = *n_left_ret = 0;
	for (size_t i = 0; !err && i < table->n; i++)
		err = take_out(task, &table->traps[i], false, n_out_ret, n_left_ret);
	for (size_t i = 0; !err && i < table->n_past; i++)
		if (!trap_find(table, table->past[i].addr))
			err = take_out(task, &table->past[i], true, n_out_ret, n_left_ret);
	return err;
}

void trap_recall(struct task *task, const struct trap *trap)
{
	past_add(&task->traps, trap);
}

size_t trap_forget_range(struct trap_table *table, taddr low, taddr high)
{
	size_t from = trap_lower_bound(table, low), to = trap_lower_bound(table, high), n = to - from;

	for (size_t i = from; i < to; i++)
		past_add(table, &table->traps[i]);
	memmove(&table->traps[from], &table->traps[to], (table->n - to) * sizeof(table->traps[0]));
	table->n -= n;
	return n;
}

struct err *traps_clean_child(const struct task *task, pid_t child)
{
	_cleanup_close_ int fd = -1;
	char path[64];

	if (!task->traps.n)
		return NULL;
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	fd = FAULT_OR(FAULT_MEM_OPEN, child, open(path, O_RDWR | O_CLOEXEC));
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? err_gone() : err_errno(errno, "cannot open '%s'", path);
	for (size_t i = 0; i < task->traps.n; i++) {
		const struct trap *trap = &task->traps.traps[i];
		struct err *err;

		/* A child forked in a signal handler may still have to come past it. */
		if (trap->byte == TRAP_RETURN)
			continue;
		task->tracer->traps_written++;
		err = process_mem_write(fd, child, trap->addr, trap->text, 1);
		if (err && !was_unmapped(&err, fd, child, trap->addr))
			return err_wrap(err, "cannot clean a forked process");
	}
	return NULL;
}

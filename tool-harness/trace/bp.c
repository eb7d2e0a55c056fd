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
#include <string.h>

#include "lib/mem.h"
#include "trace/task.h"

void trap_table_deinit(struct trap_table *table)
{
	free(table->traps);
	*table = (struct trap_table){ 0 };
}

/* Index of the first trap at or after addr. */
static size_t trap_lower_bound(const struct trap_table *table, taddr addr)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (table->traps[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
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

struct err *trap_insert(struct task *task, taddr addr, uint32_t id)
{
	struct trap trap = { .addr = addr, .byte = TRAP_BYTE, .id = id };
	size_t got;
	struct err *err;

	if (trap_find(&task->traps, addr))
		return NULL;
	err = read_text(task, &trap, &got);
	if (!err)
		err = task_write_byte(task, addr, TRAP_BYTE);
	if (!err)
		table_insert(&task->traps, &trap);
	return err;
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
	size_t got;
	struct err *err;

	*done_ret = false;
	err = read_text(task, &trap, &got);
	if (err || got < TRAP_TEXT || trap.text[0] != TRAP_RETURN || !is_padding(addr + 1, trap.text[1]))
		return err;
	memcpy(behind.text, trap.text + 1, TRAP_TEXT - 1);
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
	memmove(trap, trap + 1, (size_t)(table->traps + table->n - (trap + 1)) * sizeof(*trap));
	table->n--;
	return NULL;
}

struct err *trap_rewrite(struct task *task, const struct trap *trap)
{
	return task_write_byte(task, trap->addr, TRAP_BYTE);
}

struct err *trap_remove_insert(struct task *task, const struct trap *trap)
{
	struct err *err = task_write_byte(task, trap->addr, trap->text[0]);

	return err ? err : task_write_byte(task, trap->addr, TRAP_BYTE);
}

struct err *traps_remove_all(struct task *task)
{
	for (size_t i = 0; i < task->traps.n; i++) {
		struct err *err = task_write_byte(task, task->traps.traps[i].addr, task->traps.traps[i].text[0]);

		if (err && err_errnum(err) == EIO) { /* its library was unmapped, and the event is still to come */
			err_free(err);
			err = NULL;
		}
		if (err)
			return err;
	}
	task->traps.n = 0;
	return NULL;
}

size_t trap_forget_range(struct trap_table *table, taddr low, taddr high)
{
	size_t from = trap_lower_bound(table, low), to = trap_lower_bound(table, high), n = to - from;

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
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? err_gone() : err_errno(errno, "cannot open '%s'", path);
	for (size_t i = 0; i < task->traps.n; i++) {
		const struct trap *trap = &task->traps.traps[i];

		/* A child forked in a signal handler may still have to come past it. */
		if (trap->byte == TRAP_RETURN)
			continue;
		task->tracer->traps_written++;
		if (pwrite(fd, trap->text, 1, (off_t)trap->addr) != 1 && errno != EIO)
			return errno == ESRCH ? err_gone() : err_errno(errno, "cannot clean forked pid %d", child);
	}
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the traps by comparing text with files, puts them into the trap table as if they
 * were our own, and lets the detach do the rest. Reads functions' first bytes only, since
 * that is where tools break, and since elsewhere text may differ for other reasons.
 *
 * Invariant: a byte is written only where the memory has int3 and the file has not, nor has any
 * other process.
 */
#include "tool/repair.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "trace/memory/mapping.h"
#include "trace/waits/wait.h"

#define PAGE 4096u
#define MAX_TEXT (UINT64_C(1) << 30)
#define ENDBR64_LEN 4

/* A part of a file that is mapped to be executed, and the file. */
struct part {
	struct mapping mapping;
	const char *path;
	int fd;
};

/* Text of one mapping, from the task and from the file. */
struct text {
	uint8_t *memory, *file;
	size_t len;
};

static void text_deinit(struct text *text)
{
	free(text->memory);
	free(text->file);
}

/* False if the file is cut short: what it says is nothing to go by. */
static bool file_read(const struct part *part, struct text *text)
{
	ssize_t n;

	text->file = mem_alloc(text->len + TRAP_TEXT);
	n = pread(part->fd, text->file, text->len + TRAP_TEXT, (off_t)part->mapping.offset);
	if (n < 1)
		return false;
	if ((size_t)n < text->len) /* the last page goes beyond the file's end */
		text->len = (size_t)n;
	return true;
}

/*
 * A uprobe's int3 is the kernel's, in every process that maps the file to be executed; taking it
 * out of one would make that task miss it, or die of a stop under way. So a mapping of our own
 * has it, too, which a trap in another process never gets into (kernel/events/uprobes.c: uprobe_mmap).
 */
static bool is_uprobe(const struct part *part, size_t offset)
{
	uint64_t at = part->mapping.offset + offset;
	off_t page = (off_t)(at & ~(uint64_t)(PAGE - 1));
	const volatile uint8_t *own = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, part->fd, page);
	bool found;

	if (own == MAP_FAILED)
		return false;
	found = own[at & (PAGE - 1)] == TRAP_BYTE;
	munmap((void *)own, PAGE);
	return found;
}

static void check_at(struct task *task, const struct part *part, const struct text *text, taddr addr)
{
	const struct mapping *m = &part->mapping;
	size_t offset = addr - m->start;

	if (addr < m->start || offset >= text->len || text->memory[offset] != TRAP_BYTE ||
	    text->file[offset] == TRAP_BYTE)
		return;
	if (is_uprobe(part, offset))
		progress_warn("pid %d: the int3 at 0x%" PRIx64 " of '%s' is a uprobe of the kernel, and stays",
			      task->pid, m->offset + offset, part->path);
	else
		trap_adopt(task, addr, text->file + offset);
}

static struct err *part_check(struct task *task, const struct part *part, taddr bias, struct symidx *index)
{
	const struct mapping *m = &part->mapping;
	_cleanup_(text_deinit) struct text text = { .len = m->end - m->start };
	struct err *err;

	if (m->end - m->start > MAX_TEXT)
		return NULL;
	if (!file_read(part, &text)) {
		progress_warn("pid %d: cannot check '%s': the file is shorter than what is mapped", task->pid,
			      part->path);
		return NULL;
	}
	text.memory = mem_alloc(text.len);
	err = memory_read(&task->memory, m->start, text.memory, text.len);
	if (err)
		return err;
	for (size_t i = 0; i < symidx_symbols(index); i++) {
		uint64_t value;

		if (!symidx_function_at(index, i, &value))
			continue;
		check_at(task, part, &text, bias + value);
		check_at(task, part, &text, bias + value + ENDBR64_LEN); /* the hook's `ret` */
	}
	return NULL;
}

/* What is no ELF file, or cannot be opened, has no traps of ours that could be told. */
static struct err *open_and_check(struct task *task, struct part *part, taddr first, struct symcache *symbols)
{
	_cleanup_close_ int fd = -1;
	struct symidx *index;
	uint64_t low, high;
	struct err *err = mapping_open(&part->mapping, part->path, &fd);

	if (!err)
		err = symcache_get_of(symbols, fd, part->path, &index);
	if (err) {
		progress_warn("pid %d: cannot check '%s': %s", task->pid, part->path, err_message(err));
		err_free(err);
		return NULL;
	}
	part->fd = fd;
	symidx_extent(index, &low, &high);
	return part_check(task, part, first - low / PAGE * PAGE, index);
}

static struct err *mappings_check(struct task *task, struct symcache *symbols)
{
	_cleanup_(mappings_close) struct mappings mappings = { .fd = -1 };
	struct err *err = mappings_open(task_live_tid(task), &mappings);
	taddr at = 0, first = 0;
	bool found = true;

	while (!err && found) {
		_cleanup_free_ char *path = NULL;
		struct part part;

		err = mappings_next(&mappings, &at, &part.mapping, &path, &found);
		if (err || !found || !path)
			continue;
		if (!part.mapping.offset)
			first = part.mapping.start;
		part.path = path;
		if (part.mapping.executable)
			err = open_and_check(task, &part, first, symbols);
	}
	return err;
}

struct err *repair_task(pid_t pid, struct symcache *symbols, size_t *n_ret)
{
	struct tracer tracer;
	struct task *task = NULL;
	struct err *err, *detach_err = NULL;
	size_t n = 0, n_written = 0, n_registers = 0;

	tracer_init(&tracer);
	tracer.exit_kill = false;
	err = tracer_seize(&tracer, pid, 0, &task);
	if (!err)
		err = task_take_hold(task);
	if (!err)
		err = task_clean_up(task, &n_written);
	if (!err)
		err = mappings_check(task, symbols);
	if (!err)
		err = debugregs_adopt(task, &n_registers);
	if (!err)
		n = n_written + task->traps.n + n_registers;
	if (task)
		detach_err = task_detach(task);
	tracer_deinit(&tracer);
	if (err) {
		err_free(detach_err);
		return err;
	}
	if (!detach_err)
		*n_ret = n;
	return detach_err;
}

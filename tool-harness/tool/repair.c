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

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "trace/wait.h"

#define PAGE 4096u
#define MAX_TEXT (UINT64_C(1) << 30)
#define ENDBR64_LEN 4

/* A line of /proc/PID/maps, proc(5). */
struct mapping {
	taddr start, end;
	uint64_t offset;
	bool executable;
	dev_t dev;
	uint64_t inode;
	const char *path; /* in the line */
};

static bool mapping_parse(char *line, struct mapping *ret)
{
	struct mapping m = { 0 };
	unsigned int major, minor;
	char flags[5];
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &m.start, &m.end, flags,
		   &m.offset, &major, &minor, &m.inode, &at) != 7 ||
	    !at || line[at] != '/' || m.end <= m.start)
		return false;
	m.executable = flags[2] == 'x';
	m.dev = makedev(major, minor);
	m.path = line + at;
	*ret = m;
	return true;
}

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

/* False if the file is another by now, or is cut short: what it says is nothing to go by. */
static bool file_read(const struct mapping *m, struct text *text)
{
	_cleanup_close_ int fd = open(m->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || st.st_ino != m->inode)
		return false;
	text->file = mem_alloc(text->len + TRAP_TEXT);
	n = pread(fd, text->file, text->len + TRAP_TEXT, (off_t)m->offset);
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
static bool is_uprobe(const struct mapping *m, size_t offset)
{
	_cleanup_close_ int fd = open(m->path, O_RDONLY | O_CLOEXEC);
	off_t page = (off_t)((m->offset + offset) & ~(uint64_t)(PAGE - 1));
	const volatile uint8_t *own;
	bool found;

	if (fd < 0)
		return false;
	own = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, page);
	if (own == MAP_FAILED)
		return false;
	found = own[(m->offset + offset) & (PAGE - 1)] == TRAP_BYTE;
	munmap((void *)own, PAGE);
	return found;
}

static void check_at(struct task *task, const struct mapping *m, const struct text *text, taddr addr)
{
	size_t offset = addr - m->start;

	if (addr < m->start || offset >= text->len || text->memory[offset] != TRAP_BYTE ||
	    text->file[offset] == TRAP_BYTE)
		return;
	if (is_uprobe(m, offset))
		progress_warn("pid %d: the int3 at 0x%" PRIx64 " of '%s' is a uprobe of the kernel, and stays",
			      task->pid, m->offset + offset, m->path);
	else
		trap_adopt(task, addr, text->file + offset);
}

static struct err *mapping_check(struct task *task, const struct mapping *m, taddr bias, const struct symidx *index)
{
	_cleanup_(text_deinit) struct text text = { .len = m->end - m->start };
	struct err *err;

	if (m->end - m->start > MAX_TEXT)
		return NULL;
	if (!file_read(m, &text)) {
		progress_warn("pid %d: cannot check '%s': the file is not the one that is mapped", task->pid, m->path);
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
		check_at(task, m, &text, bias + value);
		check_at(task, m, &text, bias + value + ENDBR64_LEN); /* the hook's `ret` */
	}
	return NULL;
}

static struct err *mappings_check(struct task *task, struct symcache *symbols)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/maps", (int)task->pid);
	_cleanup_strbuf_ struct strbuf maps = STRBUF_INIT;
	struct err *err = fs_read(path, &maps);
	char *rest = NULL;
	taddr first = 0;

	if (err)
		return err;
	for (char *line = strtok_r(maps.text, "\n", &rest); !err && line; line = strtok_r(NULL, "\n", &rest)) {
		struct symidx *index;
		struct mapping m;
		uint64_t low, high;

		if (!mapping_parse(line, &m))
			continue;
		if (!m.offset)
			first = m.start;
		if (!m.executable || m.path[0] != '/')
			continue;
		err = symcache_get(symbols, m.path, &index);
		if (err) { /* not an ELF file, or deleted */
			progress_warn("pid %d: cannot check '%s': %s", task->pid, m.path, err_message(err));
			err_free(err);
			err = NULL;
			continue;
		}
		symidx_extent(index, &low, &high);
		err = mapping_check(task, &m, first - low / PAGE * PAGE, index);
	}
	return err;
}

struct err *repair_task(pid_t pid, struct symcache *symbols, size_t *n_ret)
{
	struct tracer tracer;
	struct task *task = NULL;
	struct err *err, *detach_err = NULL;
	size_t n = 0, n_registers = 0;

	tracer_init(&tracer);
	tracer.exit_kill = false;
	err = tracer_seize(&tracer, pid, 0, &task);
	if (!err)
		err = threads_hold(task, NULL);
	if (!err)
		err = mappings_check(task, symbols);
	if (!err)
		err = debugregs_adopt(task, &n_registers);
	if (!err)
		n = task->traps.n + n_registers;
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

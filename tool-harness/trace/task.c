/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks and threads: the tables, their memory, and every ptrace(2) request that is not
 * a wait. Invariant: a thread's `stopped` is what the kernel thinks, as far as the
 * waits have told; requests that need a stopped thread are only made on one.
 */
#include "trace/task.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>

#include "lib/fault.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"
#include "trace/memory/procmem.h"
#include "trace/procstate.h"


/* --- tables ----------------------------------------------------------------------- */

static struct thread **thread_bucket(const struct tracer *tracer, pid_t tid)
{
	return (struct thread **)&tracer->threads[(unsigned int)tid % TRACER_HASH];
}

struct thread *tracer_find_thread(const struct tracer *tracer, pid_t tid)
{
	for (struct thread *t = *thread_bucket(tracer, tid); t; t = t->hash_next)
		if (t->tid == tid)
			return t;
	return NULL;
}

static void task_unlink_thread(struct thread *thread)
{
	struct task *task = thread->task;

	for (struct thread **p = &task->threads; *p; p = &(*p)->next) {
		if (*p == thread) {
			*p = thread->next;
			task->n_threads--;
			return;
		}
	}
}

void task_move_thread(struct thread *thread, struct task *task)
{
	if (thread->task)
		task_unlink_thread(thread);
	thread->task = task;
	if (task) {
		thread->next = task->threads;
		task->threads = thread;
		task->n_threads++;
		task->threads_seen++;
	}
}

struct thread *tracer_add_thread(struct tracer *tracer, pid_t tid, struct task *task)
{
	struct thread *thread = mem_alloc(sizeof(*thread));
	struct thread **bucket = thread_bucket(tracer, tid);

	thread->tid = tid;
	thread->hash_next = *bucket;
	*bucket = thread;
	task_move_thread(thread, task);
	return thread;
}

static void hash_remove(struct tracer *tracer, struct thread *thread)
{
	struct thread **p = thread_bucket(tracer, thread->tid);

	while (*p && *p != thread)
		p = &(*p)->hash_next;
	if (*p)
		*p = thread->hash_next;
}

void tracer_rename_thread(struct tracer *tracer, struct thread *thread, pid_t tid)
{
	struct thread **bucket = thread_bucket(tracer, tid);

	hash_remove(tracer, thread);
	thread->tid = tid;
	thread->hash_next = *bucket;
	*bucket = thread;
}

void tracer_drop_thread(struct tracer *tracer, struct thread *thread)
{
	hash_remove(tracer, thread);
	if (thread->task)
		task_unlink_thread(thread);
	if (thread->has_queued)
		tracer->n_queued--;
	free(thread);
}

/* --- memory ----------------------------------------------------------------------- */

/* By its first thread, or once that has ended by the memory that is open, a span at a time. */
static struct err *task_memory_read(struct memory *memory, struct mem_span *spans, size_t n)
{
	struct task *task = (struct task *)memory;
	uint64_t before = memory->bytes_read;
	struct err *err = task->first_ended ? err_gone() : process_read(memory, task->pid, spans, n);

	if (err_is_gone(err) && task->mem_fd >= 0) {
		err = process_mem_read_spans(memory, task->mem_fd, task->pid, spans, n);
		task->first_ended |= !err;
	}
	task->tracer->bytes_read += memory->bytes_read - before;
	return err;
}

/* A thread that ends meanwhile has no memory to open, or opens none: then by another one, who lives yet. */
struct err *task_open_mem(struct task *task)
{
	pid_t tid = process_live_tid(task->pid), last;
	_cleanup_close_ int fd = -1;
	char path[64];

	do {
		if (!tid)
			return err_gone();
		if (fd >= 0)
			close(fd);
		last = tid;
		snprintf(path, sizeof(path), "/proc/%d/mem", tid);
		fd = FAULT_OR(FAULT_MEM_OPEN, task->pid, open(path, O_RDWR | O_CLOEXEC));
		if (fd < 0 && errno != ENOENT && errno != ESRCH)
			return err_errno(errno, "cannot open '%s'", path);
		tid = process_live_tid(task->pid);
	} while (tid != last);
	if (fd < 0)
		return err_gone();
	task->first_ended = tid != task->pid;
	if (task->mem_fd >= 0)
		close(task->mem_fd);
	task->mem_fd = fd;
	fd = -1;
	return NULL;
}

struct err *task_write(struct task *task, taddr addr, const void *bytes, size_t len)
{
	return process_mem_write(task->mem_fd, task->pid, addr, bytes, len);
}

static struct err *poke_byte(struct task *task, taddr addr, uint8_t byte)
{
	struct thread *thread = task->threads;
	taddr word_addr = addr & ~(taddr)7;
	uint64_t word;

	while (thread && !thread->stopped)
		thread = thread->next;
	if (!thread)
		return err_new("cannot poke at 0x%" PRIx64 ": no thread of pid %d is stopped", addr, task->pid);
	errno = 0;
	task->tracer->ptrace_calls++;
	word = (uint64_t)FAULT_OR(FAULT_TEXT, thread->tid,
				  ptrace(PTRACE_PEEKTEXT, thread->tid, (void *)(uintptr_t)word_addr, NULL));
	if (errno)
		return errno == ESRCH ? err_gone() :
					err_errno(errno, "cannot read at 0x%" PRIx64 " of pid %d", addr, task->pid);
	memcpy((uint8_t *)&word + (addr & 7), &byte, 1);
	return ptrace_request(task->tracer, PTRACE_POKETEXT, thread->tid, (void *)(uintptr_t)word_addr,
			      (void *)(uintptr_t)word);
}

struct err *task_write_byte(struct task *task, taddr addr, uint8_t byte)
{
	task->tracer->traps_written++;
	task->tracer->text_writes++;
	if (task->tracer->trap_write == TRAP_WRITE_POKE)
		return poke_byte(task, addr, byte);
	return task_write(task, addr, &byte, 1);
}

/* A task's text as text_write_runs has it. */
struct task_text {
	struct text_port port; /* first member */
	struct task *task;
};

static struct err *text_read(struct text_port *port, taddr addr, void *buf, size_t len)
{
	struct task *task = ((struct task_text *)port)->task;
	struct err *err = process_mem_read(task->mem_fd, task->pid, addr, buf, len);

	if (!err)
		task->tracer->bytes_read += len;
	return err;
}

static struct err *text_write(struct text_port *port, taddr addr, const void *buf, size_t len)
{
	return task_write(((struct task_text *)port)->task, addr, buf, len);
}

struct err *task_write_edits(struct task *task, const struct text_edit *edits, size_t n)
{
	struct task_text text = { .port = { text_read, text_write }, .task = task };
	uint64_t writes = 0;
	struct err *err = NULL;

	if (task->tracer->trap_write == TRAP_WRITE_PAGE) {
		err = text_write_runs(&text.port, edits, n, &writes);
		task->tracer->traps_written += n;
		task->tracer->text_writes += writes;
		return err;
	}
	for (size_t i = 0; !err && i < n; i++)
		err = task_write_byte(task, edits[i].addr, edits[i].byte);
	return err;
}

/* --- tracer ----------------------------------------------------------------------- */

void tracer_wait_by(struct tracer *tracer, enum wait_mode mode)
{
	waiting_deinit(&tracer->waiting);
	waiting_init(&tracer->waiting, mode);
}

void tracer_init(struct tracer *tracer)
{
	memset(tracer, 0, sizeof(*tracer));
	waiting_init(&tracer->waiting, WAIT_BLOCK);
	tracer->exit_kill = true;
}

void tracer_deinit(struct tracer *tracer)
{
	for (size_t i = 0; i < TRACER_HASH; i++)
		while (tracer->threads[i])
			tracer_drop_thread(tracer, tracer->threads[i]);
	while (tracer->tasks) {
		struct task *task = tracer->tasks;

		tracer->tasks = task->next;
		if (task->mem_fd >= 0)
			close(task->mem_fd);
		trap_table_deinit(&task->traps);
		journal_close(&task->journal, false);
		free(task);
	}
	waiting_deinit(&tracer->waiting);
	memset(tracer, 0, sizeof(*tracer));
}

struct task *tracer_add_task(struct tracer *tracer, pid_t pid, uint32_t index)
{
	struct task *task = mem_alloc(sizeof(*task));

	task->memory.read = task_memory_read;
	task->tracer = tracer;
	task->pid = pid;
	task->index = index;
	task->mem_fd = -1;
	task->exit_status = -1;
	journal_init(&task->journal, pid);
	task->next = tracer->tasks;
	tracer->tasks = task;
	tracer->n_tasks++;
	return task;
}

pid_t task_live_tid(const struct task *task)
{
	pid_t tid = task->first_ended ? process_live_tid(task->pid) : 0;

	return tid ? tid : task->pid;
}

bool task_is_ending(const struct task *task)
{
	return process_has_ended(task->pid);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * perf events of the uprobe PMU and their buffers. Knows nothing of what the instruction
 * means. Invariant: of each CPU's buffer all is read up to the head that was seen, and its
 * tail told to the kernel after that.
 */
#include "ld/uprobe.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "lib/fault.h"
#include "lib/fs.h"
#include "lib/mem.h"

#define PMU_TYPE "/sys/bus/event_source/devices/uprobe/type"
#define DATA_PAGES 64u  /* of each CPU's buffer; a power of 2 */

/* A sample as the kernel writes it for the sample_type below: perf_event_open(2). */
struct raw_sample {
	struct perf_event_header header;
	uint64_t ip;
	uint32_t pid, tid;
	uint64_t time;
	uint64_t stack_bytes;
	uint64_t stack;
};

struct buffer {
	struct perf_event_mmap_page *page; /* NULL: the CPU is offline */
	int fd;
};

struct uprobe {
	struct buffer *buffers;            /* by CPU */
	size_t n_cpus;
	size_t page_bytes;
	uint64_t taken;                    /* samples */
};

static struct err *pmu_type(uint32_t *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err = fs_read(PMU_TYPE, &text);

	if (err) {
		err_free(err);
		return err_hint(err_exit(EXIT_SKIPPED, "this kernel has no perf events of uprobes ('%s' is missing)",
					 PMU_TYPE),
				"it needs CONFIG_UPROBE_EVENTS and Linux 4.17 or later; load_events rbrk and "
				"breakpoints.write mem do without");
	}
	*ret = (uint32_t)strtoul(text.text, NULL, 10);
	return NULL;
}

struct err *uprobe_check(void)
{
	uint32_t type;

	return pmu_type(&type);
}

static struct err *refused(int errnum, const char *path)
{
	return err_hint(err_with_status(err_errno(errnum, "cannot set a uprobe in '%s'", path), EXIT_SKIPPED),
			"it needs root or CAP_PERFMON; load_events rbrk and breakpoints.write mem do without");
}

static struct err *open_one(const struct uprobe *uprobe, struct perf_event_attr *attr, const char *path, int cpu,
			    struct buffer *ret)
{
	int fd = (int)FAULT_OR(FAULT_PERF, 0, syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC));
	void *map;

	if (fd < 0 && errno == ENODEV)
		return NULL; /* the CPU is offline */
	if (fd < 0)
		return refused(errno, path);
	map = fault_at(FAULT_MAP, 0) ? MAP_FAILED :
				       mmap(NULL, (1 + DATA_PAGES) * uprobe->page_bytes, PROT_READ | PROT_WRITE,
					    MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		struct err *err = err_errno(errno, "cannot map the buffer of a uprobe");

		close(fd);
		return err_hint(err_with_status(err, EXIT_SKIPPED), "see /proc/sys/kernel/perf_event_mlock_kb");
	}
	*ret = (struct buffer){ .page = map, .fd = fd };
	return NULL;
}

static struct err *switch_all(const struct uprobe *uprobe, unsigned long request, const char *what)
{
	for (size_t i = 0; i < uprobe->n_cpus; i++)
		if (uprobe->buffers[i].page && ioctl(uprobe->buffers[i].fd, request, 0))
			return err_errno(errno, "cannot %s a uprobe", what);
	return NULL;
}

struct err *uprobe_open(const char *path, uint64_t offset, struct uprobe **ret)
{
	struct uprobe *uprobe = mem_alloc(sizeof(*uprobe));
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.disabled = 1,                /* until it has a buffer: what is counted before would be unheard */
		.config1 = (uintptr_t)path,   /* uprobe_path */
		.config2 = offset,            /* probe_offset */
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_STACK_USER,
		.sample_stack_user = sizeof(uint64_t),
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	struct err *err;

	uprobe->n_cpus = (size_t)sysconf(_SC_NPROCESSORS_CONF);
	uprobe->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	uprobe->buffers = mem_calloc(uprobe->n_cpus, sizeof(uprobe->buffers[0]));
	err = pmu_type(&attr.type);
	for (size_t cpu = 0; !err && cpu < uprobe->n_cpus; cpu++)
		err = open_one(uprobe, &attr, path, (int)cpu, &uprobe->buffers[cpu]);
	if (!err)
		err = switch_all(uprobe, PERF_EVENT_IOC_ENABLE, "start");
	if (err) {
		uprobe_close(uprobe);
		return err;
	}
	*ret = uprobe;
	return NULL;
}

void uprobe_close(struct uprobe *uprobe)
{
	if (!uprobe)
		return;
	for (size_t i = 0; i < uprobe->n_cpus; i++) {
		if (!uprobe->buffers[i].page)
			continue;
		munmap(uprobe->buffers[i].page, (1 + DATA_PAGES) * uprobe->page_bytes);
		close(uprobe->buffers[i].fd);
	}
	free(uprobe->buffers);
	free(uprobe);
}

/* Bytes of the ring from an offset that counts all ever written. */
static void copy_out(const struct uprobe *uprobe, const struct buffer *buffer, uint64_t at, void *ret, size_t len)
{
	const unsigned char *data = (const unsigned char *)buffer->page + uprobe->page_bytes;
	size_t size = DATA_PAGES * uprobe->page_bytes, offset = at % size;
	size_t first = len < size - offset ? len : size - offset;

	memcpy(ret, data + offset, first);
	memcpy((unsigned char *)ret + first, data, len - first);
}

static void take_record(struct uprobe *uprobe, const struct buffer *buffer, uint64_t at,
			const struct perf_event_header *header,
			void (*take)(void *data, const struct uprobe_sample *sample), void *data)
{
	struct raw_sample raw = { 0 };

	/* A sample without a stack ends behind its size. */
	if (header->type != PERF_RECORD_SAMPLE || header->size < offsetof(struct raw_sample, stack))
		return;
	copy_out(uprobe, buffer, at, &raw, header->size < sizeof(raw) ? header->size : sizeof(raw));
	if (fault_at(FAULT_HEAR, (pid_t)raw.pid))
		return;
	uprobe->taken++;
	take(data, &(struct uprobe_sample){
			   .ns = (int64_t)raw.time,
			   .ip = raw.ip,
			   .ret_addr = raw.stack_bytes >= sizeof(raw.stack) ? raw.stack : 0,
			   .pid = (pid_t)raw.pid,
			   .tid = (pid_t)raw.tid,
		   });
}

void uprobe_drain(struct uprobe *uprobe, void (*take)(void *data, const struct uprobe_sample *sample), void *data)
{
	for (size_t i = 0; i < uprobe->n_cpus; i++) {
		const struct buffer *buffer = &uprobe->buffers[i];
		uint64_t head, at;

		if (!buffer->page)
			continue;
		head = __atomic_load_n(&buffer->page->data_head, __ATOMIC_ACQUIRE);
		at = buffer->page->data_tail;
		while (at < head) {
			struct perf_event_header header;

			copy_out(uprobe, buffer, at, &header, sizeof(header));
			if (header.size < sizeof(header))
				break; /* never written by a kernel; do not go round for ever */
			take_record(uprobe, buffer, at, &header, take, data);
			at += header.size;
		}
		__atomic_store_n(&buffer->page->data_tail, head, __ATOMIC_RELEASE);
	}
}

static struct err *count_read(const struct buffer *buffer, uint64_t *ret)
{
	if (read(buffer->fd, ret, sizeof(*ret)) != (ssize_t)sizeof(*ret))
		return err_errno(errno, "cannot read the count of a uprobe");
	return NULL;
}

struct err *uprobe_end(struct uprobe *uprobe, void (*take)(void *data, const struct uprobe_sample *sample), void *data,
		       uint64_t *unheard_ret)
{
	struct err *err = switch_all(uprobe, PERF_EVENT_IOC_DISABLE, "stop");
	uint64_t all = 0;

	if (err)
		return err;
	uprobe_drain(uprobe, take, data);
	for (size_t i = 0; i < uprobe->n_cpus; i++) {
		uint64_t count = 0;

		err = uprobe->buffers[i].page ? count_read(&uprobe->buffers[i], &count) : NULL;

		if (err)
			return err;
		all += count;
	}
	*unheard_ret = all > uprobe->taken ? all - uprobe->taken : 0;
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding a task's loader and following its state. Plants nothing: the tool does.
 * Invariant: the link map is only read in a consistent state.
 */
#include "ld/loader.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

/* Path of the file mapped at an address: a line of /proc/PID/maps, proc(5). */
static struct err *mapped_file(pid_t pid, taddr addr, char **ret)
{
	_cleanup_strbuf_ struct strbuf maps = STRBUF_INIT;
	char name[64], *line, *rest = NULL;
	struct err *err;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	err = fs_read(name, &maps);
	if (err)
		return err;
	for (line = strtok_r(maps.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *path = strchr(line, '/');

		if (strtoull(line, NULL, 16) == addr && path) {
			*ret = mem_strdup(path);
			return NULL;
		}
	}
	return err_new("cannot find the loader of pid %d: nothing is mapped at its base 0x%" PRIx64, pid, addr);
}

struct err *loader_find(struct task *task, struct symcache *symbols, struct loader *ret)
{
	struct loader loader = { 0 };
	uint64_t hook, r_debug;
	struct symidx *index;
	struct err *err;

	err = task_auxv(task, AT_BASE, &loader.base);
	if (err)
		return err;
	if (!loader.base) {
		_cleanup_free_ char *link = mem_printf("/proc/%d/exe", task->pid);
		_cleanup_free_ char *exe = NULL;

		err_free(fs_realpath(link, &exe));
		return err_hint(err_new("'%s' is statically linked: it has no dynamic loader to watch",
					exe ? exe : link),
				"trace a dynamically linked program");
	}
	err = mapped_file(task->pid, loader.base, &loader.path);
	if (err)
		return err;
	err = symcache_get(symbols, loader.path, &index);
	if (!err && (!symidx_find(index, "_dl_debug_state", &hook) || !symidx_find_object(index, "_r_debug", &r_debug)))
		err = err_hint(err_new("the loader '%s' has no _dl_debug_state and _r_debug for debuggers",
				       loader.path),
			       "only glibc's loader is known; is this a musl program?");
	if (err) {
		loader_deinit(&loader);
		return err;
	}
	loader.hook = loader.base + hook;
	loader.r_debug = loader.base + r_debug;
	*ret = loader;
	return NULL;
}

struct err *loader_hook_in(struct loader *loader, struct task *task)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	uint8_t text[sizeof(endbr64)];
	taddr ret_at = loader->hook;
	struct err *err = memory_read(&task->memory, loader->hook, text, sizeof(text));

	if (err)
		return err;
	if (!memcmp(text, endbr64, sizeof(endbr64)))
		ret_at += sizeof(endbr64);
	loader->returning = false;
	if (task->tracer->exit_kill)
		err = trap_insert_returning(task, ret_at, TRAP_ID_LOADER, &loader->returning);
	if (!err && !loader->returning)
		err = trap_insert(task, loader->hook, TRAP_ID_LOADER);
	return err;
}

void loader_deinit(struct loader *loader)
{
	free(loader->path);
	linkmap_deinit(&loader->map);
	*loader = (struct loader){ 0 };
}

static enum event_class classify(const struct loader *loader, int32_t state)
{
	if (state == LOADER_ADD)
		return EVENT_ADD;
	if (state == LOADER_DELETE)
		return EVENT_DELETE;
	return loader->announced ? EVENT_CONSISTENT : EVENT_NULL;
}

struct err *loader_read_stop(struct loader *loader, struct task *task, taddr stack_pointer, struct loader_stop *ret)
{
	struct loader_stop stop = { 0 };
	struct mem_span spans[3] = {
		{ .addr = loader->r_debug, .buf = &stop.debug, .len = sizeof(stop.debug) },
	};
	size_t n = 1;
	struct err *err;

	if (stack_pointer)
		spans[n++] = (struct mem_span){ .addr = stack_pointer,
						.buf = &stop.ret_addr,
						.len = sizeof(stop.ret_addr) };
	/* The last node may have been unmapped by a deletion: it is not read then. */
	if (loader->map.n && !loader->deleted)
		spans[n++] = (struct mem_span){ .addr = loader->map.links[loader->map.n - 1].node,
					    .buf = &stop.tail,
					    .len = sizeof(stop.tail) };
	err = memory_read_spans(&task->memory, spans, n);
	if (err)
		return err;
	if (stop.debug.state < LOADER_CONSISTENT || stop.debug.state > LOADER_DELETE)
		return err_new("the loader of pid %d is in an unknown state %d", task->pid, stop.debug.state);
	stop.class = classify(loader, stop.debug.state);
	loader->announced = stop.debug.state != LOADER_CONSISTENT;
	loader->deleted |= stop.debug.state == LOADER_DELETE;
	loader->last = (enum loader_state)stop.debug.state;
	*ret = stop;
	return NULL;
}

struct err *loader_update(struct loader *loader, struct task *task, const struct loader_stop *stop, bool full,
			  struct linkmap_change *ret)
{
	struct err *err;

	if (full || loader->deleted)
		err = linkmap_walk(&loader->map, &task->memory, stop->debug.map, ret);
	else
		err = linkmap_append(&loader->map, &task->memory, stop->debug.map,
				     loader->map.n ? &stop->tail : NULL, ret);
	if (!err)
		loader->deleted = false;
	return err;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding a task's loader, trapping it and following its state. Handles no stop: the tool
 * does. Invariant: a link map is only read in a consistent state.
 */
#include "ld/loader.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "elf/segment.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "trace/memory/procmem.h"

/* Where a loader's open file has its interface to debuggers. */
static struct err *find_symbols(struct symcache *symbols, int fd, const char *path, uint64_t *hook_ret,
				uint64_t *r_debug_ret)
{
	struct symidx *index;
	struct err *err = symcache_get_of(symbols, fd, path, &index);

	if (!err &&
	    (!symidx_find(index, "_dl_debug_state", hook_ret) || !symidx_find_object(index, "_r_debug", r_debug_ret)))
		err = err_hint(err_new("the loader '%s' has no _dl_debug_state and _r_debug for debuggers", path),
			       "only glibc's loader is known; is this a musl program?");
	return err;
}

static struct err *no_loader(const char *exe)
{
	return err_hint(err_new("'%s' is statically linked: it has no dynamic loader to watch", exe),
			"trace a dynamically linked program");
}

/* A program that has no interpreter may be a loader, which is given its program as an argument (ld.so(8)). */
static struct err *loader_is_program(const char *exe)
{
	_cleanup_close_ int fd = open(exe, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(errno, "cannot open '%s'", exe);
	return segment_is_library(fd) ? NULL : no_loader(exe);
}

struct err *loader_of_program(const char *name, char **ret)
{
	_cleanup_free_ char *exe = fs_find_program(name), *interpreter = NULL;
	struct err *err;

	if (!exe) {
		*ret = NULL;
		return NULL;
	}
	err = segment_interpreter(exe, &interpreter);
	if (!err && !interpreter)
		err = loader_is_program(exe);
	return err ? err : fs_realpath(interpreter ? interpreter : exe, ret);
}

static struct err *check_class(pid_t pid, char **exe_ret)
{
	_cleanup_free_ char *link = mem_printf("/proc/%d/exe", pid);
	_cleanup_close_ int fd = open(link, O_RDONLY | O_CLOEXEC);
	char exe[PATH_MAX];
	ssize_t len = readlink(link, exe, sizeof(exe) - 1);
	struct err *err;

	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? err_gone() : err_errno(errno, "cannot open '%s'", link);
	exe[len > 0 ? len : 0] = '\0';
	mapping_path_plain(exe, NULL);
	err = segment_check_class(fd, exe);
	if (!err)
		*exe_ret = mem_strdup(exe);
	return err;
}

/* Where the loader is mapped: at AT_BASE, or, if it was started as a program, where AT_PHDR is. */
static struct err *find_base(pid_t pid, taddr *base_ret, struct mapping *file_ret, char **path_ret)
{
	_cleanup_(mappings_close) struct mappings mappings = { .fd = -1 };
	_cleanup_free_ char *path = NULL, *exe = NULL;
	struct mapping file = { 0 };
	taddr base, phdr = 0;
	struct err *err = check_class(pid, &exe);

	if (!err)
		err = process_auxv(pid, AT_BASE, &base);
	if (!err && !base)
		err = process_auxv(pid, AT_PHDR, &phdr);
	if (!err)
		err = mappings_open(pid, &mappings);
	if (!err)
		err = mappings_find(&mappings, base ? base : phdr, &file, &path);
	if (err)
		return err;
	if (!base && (!path || file.offset))
		return no_loader(exe);
	if (!path)
		return err_new("cannot find the loader of pid %d: no file is mapped at its base 0x%" PRIx64, pid, base);
	*base_ret = base ? base : file.start;
	*file_ret = file;
	*path_ret = no_free_ptr(path);
	return NULL;
}

static struct err *find_open(pid_t pid, struct loader *loader, bool *is_program_ret, int *fd_ret)
{
	taddr base = 0;
	struct err *err = process_auxv(pid, AT_BASE, &base);

	if (!err)
		err = find_base(pid, &loader->base, &loader->file, &loader->path);
	if (!err)
		err = mapping_open(&loader->file, loader->path, fd_ret);
	if (!err)
		*is_program_ret = !base;
	return err;
}

struct err *loader_is_there(pid_t pid, bool *ret)
{
	_cleanup_(loader_deinit) struct loader loader = { 0 };
	_cleanup_close_ int fd = -1;
	bool is_program = false;
	uint64_t base;
	struct err *err = process_auxv(pid, AT_BASE, &base);

	if (!err && !base) { /* statically linked, as the shim is: that much can be told of any program */
		err = find_open(pid, &loader, &is_program, &fd);
		if (err && !err_is_gone(err)) {
			err_free(err);
			*ret = false;
			return NULL;
		}
	}
	if (!err)
		*ret = base != 0 || segment_is_library(fd);
	return err;
}

struct err *loader_find(pid_t pid, struct symcache *symbols, struct loader *ret)
{
	struct loader loader = { 0 };
	_cleanup_close_ int fd = -1;
	uint64_t hook, r_debug;
	bool is_program;
	struct err *err = find_open(pid, &loader, &is_program, &fd);

	if (!err && is_program && !segment_is_library(fd))
		err = no_loader(loader.path);
	if (!err)
		err = find_symbols(symbols, fd, loader.path, &hook, &r_debug);
	if (err) {
		loader_deinit(&loader);
		return err;
	}
	loader.hook = loader.base + hook;
	loader.hook_bytes = segment_text(fd, hook, loader.hook_text, sizeof(loader.hook_text));
	namespaces_init(&loader.spaces, loader.base + r_debug);
	*ret = loader;
	return NULL;
}

static struct err *offer(int fd, const char *path, struct symcache *symbols, struct trial_loader *ret)
{
	struct probes probes = { 0 };
	uint64_t hook, r_debug;
	struct err *err = find_symbols(symbols, fd, path, &hook, &r_debug);

	if (!err)
		err = probes_read_of(fd, path, &probes);
	if (err)
		return err;
	free(ret->path);
	*ret = (struct trial_loader){ mem_strdup(path), probes.n_rtld, probes.n > 0 };
	probes_deinit(&probes);
	return NULL;
}

struct err *loader_offer(const char *path, struct symcache *symbols, struct trial_loader *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_errno(errno, "cannot open '%s'", path) : offer(fd, path, symbols, ret);
}

struct err *loader_offers(const struct loader *loader, struct symcache *symbols, struct trial_loader *ret)
{
	_cleanup_close_ int fd = -1;
	struct err *err = mapping_open(&loader->file, loader->path, &fd);

	return err ? err : offer(fd, loader->path, symbols, ret);
}

struct err *loader_use_probes(struct loader *loader)
{
	_cleanup_close_ int fd = -1;
	struct err *err = mapping_open(&loader->file, loader->path, &fd);

	if (!err)
		err = probes_find_of(fd, loader->path, &loader->probes);
	if (!err)
		loader->trap = LOADER_TRAP_PROBES;
	return err;
}

static struct err *probes_in(struct loader *loader, struct task *task)
{
	for (size_t i = 0; i < loader->probes.n; i++) {
		struct err *err = trap_insert(task, loader->base + loader->probes.v[i].addr, TRAP_ID_LOADER);

		if (err)
			return err;
	}
	return NULL;
}

struct err *loader_hook_in(struct loader *loader, struct task *task)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	uint8_t text[sizeof(loader->hook_text)];
	taddr ret_at = loader->hook;
	struct err *err;

	loader->returning = false;
	if (loader->trap == LOADER_TRAP_PROBES)
		return probes_in(loader, task);
	err = memory_read(&task->memory, loader->hook, text, loader->hook_bytes);
	if (err)
		return err;
	if (!loader->hook_bytes || (memcmp(text, loader->hook_text, loader->hook_bytes) && text[0] != TRAP_BYTE))
		return err_new("pid %d has something else in its memory than '%s' has at _dl_debug_state: no trap is "
			       "set", task->pid, loader->path);
	if (loader->hook_bytes >= sizeof(endbr64) && !memcmp(text, endbr64, sizeof(endbr64)))
		ret_at += sizeof(endbr64);
	if (task->tracer->exit_kill)
		err = trap_insert_returning(task, ret_at, TRAP_ID_LOADER, &loader->returning);
	if (!err && !loader->returning)
		err = trap_insert(task, loader->hook, TRAP_ID_LOADER);
	return err;
}

void loader_deinit(struct loader *loader)
{
	free(loader->path);
	probes_deinit(&loader->probes);
	namespaces_deinit(&loader->spaces);
	*loader = (struct loader){ 0 };
}

bool loader_is_link(const struct loader *loader, const struct link *link)
{
	return link->bias == loader->base;
}

/* At the hook: one namespace is in another state than consistent, or what was announced is over. */
static void classify_hook(struct loader *loader, struct loader_stop *stop)
{
	for (size_t i = 0; i < loader->spaces.n; i++) {
		struct namespace *space = &loader->spaces.v[i];

		if (space->debug.state == LOADER_CONSISTENT)
			continue;
		stop->state = (enum loader_state)space->debug.state;
		loader->announced_in = i;
		space->deleted |= stop->state == LOADER_DELETE;
	}
	if (stop->state == LOADER_CONSISTENT)
		stop->class = loader->announced ? EVENT_CONSISTENT : EVENT_NULL;
	else
		stop->class = stop->state == LOADER_ADD ? EVENT_ADD : EVENT_DELETE;
	loader->announced = stop->state != LOADER_CONSISTENT;
}

/* At a probe: it says what is over, though not in which namespace. */
static void classify_probe(struct loader *loader, struct loader_stop *stop)
{
	enum probe_end end = PROBE_END_LOAD;

	for (size_t i = 0; i < loader->probes.n; i++)
		if (loader->base + loader->probes.v[i].addr == stop->at)
			end = loader->probes.v[i].end;
	stop->class = end == PROBE_END_LOAD ? EVENT_LOADED : EVENT_UNLOADED;
	for (size_t i = 0; i < loader->spaces.n; i++)
		loader->spaces.v[i].deleted |= end == PROBE_END_UNLOAD;
}

struct err *loader_read_stop(struct loader *loader, struct task *task, taddr at, taddr stack_pointer,
			     struct loader_stop *ret)
{
	/* What was announced is what ends; a probe announces nothing. */
	struct loader_stop stop = { .at = at, .tail_of = loader->announced ? loader->announced_in : 0 };
	const struct namespace *space = &loader->spaces.v[stop.tail_of];
	struct mem_span spans[2];
	size_t n = 0;
	struct err *err;

	if (stack_pointer)
		spans[n++] = (struct mem_span){ .addr = stack_pointer,
						.buf = &stop.ret_addr,
						.len = sizeof(stop.ret_addr) };
	/* The last node may have been unmapped by a deletion: it is not read then. */
	if (space->map.n && !space->deleted)
		spans[n++] = (struct mem_span){ .addr = space->map.links[space->map.n - 1].node,
						.buf = &stop.tail,
						.len = sizeof(stop.tail) };
	err = namespaces_read(&loader->spaces, &task->memory, spans, n);
	if (err)
		return err_wrap(err, "pid %d", task->pid);
	if (loader->trap == LOADER_TRAP_PROBES)
		classify_probe(loader, &stop);
	else
		classify_hook(loader, &stop);
	*ret = stop;
	return NULL;
}

struct err *loader_look(struct loader *loader, struct memory *memory, struct loader_stop *ret)
{
	struct loader_stop stop = { .at = loader->hook };
	struct err *err = namespaces_read(&loader->spaces, memory, NULL, 0);

	if (err)
		return err;
	classify_hook(loader, &stop);
	*ret = stop;
	return NULL;
}

struct err *loader_update(struct loader *loader, struct task *task, struct loader_stop *stop, bool full,
			  struct loader_change *ret)
{
	struct loader_change change = { 0 };

	for (size_t i = 0; i < loader->spaces.n; i++) {
		struct namespace *space = &loader->spaces.v[i];
		bool has_tail = i == stop->tail_of && stop->tail.name;
		struct err *err;

		if (!full && i != stop->tail_of && loader->trap == LOADER_TRAP_HOOK)
			continue;
		err = namespace_update(space, &task->memory, full, has_tail ? &stop->tail : NULL, &change);
		if (err) {
			loader_change_deinit(&change);
			return err;
		}
	}
	if (stop->class == EVENT_LOADED && !change.n_added)
		stop->class = EVENT_NULL;
	*ret = change;
	return NULL;
}

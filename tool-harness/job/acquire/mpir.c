/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The MPIR interface of a launcher (MPI Forum: The MPIR Process Acquisition Interface,
 * 1.0): its symbols are found in the files that it maps, its table is read from its memory.
 * Open MPI up to 4 and Slurm's srun have it. Bringing a launcher to the point where the table
 * is filled is mpir_launch.c's.
 *
 * Invariant: nothing here stops or changes a launcher.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "elf/symidx.h"
#include "job/acquire/internal.h"
#include "job/acquire/proctable.h"
#include "lib/mem.h"
#include "trace/memory/mapping.h"
#include "trace/memory/procmem.h"
#include "trace/refused.h"

#define PAGE 4096u

static const struct mpir_symbol {
	const char *name;
	size_t offset;
	bool function;
} mpir_symbols[] = {
	{ "MPIR_being_debugged", offsetof(struct mpir, being_debugged), false },
	{ "MPIR_debug_state", offsetof(struct mpir, debug_state), false },
	{ "MPIR_proctable", offsetof(struct mpir, proctable), false },
	{ "MPIR_proctable_size", offsetof(struct mpir, proctable_size), false },
	{ "MPIR_Breakpoint", offsetof(struct mpir, breakpoint), true },
};

/* --- symbols ---------------------------------------------------------------------- */

/* Fills what is not known yet from the file of a mapping that has its first byte. */
static void symbols_in(const struct mapping *mapping, const char *path, struct mpir *mpir)
{
	struct symidx *index;
	int fd;
	_cleanup_err_ struct err *err = mapping_open(mapping, path, &fd);
	uint64_t low, high;

	if (!err)
		err = symidx_open(fd, path, NULL, &index);
	if (err)
		return; /* not an ELF file: data, a font */
	symidx_extent(index, &low, &high);
	for (size_t i = 0; i < ARRAY_SIZE(mpir_symbols); i++) {
		const struct mpir_symbol *symbol = &mpir_symbols[i];
		taddr *addr = (taddr *)((char *)mpir + symbol->offset);
		uint64_t value;

		if (!*addr && (symbol->function ? symidx_find(index, symbol->name, &value) :
						  symidx_find_object(index, symbol->name, &value)))
			*addr = mapping->start - low / PAGE * PAGE + value;
	}
	symidx_destroy(index);
}

static bool mpir_complete(const struct mpir *mpir)
{
	for (size_t i = 0; i < ARRAY_SIZE(mpir_symbols); i++)
		if (!*(const taddr *)((const char *)mpir + mpir_symbols[i].offset))
			return false;
	return true;
}

/* The launcher's program as it calls it, also one that was deleted or lies in another mount namespace. */
static struct err *program_of(pid_t pid, char **ret)
{
	_cleanup_free_ char *link = mem_printf("/proc/%d/exe", (int)pid);
	char path[PATH_MAX];
	ssize_t n = readlink(link, path, sizeof(path) - 1);

	if (n < 0)
		return err_errno(errno, "cannot read '%s'", link);
	path[n] = '\0';
	mapping_path_plain(path, NULL);
	*ret = mem_strdup(path);
	return NULL;
}

/* Of the program's file, or of all others. */
static struct err *symbols_of(pid_t pid, const char *exe, bool program, struct mpir *mpir)
{
	struct mappings mappings;
	struct err *err = mappings_open(pid, &mappings);
	bool found = true;
	taddr at = 0;

	if (err)
		return err;
	while (!err && found && !mpir_complete(mpir)) {
		_cleanup_free_ char *path = NULL;
		struct mapping mapping;

		err = mappings_next(&mappings, &at, &mapping, &path, &found);
		if (!err && found && path && mapping.inode && !mapping.offset && !strcmp(path, exe) == program)
			symbols_in(&mapping, path, mpir);
	}
	mappings_close(&mappings);
	return err;
}

/* The program before its libraries: a variable that it uses may have been copied into it. */
struct err *mpir_symbols_find(pid_t pid, struct mpir *ret)
{
	_cleanup_free_ char *exe = NULL;
	struct mpir mpir = { 0 };
	struct err *err = program_of(pid, &exe);

	if (!err)
		err = symbols_of(pid, exe, true, &mpir);
	if (!err && !mpir_complete(&mpir))
		err = symbols_of(pid, exe, false, &mpir);
	if (err && (err_errnum(err) == ENOENT || err_errnum(err) == ESRCH)) {
		err_free(err);
		return err_gone();
	}
	if (err && err_is_gone(err))
		return err;
	if (err)
		return err_wrap(err, "cannot look into launcher %d", (int)pid);
	if (!mpir_complete(&mpir))
		return err_hint(err_new("'%s' (pid %d) has no MPIR interface, and so no process table", exe, (int)pid),
				"Open MPI up to 4 and srun have one; else acquire by environ, or by the shim");
	*ret = mpir;
	return NULL;
}

/* --- the table -------------------------------------------------------------------- */

/* An empty table is success with nothing found. */
struct err *mpir_table_read(struct memory *memory, const struct mpir *mpir, const struct job_plan *plan,
			      struct found *found)
{
	struct proctable table;
	struct here here;
	uint64_t addr = 0;
	int32_t n = 0;
	struct mem_span spans[] = {
		{ .addr = mpir->proctable, .buf = &addr, .len = sizeof(addr) },
		{ .addr = mpir->proctable_size, .buf = &n, .len = sizeof(n) },
	};
	struct err *err = memory_read_spans(memory, spans, ARRAY_SIZE(spans));

	if (err || !n)
		return err;
	here_init(plan, &here);
	err = proctable_read(memory, addr, n, host_is_here, &here, &table);
	if (err)
		return err;
	for (size_t i = 0; i < table.n_rows; i++)
		found_add(found, table.rows[i].rank, table.rows[i].pid, table.rows[i].host, table.rows[i].exe);
	for (size_t i = 0; i < table.n_named; i++)
		found_add_elsewhere(found, table.elsewhere[i].rank, table.elsewhere[i].pid, table.elsewhere[i].host);
	found->table_rows = table.n_total;
	found->n_elsewhere = table.n_total - table.n_rows;
	proctable_deinit(&table);
	return NULL;
}

struct err *mpir_none_here(const struct found *found)
{
	return err_hint(err_new("none of the %" PRIu64 " tasks in the launcher's process table is on this machine",
				found->table_rows),
			"more names of it can be given: the scenario key acquire_hosts, or --here NAME,...");
}

struct err *mpir_find(const struct job_plan *plan, pid_t launcher, struct found *found)
{
	struct process_memory memory;
	struct mpir mpir;
	struct err *err;

	process_memory_init(&memory, launcher);
	err = mpir_symbols_find(launcher, &mpir);
	if (err && !err_is_gone(err) && !plan->attach) {
		err_free(err); /* it was started just now, and may not have its libraries yet */
		return NULL;
	}
	if (!err)
		err = mpir_table_read(&memory.memory, &mpir, plan, found);
	if (err && !err_is_gone(err) && !plan->attach) {
		err_free(err); /* it may be just filling the table */
		found_deinit(found);
		return NULL;
	}
	err = refused_hint(err, launcher);
	if (err)
		return err;
	if (found->table_rows && !found->n)
		return mpir_none_here(found);
	if (plan->attach && !found->n)
		return err_hint(err_new("the process table of launcher %d is empty", (int)launcher),
				"Open MPI fills it when all tasks have come to MPI_Init; a program without MPI never "
				"does: acquire by environ instead");
	return NULL;
}

struct err *mpir_check(pid_t launcher)
{
	struct mpir mpir;

	return mpir_symbols_find(launcher, &mpir);
}

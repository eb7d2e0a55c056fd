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
#include <string.h>
#include <unistd.h>

#include "elf/symidx.h"
#include "job/acquire/internal.h"
#include "job/acquire/proctable.h"
#include "lib/fs.h"
#include "lib/mem.h"
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

/* Fills what is not known yet from a file that is mapped with its first byte at `start`. */
static void symbols_in(const char *path, taddr start, struct mpir *mpir)
{
	struct symidx *index;
	_cleanup_err_ struct err *err = symidx_create(path, &index);
	uint64_t low, high;

	if (err)
		return; /* not an ELF file: data, a font */
	symidx_extent(index, &low, &high);
	for (size_t i = 0; i < ARRAY_SIZE(mpir_symbols); i++) {
		const struct mpir_symbol *symbol = &mpir_symbols[i];
		taddr *addr = (taddr *)((char *)mpir + symbol->offset);
		uint64_t value;

		if (!*addr && (symbol->function ? symidx_find(index, symbol->name, &value) :
						  symidx_find_object(index, symbol->name, &value)))
			*addr = start - low / PAGE * PAGE + value;
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

/* A line of /proc/PID/maps that has a file's first byte: its address, and the path in the line. */
static char *mapping_parse(char *line, taddr *start_ret)
{
	uint64_t start, end, offset;
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*4s %" SCNx64 " %*s %*s %n", &start, &end, &offset, &at) < 3 ||
	    offset || !at || line[at] != '/')
		return NULL;
	*start_ret = start;
	return line + at;
}

/* The program before its libraries: a variable that it uses may have been copied into it. */
struct err *mpir_symbols_find(pid_t pid, struct mpir *ret)
{
	_cleanup_free_ char *maps_path = mem_printf("/proc/%d/maps", (int)pid);
	_cleanup_free_ char *link = mem_printf("/proc/%d/exe", (int)pid);
	_cleanup_strbuf_ struct strbuf maps = STRBUF_INIT;
	_cleanup_free_ char *exe = NULL;
	struct mpir mpir = { 0 };
	struct err *err = fs_realpath(link, &exe);

	if (!err)
		err = fs_read(maps_path, &maps);
	if (err && (err_errnum(err) == ENOENT || err_errnum(err) == ESRCH)) {
		err_free(err);
		return err_gone();
	}
	if (err)
		return err_wrap(err, "cannot look into launcher %d", (int)pid);
	for (int program = 1; program >= 0 && !mpir_complete(&mpir); program--) {
		_cleanup_free_ char *text = mem_strdup(maps.text);
		char *rest = NULL;

		for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
			taddr start;
			const char *path = mapping_parse(line, &start);

			if (path && (strcmp(path, exe) == 0) == program)
				symbols_in(path, start, &mpir);
		}
	}
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

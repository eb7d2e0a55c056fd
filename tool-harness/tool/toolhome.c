/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Emptying and counting what a tool remembers. Runs no tool. Invariant: outside of the home nothing is
 * removed but index files.
 */
#include "tool/toolhome.h"

#include <fts.h>
#include <sys/stat.h>

#include "elf/symstore.h"
#include "lib/fs.h"
#include "lib/mem.h"

char *toolhome_index(const struct scenario *scenario, const char *home)
{
	if (scenario->index == INDEX_OFF)
		return NULL;
	return scenario->index_folder ? mem_strdup(scenario->index_folder) : fs_join(home ? home : ".", "index");
}

bool toolhome_is_cold(const struct scenario *scenario, enum temperature temperature)
{
	return scenario->tool_temperature == TOOL_TEMPERATURE_COLD ||
	       (scenario->tool_temperature == TOOL_TEMPERATURE_SAME && temperature == TEMPERATURE_COLD);
}

struct err *toolhome_empty(const struct scenario *scenario, const char *home)
{
	_cleanup_free_ char *index = toolhome_index(scenario, home);
	struct err *err = fs_remove_tree(home);

	return err || !index ? err : symstore_empty(index);
}

static void count_files(const char *folder, uint64_t *entries_ret, uint64_t *bytes_ret)
{
	char *const paths[] = { (char *)folder, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;

	while (tree && (entry = fts_read(tree))) {
		if (entry->fts_info != FTS_F)
			continue;
		++*entries_ret;
		*bytes_ret += (uint64_t)entry->fts_statp->st_size;
	}
	if (tree)
		fts_close(tree);
}

void toolhome_count(const struct scenario *scenario, const char *home, uint64_t *entries_ret, uint64_t *bytes_ret)
{
	_cleanup_free_ char *index = toolhome_index(scenario, home);

	*entries_ret = *bytes_ret = 0;
	if (index)
		symstore_count(index, entries_ret, bytes_ret);
	else if (scenario_is_outside(scenario))
		count_files(home, entries_ret, bytes_ret);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds what a program is linked with by asking its loader. Evicts nothing.
 *
 * Invariant: the program itself is never started, only its loader is.
 */
#include "tool/process/files.h"

#include <string.h>

#include "elf/segment.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/loaderlist.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define LIMIT_NS (20 * NS_PER_S)

/* "	libc.so.6 => /lib/libc.so.6 (0x7f...)": the path, or NULL. Changes the line. */
static const char *path_in(char *line)
{
	char *path = strchr(line, '/'), *end = path ? loaderlist_address(path) : NULL;

	if (!end)
		return NULL;
	*end = '\0';
	return path;
}

static struct err *add_libraries(const char *loader, const char *program, struct file_set *set)
{
	const char *const argv[] = { loader, "--list", program, NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result;
	struct err *err = proc_run(argv, &opts, LIMIT_NS, &result);
	char *rest, *piece;

	if (err)
		return err;
	rest = result.out.text;
	while (!err && (piece = loaderlist_next(&rest))) {
		const char *path = path_in(piece);

		if (path)
			err = file_set_add(set, path);
	}
	proc_result_deinit(&result);
	return err;
}

struct err *toolfiles_add(const char *program, struct file_set *set)
{
	_cleanup_free_ char *found = fs_find_program(program), *loader = NULL, *real = NULL;
	struct err *err;

	if (!found)
		return NULL;
	err = fs_realpath(found, &real);
	if (!err)
		err = file_set_add(set, real);
	if (err)
		return err;
	err = segment_interpreter(real, &loader);
	if (err) { /* neither a program nor a script: whether it can be run is not our question */
		err_free(err);
		return NULL;
	}
	return loader ? add_libraries(loader, real, set) : NULL;
}

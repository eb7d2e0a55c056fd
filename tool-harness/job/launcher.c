/* SPDX-License-Identifier: BSD-3-Clause */
/* Launchers told apart: a command by what it says of its version, a process by its executable. */
#include "job/launcher.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define VERSION_LIMIT_NS (30 * NS_PER_S)

/* Up to and with which major version a name in the line means what; the first row that fits. */
static const struct {
	const char *name;
	long up_to; /* 0: any version */
	enum launcher_kind kind;
} kinds[] = {
	{ "(Open MPI) ", 4, LAUNCHER_KIND_MPIR },
	{ "(OpenRTE) ", 4, LAUNCHER_KIND_MPIR },
	{ "(Open MPI) ", 0, LAUNCHER_KIND_PRRTE },
	{ "(PRRTE) ", 0, LAUNCHER_KIND_PRRTE },
	{ "slurm ", 0, LAUNCHER_KIND_MPIR },
};

char *launcher_version(const char *command)
{
	const char *const argv[] = { command, "--version", NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result = { 0 };
	_cleanup_err_ struct err *err = proc_run(argv, &opts, VERSION_LIMIT_NS, &result);
	char *version = NULL;

	if (err)
		return NULL;
	if (!result.status && result.out.len)
		version = mem_strndup(result.out.text, strcspn(result.out.text, "\n"));
	proc_result_deinit(&result);
	return version;
}

enum launcher_kind launcher_kind_of(const char *version)
{
	for (size_t i = 0; version && i < ARRAY_SIZE(kinds); i++) {
		const char *at = strstr(version, kinds[i].name);

		if (at && (!kinds[i].up_to || strtol(at + strlen(kinds[i].name), NULL, 10) <= kinds[i].up_to))
			return kinds[i].kind;
	}
	return LAUNCHER_KIND_OTHER;
}

bool launcher_is_prrte(pid_t pid)
{
	_cleanup_free_ char *link = mem_printf("/proc/%d/exe", (int)pid);
	_cleanup_free_ char *exe = NULL;
	_cleanup_err_ struct err *err = fs_realpath(link, &exe);

	return !err && (!strcmp(fs_basename(exe), "prterun") || !strcmp(fs_basename(exe), "prte"));
}

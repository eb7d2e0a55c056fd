/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the shim is, and whether a process runs it. */
#include "job/shim.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/mem.h"

#define SHIM_NAME "attachstorm-shim"

struct err *shim_find(char **ret)
{
	_cleanup_free_ char *shim = NULL;
	struct err *err = fs_own_file("ATTACHSTORM_SHIM", SHIM_NAME, &shim);

	if (err)
		return err;
	if (access(shim, X_OK))
		return err_hint(fs_noexec_hint(err_errno(errno, "cannot use the shim '%s'", shim), shim),
				"it belongs beside the program attachstorm; 'make' builds both");
	*ret = no_free_ptr(shim);
	return NULL;
}

bool shim_runs_in(pid_t pid)
{
	_cleanup_free_ char *link = mem_printf("/proc/%d/exe", (int)pid), *shim = NULL;
	_cleanup_err_ struct err *err = shim_find(&shim);
	struct stat running, file;

	return shim && !stat(link, &running) && !stat(shim, &file) && running.st_dev == file.st_dev &&
	       running.st_ino == file.st_ino;
}

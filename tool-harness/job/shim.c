/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the shim is. */
#include "job/shim.h"

#include <errno.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/mem.h"

#define SHIM_NAME "attachstorm-shim"

struct err *shim_find(char **ret)
{
	const char *env = getenv("ATTACHSTORM_SHIM");
	_cleanup_free_ char *self = NULL, *dir = NULL, *shim = NULL;
	struct err *err;

	if (env) {
		shim = mem_strdup(env);
	} else {
		err = fs_realpath("/proc/self/exe", &self);
		if (err)
			return err;
		dir = fs_dirname(self);
		shim = fs_join(dir, SHIM_NAME);
	}
	if (access(shim, X_OK))
		return err_hint(fs_noexec_hint(err_errno(errno, "cannot use the shim '%s'", shim), shim),
				"it belongs beside the program attachstorm; 'make' builds both");
	*ret = no_free_ptr(shim);
	return NULL;
}

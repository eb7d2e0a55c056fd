/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a test program O/tests/live/test_x finds the shim and the audit library built with it. */
#ifndef TESTS_SHIM_H
#define TESTS_SHIM_H

#include <stdlib.h>

#include "lib/fs.h"
#include "lib/mem.h"

/* Sets ATTACHSTORM_SHIM and ATTACHSTORM_AUDIT unless they are set already. Call it first in main. */
static inline void shim_use_built(void)
{
	_cleanup_free_ char *self = NULL, *dir = NULL, *shim = NULL, *audit = NULL;
	_cleanup_err_ struct err *err = fs_realpath("/proc/self/exe", &self);

	if (err)
		return;
	dir = fs_dirname(self);
	shim = fs_join(dir, "../../attachstorm-shim");
	setenv("ATTACHSTORM_SHIM", shim, 0);
	audit = fs_join(dir, "../../attachstorm-audit.so");
	setenv("ATTACHSTORM_AUDIT", audit, 0);
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* A launcher that is held is let go. Invariant: no trap of ours stays in it. */
#include "job/acquire/internal.h"
#include "lib/mem.h"

struct err *mpir_hold_release(struct mpir_hold *hold)
{
	struct err *err;

	if (!hold)
		return NULL;
	err = hold->launcher && !hold->launcher->gone ? task_detach(hold->launcher) : NULL;
	tracer_deinit(&hold->tracer);
	free(hold);
	return err_is_gone(err) ? NULL : err_wrap(err, "cannot let the launcher go on");
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limits of processes are looked at after the call has failed. Does not say that one was the reason
 * which is not reached: several processes may have come and gone.
 */
#include "lib/proclimit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/cleanup.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

/* A file of one number; -1: there is none, or it is "max". */
static int64_t number_in(const char *folder, const char *name)
{
	_cleanup_free_ char *path = fs_join(folder, name);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(path, &text);
	char *end;
	int64_t value = err ? -1 : strtoll(text.text, &end, 10);

	return err || end == text.text ? -1 : value;
}

/* Where the controller's files are: version 2, version 1, both at once. */
static const struct hierarchy {
	const char *controller; /* second field of /proc/self/cgroup; "" is version 2 */
	const char *mount;
} hierarchies[] = {
	{ "pids", "/sys/fs/cgroup/pids" },
	{ "", "/sys/fs/cgroup/unified" },
	{ "", "/sys/fs/cgroup" },
};

/* The group that is full, from this process's own up to the root; NULL: none is. */
static char *full_group_of(const char *mount, const char *group, int64_t *ret_max)
{
	_cleanup_free_ char *folder = mem_printf("%s%s", mount, group);

	for (;;) {
		int64_t max = number_in(folder, "pids.max"), current = number_in(folder, "pids.current");
		char *slash;

		if (max >= 0 && current >= max) {
			*ret_max = max;
			return_ptr(folder);
		}
		slash = strrchr(folder, '/');
		if (!slash || slash < folder + strlen(mount))
			return NULL;
		*slash = '\0';
	}
}

static char *full_group(int64_t *ret_max)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read("/proc/self/cgroup", &text);
	char *rest = NULL;

	for (char *line = err ? NULL : strtok_r(text.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *controller = strchr(line, ':'), *group = controller ? strchr(controller + 1, ':') : NULL;

		if (!group)
			continue;
		*group++ = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(hierarchies); i++) {
			char *full = strcmp(controller + 1, hierarchies[i].controller) ?
					     NULL : full_group_of(hierarchies[i].mount, group, ret_max);

			if (full)
				return full;
		}
	}
	return NULL;
}

struct err *proc_limit_hint(struct err *err)
{
	_cleanup_free_ char *group = NULL, *own = NULL;
	struct rlimit limit;
	int64_t max;

	if (!err || err_errnum(err) != EAGAIN)
		return err;
	group = full_group(&max);
	if (group)
		return err_hint(err, "the control group '%s' is full: it may have %" PRId64 " processes and threads; "
				"raise its pids.max (of a container: --pids-limit; of a service: TasksMax), or start "
				"fewer tasks", group, max);
	own = getrlimit(RLIMIT_NPROC, &limit) || limit.rlim_cur == RLIM_INFINITY ?
		      mem_strdup("") :
		      mem_printf("this user may have %ju (ulimit -u), ", (uintmax_t)limit.rlim_cur);
	return err_hint(err, "of processes and threads %sthe machine may have %" PRId64 " (kernel.threads-max), with "
			"numbers below %" PRId64 " (kernel.pid_max): raise what is reached, or start fewer tasks", own,
			number_in("/proc/sys/kernel", "threads-max"), number_in("/proc/sys/kernel", "pid_max"));
}

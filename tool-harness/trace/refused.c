/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reasons for EPERM as a table, asked in turn: the first that holds is told. "Run as root" is said to
 * those only whom it would help.
 */
#include "trace/refused.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

#define KERNEL_THREAD 0x00200000u /* PF_KTHREAD, in field 9 of /proc/PID/stat: proc(5) */
#define CAPABILITY_PTRACE 19      /* CAP_SYS_PTRACE: capabilities(7) */
#define NOBODY INT_MAX            /* above every pid_max */
#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

/* What stands behind "Name:" in /proc/PID/status; heap; NULL if it cannot be read. */
static char *status_text(pid_t pid, const char *name)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/status", (int)pid), *label = mem_printf("\n%s:\t", name);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(path, &text);
	const char *at = err ? NULL : strstr(text.text, label);

	return at ? mem_strndup(at + strlen(label), strcspn(at + strlen(label), "\n\t")) : NULL;
}

static bool is_kernel_thread(pid_t pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/stat", (int)pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(path, &text);
	const char *at = err ? NULL : strrchr(text.text, ')'); /* ends field 2 */

	for (int field = 2; at && field < 9; field++)
		at = strchr(at + 1, ' ');
	return at && (strtoul(at + 1, NULL, 10) & KERNEL_THREAD);
}

static bool is_first(pid_t pid)
{
	return pid == 1;
}

/* There is no such process: who says EPERM to that has not looked for it. */
static bool forbids_all(pid_t pid)
{
	(void)pid;
	return ptrace(PTRACE_SEIZE, NOBODY, NULL, NULL) && errno == EPERM;
}

static int yama_scope(void)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(YAMA, &text);

	return err ? 0 : atoi(text.text);
}

static bool yama_forbids_all(pid_t pid)
{
	(void)pid;
	return yama_scope() >= 3;
}

static bool is_unprivileged_root(pid_t pid)
{
	_cleanup_free_ char *caps = status_text(getpid(), "CapEff");

	(void)pid;
	return geteuid() == 0 && caps && !(strtoull(caps, NULL, 16) >> CAPABILITY_PTRACE & 1);
}

static bool is_root(pid_t pid)
{
	(void)pid;
	return geteuid() == 0;
}

static bool yama_forbids(pid_t pid)
{
	(void)pid;
	return yama_scope() > 0;
}

static bool always(pid_t pid)
{
	(void)pid;
	return true;
}

static const struct reason {
	bool (*holds)(pid_t pid);
	const char *words;
} reasons[] = {
	{ is_kernel_thread, "it is a thread of the kernel, which has no program: nobody can trace it" },
	{ forbids_all, "ptrace(2) is forbidden to this process altogether, as by the seccomp profile of a container or "
		       "of a service: allow it there (docker run --security-opt seccomp=unconfined; "
		       "SystemCallFilter=)" },
	{ is_first, "it is the first process of the system, or of its container: no task of a job" },
	{ yama_forbids_all, "kernel.yama.ptrace_scope is 3: nobody may trace until the machine is started anew" },
	{ is_unprivileged_root, "root lacks the capability CAP_SYS_PTRACE here, as in a container: add it "
				"(docker run --cap-add SYS_PTRACE)" },
	{ is_root, "root may not trace it either: a security module (SELinux, AppArmor) forbids it, or it is in a user "
		   "namespace that is not below this one; the kernel's log may tell" },
	{ yama_forbids, "kernel.yama.ptrace_scope lets a user trace descendants only: set it to 0, or run as root" },
	{ always, "it is another user's, or has more rights than this user: run as root, or as its user" },
};

struct err *refused_hint(struct err *err, pid_t pid)
{
	_cleanup_free_ char *tracer = NULL;

	if (!err || err_is_gone(err) || err_errnum(err) != EPERM)
		return err;
	tracer = status_text(pid, "TracerPid");
	if (tracer && strcmp(tracer, "0") != 0) {
		_cleanup_free_ char *path = mem_printf("/proc/%s/comm", tracer);
		_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

		err_free(fs_read(path, &name));
		return err_hint(err, "pid %s (%.*s) traces it already, and a task has one tracer at a time", tracer,
				(int)strcspn(name.text, "\n"), name.text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].holds(pid))
			return err_hint(err, "%s", reasons[i].words);
	return err;
}

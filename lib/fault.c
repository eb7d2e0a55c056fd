/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The points' names, the text that sets one, and what strikes there. Knows nothing of what lies
 * behind a point. Invariant: with fault_armed at FAULT_NONE nothing here is ever called.
 */
#include "lib/fault.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/strbuf.h"

#define LAST_ERRNO 133 /* EHWPOISON: errno-base.h, errno.h */

enum action { ACTION_ERRNO, ACTION_SHORT, ACTION_TASK, ACTION_SELF };

static const struct point {
	const char *name;
	bool transfers; /* moves bytes, and so may move fewer */
} points[] = {
	[FAULT_SEIZE] = { "ptrace-seize", false },
	[FAULT_INTERRUPT] = { "ptrace-interrupt", false },
	[FAULT_CONT] = { "ptrace-cont", false },
	[FAULT_LISTEN] = { "ptrace-listen", false },
	[FAULT_DETACH] = { "ptrace-detach", false },
	[FAULT_REGS] = { "ptrace-regs", false },
	[FAULT_USER] = { "ptrace-user", false },
	[FAULT_TEXT] = { "ptrace-text", false },
	[FAULT_SIGINFO] = { "ptrace-siginfo", false },
	[FAULT_PENDING] = { "ptrace-pending", false },
	[FAULT_SIGMASK] = { "ptrace-sigmask", false },
	[FAULT_STEP] = { "ptrace-step", false },
	[FAULT_EVENT] = { "ptrace-event", false },
	[FAULT_WAIT] = { "wait", false },
	[FAULT_MEM_OPEN] = { "mem-open", false },
	[FAULT_MEM_READ] = { "mem-read", true },
	[FAULT_MEM_WRITE] = { "mem-write", true },
	[FAULT_AUXV] = { "auxv", false },
	[FAULT_MAPS] = { "maps", false },
	[FAULT_MAPS_ASK] = { "maps-ask", false },
	[FAULT_THREAD] = { "thread", false },
	[FAULT_ELF] = { "elf", false },
	[FAULT_PERF] = { "perf", false },
	[FAULT_HEAR] = { "hear", false },
	[FAULT_MAP] = { "map", false },
	[FAULT_SPAWN] = { "spawn", false },
	[FAULT_SOCKET] = { "socket", false },
	[FAULT_ACCEPT] = { "accept", false },
	[FAULT_HELLO] = { "hello", true },
	[FAULT_RELEASE] = { "release", true },
	[FAULT_PIDFD] = { "pidfd", false },
	[FAULT_FILE_READ] = { "file-read", false },
	[FAULT_FILE_WRITE] = { "file-write", true },
	[FAULT_FILE_NAME] = { "file-name", false },
	[FAULT_FOLDER] = { "folder", false },
};
_Static_assert(ARRAY_SIZE(points) == FAULT_N, "one for each");

static const struct word {
	const char *name;
	enum action action;
	int signal;
} words[] = {
	{ "short", ACTION_SHORT, 0 },	  { "die", ACTION_TASK, SIGKILL },  { "stop", ACTION_TASK, SIGSTOP },
	{ "kill", ACTION_SELF, SIGKILL }, { "int", ACTION_SELF, SIGINT },   { "term", ACTION_SELF, SIGTERM },
};

enum fault_point fault_armed;

static struct {
	unsigned long at, calls;
	bool again; /* all later ones, too */
	bool struck;
	enum action action;
	int number; /* errno or signal */
	char *text;
} fault;

const char *fault_name(enum fault_point point)
{
	return points[point].name;
}

bool fault_has_struck(void)
{
	return __atomic_load_n(&fault.struck, __ATOMIC_RELAXED);
}

unsigned long fault_calls(void)
{
	return __atomic_load_n(&fault.calls, __ATOMIC_RELAXED);
}

bool fault_strike(pid_t pid)
{
	unsigned long call;

	if (fault.action == ACTION_TASK && pid <= 0)
		return false; /* nobody here who could */
	call = __atomic_add_fetch(&fault.calls, 1, __ATOMIC_RELAXED);
	if (call != fault.at && !(fault.again && call > fault.at))
		return false;
	if (!__atomic_exchange_n(&fault.struck, true, __ATOMIC_RELAXED))
		progress_warn("fault '%s' strikes", fault.text);
	if (fault.action == ACTION_TASK || fault.action == ACTION_SELF)
		kill(fault.action == ACTION_TASK ? pid : getpid(), fault.number);
	errno = fault.action == ACTION_ERRNO ? fault.number : 0;
	return fault.action == ACTION_ERRNO || fault.action == ACTION_SHORT;
}

static int errno_parse(const char *name)
{
	for (int number = 1; number <= LAST_ERRNO; number++)
		if (strerrorname_np(number) && !strcmp(strerrorname_np(number), name))
			return number;
	return 0;
}

static struct err *action_parse(const char *name, const struct point *point)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].name, name) != 0)
			continue;
		if (words[i].action == ACTION_SHORT && !point->transfers)
			return err_new("'%s' moves no bytes, so nothing there can be short", point->name);
		fault.action = words[i].action;
		fault.number = words[i].signal;
		return NULL;
	}
	fault.action = ACTION_ERRNO;
	fault.number = errno_parse(name);
	if (fault.number)
		return NULL;
	return err_hint(err_new("'%s' is no fault", name), "an errno as EIO, or short, die, stop, kill, int, term");
}

static struct err *point_parse(const char *name, enum fault_point *ret)
{
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;

	for (int i = FAULT_NONE + 1; i < FAULT_N; i++) {
		if (!strcmp(points[i].name, name)) {
			*ret = (enum fault_point)i;
			return NULL;
		}
		strbuf_printf(&list, "%s%s", list.len ? " " : "", points[i].name);
	}
	return err_hint(err_new("'%s' is no point of a fault", name), "%s", list.text);
}

struct err *fault_set(const char *text)
{
	_cleanup_free_ char *copy = mem_strdup(text ? text : "");
	char *rest = copy, *name, *number, *what, *end;
	enum fault_point point = FAULT_NONE;
	struct err *err;

	fault_armed = FAULT_NONE;
	free(fault.text);
	memset(&fault, 0, sizeof(fault));
	if (!text)
		return NULL;
	name = strsep(&rest, ":");
	number = strsep(&rest, ":");
	what = strsep(&rest, ":");
	err = point_parse(name, &point);
	if (err)
		return err;
	fault.at = number ? strtoul(number, &end, 10) : 1;
	fault.again = number && *end == '+';
	if (!fault.at || rest || (number && (*number < '0' || *number > '9' || end[fault.again])))
		return err_new("'%s' is not POINT[:N[+][:WHAT]], with N of 1 or more", text);
	err = action_parse(what ? what : "EIO", &points[point]);
	if (err)
		return err;
	fault.text = mem_strdup(text);
	fault_armed = point;
	return NULL;
}

struct err *fault_from_env(void)
{
	_cleanup_free_ char *text = getenv(FAULT_ENV) ? mem_strdup(getenv(FAULT_ENV)) : NULL;

	unsetenv(FAULT_ENV);
	return text ? err_wrap(fault_set(text), FAULT_ENV) : NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All tool processes of a trial: waited for as one, ended together, and what they used added
 * up. Says nothing of how they did: that is stage.c.
 *
 * Invariant: after outside_set_end no process of the set is left, nor one that a process of
 * the set has started, except by clearing its environment.
 */
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "job/child.h"
#include "job/ends/leftovers.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "tool/process/internal.h"

#define MAX_SLEEP_NS (100 * NS_PER_MS)
#define KILLED_LIMIT_NS (10 * NS_PER_S)
#define MAX_LAST_READS 1024 /* a grandchild may hold the pipe and print for ever */
#define MAX_KEPT_BYTES 65536
#define FDS_EACH 4
#define CHILD_LIMIT_NS NS_PER_S

struct err *outside_set_init(const char *dir, const char *home, struct outside_set *ret)
{
	static const char *const folders[] = { "cache", "config", "data" };
	_cleanup_free_ char *own_dir = NULL, *own_home = NULL;
	struct err *err = fs_realpath(dir, &own_dir);

	for (size_t i = 0; !err && i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *folder = fs_join(home, folders[i]);

		err = fs_mkdirs(folder);
	}
	if (!err)
		err = fs_realpath(home, &own_home);
	if (err)
		return err;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	*ret = (struct outside_set){ .mark = mem_printf("ATTACHSTORM_TOOL_DIR=%s", own_dir) };
	ret->dir = no_free_ptr(own_dir);
	ret->home = no_free_ptr(own_home);
	return NULL;
}

/* --- waiting ---------------------------------------------------------------------- */

static bool notice_end(struct outside *o)
{
	if (o->ended || !child_exited(o->pid, &o->status))
		return false;
	for (int i = 0; i < MAX_LAST_READS && outside_read(o); i++)
		;
	o->ended = true;
	return true;
}

static size_t add_fds(const struct outside *o, struct pollfd *fds)
{
	size_t n = 0;

	if (o->ended)
		return 0;
	fds[n++] = (struct pollfd){ .fd = o->pidfd, .events = POLLIN };
	if (o->out_fd >= 0 && !o->flooded)
		fds[n++] = (struct pollfd){ .fd = o->out_fd, .events = POLLIN };
	if (o->err_fd >= 0)
		fds[n++] = (struct pollfd){ .fd = o->err_fd, .events = POLLIN };
	if (o->in_fd >= 0 && o->to_write.len)
		fds[n++] = (struct pollfd){ .fd = o->in_fd, .events = POLLOUT };
	return n;
}

bool outside_set_wait(struct outside_set *set, struct pollfd *others, size_t n, int64_t until_ns)
{
	_cleanup_free_ struct pollfd *fds = mem_calloc(set->n * FDS_EACH + n + 1, sizeof(*fds));
	int64_t left_ns = until_ns - clock_now_ns();
	struct timespec timeout = { 0 };
	size_t n_fds = 0;
	bool news = false;

	left_ns = left_ns < 0 ? 0 : left_ns > MAX_SLEEP_NS ? MAX_SLEEP_NS : left_ns;
	timeout.tv_nsec = left_ns;
	for (size_t i = 0; i < set->n; i++)
		n_fds += add_fds(set->v[i], fds + n_fds);
	if (n)
		memcpy(fds + n_fds, others, n * sizeof(*fds));
	if (ppoll(fds, n_fds + n, &timeout, NULL) <= 0)
		for (size_t i = 0; i < n_fds + n; i++)
			fds[i].revents = 0;
	for (size_t i = 0; i < n; i++) {
		others[i].revents = fds[n_fds + i].revents;
		news |= others[i].revents != 0;
	}
	for (size_t i = 0; i < set->n; i++) {
		struct outside *o = set->v[i];

		if (o->ended)
			continue;
		news |= outside_read(o);
		news |= outside_write(o);
		news |= notice_end(o);
	}
	return news;
}

bool outside_set_ended(const struct outside_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (!set->v[i]->ended)
			return false;
	return true;
}

/* --- what they used --------------------------------------------------------------- */

/* A number behind a key that begins a line, as in /proc/PID/io and status; -1: none. */
static int64_t proc_number(pid_t pid, const char *file, const char *key)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/%s", (int)pid, file);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(path, &text);
	size_t len = strlen(key);

	for (const char *line = text.text; !err && *line; line = strchrnul(line, '\n') + 1) {
		if (!strncmp(line, key, len) && line[len] == ':')
			return strtoll(line + len + 1, NULL, 10);
		if (!strchr(line, '\n'))
			break;
	}
	return -1;
}

static int64_t timeval_ns(struct timeval tv)
{
	return tv.tv_sec * NS_PER_S + tv.tv_usec * NS_PER_US;
}

static int64_t read_bytes(pid_t pid)
{
	return proc_number(pid, "io", "rchar");
}

/* Its io is still there while it is not reaped, with that of children which it has reaped. */
static void reap(struct outside *o)
{
	struct rusage usage;

	if (!o->ended || o->reaped)
		return;
	o->bytes_read = read_bytes(o->pid);
	if (wait4(o->pid, NULL, WNOHANG, &usage) != o->pid)
		return;
	o->reaped = true;
	o->cpu_ns = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
	o->peak_rss_bytes = usage.ru_maxrss * 1024;
}

/* Calls in the summary of strace -c: the 4th column of the line that ends in "ptrace". */
static int64_t ptrace_calls(const struct outside *o)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = o->ptrace_path ? fs_read(o->ptrace_path, &text) : NULL;
	char *save = NULL;

	if (!o->ptrace_path || err || !o->ended || WIFSIGNALED(o->status))
		return -1;
	for (char *line = strtok_r(text.text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *name = strrchr(line, ' ');
		int64_t calls;

		if (name && !strcmp(name + 1, "ptrace") && sscanf(line, "%*s %*s %*s %" SCNd64, &calls) == 1)
			return calls;
	}
	return 0; /* it has made none */
}

static void note_child(pid_t pid, void *arg)
{
	struct outside_set *set = arg;

	for (size_t i = 0; i < set->n; i++)
		if (set->v[i]->pid == pid)
			return;
	for (size_t i = 0; i < set->n_children; i++)
		if (set->children[i] == pid)
			return;
	mem_grow(set->children, set->n_children, set->cap_children);
	set->children[set->n_children++] = pid;
}

/* Children are listed by the thread that has started them: proc(5). */
static void note_children_of(struct outside_set *set, pid_t pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/task", (int)pid);
	_cleanup_closedir_ DIR *threads = opendir(path);
	struct dirent *thread;

	while (threads && (thread = readdir(threads))) {
		_cleanup_free_ char *file = mem_printf("%s/%s/children", path, thread->d_name);
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_err_ struct err *err = *thread->d_name == '.' ? NULL : fs_read(file, &text);
		char *save = NULL;

		for (char *word = err ? NULL : strtok_r(text.text, " ", &save); word; word = strtok_r(NULL, " ", &save))
			note_child(atoi(word), set);
	}
}

void outside_set_note_children(struct outside_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (!set->v[i]->ended)
			note_children_of(set, set->v[i]->pid);
	for (size_t i = 0; i < set->n_children; i++) /* grows by grandchildren */
		note_children_of(set, set->children[i]);
}

struct usage_sum {
	int64_t cpu_ns, peak_rss_bytes, bytes_read;
};

static void add(int64_t *sum, int64_t value)
{
	*sum = *sum < 0 || value < 0 ? -1 : *sum + value;
}

/* One that its tool has waited for is in the tool's own numbers. One that has not ended is given a moment. */
static void reap_child(pid_t pid, struct usage_sum *sum)
{
	int64_t until_ns = clock_now_ns() + CHILD_LIMIT_NS, bytes;
	siginfo_t info = { 0 };
	struct rusage usage;

	do {
		if (waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT))
			return;
		if (!info.si_pid)
			nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	} while (!info.si_pid && clock_now_ns() < until_ns);
	bytes = read_bytes(pid);
	if (wait4(pid, NULL, WNOHANG, &usage) != pid)
		return;
	add(&sum->cpu_ns, timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime));
	add(&sum->peak_rss_bytes, usage.ru_maxrss * 1024);
	add(&sum->bytes_read, bytes);
}

/* --- the end ---------------------------------------------------------------------- */

static void signal_all(const struct outside_set *set, int signal)
{
	for (size_t i = 0; i < set->n; i++)
		if (!set->v[i]->ended)
			kill(-set->v[i]->pid, signal);
}

static bool wait_ended(struct outside_set *set, int64_t limit_ns)
{
	int64_t until_ns = clock_now_ns() + limit_ns;

	while (!outside_set_ended(set) && clock_now_ns() < until_ns)
		outside_set_wait(set, NULL, 0, until_ns);
	return outside_set_ended(set);
}

void outside_set_end(struct outside_set *set, int64_t grace_ns, struct trial *trial)
{
	struct usage_sum sum = { 0 };
	int64_t calls = 0;

	if (!set->mark)
		return;
	outside_set_note_children(set);
	if (!outside_set_ended(set) && grace_ns) {
		signal_all(set, SIGTERM);
		wait_ended(set, grace_ns);
	}
	signal_all(set, SIGKILL);
	wait_ended(set, KILLED_LIMIT_NS);
	leftovers_kill(set->mark, note_child, set);
	for (size_t i = 0; i < set->n; i++) {
		struct outside *o = set->v[i];

		reap(o);
		add(&sum.cpu_ns, o->cpu_ns);
		add(&sum.peak_rss_bytes, o->peak_rss_bytes);
		add(&sum.bytes_read, o->bytes_read);
		add(&calls, ptrace_calls(o));
	}
	for (size_t i = 0; i < set->n_children; i++)
		reap_child(set->children[i], &sum);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	if (!set->n)
		sum.cpu_ns = sum.peak_rss_bytes = sum.bytes_read = calls = -1;
	trial->tracer_cpu_ns = sum.cpu_ns;
	trial->tracer_peak_rss_bytes = sum.peak_rss_bytes;
	trial->bytes_read = sum.bytes_read;
	trial->ptrace_calls = calls;
}

void outside_set_deinit(struct outside_set *set, bool keep_transcripts)
{
	for (size_t i = 0; i < set->n; i++) {
		struct outside *o = set->v[i];

		if (!keep_transcripts && o->transcript_bytes > MAX_KEPT_BYTES)
			unlink(o->transcript);
		outside_free(o);
	}
	free(set->v);
	free(set->children);
	free(set->dir);
	free(set->home);
	free(set->mark);
	*set = (struct outside_set){ 0 };
}

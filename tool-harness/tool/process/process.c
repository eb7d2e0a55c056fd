/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One tool process: its start, and the talk with it over pipes that never block us. Lines are
 * cut here; what they mean is the adapters'. Does not wait, end or reap: process_set.c does.
 *
 * Invariant: what was sent and what came back stand in the transcript in the order in which
 * they passed through here.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/pidfd.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "tool/process/internal.h"

#define MAX_UNREAD (16u << 20)
#define MAX_TRANSCRIPT (4u << 20)

/* --- transcript ------------------------------------------------------------------- */

static void transcript_add(struct outside *o, const char *text, size_t len)
{
	static const char cut[] = "\n[the transcript is cut off here]\n";

	if (o->transcript_bytes > MAX_TRANSCRIPT)
		return;
	o->transcript_bytes += len;
	if (o->transcript_bytes > MAX_TRANSCRIPT) {
		text = cut;
		len = sizeof(cut) - 1;
	}
	/* A disk that is full costs the transcript, not the trial. */
	if (write(o->transcript_fd, text, len) < 0)
		o->transcript_bytes = MAX_TRANSCRIPT + 1;
}

static void tail_add(struct outside *o, const char *text, size_t len)
{
	strbuf_add(&o->tail, text, len);
	if (o->tail.len > 2 * TAIL_BYTES) {
		memmove(o->tail.text, o->tail.text + o->tail.len - TAIL_BYTES, TAIL_BYTES + 1);
		o->tail.len = TAIL_BYTES;
	}
}

char *outside_tail(const struct outside *o, size_t max)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	size_t at = o->tail.len > max ? o->tail.len - max : 0;
	bool gap = false;

	while (at && ((unsigned char)o->tail.text[at] & 0xc0) == 0x80)
		at++;
	for (; at < o->tail.len; at++) {
		unsigned char c = o->tail.text[at];

		if (c == '\n' || c == '\r') {
			gap = text.len > 0;
			continue;
		}
		if (gap)
			strbuf_puts(&text, " | ");
		gap = false;
		strbuf_putc(&text, c < 0x20 || c == 0x7f || (o->binary && c >= 0x80) ? '?' : (char)c);
	}
	return strbuf_steal(&text);
}

/* --- start ------------------------------------------------------------------------ */

static struct err *make_pipe(int *our_end, int *its_end, bool we_write)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return err_errno(errno, "cannot make a pipe");
	*our_end = ends[we_write];
	*its_end = ends[!we_write];
	fcntl(*our_end, F_SETFL, O_NONBLOCK);
	return NULL;
}

/* The command line, with strace before it if its ptrace calls are to be counted. Strings are borrowed. */
static const char **make_argv(const struct outside_opts *opts, const struct outside *o)
{
	const char *const count[] = { "strace", "-c", "-e", "trace=ptrace", "-o", o->ptrace_path };
	size_t n = 0, at = 0;
	const char **argv;

	while (opts->argv[n])
		n++;
	argv = mem_calloc(n + ARRAY_SIZE(count) + 3, sizeof(*argv));
	if (opts->count_ptrace) {
		memcpy(argv, count, sizeof(count));
		at = ARRAY_SIZE(count);
		if (opts->count_children)
			argv[at++] = "-f";
		argv[at++] = "--";
	}
	memcpy(argv + at, opts->argv, n * sizeof(*argv));
	return argv;
}

static struct err *check_program(const struct outside_opts *opts)
{
	const char *const needed[] = { opts->argv[0], opts->count_ptrace ? "strace" : NULL };

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		_cleanup_free_ char *found = needed[i] ? fs_find_program(needed[i]) : NULL;

		if (needed[i] && !found)
			return err_exit(EXIT_SKIPPED,
					"cannot start the tool %s: there is no program '%s' here", opts->name,
					needed[i]);
	}
	return NULL;
}

static char **make_env(const struct outside_set *set, const char *const *more)
{
	size_t n = 0, at = 0;
	char **env;

	while (more && more[n])
		n++;
	env = mem_calloc(n + 16, sizeof(*env));
	env[at++] = mem_printf("HOME=%s", set->home);
	env[at++] = mem_printf("XDG_CACHE_HOME=%s/cache", set->home);
	env[at++] = mem_printf("XDG_CONFIG_HOME=%s/config", set->home);
	env[at++] = mem_printf("XDG_DATA_HOME=%s/data", set->home);
	env[at++] = mem_strdup("DEBUGINFOD_URLS=");
	env[at++] = mem_strdup("TERM=dumb");
	env[at++] = mem_strdup("LC_ALL=C.UTF-8");
	env[at++] = mem_strdup("PAGER=cat");
	env[at++] = mem_strdup(set->mark);
	for (size_t i = 0; i < n; i++)
		env[at++] = mem_strdup(more[i]);
	return env;
}

static struct err *spawn(struct outside *o, const struct outside_set *set, const struct outside_opts *opts)
{
	_cleanup_close_ int in = -1, out = -1, err_end = -1;
	_cleanup_free_ const char **argv = make_argv(opts, o);
	struct proc_opts proc = PROC_OPTS_INIT;
	char **env = make_env(set, opts->env);
	struct err *err;

	err = make_pipe(&o->in_fd, &in, true);
	if (!err)
		err = make_pipe(&o->out_fd, &out, false);
	if (!err && !opts->merge_stderr)
		err = make_pipe(&o->err_fd, &err_end, false);
	proc.env_set = (const char *const *)env;
	proc.stdin_fd = in;
	proc.stdout_fd = out;
	proc.stderr_fd = opts->merge_stderr ? out : err_end;
	proc.death_signal = SIGKILL;
	proc.new_group = true;
	if (!err)
		err = proc_spawn(argv, &proc, &o->pid);
	for (size_t i = 0; env[i]; i++)
		free(env[i]);
	free(env);
	if (err)
		return err_wrap(err, "cannot start the tool %s", opts->name);
	o->pidfd = pidfd_open(o->pid, 0);
	for (size_t i = 0; argv[i]; i++) {
		transcript_add(o, i ? " " : "$ ", i ? 1 : 2);
		transcript_add(o, argv[i], strlen(argv[i]));
	}
	transcript_add(o, "\n", 1);
	return NULL;
}

struct err *outside_start(struct outside_set *set, const struct outside_opts *opts, struct outside **ret)
{
	struct err *err = check_program(opts);
	struct outside *o;

	if (err)
		return err;
	o = mem_alloc(sizeof(*o));
	*o = (struct outside){ .name = mem_strdup(opts->name),
			       .label = mem_strdup(opts->label),
			       .pidfd = -1,
			       .in_fd = -1,
			       .out_fd = -1,
			       .err_fd = -1,
			       .to_write = STRBUF_INIT,
			       .out = STRBUF_INIT,
			       .tail = STRBUF_INIT,
			       .cpu_ns = -1,
			       .peak_rss_bytes = -1,
			       .bytes_read = -1 };
	o->transcript = mem_printf("%s/tool.%s.txt", set->dir, opts->label);
	if (opts->count_ptrace)
		o->ptrace_path = mem_printf("%s/tool.%s.ptrace", set->dir, opts->label);
	o->transcript_fd = open(o->transcript, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	err = o->transcript_fd < 0 ? err_errno(errno, "cannot write '%s'", o->transcript)
				   : spawn(o, set, opts);
	if (err) {
		outside_free(o);
		return err;
	}
	mem_grow(set->v, set->n, set->cap);
	set->v[set->n++] = o;
	*ret = o;
	return NULL;
}

void outside_free(struct outside *o)
{
	const int fds[] = { o->pidfd, o->in_fd, o->out_fd, o->err_fd, o->transcript_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	strbuf_deinit(&o->to_write);
	strbuf_deinit(&o->out);
	strbuf_deinit(&o->tail);
	free(o->name);
	free(o->label);
	free(o->transcript);
	free(o->ptrace_path);
	free(o);
}

/* --- talking ---------------------------------------------------------------------- */

void outside_send(struct outside *o, const char *fmt, ...)
{
	size_t before = o->to_write.len;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&o->to_write, fmt, ap);
	va_end(ap);
	transcript_add(o, "<< ", 3);
	transcript_add(o, o->to_write.text + before, o->to_write.len - before);
	outside_write(o);
}

void outside_close_input(struct outside *o)
{
	o->close_when_written = true;
	outside_write(o);
}

bool outside_write(struct outside *o)
{
	bool moved = false;

	while (o->in_fd >= 0 && o->written < o->to_write.len) {
		ssize_t n = write(o->in_fd, o->to_write.text + o->written, o->to_write.len - o->written);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return moved;
		if (n < 0)
			close(no_close_fd(o->in_fd)); /* it reads no more; its end will tell why */
		else
			o->written += n;
		moved = true;
	}
	strbuf_clear(&o->to_write);
	o->written = 0;
	if (o->close_when_written && o->in_fd >= 0)
		close(no_close_fd(o->in_fd));
	return moved;
}

/* Looks at whole lines only, so that no character is cut in two. */
static void check_text(struct outside *o)
{
	const char *end = memrchr(o->out.text + o->checked, '\n', o->out.len - o->checked);
	json_t *json;

	if (!end || o->binary)
		return;
	json = json_stringn(o->out.text + o->checked, end - (o->out.text + o->checked));
	o->binary = !json || memchr(o->out.text + o->checked, '\0', end - (o->out.text + o->checked));
	json_decref(json);
	o->checked = end + 1 - o->out.text;
}

/* What was read by lines goes when it is much. */
static void compact(struct outside *o)
{
	if (o->read < 65536 || o->read < o->out.len / 2)
		return;
	memmove(o->out.text, o->out.text + o->read, o->out.len - o->read + 1);
	o->out.len -= o->read;
	o->checked = o->checked > o->read ? o->checked - o->read : 0;
	o->read = 0;
}

static bool read_channel(struct outside *o, int *fd, bool lines)
{
	char chunk[65536];
	ssize_t n = *fd < 0 ? -1 : read(*fd, chunk, sizeof(chunk));

	if (n > 0) {
		transcript_add(o, chunk, n);
		tail_add(o, chunk, n);
		if (!lines)
			return true;
		compact(o);
		strbuf_add(&o->out, chunk, n);
		check_text(o);
		o->flooded |= o->out.len - o->read > MAX_UNREAD;
		return true;
	}
	if (n == 0 || (*fd >= 0 && errno != EAGAIN && errno != EINTR))
		close(no_close_fd(*fd));
	return false;
}

bool outside_read(struct outside *o)
{
	bool moved = !o->flooded && read_channel(o, &o->out_fd, true);

	return read_channel(o, &o->err_fd, false) || moved;
}

const char *outside_line(struct outside *o)
{
	char *start = o->out.text + o->read, *newline = memchr(start, '\n', o->out.len - o->read);

	if (!newline && (!o->ended || o->read == o->out.len))
		return NULL;
	if (newline) {
		o->read = newline + 1 - o->out.text;
		*newline = '\0';
		if (newline > start && newline[-1] == '\r')
			newline[-1] = '\0';
	} else {
		o->read = o->out.len;
	}
	return start;
}

const char *outside_unfinished(const struct outside *o)
{
	const char *start = o->out.text + o->read, *newline = memrchr(start, '\n', o->out.len - o->read);

	return newline ? newline + 1 : start;
}

bool outside_ended(const struct outside *o)
{
	return o->ended;
}

int outside_status(const struct outside *o)
{
	return o->status;
}

bool outside_flooded(const struct outside *o)
{
	return o->flooded;
}

bool outside_binary(const struct outside *o)
{
	return o->binary;
}

pid_t outside_pid(const struct outside *o)
{
	return o->pid;
}

const char *outside_label(const struct outside *o)
{
	return o->label;
}

const char *outside_transcript(const struct outside *o)
{
	return o->transcript;
}

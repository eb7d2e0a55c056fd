/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of one task's places: append only, one write(2) for what goes in together, so that a tracer that is killed
 * leaves whole lines. It need not be synced: the task does not outlive the machine either.
 *
 * Invariant: only files in a folder of this user, which no other can write to, are read, written or removed, and no
 * link is followed.
 */
#include "trace/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/strbuf.h"
#include "trace/procstate.h"

#define HEAD "attachstorm-traps 1\n"
#define SUFFIX ".traps"

static char *file_name(pid_t pid)
{
	return mem_printf("%d-%" PRIu64 SUFFIX, (int)pid, process_start_ticks(pid));
}

/* Where it may be: that of the first choice is made. */
static char *folder_path(int choice)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (choice == 0)
		return runtime && *runtime == '/' ? mem_printf("%s/attachstorm", runtime) : NULL;
	return mem_printf("/tmp/attachstorm-%u", (unsigned int)geteuid());
}
#define CHOICES 2

/* -1 with errno; EPERM if it is not ours alone. */
static int folder_open(int choice, bool make)
{
	_cleanup_free_ char *path = folder_path(choice);
	struct stat st;
	int fd;

	if (!path) {
		errno = ENOENT;
		return -1;
	}
	if (make && mkdir(path, 0700) && errno != EEXIST)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & 077))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

/* Files of processes that are no more. */
static void sweep(int folder)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = dup(folder);

	dir = fd >= 0 ? fdopendir(fd) : NULL;
	while (dir && (entry = readdir(dir))) {
		int pid, at = 0;
		uint64_t ticks;

		if (sscanf(entry->d_name, "%d-%" SCNu64 SUFFIX "%n", &pid, &ticks, &at) == 2 && at &&
		    !entry->d_name[at] && process_start_ticks(pid) != ticks)
			unlinkat(folder, entry->d_name, 0);
	}
}

void journal_init(struct journal *journal, pid_t pid)
{
	*journal = (struct journal){ .pid = pid, .fd = -1 };
}

static void failed(struct journal *journal)
{
	progress_warn("places of breakpoints in pid %d are not written down (%s): if this tracer is killed, "
		      "'attach --repair' finds only those that it can tell by the files",
		      (int)journal->pid, strerror(errno));
	journal_close(journal, false);
	journal->failed = true;
}

static bool append(struct journal *journal, const char *text, size_t len)
{
	ssize_t n = write(journal->fd, text, len);

	if (n == (ssize_t)len)
		return true;
	if (n >= 0)
		errno = ENOSPC;
	failed(journal);
	return false;
}

static bool file_open(struct journal *journal)
{
	_cleanup_free_ char *name = file_name(journal->pid);
	_cleanup_close_ int folder = -1;
	struct stat st;

	for (int choice = 0; folder < 0 && choice < CHOICES; choice++)
		folder = folder_open(choice, true);
	if (folder >= 0) {
		sweep(folder);
		journal->fd = openat(folder, name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (journal->fd < 0) {
		failed(journal);
		return false;
	}
	/* One that is there has places of a tracer that was killed: they stay in it. */
	return (!fstat(journal->fd, &st) && st.st_size) || append(journal, HEAD, strlen(HEAD));
}

void journal_add(struct journal *journal, const struct trap *traps, size_t n)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!n || journal->failed || (journal->fd < 0 && !file_open(journal)))
		return;
	for (size_t i = 0; i < n; i++) {
		strbuf_printf(&text, "%" PRIx64 " %02x ", traps[i].addr, traps[i].byte);
		for (size_t j = 0; j < TRAP_TEXT; j++)
			strbuf_printf(&text, "%02x", traps[i].text[j]);
		strbuf_puts(&text, "\n");
	}
	append(journal, text.text, text.len);
}

void journal_restart(struct journal *journal)
{
	if (journal->fd >= 0 && ftruncate(journal->fd, (off_t)strlen(HEAD)))
		failed(journal);
}

static void remove_file(pid_t pid)
{
	_cleanup_free_ char *name = file_name(pid);

	for (int choice = 0; choice < CHOICES; choice++) {
		_cleanup_close_ int folder = folder_open(choice, false);

		if (folder >= 0) {
			unlinkat(folder, name, 0);
			sweep(folder); /* and its own, if it has ended */
		}
	}
}

void journal_close(struct journal *journal, bool clean)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
	if (clean)
		remove_file(journal->pid);
}

/* --- reading ---------------------------------------------------------------------- */

static bool parse_line(const char *line, struct trap *ret)
{
	struct trap trap = { 0 };
	unsigned int byte;
	int at = 0;

	if (sscanf(line, "%" SCNx64 " %2x %n", &trap.addr, &byte, &at) != 2 || !at ||
	    strcspn(line + at, "\n") != 2 * (size_t)TRAP_TEXT)
		return false;
	trap.byte = (uint8_t)byte;
	for (size_t i = 0; i < TRAP_TEXT; i++) {
		if (sscanf(line + at + 2 * i, "%2x", &byte) != 1)
			return false;
		trap.text[i] = (uint8_t)byte;
	}
	*ret = trap;
	return true;
}

static void parse(const struct strbuf *text, struct trap **traps, size_t *n, size_t *cap)
{
	const char *line = text->text, *end;

	if (!text->len || strncmp(line, HEAD, strlen(HEAD)) != 0)
		return;
	for (line += strlen(HEAD); (end = strchr(line, '\n')); line = end + 1) {
		struct trap trap;

		if (!parse_line(line, &trap))
			continue;
		mem_grow(*traps, *n, *cap);
		(*traps)[(*n)++] = trap;
	}
}

size_t journal_read(pid_t pid, struct trap **traps_ret)
{
	_cleanup_free_ char *name = file_name(pid);
	struct trap *traps = NULL;
	size_t n = 0, cap = 0;

	for (int choice = 0; choice < CHOICES; choice++) {
		_cleanup_close_ int folder = folder_open(choice, false), fd = -1;
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		char chunk[4096];
		ssize_t got;

		fd = folder >= 0 ? openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
		while (fd >= 0 && (got = read(fd, chunk, sizeof(chunk))) > 0)
			strbuf_add(&text, chunk, (size_t)got);
		parse(&text, &traps, &n, &cap);
	}
	*traps_ret = traps;
	return n;
}

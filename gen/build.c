/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs make on a target's folder. Reads its standard output for the lines that the
 * rules print; everything else goes to the log. Invariant: when this returns, make
 * has been reaped; if we die first, it gets SIGTERM.
 */
#include "gen/build.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "gen/emit/build.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "lib/progress.h"

#define MAX_QUOTED_LINES 4
/* A file system with less is taken for full: no library of a target is much smaller with its temporary files. */
#define ROOM_BYTES (1 << 20)

/* The lines of finished files become progress, the others go to the log. */
static void follow(FILE *output, FILE *log, size_t n_done, size_t n_files)
{
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, output) >= 0) {
		if (strncmp(line, BUILT_PREFIX, strlen(BUILT_PREFIX))) {
			fputs(line, log);
			continue;
		}
		if (n_done < n_files)
			n_done++;
		progress_count("build", n_done, n_files);
	}
	fflush(log);
}

/* How many files a make with nothing to do would leave as they are. */
static size_t count_standing(const char *const *argv, const struct proc_opts *opts, size_t n_files)
{
	const char *dry[] = { argv[0], argv[1], argv[2], argv[3], "-n", NULL };
	struct proc_result result = { .out = STRBUF_INIT, .err = STRBUF_INIT };
	struct proc_opts quiet = *opts;
	struct err *err;
	size_t n = 0;

	quiet.stdout_fd = quiet.stderr_fd = -1;
	err = proc_run(dry, &quiet, 0, &result);
	if (err) {
		err_free(err); /* the build itself will say it */
		return 0;
	}
	for (const char *p = strstr(result.out.text, "echo " BUILT_PREFIX); p;
	     p = strstr(p + 1, "echo " BUILT_PREFIX))
		n++;
	proc_result_deinit(&result);
	return n < n_files ? n_files - n : 0;
}

static bool is_complaint(const char *line)
{
	return strstr(line, "error:") || strstr(line, "ld: ") || strstr(line, "No space left") ||
	       strstr(line, "not found") || strstr(line, "cannot ");
}

/* The first complaint of a compiler and what follows it, else the first of make ("***"), else NULL. */
static char *first_complaint(const char *log_path)
{
	_cleanup_strbuf_ struct strbuf log = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf quoted = STRBUF_INIT;
	_cleanup_free_ char *of_make = NULL;
	_cleanup_err_ struct err *err = fs_read(log_path, &log);
	size_t n = 0;
	char *save = NULL;

	if (err || !log.len)
		return NULL;
	for (char *line = strtok_r(log.text, "\n", &save); line && n < MAX_QUOTED_LINES;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!of_make && strstr(line, "***"))
			of_make = mem_strdup(line);
		if (!n && !is_complaint(line))
			continue;
		if (strncmp(line, "make", 4))
			strbuf_printf(&quoted, "%s  %s", n ? "\n" : "", line);
		n++;
	}
	if (quoted.len)
		return strbuf_steal(&quoted);
	return of_make ? mem_printf("  %s", of_make) : NULL;
}

/* On a full disk the log, too, may have no room for what was complained of. */
static char *no_complaint(FILE *log)
{
	struct stat st;
	bool full = !fstat(fileno(log), &st) && fallocate(fileno(log), FALLOC_FL_KEEP_SIZE, st.st_size, 1 << 16) < 0 &&
		    (errno == ENOSPC || errno == EDQUOT);

	return full ? mem_printf("  the log has no room: %s", strerror(errno)) : mem_strdup("  no error message");
}

/* A line to add where the disk is all but full, else NULL. Tools that find no room do not always say so: the
 * assembler of binutils 2.44 removes its output and then says that there is no such file. */
static char *no_room(const char *dir)
{
	struct statvfs fs;
	uint64_t free_bytes;

	if (statvfs(dir, &fs))
		return NULL;
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (free_bytes >= ROOM_BYTES)
		return NULL;
	return mem_printf("\n  its file system has only %" PRIu64 " KiB free: %s is likely why", free_bytes >> 10,
			  strerror(ENOSPC));
}

static unsigned cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return CPU_COUNT(&set);
}

static struct err *run_make(const char *const *argv, struct proc_opts *opts, FILE *log, size_t n_files, int *ret)
{
	size_t n_done = count_standing(argv, opts, n_files);
	_cleanup_close_ int in = -1;
	_cleanup_close_ int out = -1;
	_cleanup_fclose_ FILE *output = NULL;
	struct err *err;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(errno, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	opts->stdout_fd = out;
	opts->stderr_fd = fileno(log);
	err = proc_spawn(argv, opts, &pid);
	if (err)
		return err;
	close(no_close_fd(out));
	output = fdopen(in, "r");
	if (output) {
		in = -1;
		follow(output, log, n_done, n_files);
	}
	while (waitpid(pid, ret, 0) < 0)
		if (errno != EINTR)
			return err_errno(errno, "cannot wait for make");
	return NULL;
}

struct err *build_run(const char *dir, unsigned jobs, size_t n_files)
{
	_cleanup_free_ char *log_path = fs_join(dir, BUILD_LOG);
	_cleanup_free_ char *jobs_text = mem_printf("-j%u", jobs ? jobs : cores());
	_cleanup_free_ char *complaint = NULL;
	_cleanup_free_ char *room = NULL;
	_cleanup_fclose_ FILE *log = fopen(log_path, "we");
	const char *argv[] = { "make", "-C", dir, jobs_text, NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct err *err;
	int status = 0;

	if (!log)
		return err_errno(errno, "cannot write '%s'", log_path);
	/* A make above us must not lend its jobs, options or language to this one. */
	opts.env_set = (const char *const[]){ "LC_ALL=C", "MAKEFLAGS=", "MFLAGS=", "MAKELEVEL=0", NULL };
	opts.death_signal = SIGTERM;
	err = run_make(argv, &opts, log, n_files, &status);
	if (err && err_errnum(err) == ENOENT) {
		err = err_hint(err, "install make (Debian: apt-get install make; Fedora: dnf install make)");
		return err_with_status(err, EXIT_SKIPPED);
	}
	if (err)
		return err;
	progress_end();
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return NULL;
	complaint = first_complaint(log_path);
	if (!complaint)
		complaint = no_complaint(log);
	room = no_room(dir);
	return err_hint(err_new("cannot build the target in '%s':\n%s%s", dir, complaint, room ? room : ""),
			"all output is in '%s'; the same command again continues where this stopped", log_path);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm-shim: stands before the target on the launcher's command line, tells
 * the harness which rank it has become, and waits for leave before it executes the
 * target in its own place. So a tracer can seize a task before the target's first
 * instruction, under any launcher. It does not trace, fork or write any file.
 *
 * It may also stand before the launcher itself (--launcher), or, without a socket, only to
 * set what its program inherits.
 *
 * Invariant: the socket is close-on-exec, so that its end, seen by the harness,
 * means that the target has started; anything else arrives as a message first.
 *
 * Messages to the harness, one per SOCK_SEQPACKET record, fields ending in NUL:
 *   h RANK PID HOST PROGRAM   hello; the answer is one byte of leave
 *   e ERRNO TEXT              what failed; the shim exits with 127
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 127

/* In the order in which they are asked. The harness's own comes first: with its spawn launcher
 * the others may be left over from a job in which the harness itself runs. */
static const char *const rank_names[] = {
	"ATTACHSTORM_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID", NULL,
};
/* The same among the tasks of this node, where a launcher tells. */
static const char *const local_rank_names[] = {
	"ATTACHSTORM_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID", NULL,
};

static _Noreturn void die(int fd, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Says it to the harness if it listens, else on standard error, which is the job's output. */
static _Noreturn void die(int fd, int errnum, const char *fmt, ...)
{
	char message[PATH_MAX + 256], text[PATH_MAX + 128];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = snprintf(message, sizeof(message), "e%d%c%s", errnum, '\0', text);
	if (fd < 0 || send(fd, message, n + 1, MSG_NOSIGNAL) < 0)
		fprintf(stderr, "attachstorm-shim: %s%s%s\n", text, errnum ? ": " : "",
			errnum ? strerror(errnum) : "");
	exit(EXIT_NOT_STARTED);
}

/* The first of the variables that is set; -1: none is. */
static long rank_among(const char *const *names, int fd)
{
	for (; *names; names++) {
		const char *text = getenv(*names);
		char *end;
		long rank;

		if (!text || !*text)
			continue;
		errno = 0;
		rank = strtol(text, &end, 10);
		if (errno || *end || rank < 0 || rank > INT_MAX)
			die(fd, 0, "%s='%s' is not a rank", *names, text);
		return rank;
	}
	return -1;
}

static long rank_read(int fd)
{
	long rank = rank_among(rank_names, fd);

	if (rank < 0)
		die(fd, 0, "the launcher tells no rank: none of OMPI_COMM_WORLD_RANK, PMIX_RANK, PMI_RANK, "
			   "SLURM_PROCID is set");
	return rank;
}

/* To one of the cores that this process may use: the next for each task of the node, round and round. */
static void bind_to_core(int fd)
{
	long rank = rank_among(local_rank_names, fd);
	cpu_set_t allowed, one;
	int core = -1;

	if (rank < 0)
		rank = rank_read(fd);
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		die(fd, errno, "cannot read which cores the task may use");
	for (rank %= CPU_COUNT(&allowed); rank >= 0; rank--)
		do
			core++;
		while (!CPU_ISSET(core, &allowed));
	CPU_ZERO(&one);
	CPU_SET(core, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die(fd, errno, "cannot bind the task to core %d", core);
}

/* The name is in the abstract namespace (unix(7)): after a NUL, not ended by one. */
static int harness_connect(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	int fd;

	if (length >= sizeof(address.sun_path))
		die(-1, 0, "the socket's name is too long: '%s'", name);
	memcpy(address.sun_path + 1, name, length);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die(-1, errno, "cannot make a socket");
	/* A full backlog makes a blocking connect wait, so there is nothing to repeat. */
	if (connect(fd, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + length))
		die(-1, errno, "cannot reach the harness at '@%s': has it ended, or is this another host?", name);
	return fd;
}

/* So that a task's words can be told from others'. Where the folder is not, on another machine, it stays as it is. */
static void errors_to_file(const char *folder, long rank)
{
	char path[PATH_MAX];
	int fd;

	if (rank < 0 || snprintf(path, sizeof(path), "%s/stderr.%ld.txt", folder, rank) >= (int)sizeof(path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	dup2(fd, STDERR_FILENO);
	if (fd != STDERR_FILENO)
		close(fd);
}

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* The file that execvp(3) will start, absolute, or the name as given if there is none. */
static const char *program_resolve(const char *name)
{
	static char resolved[PATH_MAX];
	char candidate[PATH_MAX];
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return realpath(name, resolved) ? resolved : name;
	for (const char *p = path ? path : "/bin:/usr/bin"; p;) {
		const char *colon = strchrnul(p, ':');
		int length = (int)(colon - p);

		if (snprintf(candidate, sizeof(candidate), "%.*s/%s", length ? length : 1, length ? p : ".",
			     name) < (int)sizeof(candidate) &&
		    is_program(candidate) && realpath(candidate, resolved))
			return resolved;
		p = *colon ? colon + 1 : NULL;
	}
	return name;
}

static void say_hello(int fd, long rank, const char *program)
{
	char message[PATH_MAX + HOST_NAME_MAX + 64], host[HOST_NAME_MAX + 1] = "";
	int n;

	gethostname(host, sizeof(host) - 1);
	n = snprintf(message, sizeof(message), "h%ld%c%ld%c%s%c%s", rank, '\0', (long)getpid(), '\0', host, '\0',
		     program_resolve(program));
	if (n >= (int)sizeof(message))
		die(fd, ENAMETOOLONG, "cannot name the program '%s'", program);
	if (send(fd, message, n + 1, MSG_NOSIGNAL) < 0)
		exit(EXIT_NOT_STARTED); /* the harness has gone */
}

static void wait_for_leave(int fd)
{
	char byte;
	ssize_t n;

	/* A tracer that seizes and interrupts may break the read; only leave ends the wait. */
	do {
		n = recv(fd, &byte, 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n != 1)
		exit(EXIT_NOT_STARTED);
}

/* Launchers take a word ":" of a task's command line for the border to another program's, so another stands there. */
static void colons_put_back(char **argv, const char *stand_in)
{
	static char colon[] = ":";

	for (; *argv; argv++)
		if (!strcmp(*argv, stand_in))
			*argv = colon;
}

/* The task ends with the one that started it: the launcher, or the harness. A launcher ends
 * its tasks first, for which it needs its handler. */
static void die_with_parent(pid_t parent, bool launcher)
{
	prctl(PR_SET_PDEATHSIG, launcher ? SIGTERM : SIGKILL);
	if (getppid() != parent)
		exit(EXIT_NOT_STARTED);
	/* Under Yama's scope 1 a tracer that is no ancestor is let in too; without Yama this fails. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	const char *socket_name = NULL, *errors = NULL, *colon = NULL;
	bool no_aslr = false, bind = false, launcher = false, usage = false;
	int i, fd = -1;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!strcmp(argv[i], "--no-aslr")) {
			no_aslr = true;
		} else if (!strcmp(argv[i], "--bind")) {
			bind = true;
		} else if (!strcmp(argv[i], "--launcher")) {
			launcher = true;
		} else if (!strcmp(argv[i], "--socket") && i + 1 < argc) {
			socket_name = argv[++i];
		} else if (!strcmp(argv[i], "--errors") && i + 1 < argc) {
			errors = argv[++i];
		} else if (!strcmp(argv[i], "--colon") && i + 1 < argc) {
			colon = argv[++i];
		} else if (!strcmp(argv[i], "--env") && i + 1 < argc && strchr(argv[i + 1], '=')) {
			/* For the program alone: nothing here reads it but exec. */
			putenv(argv[++i]);
		} else {
			usage = true;
			break;
		}
	}
	if (usage || i + 1 >= argc) {
		fprintf(stderr, "usage: attachstorm-shim [--socket NAME] [--launcher] [--no-aslr] [--bind] "
				"[--errors FOLDER] [--colon WORD] [--env NAME=VALUE]... -- PROGRAM [ARGS]\n"
				"Started by 'attachstorm run'; of no use on its own.\n");
		return 2;
	}
	argv += i + 1;
	if (colon)
		colons_put_back(argv, colon);

	die_with_parent(parent, launcher);
	if (socket_name)
		fd = harness_connect(socket_name);
	if (no_aslr && personality(ADDR_NO_RANDOMIZE) < 0)
		die(fd, errno, "cannot turn off address randomisation");
	if (bind)
		bind_to_core(fd);
	if (errors)
		errors_to_file(errors, rank_among(rank_names, fd));
	if (socket_name) {
		say_hello(fd, launcher ? 0 : rank_read(fd), argv[0]);
		wait_for_leave(fd);
	}
	execvp(argv[0], argv);
	die(fd, errno, "cannot execute '%s'", argv[0]);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A switch for tests: at a named point, the N-th call fails as the system might let it fail, or
 * somebody dies there. Off unless it is set; then one comparison of a global at each point.
 *
 * ATTACHSTORM_FAULT=POINT[:N[+][:WHAT]] in the environment of both programs. N is 1 if it is left
 * out; "3+" is the third and all later ones. WHAT is EIO if it is left out:
 *
 *	ENOSPC ...	the call is not made and fails with this errno
 *	short		of a read or write: 0 bytes, and no error
 *	die		the task that the call is about is killed; then the call is made
 *	stop		it gets a SIGSTOP, and then the call is made
 *	int, term	this process gets SIGINT or SIGTERM, and then the call is made
 *	kill		this process is killed before the call
 *
 * When it strikes, one warning on standard error says so.
 */
#ifndef LIB_FAULT_H
#define LIB_FAULT_H

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

#define FAULT_ENV "ATTACHSTORM_FAULT"

enum fault_point {
	FAULT_NONE,
	FAULT_SEIZE,     /* PTRACE_SEIZE */
	FAULT_INTERRUPT, /* PTRACE_INTERRUPT */
	FAULT_CONT,      /* PTRACE_CONT */
	FAULT_LISTEN,    /* PTRACE_LISTEN */
	FAULT_DETACH,    /* PTRACE_DETACH */
	FAULT_REGS,      /* PTRACE_GETREGS and SETREGS */
	FAULT_USER,      /* PTRACE_PEEKUSER and POKEUSER */
	FAULT_TEXT,      /* PTRACE_PEEKTEXT and POKETEXT */
	FAULT_SIGINFO,   /* PTRACE_GETSIGINFO and SETSIGINFO */
	FAULT_PENDING,   /* PTRACE_PEEKSIGINFO */
	FAULT_SIGMASK,   /* PTRACE_GETSIGMASK and SETSIGMASK */
	FAULT_STEP,      /* PTRACE_SINGLESTEP */
	FAULT_EVENT,     /* PTRACE_GETEVENTMSG */
	FAULT_WAIT,      /* waitpid of the tracer */
	FAULT_MEM_OPEN,  /* opening /proc/PID/mem */
	FAULT_MEM_READ,  /* process_vm_readv, and pread of /proc/PID/mem */
	FAULT_MEM_WRITE, /* pwrite of /proc/PID/mem */
	FAULT_AUXV,      /* opening /proc/PID/auxv */
	FAULT_MAPS,      /* opening /proc/PID/maps */
	FAULT_MAPS_ASK,  /* asking it for one mapping; ENOTTY: as a kernel that cannot */
	FAULT_THREAD,    /* pthread_create of a tracer thread */
	FAULT_ELF,       /* opening an ELF file for its symbols */
	FAULT_PERF,      /* perf_event_open */
	FAULT_HEAR,      /* what an interface to load events tells goes unheard */
	FAULT_MAP,       /* mmap of a ring that is shared with the kernel or a task */
	FAULT_SPAWN,     /* fork of a child */
	FAULT_SOCKET,    /* the socket where tasks meet the harness */
	FAULT_ACCEPT,    /* accepting a task's connection */
	FAULT_HELLO,     /* reading a task's message */
	FAULT_RELEASE,   /* telling a task that it may start */
	FAULT_PIDFD,     /* pidfd_open of a task */
	FAULT_FILE_READ, /* opening a file to read it whole */
	FAULT_FILE_WRITE,/* writing a file that is to be published */
	FAULT_FILE_NAME, /* giving it its name */
	FAULT_FOLDER,    /* mkdir */
	FAULT_N,
};

/* Sets the switch; NULL turns it off. What is no such text is an error that lists the points. */
MUST_CHECK struct err *fault_set(const char *text);

/* By the environment; takes the variable out of it, so that children are spared. For main. */
MUST_CHECK struct err *fault_from_env(void);

/* Name of a point as in the text, for tests that go through them. */
const char *fault_name(enum fault_point point);

/* Whether it has struck since it was set. */
bool fault_has_struck(void);

/* How often the point was come to since it was set: for tests that count calls, with an N out of reach. */
unsigned long fault_calls(void);

extern enum fault_point fault_armed;
bool fault_strike(pid_t pid);

/* True: the call must not be made, it has failed with errno; 0 there means a short one. The
 * pid is that of the task which the call is about, 0 without one. */
static inline bool fault_at(enum fault_point point, pid_t pid)
{
	return __builtin_expect(fault_armed == point, false) && fault_strike(pid);
}

/* A system call that returns -1 and errno, behind a point. */
#define FAULT_OR(point, pid, call) (fault_at(point, pid) ? (errno ? -1 : 0) : (call))

#endif

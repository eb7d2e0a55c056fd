/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The floor of this machine: what ptrace itself costs before a tool does anything. One
 * tracee that runs into a trap over and over, one tracer that lets it go on. Where the
 * tracer waits decides most of it, so each way is measured.
 */
#ifndef TRACE_FLOOR_H
#define TRACE_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum floor_kind {
	FLOOR_STOP_BLOCK,     /* stop + continue, tracer asleep in wait4 on another core */
	FLOOR_STOP_SPIN,      /* the same, tracer polling with WNOHANG on another core */
	FLOOR_STOP_SAME_CORE, /* the same, tracer asleep on the tracee's core, both tied to it */
	FLOOR_STOP_FREE,      /* tracer asleep, neither of them tied to a core: as the scheduler has it */
	FLOOR_STOP_FOLLOW,    /* WAIT_FOLLOW (waiting.h), neither tied */
	FLOOR_STOP_ADAPTIVE,  /* WAIT_ADAPTIVE, likewise */
	FLOOR_FULL_BLOCK,     /* from here as above, with FLOOR_REGISTERS at each stop */
	FLOOR_FULL_SPIN,
	FLOOR_FULL_SAME_CORE,
	FLOOR_FULL_FREE,
	FLOOR_FULL_FOLLOW,
	FLOOR_FULL_ADAPTIVE,
	FLOOR_REGISTERS,      /* GETREGS and SETREGS at one stop */
	FLOOR_READ,           /* one batched read of 100 bytes, process_vm_readv */
	FLOOR_TRAP_WRITE_MEM, /* one trap byte through /proc/PID/mem */
	FLOOR_TRAP_WRITE_POKE,/* one trap byte by PEEKTEXT and POKETEXT */
	FLOOR_N,
};
extern const char *const floor_names[]; /* "stop_block", ..., NULL */

/* Samples in ns of one kind, heap; n is 0 for a kind that this machine cannot show (one core). */
struct floor_samples {
	double *ns[FLOOR_N];
	size_t n[FLOOR_N];
};

/*
 * Measures every kind, `n` samples each; fewer stops, if they would take above 0.2 ms each because
 * the machine is busy. Starts and ends
 * a tracee of its own: `tracee_argv` is a program that reads one byte from standard input,
 * then calls floor_tracee. No other child of this process may be waited for meanwhile.
 */
MUST_CHECK struct err *floor_measure(const char *const *tracee_argv, size_t n, struct floor_samples *ret);
void floor_samples_deinit(struct floor_samples *samples);

/* The tracee's side: traps for ever. */
void floor_tracee(void) __attribute__((noreturn));

#endif

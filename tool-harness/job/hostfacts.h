/* SPDX-License-Identifier: BSD-3-Clause */
/* Facts about this machine that times depend on, for the record of a run. */
#ifndef JOB_HOSTFACTS_H
#define JOB_HOSTFACTS_H

#include <jansson.h>

/*
 * A new object that the caller owns; what cannot be found out is null, but
 * yama_ptrace_scope is "absent" on a kernel without Yama. Keys: hostname, kernel,
 * machine, cpu_model, cpus (online), memory_bytes, virtualised, clocksource, glibc,
 * loader, launcher, launcher_version, aslr_sysctl (0 off, 1 all but the heap, 2 all),
 * yama_ptrace_scope, load_1min, load_5min, load_15min. launcher is its command, or NULL
 * if the job has none; it is run once with --version.
 */
json_t *hostfacts_read(const char *launcher);

#endif

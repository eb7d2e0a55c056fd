/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loader's SystemTap probes (provider "rtld"; glibc's manual, "Internal Probes" and
 * elf/rtld-probes). Those that end a load or an unload make one stop of what is two at the
 * hook. Fedora's and RHEL's loaders have them; Debian's and Ubuntu's are built without.
 */
#ifndef LD_PROBES_H
#define LD_PROBES_H

#include <stdint.h>

#include "lib/err.h"

enum probe_end { PROBE_END_LOAD, PROBE_END_UNLOAD };

struct probe {
	uint64_t addr; /* relative to the load bias */
	enum probe_end end;
};

struct probes {
	struct probe *v; /* those to trap: one name may have several places; none if one kind lacks */
	size_t n, cap;
	size_t n_rtld;   /* all that the loader has, of whatever name */
};

/* What a loader's file has; of an open one the path is for messages. */
MUST_CHECK struct err *probes_read(const char *path, struct probes *ret);
MUST_CHECK struct err *probes_read_of(int fd, const char *path, struct probes *ret);
void probes_deinit(struct probes *probes);

/* The same, but a loader that lacks one of those needed is an error with EXIT_SKIPPED, which
 * says what it has. */
MUST_CHECK struct err *probes_find(const char *path, struct probes *ret);
MUST_CHECK struct err *probes_find_of(int fd, const char *path, struct probes *ret);

#endif

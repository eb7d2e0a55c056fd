/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The places in the loader's code that call its hook, and the state that each has just
 * stored: glibc writes r_state as a constant and calls _dl_debug_state right behind it. So
 * the return address of a call tells the class of its event to a watcher that is told the
 * stack but cannot stop the task to read r_debug.
 */
#ifndef LD_HOOKSITES_H
#define LD_HOOKSITES_H

#include "ld/namespaces.h"

struct hooksite {
	uint64_t ret_addr; /* behind the call, relative to the load bias */
	enum loader_state state;
};

struct hooksites {
	struct hooksite *v; /* by ret_addr */
	size_t n, cap;
	size_t unknown;     /* calls before which no store of a state was seen */
};

/* x86-64 code at an address; the hook's address is relative to the same load bias. */
void hooksites_find(const unsigned char *text, size_t len, uint64_t addr, uint64_t hook, struct hooksites *ret);
void hooksites_deinit(struct hooksites *sites);

/* The site that a return address, relative to the load bias, belongs to; NULL if it is none. */
const struct hooksite *hooksites_at(const struct hooksites *sites, uint64_t ret_addr);

#endif

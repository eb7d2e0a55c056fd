/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The places in the loader's code that lead to its hook, and the state that each has just
 * stored. The return address of a call tells the class of its event to a watcher that is told
 * the stack but cannot stop the task to read r_debug. Two forms are known:
 *
 *   glibc up to 2.36   r_state is stored as a constant, _dl_debug_state called right behind it
 *   glibc 2.41         a function (_dl_debug_change_state) stores its second argument and ends in a
 *                      jump to _dl_debug_state: the return address is that of its own caller, which
 *                      has put a constant into %esi
 */
#ifndef LD_HOOKSITES_H
#define LD_HOOKSITES_H

#include "ld/namespaces.h"

struct hooksite {
	uint64_t ret_addr; /* behind the call, relative to the load bias */
	enum loader_state state;
};

struct hooksites {
	struct hooksite *v;
	size_t n, cap;
	size_t unknown;     /* calls before which no state was seen, and jumps of no known function */
};

/* x86-64 code at an address; the hook's address is relative to the same load bias. */
void hooksites_find(const unsigned char *text, size_t len, uint64_t addr, uint64_t hook, struct hooksites *ret);
void hooksites_deinit(struct hooksites *sites);

/* The site that a return address, relative to the load bias, belongs to; NULL if it is none. */
const struct hooksite *hooksites_at(const struct hooksites *sites, uint64_t ret_addr);

#endif

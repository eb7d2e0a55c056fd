/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding calls of the hook by their bytes. No disassembler: a call is known by its target,
 * and the store before it by its form. Invariant: a site without a known state is not in
 * the list.
 */
#include "ld/hooksites.h"

#include <string.h>

#include "lib/mem.h"

#define CALL 0xe8
#define CALL_LEN 5
#define STORE_LEN 7      /* movl $imm32, 0x18(%reg): c7 /0, disp8 */
#define LOOK_BACK 24     /* bytes in which a compiler puts the store before the call */

static bool is_call_of(const unsigned char *text, uint64_t addr, uint64_t hook)
{
	int32_t distance;

	if (text[0] != CALL)
		return false;
	memcpy(&distance, text + 1, sizeof(distance));
	return addr + CALL_LEN + (uint64_t)(int64_t)distance == hook;
}

/* offsetof(struct r_debug, r_state) is 0x18; a register other than the stack pointer. */
static bool is_store(const unsigned char *text, enum loader_state *ret)
{
	uint32_t value;

	if (text[0] != 0xc7 || (text[1] & 0xf8) != 0x40 || text[1] == 0x44 ||
	    text[2] != offsetof(struct raw_r_debug, state))
		return false;
	memcpy(&value, text + 3, sizeof(value));
	if (value > LOADER_DELETE)
		return false;
	*ret = (enum loader_state)value;
	return true;
}

void hooksites_find(const unsigned char *text, size_t len, uint64_t addr, uint64_t hook, struct hooksites *ret)
{
	struct hooksites sites = { 0 };

	for (size_t i = 0; i + CALL_LEN <= len; i++) {
		struct hooksite site = { .ret_addr = addr + i + CALL_LEN };
		bool known = false;

		if (!is_call_of(text + i, addr + i, hook))
			continue;
		for (size_t back = STORE_LEN; !known && back <= LOOK_BACK && back <= i; back++)
			known = is_store(text + i - back, &site.state);
		if (!known) {
			sites.unknown++;
			continue;
		}
		mem_grow(sites.v, sites.n, sites.cap);
		sites.v[sites.n++] = site;
	}
	*ret = sites;
}

void hooksites_deinit(struct hooksites *sites)
{
	free(sites->v);
	*sites = (struct hooksites){ 0 };
}

const struct hooksite *hooksites_at(const struct hooksites *sites, uint64_t ret_addr)
{
	for (size_t i = 0; i < sites->n; i++)
		if (sites->v[i].ret_addr == ret_addr)
			return &sites->v[i];
	return NULL;
}

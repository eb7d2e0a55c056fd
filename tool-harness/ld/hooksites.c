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
#define JUMP 0xe9
#define BRANCH_LEN 5     /* of either, with a distance of 32 bits */
#define LOOK_BACK 24     /* bytes in which a compiler puts the state before the call */
#define SETTER_BYTES 48  /* of a setter, from its first instruction to a jump to the hook */
#define MAX_SETTERS 4

struct text {
	const unsigned char *bytes;
	size_t len;
	uint64_t addr;
};

/* Where a branch of the kind at an offset goes to; false if there is none. */
static bool branch_target(const struct text *text, size_t at, unsigned char kind, uint64_t *ret)
{
	int32_t distance;

	if (at + BRANCH_LEN > text->len || text->bytes[at] != kind)
		return false;
	memcpy(&distance, text->bytes + at + 1, sizeof(distance));
	*ret = text->addr + at + BRANCH_LEN + (uint64_t)(int64_t)distance;
	return true;
}

static bool is_branch_to(const struct text *text, size_t at, unsigned char kind, uint64_t to)
{
	uint64_t target;

	return branch_target(text, at, kind, &target) && target == to;
}

static bool is_state(uint32_t value, enum loader_state *ret)
{
	if (value > LOADER_DELETE)
		return false;
	*ret = (enum loader_state)value;
	return true;
}

/* A ModR/M byte with an 8-bit distance, without SIB byte: a register other than the stack pointer. */
static bool is_r_state(const unsigned char *modrm, unsigned char operation)
{
	return (modrm[0] & 0xf8) == operation && (modrm[0] & 7) != 4 &&
	       modrm[1] == offsetof(struct raw_r_debug, state);
}

/* movl $imm32, 0x18(%reg): c7 /0, disp8. offsetof(struct r_debug, r_state) is 0x18. */
static bool is_store(const unsigned char *bytes, enum loader_state *ret)
{
	uint32_t value;

	if (bytes[0] != 0xc7 || !is_r_state(bytes + 1, 0x40))
		return false;
	memcpy(&value, bytes + 3, sizeof(value));
	return is_state(value, ret);
}

/* movl $imm32, %esi */
static bool is_argument(const unsigned char *bytes, enum loader_state *ret)
{
	uint32_t value;

	if (bytes[0] != 0xbe)
		return false;
	memcpy(&value, bytes + 1, sizeof(value));
	return is_state(value, ret);
}

/* xorl %esi, %esi */
static bool is_argument_0(const unsigned char *bytes, enum loader_state *ret)
{
	*ret = LOADER_CONSISTENT;
	return bytes[0] == 0x31 && bytes[1] == 0xf6;
}

/* How a state is said before a call: by a store of it before one of the hook, by the second argument before
 * one of a setter. */
static const struct form {
	size_t len;
	bool to_setter;
	bool (*is)(const unsigned char *bytes, enum loader_state *ret);
} forms[] = {
	{ 7, false, is_store },
	{ 5, true, is_argument },
	{ 2, true, is_argument_0 },
};

static bool state_before(const struct text *text, size_t call, bool to_setter, enum loader_state *ret)
{
	for (size_t back = 1; back <= LOOK_BACK && back <= call; back++)
		for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
			if (forms[i].to_setter == to_setter && forms[i].len <= back &&
			    forms[i].is(text->bytes + call - back, ret))
				return true;
	return false;
}

/* movl %esi, 0x18(%reg), the argument stored, ends right before `at`. */
static bool is_argument_stored(const struct text *text, size_t at)
{
	const unsigned char *bytes = text->bytes + at - 3;

	return at >= 3 && bytes[0] == 0x89 && is_r_state(bytes + 1, 0x70);
}

/* The jumps to the hook with which setters end, and whether one is of another kind. */
static size_t find_stores(const struct text *text, uint64_t hook, size_t *jumps, size_t max, size_t *unknown)
{
	size_t n = 0;

	for (size_t i = 0; i + BRANCH_LEN <= text->len; i++) {
		bool stored = false;

		if (!is_branch_to(text, i, JUMP, hook))
			continue;
		/* The first of two stores may have other instructions, a comparison and a branch, behind it. */
		for (size_t back = 0; !stored && back <= LOOK_BACK && back <= i; back++)
			stored = is_argument_stored(text, i - back);
		if (stored && n < max)
			jumps[n++] = i;
		else
			*unknown += 1;
	}
	return n;
}

/*
 * The address at which a jump's function begins: of all that is called, the nearest before it. Bytes that only
 * look like a call may lead astray, to a function that is called without a known argument: that is noticed.
 */
static bool setter_of(const struct text *text, size_t jump, uint64_t *ret)
{
	uint64_t at = text->addr + jump, best = 0;

	for (size_t i = 0; i + BRANCH_LEN <= text->len; i++) {
		uint64_t target;

		if (branch_target(text, i, CALL, &target) && target < at && at - target <= SETTER_BYTES &&
		    target >= text->addr && target > best)
			best = target;
	}
	*ret = best;
	return best > 0;
}

static size_t find_setters(const struct text *text, uint64_t hook, uint64_t *setters, size_t *unknown)
{
	size_t jumps[MAX_SETTERS], n_jumps = find_stores(text, hook, jumps, MAX_SETTERS, unknown), n = 0;

	for (size_t i = 0; i < n_jumps; i++) {
		bool again = false;

		if (!setter_of(text, jumps[i], &setters[n])) {
			*unknown += 1;
			continue;
		}
		for (size_t j = 0; j < n; j++)
			again |= setters[j] == setters[n];
		n += !again;
	}
	return n;
}

static void find_calls(const struct text *text, uint64_t of, bool is_setter, struct hooksites *sites)
{
	for (size_t i = 0; i + BRANCH_LEN <= text->len; i++) {
		struct hooksite site = { .ret_addr = text->addr + i + BRANCH_LEN };

		if (!is_branch_to(text, i, CALL, of))
			continue;
		if (!state_before(text, i, is_setter, &site.state)) {
			sites->unknown++;
			continue;
		}
		mem_grow(sites->v, sites->n, sites->cap);
		sites->v[sites->n++] = site;
	}
}

void hooksites_find(const unsigned char *bytes, size_t len, uint64_t addr, uint64_t hook, struct hooksites *ret)
{
	const struct text text = { bytes, len, addr };
	struct hooksites sites = { 0 };
	uint64_t setters[MAX_SETTERS];
	size_t n_setters = find_setters(&text, hook, setters, &sites.unknown);

	find_calls(&text, hook, false, &sites);
	for (size_t i = 0; i < n_setters; i++)
		find_calls(&text, setters[i], true, &sites);
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

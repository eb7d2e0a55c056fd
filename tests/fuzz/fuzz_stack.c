/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stacks in memory that is made up: registers, then one library (ELF header, program headers,
 * .eh_frame_hdr, frames) and the stack, all from the input. Every walk must end, and in frames
 * that can be merged.
 */
#include <stdint.h>
#include <string.h>

#include "tool/stack.h"

#define BASE UINT64_C(0x7f0000000000)
#define LIMIT (64u * 4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct made_up {
	struct memory memory;
	uint8_t bytes[LIMIT];
	size_t size; /* whole pages */
};

static struct err *made_up_read(struct memory *memory, struct mem_span *spans, size_t n)
{
	struct made_up *m = (struct made_up *)memory;
	bool ended = false;

	for (size_t i = 0; i < n; i++) {
		struct mem_span *span = &spans[i];
		size_t left = span->addr >= BASE && span->addr < BASE + m->size ? BASE + m->size - span->addr : 0;

		span->got = ended ? 0 : span->len < left ? span->len : left;
		if (span->got)
			memcpy(span->buf, m->bytes + (span->addr - BASE), span->got);
		ended |= span->got != span->len;
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct library library = { .path = (char *)"[made-up]" }; /* no file: no symbols */
	static struct made_up memory = { .memory.read = made_up_read };
	static struct stack_walker *walker;
	static struct stack stack;
	struct user_regs_struct regs = { 0 };
	uint16_t offsets[3]; /* instruction, stack and frame pointer: near the library */
	struct stacktree tree = { 0 };

	if (size < sizeof(offsets) || size - sizeof(offsets) > LIMIT)
		return 0;
	if (!walker)
		walker = stack_walker_create(NULL);
	memcpy(offsets, data, sizeof(offsets));
	regs.rip = BASE + offsets[0];
	regs.rsp = BASE + offsets[1];
	regs.rbp = BASE + offsets[2];
	memory.size = (size - sizeof(offsets) + 4095) / 4096 * 4096;
	memset(memory.bytes, 0, memory.size);
	memcpy(memory.bytes, data + sizeof(offsets), size - sizeof(offsets));

	stack_walker_begin(walker, &memory.memory);
	stack_walker_map(walker, BASE, &library);
	stack_walk(walker, &regs, &stack);
	stacktree_add(&tree, stack.frames, stack.n, 0);
	stacktree_deinit(&tree);
	return 0;
}

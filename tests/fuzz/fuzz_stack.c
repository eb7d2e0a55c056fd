/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stacks in memory that is made up: registers, then one library (ELF header, program headers,
 * .eh_frame_hdr, frames) and the stack, all from the input. Every walk must end, and in frames
 * that can be merged.
 */
#include <stdint.h>
#include <string.h>

#include "made_up.h"
#include "tool/stack.h"

#define BASE UINT64_C(0x7f0000000000)
#define LIMIT (64u * 4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct library library = { .path = (char *)"[made-up]" }; /* no file: no symbols */
	static struct made_up memory;
	static struct stack_walker *walker;
	static struct stack stack;
	struct user_regs_struct regs = { 0 };
	uint16_t offsets[3]; /* instruction, stack and frame pointer: near the library */
	struct stacktree tree = { 0 };

	if (size < sizeof(offsets) || size - sizeof(offsets) > LIMIT)
		return 0;
	if (!walker) {
		walker = stack_walker_create(NULL);
		made_up_init(&memory, BASE, LIMIT);
	}
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

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program with SystemTap notes as <sys/sdt.h> and glibc's loader leave them, written by
 * hand: two probes of provider rtld, one of another provider, and a note of another owner.
 */
int probed_load(int x);

#define NOTE(label, provider, name, args, semaphore)                   \
	"990: nop\n"                                                   \
	".globl " label "\n.type " label ", @function\n" label " = 990b\n" \
	".pushsection .note.stapsdt,\"\",\"note\"\n"                   \
	".balign 4\n"                                                  \
	".4byte 992f-991f, 994f-993f, 3\n"                             \
	"991: .asciz \"stapsdt\"\n"                                    \
	"992: .balign 4\n"                                             \
	"993: .8byte 990b\n"                                           \
	".8byte _.stapsdt.base\n"                                      \
	".8byte " semaphore "\n"                                       \
	".asciz \"" provider "\"\n.asciz \"" name "\"\n.asciz \"" args "\"\n" \
	"994: .balign 4\n"                                             \
	".popsection\n"

__asm__(".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
	".weak _.stapsdt.base\n.hidden _.stapsdt.base\n"
	"_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n.popsection\n"
	".pushsection .note.stapsdt,\"\",\"note\"\n"
	".balign 4\n.4byte 4, 4, 3\n.asciz \"GNU\"\n.4byte 0\n.popsection\n"
	".text\n.globl probed_load\n.type probed_load, @function\n"
	"probed_load:\n"
	NOTE("probed_map", "rtld", "map_complete", "8@%rdi -4@24(%rsp)", "0")
	NOTE("probed_reloc", "rtld", "reloc_complete", "", "0")
	NOTE("probed_other", "libc", "setjmp", "8@%rdi", "probed_semaphore")
	"lea 1(%rdi), %eax\nret\n.size probed_load, . - probed_load\n"
	".data\n.globl probed_semaphore\n.type probed_semaphore, @object\n.balign 8\nprobed_semaphore: .8byte 0\n.text\n");

int main(void)
{
	return probed_load(41) == 42 ? 0 : 1;
}

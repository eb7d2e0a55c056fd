/* SPDX-License-Identifier: BSD-3-Clause */
/* Ten functions side by side, and one far behind them. */
#define HOT(n) \
	int hot##n(void); \
	__attribute__((noinline)) int hot##n(void) \
	{ \
		return n; \
	}

HOT(0)
HOT(1)
HOT(2)
HOT(3)
HOT(4)
HOT(5)
HOT(6)
HOT(7)
HOT(8)
HOT(9)

__asm__(".text\n.space 65536, 0x90\n");

int far_away(void);
__attribute__((noinline, section(".text.far"))) int far_away(void)
{
	return 10;
}

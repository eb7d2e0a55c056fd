/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A part of the extra code of a big executable: 256 functions that nothing calls. It is
 * compiled once; its object is copied under other names until there is as much code as
 * asked for. Invariant: it refers to nothing outside of itself, so that all its symbols
 * may get a prefix.
 */
#pragma GCC visibility push(hidden)

#define STEP(n) \
	a = a * (2 * (n) + 3) + (b >> ((n) % 13)); \
	if (a % 7 == (n) % 7) \
		b += a ^ (n); \
	else \
		b = (b << 1 | b >> 63) - a;
#define STEPS(n) STEP(n) STEP((n) + 1) STEP((n) + 2) STEP((n) + 3)
#define FUNCTION(n)                                             \
	unsigned long extra_fn##n(unsigned long a, unsigned long b); \
	unsigned long extra_fn##n(unsigned long a, unsigned long b)  \
	{                                                       \
		STEPS(0x##n)                                    \
		STEPS(0x##n + 4)                                \
		return a + b;                                   \
	}
#define FUNCTIONS_16(n)                                                          \
	FUNCTION(n##0) FUNCTION(n##1) FUNCTION(n##2) FUNCTION(n##3) FUNCTION(n##4) \
	FUNCTION(n##5) FUNCTION(n##6) FUNCTION(n##7) FUNCTION(n##8) FUNCTION(n##9) \
	FUNCTION(n##a) FUNCTION(n##b) FUNCTION(n##c) FUNCTION(n##d) FUNCTION(n##e) FUNCTION(n##f)
#define FUNCTIONS_128(n)                                                                                  \
	FUNCTIONS_16(n##0) FUNCTIONS_16(n##1) FUNCTIONS_16(n##2) FUNCTIONS_16(n##3) FUNCTIONS_16(n##4) \
	FUNCTIONS_16(n##5) FUNCTIONS_16(n##6) FUNCTIONS_16(n##7)

FUNCTIONS_128(0)
FUNCTIONS_128(1)

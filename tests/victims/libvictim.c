/* SPDX-License-Identifier: BSD-3-Clause */
/* A library to load and unload; its one function is where tests break. */
int victim_add(int a, int b);

int victim_add(int a, int b)
{
	return a + b;
}

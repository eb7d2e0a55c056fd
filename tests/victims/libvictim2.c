/* SPDX-License-Identifier: BSD-3-Clause */
/* A second library, so that one stays while the other goes. */
int victim_twice(int a);

int victim_twice(int a)
{
	return 2 * a;
}

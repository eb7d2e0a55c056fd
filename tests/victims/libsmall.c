/* SPDX-License-Identifier: BSD-3-Clause */
/* As small as a library can be made: 3,000 copies of it are loaded at once. */
int small_number(void);

int small_number(void)
{
	return 7;
}

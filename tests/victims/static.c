/* SPDX-License-Identifier: BSD-3-Clause */
/* A program without a dynamic loader. */
int main(void)
{
	return 0;
}

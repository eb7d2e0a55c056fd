/* libutility1: written by pynamic-gen, changes are lost. */
#include <stdio.h>

static volatile unsigned long libutility1_sink;

long libutility1_fn0_ab(void)
{
	long result = 1;
	unsigned long local = 0;

	libutility1_sink = local;
	puts("libutility1_fn0_ab");
	return result;
}

long libutility1_fn1_ab(int a0)
{
	long result = 1;
	unsigned long local = 1;

	local += a0;
	libutility1_sink = local;
	puts("libutility1_fn1_ab");
	return result;
}

long libutility1_fn2_ab(long a0)
{
	long result = 1;
	unsigned long local = 2;

	local += a0;
	libutility1_sink = local;
	puts("libutility1_fn2_ab");
	return result;
}

long libutility1_fn3_ab(float a0)
{
	long result = 1;
	unsigned long local = 3;

	local += (long)a0;
	libutility1_sink = local;
	puts("libutility1_fn3_ab");
	return result;
}

long libutility1_fn4_ab(float a0, char *a1, double a2, long a3, long a4)
{
	long result = 1;
	unsigned long local = 4;

	local += (long)a0;
	local += a1[0];
	local += (long)a2;
	local += a3;
	local += a4;
	libutility1_sink = local;
	puts("libutility1_fn4_ab");
	return result;
}

long libutility1_fn5_ab(long a0)
{
	long result = 1;
	unsigned long local = 5;

	local += a0;
	libutility1_sink = local;
	puts("libutility1_fn5_ab");
	return result;
}


/* libutility1: written by pynamic-gen, changes are lost. */

static volatile unsigned long libutility1_sink;
__attribute__((used)) static unsigned long libutility1_data[100] = { 1 };

long libutility1_fn0_ab(void)
{
	long result = 1;
	unsigned long local = 0;

	local = local * 2654435761UL + 3;
	local ^= local >> 10;
	local += local << 17;
	local = (local | 24) - local / 24;
	local = local * 2654435761UL + 31;
	libutility1_sink = local;
	return result;
}

long libutility1_fn1_ab(int a0)
{
	long result = 1;
	unsigned long local = 1;
	volatile unsigned char frame[100];
	double real = 1.5;

	local += a0;
	frame[0] = (unsigned char)local;
	frame[99] = 1;
	local += frame[0];
	real = real * 0.5 + 3 * 0.25;
	real = (real + 10) / 3.0;
	real = 17 / (1.0 + real * real);
	real += 0.125 * (24 - real);
	real = real * 0.5 + 31 * 0.25;
	local += (unsigned long)real;
	libutility1_sink = local;
	return result;
}

long libutility1_fn2_ab(long a0)
{
	long result = 1;
	unsigned long local = 2;
	volatile unsigned char frame[200];

	local += a0;
	frame[0] = (unsigned char)local;
	frame[199] = 1;
	local += frame[0];
	libutility1_data[(local + 3) & 63] += local;
	local ^= libutility1_data[(local >> 3) & 63] + 10;
	libutility1_data[17 & 63] = local ^ libutility1_data[local & 63];
	local += libutility1_data[(local * 24) & 63];
	libutility1_data[(local + 31) & 63] += local;
	libutility1_sink = local;
	return result;
}

long libutility1_fn3_ab(float a0)
{
	long result = 1;
	unsigned long local = 3;
	volatile unsigned char frame[300];

	local += (long)a0;
	frame[0] = (unsigned char)local;
	frame[299] = 1;
	local += frame[0];
	if (local & 3)
		local += 3;
	else
		local ^= 3;
	switch (local % 4) {
	case 0:
		local += 10;
		break;
	case 1:
		local ^= 10;
		break;
	default:
		local--;
	}
	for (unsigned i = 0; i < 1 + 17 % 4; i++)
		local += i ^ local >> 1;
	local = local > 24UL ? local - 24 : local + 24;
	if (local & 31)
		local += 31;
	else
		local ^= 31;
	libutility1_sink = local;
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
	return result;
}

long libutility1_fn5_ab(long a0)
{
	long result = 1;
	unsigned long local = 5;

	local += a0;
	libutility1_sink = local;
	return result;
}


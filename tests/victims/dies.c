/* SPDX-License-Identifier: BSD-3-Clause */
/* dies DIR: loads a library whose constructor kills rank 1; the others go on to the end. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/libdies.so", argc > 1 ? argv[1] : ".");
	return dlopen(path, RTLD_NOW) ? 0 : 1;
}

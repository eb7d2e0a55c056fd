/* SPDX-License-Identifier: BSD-3-Clause */
/* many DIR N: loads the N libraries l0.so... of a folder, and keeps them. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0;

	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/l%d.so", argv[1], i);
		if (!dlopen(path, RTLD_NOW)) {
			fprintf(stderr, "%s\n", dlerror());
			return 2;
		}
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storm DIR N ROUNDS: in each round loads the N libraries l0.so... of a folder, each twice,
 * and unloads them in the same order, so that the list loses its middle.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int n = argc > 3 ? atoi(argv[2]) : 0, rounds = argc > 3 ? atoi(argv[3]) : 0;
	void **libraries = calloc((size_t)n + 1, sizeof(*libraries));

	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < n; i++) {
			char path[4096];

			snprintf(path, sizeof(path), "%s/l%d.so", argv[1], i);
			libraries[i] = dlopen(path, RTLD_NOW);
			if (!libraries[i] || dlopen(path, RTLD_NOW) != libraries[i]) {
				fprintf(stderr, "%s\n", dlerror());
				return 2;
			}
		}
		for (int i = 0; i < n; i++) {
			dlclose(libraries[i]);
			dlclose(libraries[i]);
		}
	}
	free(libraries);
	return 0;
}

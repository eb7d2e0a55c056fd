/* SPDX-License-Identifier: BSD-3-Clause */
/* matryoshka DIR ROUNDS: loads and unloads a library whose constructor loads another, and so on. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 0;
	char path[4096];

	snprintf(path, sizeof(path), "%s/libnested.so", argc > 1 ? argv[1] : ".");
	for (int i = 0; i < rounds; i++) {
		void *library = dlopen(path, RTLD_NOW);

		if (!library) {
			fprintf(stderr, "%s\n", dlerror());
			return 2;
		}
		dlclose(library);
	}
	return 0;
}

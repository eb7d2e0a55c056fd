/* SPDX-License-Identifier: BSD-3-Clause */
/* loads DIR ROUNDS: each round loads two libraries one by one, calls both, unloads both. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void *load(const char *dir, const char *name, const char *function, void **ret_function)
{
	char path[4096];
	void *library;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	library = dlopen(path, RTLD_NOW);
	if (!library || !(*ret_function = dlsym(library, function))) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	return library;
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 0;

	for (int i = 0; i < rounds; i++) {
		void *add, *twice;
		void *first = load(argv[1], "libvictim.so", "victim_add", &add);
		void *second = load(argv[1], "libvictim2.so", "victim_twice", &twice);

		if (((int (*)(int, int))add)(2, 3) != 5 || ((int (*)(int))twice)(21) != 42)
			return 1;
		dlclose(first);
		dlclose(second);
	}
	return 0;
}

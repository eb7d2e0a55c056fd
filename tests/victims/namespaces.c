/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * namespaces DIR N: loads a library into N namespaces of their own (dlmopen(3)), calls it in
 * each, and unloads them again.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX 12 /* glibc has 16, and a libc of its own in each takes static TLS */

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0;
	void *libraries[MAX];
	char path[4096];

	snprintf(path, sizeof(path), "%s/libspaced.so", argc > 1 ? argv[1] : ".");
	for (int i = 0; i < n && i < MAX; i++) {
		int (*is_here)(void);

		libraries[i] = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
		if (!libraries[i]) {
			fprintf(stderr, "%s\n", dlerror());
			return 2;
		}
		*(void **)&is_here = dlsym(libraries[i], "spaced_is_here");
		if (!is_here || !is_here())
			return 1;
	}
	for (int i = 0; i < n && i < MAX; i++)
		dlclose(libraries[i]);
	return 0;
}

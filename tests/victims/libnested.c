/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads INNER (libnested2.so) beside it in its constructor, and unloads it in its destructor. */
#include <dlfcn.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef INNER
#define INNER "libnested2.so"
#endif

static void *inner;

static void __attribute__((constructor)) load(void)
{
	char path[4200], self[4096];
	Dl_info info;

	if (!dladdr((void *)load, &info))
		abort();
	snprintf(self, sizeof(self), "%s", info.dli_fname);
	snprintf(path, sizeof(path), "%s/" INNER, dirname(self));
	inner = dlopen(path, RTLD_NOW);
	if (!inner)
		abort();
}

static void __attribute__((destructor)) unload(void)
{
	dlclose(inner);
}

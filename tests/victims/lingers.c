/* SPDX-License-Identifier: BSD-3-Clause */
/* lingers DIR: loads two libraries and unloads the first, waiting after each step. */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#define STEP_US 150000

static void *load(const char *dir, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return dlopen(path, RTLD_NOW);
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : ".";
	void *first, *second;

	usleep(STEP_US);
	first = load(dir, "libvictim.so");
	usleep(STEP_US);
	second = load(dir, "libvictim2.so");
	usleep(STEP_US);
	if (!first || !second || dlclose(first))
		return 1;
	usleep(STEP_US);
	return 0;
}

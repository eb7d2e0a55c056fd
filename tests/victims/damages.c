/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * damages DIR HOW: shows debuggers another list of libraries than the loader's own, then loads and
 * unloads one: a cycle, a node or a name that is not mapped, or a name without an end. The loader
 * itself never follows what _r_debug says.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define ENDLESS (1 << 20)

static struct link_map nodes[2];

/* The loader's own, which the program may have a copy of (R_X86_64_COPY). */
static struct r_debug *loaders(void)
{
	for (ElfW(Dyn) *dyn = _DYNAMIC; dyn->d_tag != DT_NULL; dyn++)
		if (dyn->d_tag == DT_DEBUG)
			return (struct r_debug *)dyn->d_un.d_ptr;
	return &_r_debug;
}

static void show(const char *how)
{
	char *endless = mmap(NULL, ENDLESS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static char name[] = "/a";

	memset(endless, 'a', ENDLESS);
	for (int i = 0; i < 2; i++) {
		nodes[i].l_name = name;
		nodes[i].l_next = &nodes[1 - i];
	}
	if (!strcmp(how, "node"))
		nodes[0].l_next = (struct link_map *)8;
	if (!strcmp(how, "name"))
		nodes[0].l_name = (char *)16;
	if (!strcmp(how, "endless"))
		nodes[0].l_name = endless;
	loaders()->r_map = nodes;
}

int main(int argc, char **argv)
{
	char path[4096];
	void *library;

	if (argc < 3)
		return 2;
	show(argv[2]);
	snprintf(path, sizeof(path), "%s/libvictim.so", argv[1]);
	library = dlopen(path, RTLD_NOW);
	return !library || dlclose(library);
}

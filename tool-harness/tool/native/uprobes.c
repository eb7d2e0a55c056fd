/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list of open uprobes with their breakpoints. Opens, drains, closes; whose task a hit is of, is
 * not known here. Invariant: one uprobe per file and address, however many tasks map it.
 */
#include "tool/native/uprobes.h"

#include <string.h>

#include "elf/segment.h"
#include "ld/uprobe.h"
#include "lib/mem.h"

struct one {
	char *path;
	uint64_t value;
	uint32_t breakpoint;
	struct uprobe *uprobe;
};

struct uprobes {
	struct one *v;
	size_t n, cap;
};

struct uprobes *uprobes_create(void)
{
	return mem_alloc(sizeof(struct uprobes));
}

void uprobes_destroy(struct uprobes *uprobes)
{
	if (!uprobes)
		return;
	for (size_t i = 0; i < uprobes->n; i++) {
		uprobe_close(uprobes->v[i].uprobe);
		free(uprobes->v[i].path);
	}
	free(uprobes->v);
	free(uprobes);
}

struct err *uprobes_check(void)
{
	return uprobe_check();
}

struct err *uprobes_add(struct uprobes *uprobes, const char *path, uint64_t value, uint32_t breakpoint,
			bool *fresh_ret)
{
	struct one one = { .value = value, .breakpoint = breakpoint };
	uint64_t offset;
	struct err *err;

	*fresh_ret = false;
	for (size_t i = 0; i < uprobes->n; i++)
		if (uprobes->v[i].value == value && !strcmp(uprobes->v[i].path, path))
			return NULL;
	err = segment_offset(path, value, &offset);
	if (!err)
		err = uprobe_open(path, offset, &one.uprobe);
	if (err)
		return err;
	one.path = mem_strdup(path);
	mem_grow(uprobes->v, uprobes->n, uprobes->cap);
	uprobes->v[uprobes->n++] = one;
	*fresh_ret = true;
	return NULL;
}

struct taking {
	uint32_t breakpoint;
	void (*take)(void *data, uint32_t breakpoint, pid_t pid);
	void *data;
};

static void take_sample(void *data, const struct uprobe_sample *sample)
{
	const struct taking *taking = data;

	taking->take(taking->data, taking->breakpoint, sample->pid);
}

void uprobes_drain(struct uprobes *uprobes, void (*take)(void *data, uint32_t breakpoint, pid_t pid), void *data)
{
	for (size_t i = 0; i < uprobes->n; i++) {
		struct taking taking = { uprobes->v[i].breakpoint, take, data };

		uprobe_drain(uprobes->v[i].uprobe, take_sample, &taking);
	}
}

struct err *uprobes_end(struct uprobes *uprobes, void (*take)(void *data, uint32_t breakpoint, pid_t pid), void *data,
			uint64_t *unheard_ret)
{
	uint64_t all = 0;

	for (size_t i = 0; i < uprobes->n; i++) {
		struct taking taking = { uprobes->v[i].breakpoint, take, data };
		uint64_t unheard;
		struct err *err = uprobe_end(uprobes->v[i].uprobe, take_sample, &taking, &unheard);

		if (err)
			return err;
		all += unheard;
	}
	*unheard_ret = all;
	return NULL;
}

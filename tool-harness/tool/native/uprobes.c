/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list of open uprobes with their breakpoints. Opens, drains, closes; whose task a hit is of, is
 * not known here. Invariant: one uprobe per file and address, however many tasks map it.
 */
#include "tool/native/uprobes.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf/segment.h"
#include "ld/uprobe.h"
#include "lib/mem.h"

struct one {
	const struct library *library; /* by which it was added; another one may be of the same file */
	dev_t dev;
	ino_t ino;
	uint64_t value;
	uint32_t breakpoint, place;
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
	for (size_t i = 0; i < uprobes->n; i++)
		uprobe_close(uprobes->v[i].uprobe);
	free(uprobes->v);
	free(uprobes);
}

struct err *uprobes_check(void)
{
	return uprobe_check();
}

/* The kernel takes a path, and follows one that leads to an open file. */
static struct err *open_at(int fd, const struct library *library, uint64_t value, struct uprobe **ret)
{
	char path[64];
	uint64_t offset;
	struct err *err = segment_offset(fd, library->path, value, &offset);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return err ? err : err_wrap(uprobe_open(path, offset, ret), "'%s'", library->path);
}

struct err *uprobes_add(struct uprobes *uprobes, const struct library *library, const struct location *location,
			bool *fresh_ret)
{
	struct one one = { .library = library, .value = location->value, .breakpoint = location->breakpoint,
			   .place = location->place };
	_cleanup_close_ int fd = -1;
	struct stat st;
	struct err *err;

	*fresh_ret = false;
	/* The task that the library was seen in may have ended since: its file is not asked for again. */
	for (size_t i = 0; i < uprobes->n; i++)
		if (uprobes->v[i].value == one.value && uprobes->v[i].library == library)
			return NULL;
	err = library_open(library, &fd);
	if (!err && fstat(fd, &st))
		err = err_errno(errno, "cannot read '%s'", library->path);
	for (size_t i = 0; !err && i < uprobes->n; i++)
		if (uprobes->v[i].value == one.value && uprobes->v[i].dev == st.st_dev &&
		    uprobes->v[i].ino == st.st_ino)
			return NULL;
	if (!err)
		err = open_at(fd, library, one.value, &one.uprobe);
	if (err)
		return err;
	one.dev = st.st_dev;
	one.ino = st.st_ino;
	mem_grow(uprobes->v, uprobes->n, uprobes->cap);
	uprobes->v[uprobes->n++] = one;
	*fresh_ret = true;
	return NULL;
}

struct taking {
	uint32_t breakpoint, place;
	uprobes_take *take;
	void *data;
};

static void take_sample(void *data, const struct uprobe_sample *sample)
{
	const struct taking *taking = data;

	taking->take(taking->data, taking->breakpoint, taking->place, sample->pid);
}

void uprobes_drain(struct uprobes *uprobes, uprobes_take *take, void *data)
{
	for (size_t i = 0; i < uprobes->n; i++) {
		struct taking taking = { uprobes->v[i].breakpoint, uprobes->v[i].place, take, data };

		uprobe_drain(uprobes->v[i].uprobe, take_sample, &taking);
	}
}

struct err *uprobes_end(struct uprobes *uprobes, uprobes_take *take, void *data,
			uint64_t *unheard_ret)
{
	uint64_t all = 0;

	for (size_t i = 0; i < uprobes->n; i++) {
		struct taking taking = { uprobes->v[i].breakpoint, uprobes->v[i].place, take, data };
		uint64_t unheard;
		struct err *err = uprobe_end(uprobes->v[i].uprobe, take_sample, &taking, &unheard);

		if (err)
			return err;
		all += unheard;
	}
	*unheard_ret = all;
	return NULL;
}

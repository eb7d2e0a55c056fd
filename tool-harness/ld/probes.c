/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Choosing the probes to trap from the loader's notes. Plants nothing. Invariant: either
 * every kind of end is among those chosen, or none is.
 */
#include "ld/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "elf/stapnote.h"
#include "lib/mem.h"

#define PROVIDER "rtld"

/* What must be there, each by the first name that the loader has: the end of relocation is
 * that of the load, and what GDB takes (solib-svr4.c, probe_info). */
static const struct {
	enum probe_end end;
	const char *names[2];
} needed[] = {
	{ PROBE_END_LOAD, { "init_complete" } },
	{ PROBE_END_LOAD, { "reloc_complete", "map_complete" } },
	{ PROBE_END_UNLOAD, { "unmap_complete" } },
};

static bool is_rtld(const struct stapnote *note)
{
	return !strcmp(note->provider, PROVIDER);
}

static size_t take_named(const struct stapnotes *notes, const char *name, enum probe_end end, struct probes *probes)
{
	size_t n = probes->n;

	for (size_t i = 0; i < notes->n; i++) {
		if (!is_rtld(&notes->v[i]) || strcmp(notes->v[i].name, name))
			continue;
		mem_grow(probes->v, probes->n, probes->cap);
		probes->v[probes->n++] = (struct probe){ notes->v[i].addr, end };
	}
	return probes->n - n;
}

struct err *probes_read_of(int fd, const char *path, struct probes *ret)
{
	struct stapnotes notes = { 0 };
	struct probes probes = { 0 };
	bool whole = true;
	struct err *err = stapnotes_read_of(fd, path, &notes);

	if (err)
		return err;
	for (size_t i = 0; i < notes.n; i++)
		probes.n_rtld += is_rtld(&notes.v[i]);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		size_t n = 0;

		for (size_t j = 0; !n && j < ARRAY_SIZE(needed[i].names) && needed[i].names[j]; j++)
			n = take_named(&notes, needed[i].names[j], needed[i].end, &probes);
		whole &= n > 0;
	}
	if (!whole)
		probes.n = 0;
	stapnotes_deinit(&notes);
	*ret = probes;
	return NULL;
}

void probes_deinit(struct probes *probes)
{
	free(probes->v);
	*probes = (struct probes){ 0 };
}

struct err *probes_read(const char *path, struct probes *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_errno(errno, "cannot open '%s'", path) : probes_read_of(fd, path, ret);
}

struct err *probes_find(const char *path, struct probes *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_errno(errno, "cannot open '%s'", path) : probes_find_of(fd, path, ret);
}

struct err *probes_find_of(int fd, const char *path, struct probes *ret)
{
	struct probes probes;
	struct err *err = probes_read_of(fd, path, &probes);

	if (err)
		return err;
	if (probes.n) {
		*ret = probes;
		return NULL;
	}
	if (probes.n_rtld)
		err = err_exit(EXIT_SKIPPED, "the loader '%s' has %zu SystemTap probes of provider rtld, but lacks "
			       "init_complete, reloc_complete or unmap_complete", path, probes.n_rtld);
	else
		err = err_exit(EXIT_SKIPPED, "the loader '%s' has no SystemTap probes (provider rtld)", path);
	probes_deinit(&probes);
	return err_hint(err, "set load_events to rbrk; the loaders of Fedora and RHEL have probes, those of Debian "
			"and Ubuntu do not");
}

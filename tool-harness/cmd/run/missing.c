/* SPDX-License-Identifier: BSD-3-Clause */
/* Looks for the spec by the target's name. Reads neither of them. */
#include "cmd/run/missing.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

bool target_is_missing(const char *dir)
{
	return !fs_exists(dir);
}

/* "scenarios/../build" is "build", for people: what is printed is typed again. */
static char *shorten(const char *path)
{
	_cleanup_free_ char *copy = mem_strdup(path);
	char *parts[64], *rest = copy, *part;
	struct strbuf out = STRBUF_INIT;
	size_t n = 0;

	while ((part = strsep(&rest, "/")) && n < ARRAY_SIZE(parts)) {
		if (!strcmp(part, "..") && n && *parts[n - 1] && strcmp(parts[n - 1], "..") != 0)
			n--;
		else if ((*part || !n) && strcmp(part, ".") != 0)
			parts[n++] = part;
	}
	if (part)
		return mem_strdup(path);
	for (size_t i = 0; i < n; i++)
		strbuf_printf(&out, "%s%s", i ? "/" : "", parts[i]);
	return strbuf_steal(&out);
}

char *target_how_to_make(const char *dir)
{
	_cleanup_free_ char *target = shorten(dir);
	/* Of build/targets/NAME, and of NAME beside targets/. */
	const char *const beside[] = { ".", "../..", "../../.." };

	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		const char *name = fs_basename(target);
		_cleanup_free_ char *spec = i ? mem_printf("%s/%s/targets/%s.yaml", target, beside[i], name) :
						mem_printf("targets/%s.yaml", name);
		_cleanup_free_ char *shown = shorten(spec);

		if (fs_exists(shown))
			return mem_printf("pynamic-gen %s -o %s", shown, target);
	}
	return mem_printf("pynamic-gen SPEC.yaml -o %s", target);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What this machine's loader tells of loads: the row of tests/loaders.def for its glibc. */
#ifndef TESTS_LOADERS_H
#define TESTS_LOADERS_H

#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdlib.h>

struct loader_row {
	int minor;
	bool idle_stops, audits_own_entry;
	const char *source;
};

/* "2.41" is row 41; later majors have the last row's ways until somebody has looked. */
static inline const struct loader_row *loader_row(void)
{
	static const struct loader_row rows[] = {
#define LOADER(minor, idle_stops, audits_own_entry, source) { minor, idle_stops, audits_own_entry, source },
#include "loaders.def"
#undef LOADER
	};
	char *end;
	long major = strtol(gnu_get_libc_version(), &end, 10), minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	const struct loader_row *found = &rows[0];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (major > 2 || rows[i].minor <= minor)
			found = &rows[i];
	return found;
}

#endif

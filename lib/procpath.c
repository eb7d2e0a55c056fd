/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/procpath.h"

#include <string.h>

#define NEWLINE "\\012"

bool procpath_undelete(char *path)
{
	size_t len = strlen(path), n = strlen(PROCPATH_DELETED);
	bool deleted = len > n && !strcmp(path + len - n, PROCPATH_DELETED);

	if (deleted)
		path[len - n] = '\0';
	return deleted;
}

void procpath_unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		if (!strncmp(from, NEWLINE, strlen(NEWLINE))) {
			*to = '\n';
			from += strlen(NEWLINE);
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cuts the listing of a loader up. Knows no files. Invariant: each byte but the newlines between is in one piece.
 */
#include "lib/loaderlist.h"

#include <stdbool.h>
#include <string.h>

static bool ends_with(const char *from, const char *end, const char *what)
{
	size_t len = strlen(what);

	return (size_t)(end - from) >= len && !memcmp(end - len, what, len);
}

/* " (0x00007f...)" */
static bool ends_with_address(const char *from, const char *end)
{
	const char *at = end - 1;

	if (at <= from || *at != ')')
		return false;
	while (at > from && strchr("0123456789abcdef", at[-1]))
		at--;
	return ends_with(from, at, " (0x") && at < end - 1;
}

char *loaderlist_address(char *piece)
{
	char *last = NULL;

	for (char *at = piece; (at = strstr(at, " (0x")); at++)
		last = at;
	return last;
}

char *loaderlist_next(char **rest)
{
	char *piece = *rest + strspn(*rest, "\n"), *end = piece;

	if (!*piece)
		return NULL;
	while ((end = strchr(end, '\n')) && !ends_with_address(piece, end) && !ends_with(piece, end, " => not found") &&
	       !ends_with(piece, end, "statically linked"))
		end++;
	if (end)
		*end = '\0';
	*rest = end ? end + 1 : piece + strlen(piece);
	return piece;
}

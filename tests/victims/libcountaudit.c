/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The independent oracle for load events: an audit library (rtld-audit(7)) that counts what
 * the loader tells auditors of the program's own namespace, and writes the counts to
 * $COUNTAUDIT_OUT.<rank> when the process ends.
 */
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned long adds, deletes, consistents, libraries;
static uintptr_t *program; /* cookie of the program: the first object of its namespace */

unsigned int la_version(unsigned int version);
unsigned int la_objopen(struct link_map *map, Lmid_t lmid, uintptr_t *cookie);
void la_activity(uintptr_t *cookie, unsigned int flag);

unsigned int la_version(unsigned int version)
{
	return version;
}

unsigned int la_objopen(struct link_map *map, Lmid_t lmid, uintptr_t *cookie)
{
	(void)map;
	if (lmid == LM_ID_BASE) {
		if (!program)
			program = cookie;
		libraries++;
	}
	return 0;
}

void la_activity(uintptr_t *cookie, unsigned int flag)
{
	if (program && cookie != program)
		return;
	adds += flag == LA_ACT_ADD;
	deletes += flag == LA_ACT_DELETE;
	consistents += flag == LA_ACT_CONSISTENT;
}

static void __attribute__((destructor)) report(void)
{
	const char *out = getenv("COUNTAUDIT_OUT"), *rank = getenv("ATTACHSTORM_RANK");
	char path[4096], text[256];
	int fd, len;

	if (!out)
		return;
	snprintf(path, sizeof(path), "%s.%s", out, rank ? rank : "0");
	len = snprintf(text, sizeof(text), "%lu %lu %lu %lu\n", adds, deletes, consistents, libraries);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		_exit(99);
	close(fd);
}

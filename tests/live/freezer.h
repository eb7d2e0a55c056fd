/* SPDX-License-Identifier: BSD-3-Clause */
/* Control groups that freeze a task, of version 1 and 2 (cgroups(7), "freezer"): what the tests of that share. */
#ifndef TESTS_LIVE_FREEZER_H
#define TESTS_LIVE_FREEZER_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "lib/fs.h"

enum freezer_version { FREEZER_V1, FREEZER_V2, FREEZER_V2_ALONE, N_FREEZERS };

static const struct {
	const char *mount, *file, *frozen, *thawed;
} freezer_kinds[N_FREEZERS] = {
	[FREEZER_V1] = { "/sys/fs/cgroup/freezer", "freezer.state", "FROZEN", "THAWED" },
	[FREEZER_V2] = { "/sys/fs/cgroup/unified", "cgroup.freeze", "1", "0" }, /* beside version 1 */
	[FREEZER_V2_ALONE] = { "/sys/fs/cgroup", "cgroup.freeze", "1", "0" },
};

struct freezer {
	enum freezer_version version;
	char *group; /* path; NULL: this machine has none */
	int fd;	     /* of its state */
};

static inline bool freezer_put(const struct freezer *freezer, const char *file, const char *text)
{
	_cleanup_free_ char *path = fs_join(freezer->group, file);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Any process, its children to come with it. */
static inline bool freezer_take(const struct freezer *freezer, pid_t pid)
{
	_cleanup_free_ char *number = mem_printf("%d", (int)pid);

	return freezer_put(freezer, "cgroup.procs", number);
}

/* For signal handlers, too. */
static inline void freezer_set(const struct freezer *freezer, bool frozen)
{
	const char *text = frozen ? freezer_kinds[freezer->version].frozen : freezer_kinds[freezer->version].thawed;

	if (freezer->group && write(freezer->fd, text, strlen(text)) < 0 && frozen)
		_exit(1);
}

/* Groups of tests that were killed, and whoever is frozen in them. */
static inline void freezer_sweep(enum freezer_version version)
{
	_cleanup_closedir_ DIR *dir = opendir(freezer_kinds[version].mount);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *group = fs_join(freezer_kinds[version].mount, entry->d_name);
		struct freezer old = { .version = version, .group = group, .fd = -1 };
		_cleanup_free_ char *procs = fs_join(group, "cgroup.procs");
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		char *rest = NULL;
		int pid;

		if (sscanf(entry->d_name, "test-freezer-%d", &pid) != 1 || !kill(pid, 0))
			continue;
		err_free(fs_read(procs, &text));
		for (char *word = strtok_r(text.text, "\n", &rest); word; word = strtok_r(NULL, "\n", &rest))
			kill(atoi(word), SIGKILL);
		freezer_put(&old, freezer_kinds[version].file, freezer_kinds[version].thawed);
		rmdir(group);
	}
}

/* freezer->group is NULL if there is none. */
static inline void freezer_make(struct freezer *freezer, enum freezer_version version)
{
	_cleanup_free_ char *file = NULL;

	freezer->version = version;
	freezer->fd = -1;
	freezer->group = mem_printf("%s/test-freezer-%d", freezer_kinds[version].mount, (int)getpid());
	file = fs_join(freezer->group, freezer_kinds[version].file);
	freezer_sweep(version);
	if (!mkdir(freezer->group, 0755)) {
		freezer->fd = open(file, O_WRONLY | O_CLOEXEC);
		if (freezer->fd >= 0)
			return;
		rmdir(freezer->group);
	}
	free(freezer->group);
	freezer->group = NULL;
}

/* All in it have ended. */
static inline void freezer_remove(struct freezer *freezer)
{
	if (!freezer->group)
		return;
	freezer_set(freezer, false);
	close(freezer->fd);
	for (int i = 0; i < 1000 && rmdir(freezer->group); i++)
		usleep(1000);
	free(freezer->group);
	freezer->group = NULL;
}

#endif

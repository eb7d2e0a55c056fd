/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looking up mappings, by ioctl or in the text of /proc/TID/maps, and opening their files. Invariant: a file that
 * is handed out is the one that is mapped, by device and inode, or, where a file system has other device numbers
 * for its mappings (btrfs, overlayfs), by inode and build-id.
 */
#include "trace/memory/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/procpath.h"
#include "trace/memory/procmem.h"

/* struct procmap_query of <linux/fs.h>, which is younger than some systems' headers. */
struct procmap_query {
	uint64_t size, flags, addr;
	uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset;
	uint64_t inode;
	uint32_t dev_major, dev_minor;
	uint32_t vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};
#define PROCMAP_QUERY _IOWR('f', 17, struct procmap_query)
#define PROCMAP_EXECUTABLE 4u      /* of vma_flags */
#define PROCMAP_COVERING_OR_NEXT 16u

static bool is_gone(int errnum)
{
	return errnum == ENOENT || errnum == ESRCH;
}

struct err *mappings_open(pid_t tid, struct mappings *ret)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/maps", (int)tid);
	struct procmap_query query = { .size = sizeof(query), .flags = PROCMAP_COVERING_OR_NEXT };
	struct mappings mappings = { .tid = tid };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err;

	mappings.fd = FAULT_OR(FAULT_MAPS, tid, open(path, O_RDONLY | O_CLOEXEC));
	if (mappings.fd < 0)
		return is_gone(errno) ? err_gone() : err_errno(errno, "cannot open '%s'", path);
	if (!FAULT_OR(FAULT_MAPS_ASK, tid, ioctl(mappings.fd, PROCMAP_QUERY, &query)) || errno != ENOTTY) {
		*ret = mappings;
		return NULL;
	}
	close(mappings.fd);
	mappings.fd = -1;
	err = fs_read(path, &text);
	if (err && is_gone(err_errnum(err))) {
		err_free(err);
		err = err_gone();
	}
	if (err)
		return err;
	mappings.len = text.len;
	mappings.text = strbuf_steal(&text);
	*ret = mappings;
	return NULL;
}

void mappings_close(struct mappings *mappings)
{
	if (mappings->fd >= 0)
		close(mappings->fd);
	free(mappings->text);
	*mappings = (struct mappings){ .fd = -1 };
}

void mapping_path_plain(char *path, bool *deleted_ret)
{
	bool deleted = procpath_undelete(path);

	procpath_unescape(path);
	if (deleted_ret)
		*deleted_ret = deleted;
}

/* --- by ioctl --------------------------------------------------------------------- */

static struct err *query(struct mappings *mappings, taddr addr, uint64_t flags, struct mapping *ret, char **path_ret)
{
	char path[PATH_MAX + sizeof(PROCPATH_DELETED)] = "";
	struct procmap_query query = { .size = sizeof(query), .flags = flags, .addr = addr };

	if (path_ret) {
		query.vma_name_size = sizeof(path);
		query.vma_name_addr = (uintptr_t)path;
	}
	if (FAULT_OR(FAULT_MAPS_ASK, mappings->tid, ioctl(mappings->fd, PROCMAP_QUERY, &query))) {
		if (errno == ESRCH)
			return err_gone();
		if (errno != ENOENT)
			return err_errno(errno, "cannot ask for the mappings of pid %d", (int)mappings->tid);
		*ret = (struct mapping){ .tid = mappings->tid };
		if (path_ret)
			*path_ret = NULL;
		return NULL;
	}
	*ret = (struct mapping){
		.tid = mappings->tid,
		.start = query.vma_start,
		.end = query.vma_end,
		.offset = query.vma_offset,
		.dev = makedev(query.dev_major, query.dev_minor),
		.inode = query.inode,
		.executable = query.vma_flags & PROCMAP_EXECUTABLE,
	};
	if (!path_ret)
		return NULL;
	*path_ret = NULL;
	if (query.inode && query.vma_name_size) {
		procpath_undelete(path); /* nothing is escaped here */
		*path_ret = mem_strdup(path);
	}
	return NULL;
}

/* --- in text ---------------------------------------------------------------------- */

/* The line that covers an address, or with `next` the first that ends behind it. */
static void search_text(const struct mappings *mappings, taddr addr, bool next, struct mapping *ret, char **path_ret)
{
	*ret = (struct mapping){ .tid = mappings->tid };
	if (path_ret)
		*path_ret = NULL;
	for (const char *line = mappings->text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		struct mapping m = { .tid = mappings->tid };
		unsigned int major, minor;
		char flags[5];
		int at = 0;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &m.start, &m.end,
			   flags, &m.offset, &major, &minor, &m.inode, &at) != 7 || !at)
			continue;
		if (addr >= m.end || (!next && addr < m.start))
			continue;
		m.executable = flags[2] == 'x';
		m.dev = makedev(major, minor);
		*ret = m;
		if (path_ret && m.inode) {
			*path_ret = mem_strndup(line + at, strcspn(line + at, "\n"));
			mapping_path_plain(*path_ret, NULL);
		}
		return;
	}
}

struct err *mappings_find(struct mappings *mappings, taddr addr, struct mapping *ret, char **path_ret)
{
	if (!mappings->text)
		return query(mappings, addr, 0, ret, path_ret);
	search_text(mappings, addr, false, ret, path_ret);
	return NULL;
}

struct err *mappings_next(struct mappings *mappings, taddr *at, struct mapping *ret, char **path_ret, bool *found_ret)
{
	struct err *err = NULL;

	if (mappings->text)
		search_text(mappings, *at, true, ret, path_ret);
	else
		err = query(mappings, *at, PROCMAP_COVERING_OR_NEXT, ret, path_ret);
	if (err)
		return err;
	*found_ret = ret->end > *at;
	if (*found_ret)
		*at = ret->end;
	return NULL;
}

/* --- opening ---------------------------------------------------------------------- */

/* Where a file system's mappings have other device numbers than its files, the first page tells: it has the header,
 * and in what linkers make of late the build-id. */
static bool has_same_page(const struct mapping *mapping, int fd)
{
	uint8_t file[4096], there[sizeof(file)];
	struct process_memory memory;
	struct err *err;
	ssize_t n = pread(fd, file, sizeof(file), (off_t)mapping->offset);

	if (n <= 0)
		return false;
	process_memory_init(&memory, mapping->tid);
	err = memory_read(&memory.memory, mapping->start, there, (size_t)n);
	if (err) {
		err_free(err);
		return false;
	}
	return !memcmp(file, there, (size_t)n);
}

static bool is_same(const struct mapping *mapping, int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_ino != mapping->inode)
		return false;
	return st.st_dev == mapping->dev || has_same_page(mapping, fd);
}

/* By its path in this program's namespace, where that leads to the very file: a third of what map_files takes. */
static int open_by_path(const struct mapping *mapping, const char *path)
{
	struct stat st;
	int fd;

	if (!path || path[0] != '/' || stat(path, &st) || !S_ISREG(st.st_mode) || st.st_ino != mapping->inode ||
	    st.st_dev != mapping->dev)
		return -1;
	fd = FAULT_OR(FAULT_ELF, mapping->tid, open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
	if (fd < 0 || is_same(mapping, fd))
		return fd;
	close(fd);
	return -1;
}

struct err *mapping_open(const struct mapping *mapping, const char *path, int *fd_ret)
{
	int by_path = open_by_path(mapping, path);
	char names[4][64 + PATH_MAX];
	bool another = false;
	int errnum = ENOENT;

	if (by_path >= 0) {
		*fd_ret = by_path;
		return NULL;
	}
	snprintf(names[0], sizeof(names[0]), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)mapping->tid,
		 mapping->start, mapping->end);
	snprintf(names[1], sizeof(names[1]), "/proc/%d/root%s", (int)mapping->tid, path ? path : "");
	snprintf(names[2], sizeof(names[2]), "/proc/%d/exe", (int)mapping->tid);
	/* Of a task that has ended since nothing is left in /proc; the file is, and is known by its inode. */
	snprintf(names[3], sizeof(names[3]), "%s", path ? path : "");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int fd;

		if ((i == 1 || i == 3) && (!path || path[0] != '/'))
			continue;
		/* What stands there by now may be a pipe, which would keep us waiting. */
		fd = FAULT_OR(FAULT_ELF, mapping->tid, open(names[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK));
		if (fd >= 0 && is_same(mapping, fd)) {
			*fd_ret = fd;
			return NULL;
		}
		another |= i == 1 && fd >= 0;
		if (fd >= 0)
			close(fd);
		else if (i == 1 || errno == EMFILE || errno == ENFILE)
			errnum = errno;
		if (fd < 0 && (errno == EMFILE || errno == ENFILE))
			break;
	}
	path = path ? path : "a file without a name";
	if (another)
		return err_hint(err_new("'%s' is not the file that pid %d has mapped: it was replaced since", path,
					(int)mapping->tid),
				"with CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE the mapped one can be opened");
	return err_errno(errnum, "cannot open '%s' as pid %d has it mapped", path, (int)mapping->tid);
}

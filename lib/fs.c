/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files and folders. Does not lock: two writers of one file are the callers' affair.
 * Invariant: at the path of fs_publish there is at any time the old file or the
 * whole new one, whoever dies when.
 */
#include "lib/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "lib/fault.h"
#include "lib/mem.h"

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

struct err *fs_mkdirs(const char *path)
{
	_cleanup_free_ char *part = mem_strdup(path);

	for (char *p = part + (*part == '/'); *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		/* Told by the last mkdir below, should it matter: a parent may not be
		 * writable for us and yet hold what we need. */
		mkdir(part, 0777);
		*p = '/';
	}
	if (FAULT_OR(FAULT_FOLDER, 0, mkdir(path, 0777)) == 0)
		return NULL;
	int errnum = errno; /* the reason, whatever the look at the path adds */
	if (is_dir(path))
		return NULL;
	return err_errno(errnum == EEXIST ? ENOTDIR : errnum, "cannot make folder '%s'", path);
}

struct err *fs_read(const char *path, struct strbuf *ret)
{
	_cleanup_close_ int fd = FAULT_OR(FAULT_FILE_READ, 0, open(path, O_RDONLY | O_CLOEXEC));
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	char chunk[65536];
	ssize_t n;

	if (fd < 0)
		return err_errno(errno, "cannot open '%s'", path);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(errno, "cannot read '%s'", path);
		strbuf_add(&sb, chunk, (size_t)n);
	}
	strbuf_add(ret, sb.text, sb.len);
	return NULL;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = FAULT_OR(FAULT_FILE_WRITE, 0, write(fd, bytes, len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		bytes += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0 ? 0 : errno;
}

struct err *fs_publish(const char *path, const void *bytes, size_t len)
{
	static unsigned int counter;
	_cleanup_free_ char *dir = fs_dirname(path);
	/* Hidden, and unique among processes and threads that publish at once. */
	_cleanup_free_ char *temp = mem_printf("%s/.%s.%d.%u", dir, fs_basename(path), (int)getpid(),
					       __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED));
	_cleanup_close_ int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);

	if (fd < 0)
		return err_errno(errno, "cannot write '%s'", path);
	int errnum = write_all(fd, bytes, len);
	if (!errnum && FAULT_OR(FAULT_FILE_NAME, 0, rename(temp, path)) < 0)
		errnum = errno;
	if (errnum) {
		unlink(temp);
		return err_errno(errnum, "cannot write '%s'", path);
	}
	/* So that the name survives a power cut too; some file systems refuse, harmlessly. */
	_cleanup_close_ int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd >= 0)
		fsync(dir_fd);
	return NULL;
}

struct err *fs_publish_if_changed(const char *path, const void *bytes, size_t len)
{
	_cleanup_strbuf_ struct strbuf old = STRBUF_INIT;
	/* A file that cannot be read is replaced; if that fails too, the write tells why. */
	_cleanup_err_ struct err *unreadable = fs_read(path, &old);

	if (!unreadable && old.len == len && memcmp(old.text, len ? bytes : "", len) == 0)
		return NULL;
	return fs_publish(path, bytes, len);
}

bool fs_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

char *fs_join(const char *dir, const char *name)
{
	size_t len = strlen(dir);

	if (*name == '/' || len == 0)
		return mem_strdup(name);
	return mem_printf("%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}

char *fs_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? mem_strdup("/") : mem_strndup(path, (size_t)(slash - path));
}

const char *fs_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

struct err *fs_realpath(const char *path, char **ret)
{
	char *real = realpath(path, NULL);

	if (!real)
		return err_errno(errno, "cannot find '%s'", path);
	*ret = real;
	return NULL;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

struct err *fs_own_file(const char *variable, const char *name, char **ret)
{
	const char *set = getenv(variable);
	_cleanup_free_ char *self = NULL, *dir = NULL;
	struct err *err = set ? NULL : fs_realpath("/proc/self/exe", &self);

	if (err)
		return err;
	dir = set ? NULL : fs_dirname(self);
	*ret = set ? mem_strdup(set) : fs_join(dir, name);
	return NULL;
}

char *fs_find_program(const char *name)
{
	const char *path = getenv("PATH");

	if (!*name)
		return NULL;
	if (strchr(name, '/'))
		return is_program(name) ? mem_strdup(name) : NULL;
	if (!path)
		path = "/usr/bin:/bin";
	for (;;) {
		size_t len = strcspn(path, ":");
		/* An empty entry means the current folder: execvp(3). */
		_cleanup_free_ char *dir = len ? mem_strndup(path, len) : mem_strdup(".");
		_cleanup_free_ char *candidate = fs_join(dir, name);

		if (is_program(candidate))
			return_ptr(candidate);
		if (!path[len])
			return NULL;
		path += len + 1;
	}
}

struct err *fs_noexec_hint(struct err *err, const char *path)
{
	struct statvfs st;

	if (!err || err_errnum(err) != EACCES || statvfs(path, &st) || !(st.f_flag & ST_NOEXEC))
		return err;
	return err_hint(err, "its file system is mounted noexec, so that nothing on it can be executed: copy it to "
			"another one, or remount that with exec");
}

struct err *fs_remove_tree(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? NULL : err_errno(errno, "cannot remove '%s'", path);
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	if (!fts)
		return err_errno(errno, "cannot remove '%s'", path);

	struct err *err = NULL;
	FTSENT *entry;
	while (!err && (entry = fts_read(fts))) {
		if (entry->fts_info == FTS_D)
			continue; /* seen again, empty, as FTS_DP */
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
			err = err_errno(entry->fts_errno, "cannot remove '%s'", entry->fts_path);
		else if (remove(entry->fts_accpath) < 0 && errno != ENOENT)
			err = err_errno(errno, "cannot remove '%s'", entry->fts_path);
	}
	fts_close(fts);
	return err;
}

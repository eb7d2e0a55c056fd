/* SPDX-License-Identifier: BSD-3-Clause */
/* The page cache, on real files in the folder of this test program: /tmp may be a tmpfs,
 * whose pages cannot be evicted. Skipped where that folder is one, too. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "job/pagecache.h"
#include "lib/fs.h"
#include "lib/mem.h"

#define BIG (300 * 1000)
#define CACHESTAT 451

static void publish(const char *dir, const char *name, size_t len)
{
	_cleanup_free_ char *path = fs_join(dir, name), *parent = fs_dirname(path), *bytes = mem_alloc(len + 1);

	memset(bytes, 'x', len);
	assert_null(fs_mkdirs(parent));
	assert_null(fs_publish(path, bytes, len));
}

static int setup(void **state)
{
	_cleanup_free_ char *self = NULL, *dir = NULL;
	char *test_dir;

	if (fs_realpath("/proc/self/exe", &self))
		return -1;
	dir = fs_dirname(self);
	test_dir = mem_printf("%s/pagecache.XXXXXX", dir);
	if (!mkdtemp(test_dir))
		return -1;
	publish(test_dir, "b/deep/big", BIG);
	publish(test_dir, "b/small", 1);
	publish(test_dir, "a", 10);
	publish(test_dir, "empty", 0);
	*state = test_dir;
	return 0;
}

static int teardown(void **state)
{
	_cleanup_free_ char *dir = *state;

	assert_null(fs_remove_tree(dir));
	return 0;
}

static void test_file_set(void **state)
{
	const char *dir = *state;
	static const char *const want[] = { "a", "b/deep/big", "b/small", "empty" };
	_cleanup_(file_set_deinit) struct file_set set = { 0 };
	_cleanup_free_ char *link = fs_join(dir, "b/link"), *folder_link = fs_join(dir, "b/loop");
	_cleanup_free_ char *one = fs_join(dir, "b/small"), *missing = fs_join(dir, "none");
	struct err *err;

	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(symlink("..", folder_link), 0);
	assert_null(file_set_add(&set, one));
	assert_null(file_set_add(&set, dir));
	assert_null(file_set_add(&set, one));
	assert_null(file_set_add(&set, folder_link));
	assert_int_equal(set.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		_cleanup_free_ char *path = fs_join(dir, want[i]);

		assert_string_equal(set.paths[i], path);
	}
	err = file_set_add(&set, missing);
	assert_non_null(err);
	assert_non_null(strstr(err_message(err), missing));
	err_free(err);
	err = file_set_add(&set, "/dev/null");
	assert_non_null(err);
	err_free(err);
	assert_int_equal(set.n, ARRAY_SIZE(want));
}

static void check_evict_and_load(void **state)
{
	const char *dir = *state;
	size_t page = sysconf(_SC_PAGESIZE);
	uint64_t pages = (BIG + page - 1) / page + 2;
	_cleanup_(file_set_deinit) struct file_set set = { 0 };
	struct trial_residency residency = { 0 };
	struct statfs fs;

	assert_int_equal(statfs(dir, &fs), 0);
	if (fs.f_type == TMPFS_MAGIC)
		skip();
	assert_null(file_set_add(&set, dir));
	assert_null(pagecache_load(&set));
	assert_null(pagecache_residency(&set, &residency));
	assert_int_equal(residency.files, 4);
	assert_int_equal(residency.pages, pages);
	assert_int_equal(residency.pages_resident, pages);
	assert_null(pagecache_evict(&set, false));
	assert_null(pagecache_residency(&set, &residency));
	assert_int_equal(residency.pages, pages);
	assert_int_equal(residency.pages_resident, 0);
	/* To count is not to load. */
	assert_null(pagecache_residency(&set, &residency));
	assert_int_equal(residency.pages_resident, 0);
	assert_false(residency.dropped_caches);
	assert_null(pagecache_load(&set));
	assert_null(pagecache_residency(&set, &residency));
	assert_int_equal(residency.pages_resident, pages);
}

static void test_evict_and_load(void **state)
{
	check_evict_and_load(state);
}

/* The same without cachestat(2), which this process loses for good: the last test. */
static void test_by_mincore(void **state)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CACHESTAT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		skip();
	assert_int_equal(syscall(CACHESTAT, -1, NULL, NULL, 0), -1);
	assert_int_equal(errno, ENOSYS);
	check_evict_and_load(state);
}

static void test_gone_file(void **state)
{
	const char *dir = *state;
	_cleanup_free_ char *path = fs_join(dir, "a");
	_cleanup_(file_set_deinit) struct file_set set = { 0 };
	struct trial_residency residency = { 0 };
	_cleanup_err_ struct err *evict = NULL, *load = NULL, *count = NULL;

	assert_null(file_set_add(&set, path));
	assert_int_equal(unlink(path), 0);
	evict = pagecache_evict(&set, false);
	load = pagecache_load(&set);
	count = pagecache_residency(&set, &residency);
	assert_non_null(strstr(err_message(evict), path));
	assert_non_null(strstr(err_message(load), path));
	assert_non_null(strstr(err_message(count), path));
}

#define PAGECACHE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

struct told {
	size_t n;
	char *last;
};

static void note(void *data, const char *why)
{
	struct told *told = data;

	free(told->last);
	told->last = mem_strdup(why);
	told->n++;
}

/* One that can be evicted is, and nothing is told of it; one that is locked is named, with why. */
static void test_try_evict(void **state)
{
	_cleanup_free_ char *big = fs_join(*state, "b/deep/big"), *a = fs_join(*state, "a");
	_cleanup_(file_set_deinit) struct file_set set = { 0 };
	struct trial_residency residency;
	struct told told = { 0 };
	int fd = open(a, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	assert_null(file_set_add(&set, big));
	assert_null(pagecache_load(&set));
	pagecache_try_evict(&set, note, &told);
	assert_null(pagecache_residency(&set, &residency));
	assert_int_equal(told.n, residency.pages_resident > 2);
	assert_true(file_set_has(&set, big));
	assert_false(file_set_has(&set, a));

	assert_int_equal(fstat(fd, &st), 0);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	/* By the kernel's own name: AddressSanitizer makes mlock(3) do nothing. */
	assert_int_equal(syscall(SYS_mlock, map, (size_t)st.st_size), 0);
	assert_null(file_set_add(&set, a));
	told.n = 0;
	pagecache_try_evict(&set, note, &told);
	assert_true(told.n >= 1);
	munmap(map, (size_t)st.st_size);
	free(told.last);
	close(fd);
}

/* A library on a memory file system is never out of the cache. */
static void test_in_memory(void **state)
{
	char path[] = "/dev/shm/test-pagecache.XXXXXX";
	_cleanup_(file_set_deinit) struct file_set set = { 0 };
	struct told told = { 0 };
	char bytes[3 * 4096] = "x";
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	assert_null(file_set_add(&set, path));
	pagecache_try_evict(&set, note, &told);
	unlink(path);
	close(fd);
	assert_int_equal(told.n, 1);
	assert_non_null(strstr(told.last, "3 of 3 pages stay in the page cache: it is in a memory file system"));
	assert_non_null(strstr(told.last, path));
	free(told.last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAGECACHE_TEST(test_file_set),
		PAGECACHE_TEST(test_evict_and_load),
		PAGECACHE_TEST(test_gone_file),
		PAGECACHE_TEST(test_by_mincore),
		PAGECACHE_TEST(test_try_evict),
		cmocka_unit_test(test_in_memory),
	};

	return cmocka_run_group_tests_name("pagecache", tests, NULL, NULL);
}

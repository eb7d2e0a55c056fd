/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which file is mapped, told by the kernel or in the text of maps, and opened with the right to use map_files
 * or without it: the file that is mapped, or an error, never another file.
 */
#include "../unit/unit.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/fault.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "trace/memory/mapping.h"

#define NAME "a\nb \\x (deleted) c"

struct mapped {
	char dir[64];
	char *path;
	void *at;
};

static void write_file(const char *path, const char *text)
{
	assert_ok(fs_publish(path, text, strlen(text)));
}

static int setup(void **state)
{
	struct mapped *m = mem_alloc(sizeof(*m));
	int fd;

	strcpy(m->dir, "/tmp/test-mapping.XXXXXX");
	if (!mkdtemp(m->dir))
		return -1;
	m->path = fs_join(m->dir, NAME);
	write_file(m->path, "first");
	fd = open(m->path, O_RDONLY);
	m->at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	*state = m;
	return m->at == MAP_FAILED;
}

static int teardown(void **state)
{
	struct mapped *m = *state;
	struct err *err = fs_remove_tree(m->dir);

	munmap(m->at, 4096);
	free(m->path);
	free(m);
	err_free(fault_set(NULL));
	return err != NULL;
}

static void find(const struct mapped *m, struct mapping *ret, char **path_ret)
{
	_cleanup_(mappings_close) struct mappings mappings = { .fd = -1 };

	assert_ok(mappings_open(getpid(), &mappings));
	assert_ok(mappings_find(&mappings, (uintptr_t)m->at + 7, ret, path_ret));
}

static void both_ways_tell_the_same(void **state)
{
	struct mapped *m = *state;
	struct mapping asked, read;
	char *asked_path, *read_path;
	struct stat st;

	assert_int_equal(stat(m->path, &st), 0);
	find(m, &asked, &asked_path);
	assert_ok(fault_set("maps-ask:1+:ENOTTY"));
	find(m, &read, &read_path);
	assert_ok(fault_set(NULL));
	assert_string_equal(asked_path, m->path);
	assert_string_equal(read_path, m->path);
	assert_int_equal(asked.start, (uintptr_t)m->at);
	assert_int_equal(asked.end, (uintptr_t)m->at + 4096);
	assert_int_equal(asked.inode, st.st_ino);
	/* One by one: what is between the members is nobody's. */
	assert_int_equal(read.tid, asked.tid);
	assert_int_equal(read.start, asked.start);
	assert_int_equal(read.end, asked.end);
	assert_int_equal(read.offset, asked.offset);
	assert_int_equal(read.dev, asked.dev);
	assert_int_equal(read.inode, asked.inode);
	assert_int_equal(read.executable, asked.executable);
	free(asked_path);
	free(read_path);
}

static size_t count_all(void)
{
	_cleanup_(mappings_close) struct mappings mappings = { .fd = -1 };
	struct mapping mapping;
	size_t n = 0;
	taddr at = 0;
	bool found;

	assert_ok(mappings_open(getpid(), &mappings));
	for (;;) {
		char *path;

		assert_ok(mappings_next(&mappings, &at, &mapping, &path, &found));
		free(path);
		if (!found)
			return n;
		n += mapping.inode != 0;
	}
}

static void both_ways_tell_of_all(void **state)
{
	size_t asked = count_all();

	(void)state;
	assert_true(asked > 4);
	assert_ok(fault_set("maps-ask:1+:ENOTTY"));
	assert_int_equal(count_all(), asked);
}

static void nothing_is_mapped_there(void **state)
{
	_cleanup_(mappings_close) struct mappings mappings = { .fd = -1 };
	struct mapping mapping;
	char *path = NULL;

	(void)state;
	assert_ok(mappings_open(getpid(), &mappings));
	assert_ok(mappings_find(&mappings, 4096, &mapping, &path));
	assert_int_equal(mapping.inode, 0);
	assert_null(path);
}

/* --- opening ---------------------------------------------------------------------- */

static bool opens_text(const struct mapping *mapping, const char *path, const char *text)
{
	_cleanup_close_ int fd = -1;
	char there[16] = "";

	assert_ok(mapping_open(mapping, path, &fd));
	return read(fd, there, sizeof(there) - 1) > 0 && !strcmp(there, text);
}

/* map_files takes CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE: this process gives both up. */
static void give_up_map_files(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		_exit(90);
	for (int i = 0; i < 2; i++) {
		data[i].effective &= ~(i ? CAP_TO_MASK(CAP_CHECKPOINT_RESTORE) : CAP_TO_MASK(CAP_SYS_ADMIN));
		data[i].permitted = data[i].effective;
	}
	if (syscall(SYS_capset, &header, data))
		_exit(91);
}

/* In a process of its own; its status is 0 if all was well. */
static void without_map_files(const struct mapped *m, const struct mapping *mapping, const char *text)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		_cleanup_close_ int fd = -1;
		struct err *err;

		give_up_map_files();
		err = mapping_open(mapping, m->path, &fd);
		if (!text)
			_exit(!err || !strstr(err_message(err), "is not the file that pid"));
		_exit(err || !opens_text(mapping, m->path, text));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void the_file_is_opened(void **state)
{
	struct mapped *m = *state;
	struct mapping mapping;

	find(m, &mapping, NULL);
	assert_true(opens_text(&mapping, m->path, "first"));
	without_map_files(m, &mapping, "first");
}

static void another_file_at_its_path_is_not(void **state)
{
	struct mapped *m = *state;
	struct mapping mapping;

	find(m, &mapping, NULL);
	write_file(m->path, "second");
	without_map_files(m, &mapping, NULL);
	if (geteuid())
		skip();
	assert_true(opens_text(&mapping, m->path, "first"));
}

static void a_deleted_one_is(void **state)
{
	struct mapped *m = *state;
	struct mapping mapping;
	char *path;

	find(m, &mapping, NULL);
	assert_int_equal(unlink(m->path), 0);
	if (geteuid())
		skip();
	assert_true(opens_text(&mapping, m->path, "first"));
	find(m, &mapping, &path);
	assert_string_equal(path, m->path); /* without the kernel's " (deleted)" */
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ways_tell_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(both_ways_tell_of_all, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_mapped_there, setup, teardown),
		cmocka_unit_test_setup_teardown(the_file_is_opened, setup, teardown),
		cmocka_unit_test_setup_teardown(another_file_at_its_path_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(a_deleted_one_is, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

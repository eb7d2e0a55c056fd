/* SPDX-License-Identifier: BSD-3-Clause */
/* The store of symbol indices: what goes in comes out, damage is told and mended, many write at once. */
#include "elf/symidx.h"
#include "elf/symstore.h"
#include "lib/progress.h"
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOADER "/lib64/ld-linux-x86-64.so.2"

struct fixture {
	char *folder;
	struct symstore *store;
	char *index; /* path of the loader's */
	struct buildid id;
};

static void id_of(const char *path, struct buildid *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	uint64_t bytes = 0;

	assert_ok(fs_read(path, &text));
	assert_ok(buildid_of(text.text, text.len, path, ret, &bytes));
	assert_true(bytes >= 64 && bytes < 4096);
}

static int setup(void **state)
{
	char folder[] = "/tmp/symstore.XXXXXX";
	struct fixture *f = mem_alloc(sizeof(*f));
	_cleanup_free_ char *text = NULL;

	f->folder = mem_strdup(mkdtemp(folder));
	assert_ok(symstore_create(f->folder, &f->store));
	id_of(LOADER, &f->id);
	assert_true(f->id.len > 0);
	text = buildid_text(&f->id);
	f->index = mem_printf("%s/%s.symidx", f->folder, text);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	symstore_destroy(f->store);
	assert_ok(fs_remove_tree(f->folder));
	free(f->folder);
	free(f->index);
	free(f);
	return 0;
}

/* The index of a file by the store, and what it took. */
static struct symidx *get(const struct fixture *f, const char *path, struct symwork *work)
{
	struct symidx *index;

	*work = (struct symwork){ 0 };
	assert_ok(symidx_create_stored(path, f->store, work, &index));
	return index;
}

static void assert_same(struct symidx *a, struct symidx *b)
{
	uint64_t low, high, low_b, high_b, value, value_b;

	assert_int_equal(symidx_symbols(a), symidx_symbols(b));
	assert_int_equal(symidx_count(a), symidx_count(b));
	symidx_extent(a, &low, &high);
	symidx_extent(b, &low_b, &high_b);
	assert_int_equal(low, low_b);
	assert_int_equal(high, high_b);
	assert_true(symidx_find_object(a, "_r_debug", &value) && symidx_find_object(b, "_r_debug", &value_b));
	assert_int_equal(value, value_b);
	assert_false(symidx_find(b, "_r_debug", &value));
	assert_false(symidx_find_object(b, "_dl_debug_state", &value));
	assert_false(symidx_find(b, "no_such_function", &value));
	/* Every function, by address and then by name. */
	for (size_t i = 0; i < symidx_symbols(a); i++) {
		const char *name, *name_b;

		if (!symidx_function_at(a, i, &value))
			continue;
		name = symidx_find_address(a, value);
		name_b = symidx_find_address(b, value);
		assert_true(name && name_b);
		assert_string_equal(name, name_b);
		assert_true(symidx_find(a, name, &value) && symidx_find(b, name, &value_b));
		assert_int_equal(value, value_b);
	}
}

static void what_goes_in_comes_out(void **state)
{
	struct fixture *f = *state;
	struct symwork cold, warm;
	struct symidx *first = get(f, LOADER, &cold), *again = get(f, LOADER, &warm);
	uint64_t n, bytes, headers;

	assert_int_equal(cold.libraries_parsed, 1);
	assert_int_equal(cold.symbols_read, symidx_symbols(first));
	assert_int_equal(cold.indices_written, 1);
	assert_int_equal(cold.indices_read, 0);
	symstore_count(f->folder, &n, &bytes);
	assert_int_equal(n, 1);
	/* Warm: nothing of the symbol table, only headers and notes. */
	assert_int_equal(warm.libraries_parsed, 0);
	assert_int_equal(warm.symbols_read, 0);
	assert_int_equal(warm.indices_read, 1);
	assert_int_equal(warm.index_bytes_read, bytes);
	assert_int_equal(warm.indices_written, 0);
	headers = warm.file_bytes_read;
	assert_true(headers > 64 && headers < 4096 && cold.file_bytes_read > headers + 1000);
	assert_same(first, again);
	symidx_destroy(first);
	symidx_destroy(again);
}

static void of_a_file_without_build_id_nothing_is_kept(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *copy = mem_printf("%s/copy", f->folder);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct symwork work;
	struct symidx *index;
	char *note;
	uint64_t n, bytes;

	assert_ok(fs_read(LOADER, &text));
	note = memmem(text.text, text.len, f->id.bytes, f->id.len);
	assert_non_null(note);
	note[-8] = 0x7f; /* the type of the note */
	assert_ok(fs_publish(copy, text.text, text.len));
	index = get(f, copy, &work);
	assert_int_equal(work.libraries_parsed, 1);
	assert_int_equal(work.indices_written, 0);
	symstore_count(f->folder, &n, &bytes);
	assert_int_equal(n, 0);
	symidx_destroy(index);
}

/* A copy that differs in size has the same build-id, and another symbol table perhaps. */
static void another_file_of_one_build_id_is_told(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *copy = mem_printf("%s/copy", f->folder);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct symwork work;

	symidx_destroy(get(f, LOADER, &work));
	assert_ok(fs_read(LOADER, &text));
	strbuf_putc(&text, '\0');
	assert_ok(fs_publish(copy, text.text, text.len));
	symidx_destroy(get(f, copy, &work));
	assert_int_equal(work.indices_refused, 1);
	assert_int_equal(work.indices_written, 1);
	symidx_destroy(get(f, copy, &work));
	assert_int_equal(work.indices_read, 1);
}

static void refused_and_mended(struct fixture *f, const char *bytes, size_t len, const char *fault)
{
	struct stored stored = { 0 };
	struct symwork work;
	bool found;

	assert_ok(fs_publish(f->index, bytes, len));
	assert_err_has(symstore_get(f->store, &f->id, &found, &stored), fault);
	symidx_destroy(get(f, LOADER, &work));
	assert_int_equal(work.indices_refused, 1);
	assert_int_equal(work.libraries_parsed, 1);
	assert_int_equal(work.indices_written, 1);
	symidx_destroy(get(f, LOADER, &work));
	assert_int_equal(work.indices_read, 1);
	assert_int_equal(work.indices_refused, 0);
}

static void damage_is_told_and_mended(void **state)
{
	struct fixture *f = *state;
	_cleanup_strbuf_ struct strbuf sound = STRBUF_INIT;
	struct symwork work;
	size_t cuts[] = { 1, 100, sizeof(struct symfile_header), 0 };
	struct symfile_header *header;

	symidx_destroy(get(f, LOADER, &work));
	assert_ok(fs_read(f->index, &sound));
	header = (struct symfile_header *)(void *)sound.text;
	cuts[ARRAY_SIZE(cuts) - 1] = sound.len - 1;
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++)
		refused_and_mended(f, sound.text, cuts[i],
				   cuts[i] < sizeof(*header) ? "it is no index" : "it is cut off");
	refused_and_mended(f, sound.text, 0, "is empty or no file");
	strbuf_putc(&sound, 'x');
	refused_and_mended(f, sound.text, sound.len--, "something behind its end");
	/* One bit anywhere behind the checksum, in steps that are no multiple of a word. */
	for (size_t at = sizeof(*header); at < sound.len; at += sound.len / 9 + 1) {
		sound.text[at] ^= 0x10;
		refused_and_mended(f, sound.text, sound.len, "its checksum is wrong");
		sound.text[at] ^= 0x10;
	}
	header->version++;
	refused_and_mended(f, sound.text, sound.len, "it is of another version");
	header->version--;
	header->id[0] ^= 1;
	symfile_seal(sound.text, sound.len);
	refused_and_mended(f, sound.text, sound.len, "it was made of another library");
	header->id[0] ^= 1;
	header->n_symbols = UINT64_MAX / sizeof(struct symfile_entry) + 2;
	symfile_seal(sound.text, sound.len);
	refused_and_mended(f, sound.text, sound.len, "its sizes contradict each other");
}

static void a_folder_that_cannot_be_written_does_no_harm(void **state)
{
	struct fixture *f = *state;
	struct symwork work;

	assert_ok(fs_remove_tree(f->folder));
	symidx_destroy(get(f, LOADER, &work));
	assert_int_equal(work.libraries_parsed, 1);
	assert_int_equal(work.indices_written, 0);
	assert_err_has(symstore_create("/proc/self/status", &(struct symstore *){ NULL }), "/proc/self/status");
}

static void emptying_leaves_what_is_not_ours(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *other = mem_printf("%s/notes.txt", f->folder);
	struct symwork work;
	uint64_t n, bytes;

	assert_ok(fs_publish(other, "x", 1));
	symidx_destroy(get(f, LOADER, &work));
	assert_ok(symstore_empty(f->folder));
	symstore_count(f->folder, &n, &bytes);
	assert_int_equal(n, 0);
	assert_int_equal(bytes, 0);
	assert_true(fs_exists(other));
	assert_ok(symstore_empty("/nonexistent"));
	symstore_count("/nonexistent", &n, &bytes);
	assert_int_equal(n, 0);
}

/* --- many at once ------------------------------------------------------------------ */

#define N_THREADS 8
#define ROUNDS 20

struct racer {
	struct fixture *f;
	bool remove;
	struct symwork work;
};

static void *race(void *arg)
{
	struct racer *racer = arg;

	for (int i = 0; i < ROUNDS; i++) {
		struct symwork work = { 0 };
		struct symidx *index;
		uint64_t value;

		if (racer->remove)
			unlink(racer->f->index);
		if (symidx_create_stored(LOADER, racer->f->store, &work, &index))
			return NULL;
		if (!symidx_find(index, "_dl_debug_state", &value) || work.libraries_parsed + work.indices_read != 1)
			work.indices_refused++;
		symwork_add(&racer->work, &work);
		symidx_destroy(index);
	}
	return NULL;
}

static void many_write_one_index_at_once(void **state)
{
	struct fixture *f = *state;
	struct racer racers[N_THREADS];
	pthread_t threads[N_THREADS];
	struct symwork sum = { 0 };
	size_t n_files = 0;
	DIR *dir;

	for (size_t i = 0; i < N_THREADS; i++) {
		racers[i] = (struct racer){ .f = f, .remove = i % 2 };
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i], NULL);
		symwork_add(&sum, &racers[i].work);
	}
	assert_int_equal(sum.libraries_parsed + sum.indices_read, N_THREADS * ROUNDS);
	assert_int_equal(sum.indices_refused, 0);
	assert_int_equal(sum.indices_written, sum.libraries_parsed);
	dir = opendir(f->folder);
	for (const struct dirent *entry; (entry = readdir(dir));)
		n_files += entry->d_name[0] != '.';
	closedir(dir);
	assert_int_equal(n_files, 1); /* and none that was being written */
}

/* One cache for all tasks: whoever asks first has the index built, and nobody builds it again. */
static void a_cache_builds_an_index_once(void **state)
{
	struct fixture *f = *state;
	struct symcache *cache = symcache_create_stored(f->store), *later = symcache_create_stored(f->store);
	struct symidx *index;

	for (int i = 0; i < 32; i++) {
		assert_ok(symcache_get(cache, LOADER, &index));
		symidx_read(index);
	}
	assert_int_equal(symcache_work(cache).libraries_parsed, 1);
	assert_int_equal(symcache_work(cache).indices_written, 1);
	assert_ok(symcache_get(later, LOADER, &index));
	assert_int_equal(symcache_work(later).indices_read, 0); /* nobody has asked for anything */
	symidx_read(index);
	assert_int_equal(symcache_work(later).libraries_parsed, 0);
	assert_int_equal(symcache_work(later).indices_read, 1);
	symcache_destroy(cache);
	symcache_destroy(later);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_goes_in_comes_out),
		TEST(of_a_file_without_build_id_nothing_is_kept),
		TEST(another_file_of_one_build_id_is_told),
		TEST(damage_is_told_and_mended),
		TEST(a_folder_that_cannot_be_written_does_no_harm),
		TEST(emptying_leaves_what_is_not_ours),
		TEST(many_write_one_index_at_once),
		TEST(a_cache_builds_an_index_once),
	};

	progress_quiet();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

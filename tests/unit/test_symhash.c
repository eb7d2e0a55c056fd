/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names in a file's own hash table: the places are those of the whole symbol table, of libraries as linkers make them,
 * of this machine's, and of damaged ones. What is said to be absent has no place.
 */
#include "elf/dynsyms.h"
#include "elf/symabsent.h"
#include "elf/symidx.h"
#include "unit.h"

#include <elf.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a static namesake of an exported function, two statics of one name, two versions, an IFUNC. */
static const char first_c[] =
	"#define USED __attribute__((noinline, used))\n"
	"static USED int twice(void) { return 1; }\n"
	"USED int shared_name(void) { return twice(); }\n"
	"USED int old_f(void) { return 2; }\nUSED int new_f(void) { return 3; }\n"
	"__asm__(\".symver old_f, f@V1\\n.symver new_f, f@@V2\");\n"
	"static USED int impl(void) { return 4; }\n"
	"static void *resolve(void) { return (void *)impl; }\n"
	"int chosen(void) __attribute__((ifunc(\"resolve\")));\n"
	"__attribute__((visibility(\"hidden\"))) USED int hidden_f(void) { return 5; }\n"
	"__attribute__((weak)) USED int weak_f(void) { return 6; }\n"
	"extern int undefined_f(void); int calls(void) { return undefined_f() + hidden_f(); }\n";
static const char second_c[] =
	"#define USED __attribute__((noinline, used))\n"
	"static USED int twice(void) { return 11; }\n"
	"static USED int shared_name(void) { return 12; }\n"
	"int second(void) { return twice() + shared_name(); }\n";
static const char versions[] = "V1 { global: f; }; V2 { global: f; shared_name; chosen; weak_f; calls; second; } V1;\n";

static const char *const names[] = { "twice", "shared_name", "f", "f@V1", "f@@V2", "f@V2", "f@V3", "chosen", "impl",
				     "hidden_f", "weak_f", "undefined_f", "calls", "second", "resolve", "no_such", "" };

static bool build(const char *dir, const char *out, const char *options)
{
	_cleanup_free_ char *command = mem_printf("cd '%s' && cc -O1 -fPIC %s -o %s >/dev/null 2>&1", dir, options,
						  out);

	return system(command) == 0;
}

static int setup(void **state)
{
	_cleanup_free_ char *first = NULL, *second = NULL, *script = NULL, *main_c = NULL;

	if (temp_dir_setup(state))
		return -1;
	first = fs_join(*state, "first.c");
	second = fs_join(*state, "second.c");
	script = fs_join(*state, "versions");
	main_c = fs_join(*state, "main.c");
	err_free(fs_publish(first, first_c, strlen(first_c)));
	err_free(fs_publish(second, second_c, strlen(second_c)));
	err_free(fs_publish(script, versions, strlen(versions)));
	err_free(fs_publish(main_c, "int undefined_f(void) { return 0; }\nint main(void) { return 0; }\n", 66));
	return 0;
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int place_compare(const void *a, const void *b)
{
	const struct symplace *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

static void assert_same_places(struct symidx *whole, struct symidx *hashed, const char *path, const char *name,
			       bool with_versions)
{
	_cleanup_(symplaces_deinit) struct symplaces a, b;

	symidx_places(whole, name, &a);
	symidx_places(hashed, name, &b);
	/* .symtab may lack the versions that the dynamic symbols have: asked for one, the hash table knows more. */
	if (!with_versions && strchr(name, '@') && b.n > a.n)
		return;
	if (a.n != b.n)
		fail_msg("%s: '%s' has %zu places, not %zu", path, name, b.n, a.n);
	if (!with_versions && a.n) { /* and with them what a default version is, which comes first */
		qsort(a.v, a.n, sizeof(a.v[0]), place_compare);
		qsort(b.v, b.n, sizeof(b.v[0]), place_compare);
	}
	for (size_t i = 0; i < a.n; i++) {
		assert_int_equal(a.v[i].value, b.v[i].value);
		assert_int_equal(a.v[i].is_resolver, b.v[i].is_resolver);
		assert_int_equal(a.v[i].preference, b.v[i].preference);
		if (!with_versions)
			continue;
		assert_int_equal(a.v[i].is_default, b.v[i].is_default);
		assert_true(!a.v[i].version == !b.v[i].version);
		if (a.v[i].version)
			assert_string_equal(a.v[i].version, b.v[i].version);
	}
}

static bool is_absent(const char *path, const char *name, struct symwork *work)
{
	_cleanup_close_ int fd = open_file(path);
	char *one = (char *)name;
	struct wanted *wanted = wanted_create(&one, 1);
	uint64_t low, high;
	bool absent = symabsent(fd, wanted, 1, &low, &high, work);

	wanted_destroy(wanted, 1);
	return absent;
}

/* True if the hash table was enough. */
static bool assert_same(const char *path, bool with_versions)
{
	struct symidx *whole, *hashed;
	struct symwork work = { 0 };
	bool is_hashed;

	assert_ok(symidx_create(path, &whole));
	assert_ok(symidx_open(open_file(path), path, NULL, &hashed));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(symplaces_deinit) struct symplaces places;

		assert_same_places(whole, hashed, path, names[i], with_versions);
		symidx_places(whole, names[i], &places);
		if (places.n && is_absent(path, names[i], &work))
			fail_msg("%s: '%s' is said to be absent", path, names[i]);
	}
	for (size_t i = 0; i < symidx_symbols(whole); i++) {
		const char *name;
		uint64_t value;

		if (!symidx_function_at(whole, i, &value))
			continue;
		name = symidx_find_address(whole, value);
		if (!name)
			continue;
		assert_same_places(whole, hashed, path, name, with_versions);
		if (i % 16 == 0 && is_absent(path, name, &work)) {
			_cleanup_(symplaces_deinit) struct symplaces places;

			symidx_places(whole, name, &places);
			assert_int_equal(places.n, 0);
		}
	}
	is_hashed = symidx_work(hashed).libraries_hashed && !symidx_work(hashed).libraries_parsed;
	assert_true(is_hashed == (symidx_work(hashed).names_hashed > 0));
	symidx_destroy(whole);
	symidx_destroy(hashed);
	return is_hashed;
}

#define LIBRARY "-shared first.c second.c -Wl,--version-script=versions "

static void libraries_of_linkers(void **state)
{
	static const struct {
		const char *name, *options;
		bool is_hashed, tells_absent, with_versions;
	} files[] = {
		{ "gnu.so", LIBRARY "-Wl,--hash-style=gnu", true, true, false },
		{ "sysv.so", LIBRARY "-Wl,--hash-style=sysv", true, false, false },
		{ "both.so", LIBRARY "-Wl,--hash-style=both", true, true, false },
		{ "stripped.so", LIBRARY "-s", true, true, true },
		{ "debug.so", LIBRARY "-g", true, true, false },
		{ "gold.so", LIBRARY "-fuse-ld=gold", true, true, false },
		{ "lld.so", LIBRARY "-fuse-ld=lld", true, true, false },
		{ "program", "main.c", false, false, true },
		{ "exports", "main.c -rdynamic", true, true, true },
	};
	struct symwork work = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = fs_join(*state, files[i].name);
		bool is_hashed;

		if (!build(*state, files[i].name, files[i].options)) {
			assert_true(strstr(files[i].options, "fuse-ld") != NULL); /* a linker that is not here */
			continue;
		}
		is_hashed = assert_same(path, files[i].with_versions);
		if (files[i].is_hashed != is_hashed && !strstr(files[i].options, "rdynamic"))
			fail_msg("%s: hashed %d", files[i].name, is_hashed);
		if (files[i].tells_absent != is_absent(path, "no_such", &work) &&
		    !strstr(files[i].options, "rdynamic"))
			fail_msg("%s: whether a name is absent", files[i].name);
	}
	assert_true(work.libraries_hashed >= 4 && work.names_hashed == work.libraries_hashed && !work.libraries_parsed);
	assert_true(work.file_bytes_read > 0);
}

static void places_of_a_name(void **state)
{
	_cleanup_free_ char *path = fs_join(*state, "places.so");
	_cleanup_(symplaces_deinit) struct symplaces twice, shared, f, old, chosen;
	struct symidx *index;

	assert_true(build(*state, "places.so", LIBRARY));
	assert_ok(symidx_open(open_file(path), path, NULL, &index));
	symidx_places(index, "twice", &twice);
	symidx_places(index, "shared_name", &shared);
	symidx_places(index, "f", &f);
	symidx_places(index, "f@V1", &old);
	symidx_places(index, "chosen", &chosen);
	assert_int_equal(symidx_work(index).libraries_hashed, 1);
	assert_int_equal(symidx_work(index).libraries_parsed, 0);
	assert_int_equal(symidx_work(index).names_hashed, 5);
	assert_int_equal(twice.n, 2);
	assert_int_equal(shared.n, 2);
	assert_int_equal(shared.v[0].preference, 0); /* the exported one, then the static one */
	assert_int_equal(shared.v[1].preference, 2);
	assert_int_equal(f.n, 2);
	assert_true(f.v[0].is_default);
	assert_string_equal(f.v[0].version, "V2");
	assert_string_equal(f.v[1].version, "V1");
	assert_int_equal(old.n, 1);
	assert_int_equal(old.v[0].value, f.v[1].value);
	assert_int_equal(chosen.n, 1);
	assert_true(chosen.v[0].is_resolver);
	/* From here on the whole table is there, and is what is asked. */
	assert_true(symidx_count(index) > 8);
	symidx_places(index, "no_such", &(struct symplaces){ 0 });
	assert_int_equal(symidx_work(index).names_hashed, 5);
	assert_int_equal(symidx_work(index).libraries_parsed, 1);
	symidx_destroy(index);
}

static Elf64_Shdr *section_of(struct strbuf *file, uint32_t type)
{
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)file->text;
	Elf64_Shdr *sections = (Elf64_Shdr *)(file->text + ehdr->e_shoff);

	for (size_t i = 0; i < ehdr->e_shnum; i++)
		if (sections[i].sh_type == type)
			return &sections[i];
	fail();
	return NULL;
}

/* Whatever the sections say that cannot be so, the whole table is read. */
static void odd_tables_are_read_whole(void **state)
{
	_cleanup_free_ char *path = fs_join(*state, "plain.so"), *odd = fs_join(*state, "odd.so");

	assert_true(build(*state, "plain.so", LIBRARY));
	for (int i = 0; i < 5; i++) {
		_cleanup_strbuf_ struct strbuf file = STRBUF_INIT;
		struct symwork work = { 0 };
		Elf64_Shdr *symtab;
		Elf64_Sym *symbols;

		assert_ok(fs_read(path, &file));
		symtab = section_of(&file, SHT_SYMTAB);
		symbols = (Elf64_Sym *)(file.text + symtab->sh_offset);
		switch (i) {
		case 0: symtab->sh_info--; break;   /* one local is said not to be */
		case 1: symtab->sh_info++; break;
		case 2: symtab->sh_info = 0; break;
		case 3: /* a local among the others */
			symbols[symtab->sh_info].st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC);
			break;
		default: /* one less than are exported */
			symtab->sh_size -= sizeof(Elf64_Sym);
			break;
		}
		assert_ok(fs_publish(odd, file.text, file.len));
		assert_false(assert_same(odd, true));
		assert_false(is_absent(odd, "no_such", &work));
		assert_int_equal(work.libraries_hashed, 0);
	}
}

/* The file at `mini` packed by xz, in a stripped plain.so: `out`. With `odd` != SIZE_MAX that byte is another one. */
static void put_debugdata(const char *dir, const char *mini, const char *out, size_t odd)
{
	_cleanup_free_ char *path = fs_join(dir, mini), *packed_path = fs_join(dir, "packed"), *command = NULL;
	_cleanup_strbuf_ struct strbuf file = STRBUF_INIT;
	_cleanup_free_ uint8_t *packed = NULL;
	size_t len = 0, most;

	assert_ok(fs_read(path, &file));
	most = lzma_stream_buffer_bound(file.len);
	packed = mem_alloc(most);
	assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, (const uint8_t *)file.text, file.len, packed,
						 &len, most), LZMA_OK);
	if (odd < len)
		packed[odd] ^= 0x55;
	assert_ok(fs_publish(packed_path, (const char *)packed, len));
	command = mem_printf("cd '%s' && strip -o bare.so plain.so && "
			     "objcopy --add-section .gnu_debugdata=packed bare.so %s 2>/dev/null", dir, out);
	assert_int_equal(system(command), 0);
}

/* A file that was stripped, but for functions packed in it: it has all places of the names. */
static void functions_that_are_packed(void **state)
{
	_cleanup_free_ char *plain = fs_join(*state, "plain.so"), *path = fs_join(*state, "packed.so");
	_cleanup_free_ char *command = mem_printf("cd '%s' && objcopy --only-keep-debug plain.so mini", *(char **)state);
	struct symidx *whole, *index, *read;
	struct symwork work = { 0 };

	assert_true(build(*state, "plain.so", LIBRARY));
	assert_int_equal(system(command), 0);
	put_debugdata(*state, "mini", "packed.so", SIZE_MAX);
	assert_ok(symidx_create(plain, &whole));
	assert_ok(symidx_create(path, &read));
	assert_ok(symidx_open(open_file(path), path, NULL, &index));
	assert_false(is_absent(path, "no_such", &work));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_same_places(whole, index, path, names[i], false);
		assert_same_places(whole, read, path, names[i], false);
	}
	assert_null(symidx_lack(index));
	assert_int_equal(symidx_work(index).libraries_hashed, 0);
	assert_true(symidx_find_address(index, 0) == NULL);
	symidx_destroy(whole);
	symidx_destroy(read);
	symidx_destroy(index);
}

/* What cannot be unpacked, or is no ELF file, is said to be unread, and what is exported is found all the same. */
static void functions_that_are_packed_badly(void **state)
{
	_cleanup_free_ char *path = fs_join(*state, "badly.so"), *text = fs_join(*state, "text");

	assert_true(build(*state, "plain.so", LIBRARY));
	assert_ok(fs_publish(text, "no ELF file", 11));
	for (size_t i = 0; i < 4; i++) {
		_cleanup_(symplaces_deinit) struct symplaces exported, packed;
		struct symidx *index;

		put_debugdata(*state, i ? "plain.so" : "text", "badly.so", i ? i * i * 20 - 20 : SIZE_MAX);
		assert_ok(symidx_open(open_file(path), path, NULL, &index));
		symidx_places(index, "second", &exported);
		symidx_places(index, "hidden_f", &packed);
		assert_int_equal(exported.n, 1);
		assert_int_equal(packed.n, 0);
		assert_true(symidx_lack(index) && strstr(symidx_lack(index), ".gnu_debugdata"));
		symidx_destroy(index);
	}
}

/* Each word of the hash table in turn is another one: nothing is read that is not there, nothing goes on for ever. */
static void damaged_hash_tables_end(void **state)
{
	static const char *const styles[] = { LIBRARY "-s -Wl,--hash-style=gnu", LIBRARY "-s -Wl,--hash-style=sysv" };
	static const uint32_t types[] = { SHT_GNU_HASH, SHT_HASH };
	static const uint32_t values[] = { 0, 1, 0xffffffff, 0x7ffffffe };
	_cleanup_free_ char *path = fs_join(*state, "damaged.so"), *odd = fs_join(*state, "odd2.so");

	for (size_t style = 0; style < 2; style++) {
		_cleanup_strbuf_ struct strbuf file = STRBUF_INIT;
		const Elf64_Shdr *hash;
		uint32_t *words;

		assert_true(build(*state, "damaged.so", styles[style]));
		assert_ok(fs_read(path, &file));
		hash = section_of(&file, types[style]);
		words = (uint32_t *)(file.text + hash->sh_offset);
		for (size_t i = 0; i < hash->sh_size / 4 && i < 64; i++) {
			for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
				uint32_t was = words[i];
				struct symwork work = { 0 };
				struct symidx *index;

				words[i] = values[j];
				assert_ok(fs_publish(odd, file.text, file.len));
				assert_ok(symidx_open(open_file(odd), odd, NULL, &index));
				for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
					_cleanup_(symplaces_deinit) struct symplaces places;

					symidx_places(index, names[k], &places);
					(void)is_absent(odd, names[k], &work);
				}
				symidx_destroy(index);
				words[i] = was;
			}
		}
	}
}

static void libraries_of_this_machine(void **state)
{
	static const char *const paths[] = { "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6",
					     "/lib/x86_64-linux-gnu/libm.so.6", "/lib/x86_64-linux-gnu/libz.so.1",
					     "/proc/self/exe" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (!access(paths[i], R_OK))
			assert_same(paths[i], true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(libraries_of_linkers, setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(places_of_a_name, setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(odd_tables_are_read_whole, setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(functions_that_are_packed, setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(functions_that_are_packed_badly, setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(damaged_hash_tables_end, setup, temp_dir_teardown),
		cmocka_unit_test(libraries_of_this_machine),
	};

	return cmocka_run_group_tests_name("symhash", tests, NULL, NULL);
}

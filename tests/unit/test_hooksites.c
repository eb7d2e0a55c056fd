/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls of the loader's hook: in code written here, and in this machine's loader. */
#include "elf/segment.h"
#include "elf/symidx.h"
#include "ld/hooksites.h"
#include "unit.h"

#define TEXT 0x1000u
#define HOOK 0x11f0u

static size_t put_call(unsigned char *text, size_t at, int state, unsigned char modrm)
{
	int32_t distance;

	if (state >= 0) {
		const unsigned char store[] = { 0xc7, modrm, 0x18, (unsigned char)state, 0, 0, 0 };

		memcpy(text + at, store, sizeof(store));
		at += sizeof(store);
		memcpy(text + at, "\x48\x89\x45\xa0", 4); /* something between the two */
		at += 4;
	}
	text[at] = 0xe8;
	distance = (int32_t)(HOOK - (TEXT + at + 5));
	memcpy(text + at + 1, &distance, sizeof(distance));
	return at + 5;
}

static void tells_the_state_before_a_call(void **state)
{
	unsigned char text[0x100];
	struct hooksites sites;
	size_t first, second, plain;

	(void)state;
	memset(text, 0x90, sizeof(text));
	first = put_call(text, 0, LOADER_ADD, 0x40);
	second = put_call(text, 0x60, LOADER_DELETE, 0x43);
	plain = put_call(text, 0x90, -1, 0);
	hooksites_find(text, sizeof(text), TEXT, HOOK, &sites);
	assert_int_equal(sites.n, 2);
	assert_int_equal(sites.unknown, 1);
	assert_int_equal(hooksites_at(&sites, TEXT + first)->state, LOADER_ADD);
	assert_int_equal(hooksites_at(&sites, TEXT + second)->state, LOADER_DELETE);
	assert_null(hooksites_at(&sites, TEXT + plain));
	hooksites_deinit(&sites);
}

/* A call cut off by the end, a store through the stack pointer, a state that there is none. */
static void is_not_taken_in(void **state)
{
	unsigned char text[0x100];
	struct hooksites sites;

	(void)state;
	memset(text, 0x90, sizeof(text));
	put_call(text, 0, LOADER_ADD, 0x44);
	put_call(text, 0x60, 9, 0x40);
	hooksites_find(text, sizeof(text), TEXT, HOOK, &sites);
	assert_int_equal(sites.n, 0);
	assert_int_equal(sites.unknown, 2);
	hooksites_deinit(&sites);
	hooksites_find(text, 14, TEXT, HOOK, &sites);
	assert_int_equal(sites.n + sites.unknown, 0);
	hooksites_deinit(&sites);
}

/* As glibc 2.41's _dl_debug_change_state, built by GCC 14 for x86-64: two stores, each with a jump behind. */
#define SETTER 0x10

static void put_jump(unsigned char *text, size_t at, unsigned char opcode, uint64_t to)
{
	int32_t distance = (int32_t)(to - (TEXT + at + 5));

	text[at] = opcode;
	memcpy(text + at + 1, &distance, sizeof(distance));
}

static void put_setter(unsigned char *text, const char *store)
{
	memcpy(text + SETTER, "\x48\x8d\x05\x71\x39\x03\x00", 7); /* lea _r_debug(%rip),%rax */
	memcpy(text + SETTER + 7, store, 3);
	memcpy(text + SETTER + 10, "\x48\x39\xc7\x74\x09", 5); /* cmp %rax,%rdi; je over the jump */
	put_jump(text, SETTER + 15, 0xe9, HOOK);
	memcpy(text + SETTER + 24, "\x48\x8b\x05\x51\x39\x03\x00\x48\x85\xc0\x74\xeb", 12);
	memcpy(text + SETTER + 36, "\x89\x70\x18", 3); /* mov %esi,0x18(%rax) */
	put_jump(text, SETTER + 39, 0xe9, HOOK);
}

static size_t put_setter_call(unsigned char *text, size_t at, const char *argument, size_t len)
{
	memcpy(text + at, argument, len);
	memcpy(text + at + len, "\x48\x89\xc7\x48\x89\x45\xc8", 7); /* mov %rax,%rdi; mov %rax,-0x38(%rbp) */
	put_jump(text, at + len + 7, 0xe8, TEXT + SETTER);
	return at + len + 12;
}

static void tells_the_argument_of_a_setter(void **state)
{
	unsigned char text[0x200];
	struct hooksites sites;
	size_t add, delete, consistent, no_state;

	(void)state;
	memset(text, 0x90, sizeof(text));
	put_setter(text, "\x89\x77\x18"); /* mov %esi,0x18(%rdi) */
	add = put_setter_call(text, 0x80, "\xbe\x01\x00\x00\x00", 5);
	delete = put_setter_call(text, 0xb0, "\xbe\x02\x00\x00\x00", 5);
	consistent = put_setter_call(text, 0xe0, "\x31\xf6", 2);
	no_state = put_setter_call(text, 0x110, "\xbe\x03\x00\x00\x00", 5);
	hooksites_find(text, sizeof(text), TEXT, HOOK, &sites);
	assert_int_equal(sites.n, 3);
	assert_int_equal(sites.unknown, 1);
	assert_int_equal(hooksites_at(&sites, TEXT + add)->state, LOADER_ADD);
	assert_int_equal(hooksites_at(&sites, TEXT + delete)->state, LOADER_DELETE);
	assert_int_equal(hooksites_at(&sites, TEXT + consistent)->state, LOADER_CONSISTENT);
	assert_null(hooksites_at(&sites, TEXT + no_state));
	hooksites_deinit(&sites);
}

/* A jump to the hook from a function that stores something else, or that nobody calls. */
static void a_jump_of_another_kind_is_unknown(void **state)
{
	unsigned char text[0x200];
	struct hooksites sites;

	(void)state;
	memset(text, 0x90, sizeof(text));
	put_jump(text, SETTER + 15, 0xe9, HOOK);
	put_setter_call(text, 0x80, "\x31\xf6", 2);
	hooksites_find(text, sizeof(text), TEXT, HOOK, &sites);
	assert_int_equal(sites.n, 0);
	assert_int_equal(sites.unknown, 1);
	hooksites_deinit(&sites);

	memset(text, 0x90, sizeof(text));
	put_setter(text, "\x89\x77\x18");
	hooksites_find(text, sizeof(text), TEXT, HOOK, &sites);
	assert_int_equal(sites.n, 0);
	assert_int_equal(sites.unknown, 2);
	hooksites_deinit(&sites);
}

static void knows_this_machines_loader(void **state)
{
	struct hooksites sites;
	struct segment segment;
	struct symidx *index;
	size_t n[3] = { 0 };
	uint64_t hook;

	(void)state;
	assert_ok(symidx_create("/lib64/ld-linux-x86-64.so.2", &index));
	assert_true(symidx_find(index, "_dl_debug_state", &hook));
	assert_ok(segment_read("/lib64/ld-linux-x86-64.so.2", hook, &segment));
	hooksites_find(segment.bytes, segment.len, segment.addr, hook, &sites);
	if (sites.unknown) {
		print_message("skipped: %zu calls of this loader are of another form\n", sites.unknown);
	} else {
		for (size_t i = 0; i < sites.n; i++)
			n[sites.v[i].state]++;
		/* Start-up, dlopen and dlclose have one each at least. */
		assert_true(n[LOADER_ADD] >= 2);
		assert_true(n[LOADER_DELETE] >= 1);
		assert_true(n[LOADER_CONSISTENT] >= 3);
	}
	hooksites_deinit(&sites);
	segment_deinit(&segment);
	symidx_destroy(index);
}

static void finds_interpreters(void **state)
{
	const char *dir = *state;
	_cleanup_free_ char *script = fs_join(dir, "script"), *loop = fs_join(dir, "loop"), *text = fs_join(dir, "text");
	_cleanup_free_ char *again = mem_printf("#! %s\n", loop), *loader = NULL, *of_script = NULL;

	assert_ok(segment_interpreter("/proc/self/exe", &loader));
	assert_non_null(loader);
	assert_ok(fs_publish(script, "#! /bin/sh -e\n", 14));
	assert_ok(segment_interpreter(script, &of_script));
	assert_string_equal(of_script, loader);
	assert_ok(fs_publish(loop, again, strlen(again)));
	assert_err_has(segment_interpreter(loop, &loader), "is a script of a script");
	assert_ok(fs_publish(text, "hello", 5));
	assert_err_has(segment_interpreter(text, &loader), "is not an ELF file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_state_before_a_call),
		cmocka_unit_test(is_not_taken_in),
		cmocka_unit_test(tells_the_argument_of_a_setter),
		cmocka_unit_test(a_jump_of_another_kind_is_unknown),
		cmocka_unit_test(knows_this_machines_loader),
		cmocka_unit_test_setup_teardown(finds_interpreters, temp_dir_setup, temp_dir_teardown),
	};

	return cmocka_run_group_tests_name("hooksites", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* SystemTap notes: bytes made up here, whole and damaged, and files that have none. */
#include "elf/stapnote.h"
#include "unit.h"

/* One note; the fields of its header are the test's to spoil. */
struct note {
	uint32_t namesz, descsz, type;
	char owner[8];
	uint64_t pc, base, semaphore;
	char strings[40];
} __attribute__((packed));

#define STRINGS "rtld\0map_complete\0" "8@%rdi"

static struct note note_make(void)
{
	struct note note = { .namesz = 8, .type = 3, .owner = "stapsdt", .pc = 0x1234, .base = 0x5000 };

	note.descsz = 24 + sizeof(STRINGS);
	memcpy(note.strings, STRINGS, sizeof(STRINGS));
	return note;
}

static size_t note_len(const struct note *note)
{
	return 12 + 8 + ((note->descsz + 3) & ~3u);
}

static void decodes_a_note(void **state)
{
	struct note note = note_make();
	struct stapnotes notes;

	(void)state;
	assert_ok(stapnotes_parse(&note, note_len(&note), 0, &notes));
	assert_int_equal(notes.n, 1);
	assert_int_equal(notes.v[0].addr, 0x1234);
	assert_int_equal(notes.v[0].semaphore, 0);
	assert_string_equal(notes.v[0].provider, "rtld");
	assert_string_equal(notes.v[0].name, "map_complete");
	assert_string_equal(notes.v[0].args, "8@%rdi");
	stapnotes_deinit(&notes);
}

/* The base section has moved by 0x100 since the note was written, and all with it. */
static void follows_a_prelinked_base(void **state)
{
	struct note note = note_make();
	struct stapnotes notes;

	(void)state;
	note.semaphore = 0x7000;
	assert_ok(stapnotes_parse(&note, note_len(&note), 0x5100, &notes));
	assert_int_equal(notes.v[0].addr, 0x1334);
	assert_int_equal(notes.v[0].semaphore, 0x7100);
	stapnotes_deinit(&notes);
}

static void passes_over_other_notes(void **state)
{
	struct note note[3] = { note_make(), note_make(), note_make() };
	struct stapnotes notes;
	size_t len = note_len(&note[0]);
	char bytes[3 * sizeof(struct note)];

	(void)state;
	memcpy(note[0].owner, "somebody", 8);
	note[1].type = 4;
	for (size_t i = 0; i < 3; i++)
		memcpy(bytes + i * len, &note[i], len);
	assert_ok(stapnotes_parse(bytes, 3 * len, 0, &notes));
	assert_int_equal(notes.n, 1);
	stapnotes_deinit(&notes);
	assert_ok(stapnotes_parse(bytes, 0, 0, &notes));
	assert_int_equal(notes.n, 0);
}

static void refuses_damage(void **state)
{
	struct note note = note_make();
	struct stapnotes notes;
	size_t len = note_len(&note);

	(void)state;
	assert_err(stapnotes_parse(&note, 30, 0, &notes),
		   "a SystemTap note at offset 0 is malformed: it is longer than its section");
	note.namesz = 0xfffffffe;
	assert_err_has(stapnotes_parse(&note, len, 0, &notes), "longer than its section");
	note = note_make();
	note.descsz = 0xffffffff;
	assert_err_has(stapnotes_parse(&note, len, 0, &notes), "longer than its section");
	note = note_make();
	note.descsz = 23;
	assert_err_has(stapnotes_parse(&note, len, 0, &notes), "its description is too short");
	note = note_make();
	note.descsz = 24 + sizeof(STRINGS) - 1; /* the last NUL is outside */
	assert_err_has(stapnotes_parse(&note, len, 0, &notes), "a string of it does not end");
}

static void files_without_notes_have_none(void **state)
{
	const char *dir = *state;
	_cleanup_free_ char *text = fs_join(dir, "text");
	struct stapnotes notes;

	assert_ok(stapnotes_read("/proc/self/exe", &notes));
	assert_int_equal(notes.n, 0);
	stapnotes_deinit(&notes);
	assert_ok(fs_publish(text, "hello", 5));
	assert_err_has(stapnotes_read(text, &notes), "is not a 64-bit ELF file");
	assert_err_has(stapnotes_read("/nonexistent", &notes), "cannot open '/nonexistent'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_a_note),
		cmocka_unit_test(follows_a_prelinked_base),
		cmocka_unit_test(passes_over_other_notes),
		cmocka_unit_test(refuses_damage),
		cmocka_unit_test_setup_teardown(files_without_notes_have_none, temp_dir_setup, temp_dir_teardown),
	};

	return cmocka_run_group_tests_name("stapnote", tests, NULL, NULL);
}

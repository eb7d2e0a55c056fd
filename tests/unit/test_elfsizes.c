/* SPDX-License-Identifier: BSD-3-Clause */
/* Section sizes from ELF files: of both classes and byte orders, cut short, and of none. */
#include "unit.h"

#include "elfmake.h"
#include "gen/footprint/sizes.h"

static char dynstr[] = "\0PyInit_spam";

static const struct elfmake_section sections[] = {
	{ ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 100, NULL, 0 },
	{ ".rodata", SHT_PROGBITS, SHF_ALLOC, 20, NULL, 0 },
	{ ".eh_frame", SHT_PROGBITS, SHF_ALLOC, 3, NULL, 0 },
	{ ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 50, NULL, 0 },
	{ ".got", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, NULL, 0 },
	{ ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 4000, NULL, 0 },
	{ ".debug_info", SHT_PROGBITS, 0, 70, NULL, 0 },
	{ ".debug_str", SHT_PROGBITS, SHF_STRINGS | SHF_MERGE, 7, NULL, 0 },
	{ ".zdebug_line", SHT_PROGBITS, 0, 600, NULL, 0 },
	{ ".gdb_index", SHT_PROGBITS, 0, 1000, NULL, 0 },
	{ ".symtab", SHT_SYMTAB, 0, 240, NULL, 0 },
	{ ".strtab", SHT_STRTAB, 0, 33, NULL, 0 },
	{ ".dynstr", SHT_STRTAB, SHF_ALLOC, sizeof(dynstr), dynstr, 0 },
	{ ".comment", SHT_PROGBITS, 0, 999, NULL, 0 },
};

static void check_sums(int class, int order)
{
	struct elf_sizes sizes;
	size_t len;
	char *bytes = elfmake(class, order, sections, ARRAY_SIZE(sections), &len);

	assert_ok(elf_sizes_parse("x.so", bytes, len, &sizes));
	assert_int_equal(sizes.file_bytes, len);
	assert_int_equal(sizes.bytes[ELF_TEXT], 123);
	assert_int_equal(sizes.bytes[ELF_DATA], 58);
	assert_int_equal(sizes.bytes[ELF_DEBUG], 1677);
	assert_int_equal(sizes.bytes[ELF_SYMTAB], 240);
	assert_int_equal(sizes.bytes[ELF_STRTAB], 33);
	assert_int_equal(sizes.bytes[ELF_DYNSYM], 0);
	assert_int_equal(sizes.bytes[ELF_DYNSTR], sizeof(dynstr));
	assert_false(sizes.is_program || sizes.is_module || sizes.n_build_id);
	elf_sizes_deinit(&sizes);
	free(bytes);
}

static void test_sums(void **state)
{
	(void)state;
	check_sums(ELFCLASS64, ELFDATA2LSB);
	check_sums(ELFCLASS64, ELFDATA2MSB);
	check_sums(ELFCLASS32, ELFDATA2LSB);
	check_sums(ELFCLASS32, ELFDATA2MSB);
}

/* The section headers stand at the end: whatever is missing, they are not all there. */
static void test_cut_short(void **state)
{
	size_t len;
	char *bytes = elfmake(ELFCLASS64, ELFDATA2LSB, sections, ARRAY_SIZE(sections), &len);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		char *part = mem_alloc(n + 1);
		struct elf_sizes sizes;

		memcpy(part, bytes, n);
		assert_err_has(elf_sizes_parse("x.so", part, n, &sizes), "'x.so' ");
		free(part);
	}
	free(bytes);
}

static void test_section_beyond_the_end(void **state)
{
	size_t len;
	char *bytes = elfmake(ELFCLASS64, ELFDATA2LSB, sections, ARRAY_SIZE(sections), &len);
	Elf64_Ehdr *header = (Elf64_Ehdr *)bytes;
	Elf64_Shdr *section = (Elf64_Shdr *)(bytes + header->e_shoff) + 1;
	struct elf_sizes sizes;

	(void)state;
	section->sh_size = UINT64_MAX;
	assert_err(elf_sizes_parse("x.so", bytes, len, &sizes), "'x.so' is cut short: section '.text' ends beyond it");
	section->sh_size = 1;
	section->sh_offset = len;
	assert_err(elf_sizes_parse("x.so", bytes, len, &sizes), "'x.so' is cut short: section '.text' ends beyond it");
	free(bytes);
}

static bool is_module(const char *name, uint16_t defined_in)
{
	GElf_Sym symbols[2] = { { 0 }, { .st_name = 1, .st_info = GELF_ST_INFO(STB_GLOBAL, STT_FUNC),
					 .st_shndx = defined_in } };
	struct elfmake_section module[] = {
		{ ".dynsym", SHT_DYNSYM, SHF_ALLOC, sizeof(symbols), symbols, 2 },
		{ ".dynstr", SHT_STRTAB, SHF_ALLOC, sizeof(dynstr), dynstr, 0 },
	};
	struct elf_sizes sizes;
	bool result;
	size_t len;
	char *bytes = elfmake(ELFCLASS64, ELFDATA2LSB, module, ARRAY_SIZE(module), &len);

	assert_ok(elf_sizes_parse(name, bytes, len, &sizes));
	assert_int_equal(sizes.bytes[ELF_DYNSYM], sizeof(symbols));
	result = sizes.is_module;
	elf_sizes_deinit(&sizes);
	free(bytes);
	return result;
}

static void test_module(void **state)
{
	(void)state;
	assert_true(is_module("/usr/lib/spam.cpython-311-x86_64-linux-gnu.so", 1));
	assert_true(is_module("spam.so", 1));
	assert_false(is_module("libpython3.11.so.1.0", 1)); /* holds modules, is none */
	assert_false(is_module("spam", 1));
	assert_false(is_module("spamming.so", 1));
	assert_false(is_module("spam.so", SHN_UNDEF)); /* calls it */
}

static void test_foreign(void **state)
{
	char text[] = "#!/bin/sh\nexit 0\n", magic[] = "\177ELF", noise[256] = "\177ELF";
	struct elf_sizes sizes;

	(void)state;
	memset(noise + 4, 0xa5, sizeof(noise) - 4);
	assert_err(elf_sizes_parse("x", text, sizeof(text), &sizes), "'x' is not an ELF file");
	assert_err(elf_sizes_parse("x", text, 0, &sizes), "'x' is not an ELF file");
	assert_err(elf_sizes_parse("x", magic, 4, &sizes), "'x' is not an ELF file");
	assert_err_has(elf_sizes_parse("x", noise, sizeof(noise), &sizes), "'x' is ");
	assert_err(elf_sizes_read("/", &sizes), "'/' is not an ELF file");
	assert_err(elf_sizes_read("/dev/null", &sizes), "'/dev/null' is not an ELF file");
	assert_err_has(elf_sizes_read("/no/such", &sizes), "cannot open '/no/such'");
}

static void test_own_program(void **state)
{
	struct elf_sizes sizes;

	(void)state;
	assert_ok(elf_sizes_read("/proc/self/exe", &sizes));
	assert_true(sizes.is_program);
	assert_false(sizes.is_module);
	assert_non_null(sizes.interpreter);
	assert_true(fs_exists(sizes.interpreter));
	assert_true(sizes.bytes[ELF_TEXT] && sizes.bytes[ELF_DATA] && sizes.bytes[ELF_DYNSYM]);
	elf_sizes_deinit(&sizes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_section_beyond_the_end),
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_own_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Line number program (DWARF 4 and 5, section 6.2) with the parameters that assemblers
 * use, and call frame information (section 6.4). One sequence of rows covers all of .text.
 */
#include "gen/asm/debug/line_rows.h"

#include <dwarf.h>
#include <string.h>

#include "lib/fs.h"

#define LINE_BASE (-5)
#define LINE_RANGE 14
#define OPCODE_BASE 13
#define MAX_SPECIAL_ADVANCE ((255 - OPCODE_BASE) / LINE_RANGE)

static void set_number(struct strbuf *sb, size_t place, uint32_t value)
{
	memcpy(sb->text + place, &value, sizeof(value));
}

unsigned asm_own_file(const struct asm_object *object)
{
	return asm_is_own_file(object, 1) ? 1 : 0;
}

static void put_text(struct strbuf *out, const char *text, size_t len)
{
	strbuf_add(out, text, len);
	strbuf_putc(out, 0);
}

/*
 * Folder 0 is the compilation's own, 1 that of the source in it. Assemblers split the path
 * of a source, Clang, which numbers files from 0, does not; debuggers show the path that
 * comes of it. Other files have whole paths.
 */
static void put_files(struct strbuf *out, const struct asm_object *template, const char *source)
{
	const char *base = fs_basename(source);
	bool split = asm_own_file(template) == 1;
	Dwarf_Attribute attr;
	const char *folder = dwarf_formstring(dwarf_attr((Dwarf_Die *)&template->unit, DW_AT_comp_dir, &attr));
	bool five = template->dwarf_version == 5;
	Dwarf_Files *files;
	size_t n;

	if (dwarf_getsrcfiles((Dwarf_Die *)&template->unit, &files, &n))
		n = 0;
	if (five) {
		strbuf_add(out, "\1\1\10\2", 4); /* 2 folders: DW_LNCT_path as DW_FORM_string */
		put_text(out, folder ? folder : "", strlen(folder ? folder : ""));
		put_text(out, source, base > source ? base - source - 1 : 0);
		strbuf_add(out, "\2\1\10\2\17", 5); /* files: the path, DW_LNCT_directory_index as DW_FORM_udata */
		put_uleb(out, n);
	} else {
		put_text(out, source, base > source ? base - source - 1 : 0);
		strbuf_putc(out, 0);
	}
	for (size_t i = five ? 0 : 1; i < n; i++) {
		const char *path = dwarf_filesrc(files, i, NULL, NULL);
		bool own = asm_is_own_file(template, i);

		if (own)
			path = split ? base : source;
		put_text(out, path ? path : "", strlen(path ? path : ""));
		strbuf_add(out, own && split ? "\1\0\0" : "\0\0\0", five ? 1 : 3); /* folder; DWARF 4: time, size too */
	}
	if (!five)
		strbuf_putc(out, 0);
}

void asm_rows_begin(struct asm_rows *rows, struct asm_section *section, uint32_t text_symbol,
		    const struct asm_object *template, const char *source)
{
	static const char lengths[] = { 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1 }; /* operands of standard opcodes */
	struct strbuf *out = &section->bytes;
	size_t header;

	*rows = (struct asm_rows){ .section = section, .text_symbol = text_symbol, .line = 1, .is_stmt = true };
	put_number(out, 0, 4);
	put_number(out, template->dwarf_version, 2);
	if (template->dwarf_version == 5)
		put_number(out, 8, 2); /* size of an address, of a segment selector */
	header = out->len;
	put_number(out, 0, 4);
	put_number(out, 1, 1);
	put_number(out, 1, 1);
	put_number(out, 1, 1);
	put_number(out, (uint8_t)LINE_BASE, 1);
	put_number(out, LINE_RANGE, 1);
	put_number(out, OPCODE_BASE, 1);
	strbuf_add(out, lengths, sizeof(lengths));
	put_files(out, template, source);
	set_number(out, header, out->len - header - 4);
	if (asm_own_file(template) != 1) {
		strbuf_putc(out, DW_LNS_set_file);
		put_uleb(out, asm_own_file(template));
	}
}

static void set_address(struct asm_rows *rows, uint64_t address)
{
	struct strbuf *out = &rows->section->bytes;

	strbuf_putc(out, 0);
	put_uleb(out, 9);
	strbuf_putc(out, DW_LNE_set_address);
	asm_elf_add_rela(rows->section, out->len, rows->text_symbol, R_X86_64_64, address);
	put_number(out, 0, 8);
	rows->begun = true;
	rows->address = address;
}

/* Moves on and adds a row. */
static void put_step(struct asm_rows *rows, uint64_t advance, int64_t line_advance)
{
	struct strbuf *out = &rows->section->bytes;
	uint64_t opcode;

	if (line_advance < LINE_BASE || line_advance >= LINE_BASE + LINE_RANGE) {
		strbuf_putc(out, DW_LNS_advance_line);
		put_sleb(out, line_advance);
		line_advance = 0;
	}
	if (advance > 2 * MAX_SPECIAL_ADVANCE) {
		strbuf_putc(out, DW_LNS_advance_pc);
		put_uleb(out, advance);
		advance = 0;
	} else if (OPCODE_BASE + line_advance - LINE_BASE + LINE_RANGE * advance > 255) {
		strbuf_putc(out, DW_LNS_const_add_pc);
		advance -= MAX_SPECIAL_ADVANCE;
	}
	opcode = OPCODE_BASE + line_advance - LINE_BASE + LINE_RANGE * advance;
	if (opcode > 255) {
		strbuf_putc(out, DW_LNS_advance_pc);
		put_uleb(out, advance);
		opcode = OPCODE_BASE + line_advance - LINE_BASE;
	}
	strbuf_putc(out, opcode);
}

/* For the next row alone. */
static void put_discriminator(struct strbuf *out, uint32_t discriminator)
{
	_cleanup_strbuf_ struct strbuf number = STRBUF_INIT;

	put_uleb(&number, discriminator);
	strbuf_putc(out, 0);
	put_uleb(out, 1 + number.len);
	strbuf_putc(out, DW_LNE_set_discriminator);
	strbuf_add(out, number.text, number.len);
}

void asm_rows_add(struct asm_rows *rows, uint64_t address, uint32_t line, uint32_t column, const struct asm_row *like)
{
	struct strbuf *out = &rows->section->bytes;
	bool is_stmt = like->flags & ROW_IS_STMT;

	if (!rows->begun)
		set_address(rows, address);
	if (column != rows->column) {
		strbuf_putc(out, DW_LNS_set_column);
		put_uleb(out, column);
	}
	if (like->discriminator)
		put_discriminator(out, like->discriminator);
	if (is_stmt != rows->is_stmt)
		strbuf_putc(out, DW_LNS_negate_stmt);
	if (like->flags & ROW_BASIC_BLOCK)
		strbuf_putc(out, DW_LNS_set_basic_block);
	if (like->flags & ROW_PROLOGUE_END)
		strbuf_putc(out, DW_LNS_set_prologue_end);
	if (like->flags & ROW_EPILOGUE_BEGIN)
		strbuf_putc(out, DW_LNS_set_epilogue_begin);
	put_step(rows, address - rows->address, (int64_t)line - rows->line);
	rows->address = address;
	rows->line = line;
	rows->column = column;
	rows->is_stmt = is_stmt;
}

void asm_rows_end(struct asm_rows *rows, uint64_t address)
{
	struct strbuf *out = &rows->section->bytes;

	if (rows->begun) {
		strbuf_putc(out, DW_LNS_advance_pc);
		put_uleb(out, address - rows->address);
		strbuf_add(out, "\0\1", 2);
		strbuf_putc(out, DW_LNE_end_sequence);
	}
	set_number(out, 0, out->len - 4);
}

/* --- unwind rules ---------------------------------------------------------------- */

void asm_frames_begin(struct asm_frames *frames, struct asm_section *section, uint32_t text_symbol,
		      const struct asm_object *template)
{
	*frames = (struct asm_frames){ .section = section, .text_symbol = text_symbol,
				       .code_align = template->code_align };
	strbuf_add(&section->bytes, (const char *)template->cie, template->cie_size);
}

void asm_frames_begin_function(struct asm_frames *frames, uint64_t begin)
{
	struct strbuf *out = &frames->section->bytes;

	frames->entry_place = out->len;
	frames->at = 0;
	put_number(out, 0, 4);
	put_number(out, out->len, 4); /* distance back to the CIE, which is at 0 */
	asm_elf_add_rela(frames->section, out->len, frames->text_symbol, R_X86_64_PC32, begin);
	put_number(out, 0, 4);
	put_number(out, 0, 4);
	put_uleb(out, 0);
}

void asm_frames_add(struct asm_frames *frames, uint32_t offset, const struct asm_rule *rule)
{
	struct strbuf *out = &frames->section->bytes;
	uint32_t delta = (offset - frames->at) / frames->code_align;

	frames->at = offset;
	if (delta >= 1 << 16) {
		strbuf_putc(out, DW_CFA_advance_loc4);
		put_number(out, delta, 4);
	} else if (delta >= 1 << 8) {
		strbuf_putc(out, DW_CFA_advance_loc2);
		put_number(out, delta, 2);
	} else if (delta >= 1 << 6) {
		strbuf_putc(out, DW_CFA_advance_loc1);
		put_number(out, delta, 1);
	} else if (delta) {
		strbuf_putc(out, DW_CFA_advance_loc | delta);
	}
	strbuf_add(out, (const char *)rule->bytes, rule->len);
}

void asm_frames_end_function(struct asm_frames *frames, uint32_t size)
{
	struct strbuf *out = &frames->section->bytes;

	put_zeros_to(out, 8); /* DW_CFA_nop */
	set_number(out, frames->entry_place, out->len - frames->entry_place - 4);
	set_number(out, frames->entry_place + 12, size);
}

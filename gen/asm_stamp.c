/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes one object: the code of all functions with line rows and unwind rules in a first
 * walk, their debug information in a second, when all places are known. Invariant: symbol
 * indices are known before they are used: a library's own functions come first among the
 * global symbols, then what the base defines, then what is called outside.
 */
#include "gen/asm_stamp.h"

#include <assert.h>
#include <string.h>

#include "gen/asm_data.h"
#include "gen/asm_info.h"
#include "gen/asm_rows.h"
#include "gen/emit_c.h"
#include "lib/fs.h"
#include "lib/mem.h"

struct stamp {
	const struct asm_stamper *stamper;
	const struct plan_library *library;
	size_t index;
	const struct asm_base *base;
	const struct emit_places *places;
	struct asm_elf elf;
	struct asm_data data;
	size_t text, frame, lines, info, abbrev, strings, aranges; /* sections; 0: none */
	struct asm_rows rows;
	struct asm_frames frames;
	bool debug;
	uint32_t first_own, first_outside; /* symbols */
	uint64_t *callees;     /* library << 32 | function, ascending: as they are declared */
	uint32_t *symbols;     /* [callees] */
	size_t n_callees;
	uint32_t *begins, *sizes; /* [functions] */
	struct asm_moved *moved;
	size_t n_moved;
};

static struct asm_section *section(struct stamp *s, size_t index)
{
	return &s->elf.sections[index];
}

/* --- symbols --------------------------------------------------------------------- */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void list_callees(struct stamp *s)
{
	const struct plan_library *library = s->library;

	s->callees = mem_calloc(library->n_calls + 1, sizeof(*s->callees));
	s->symbols = mem_calloc(library->n_calls + 1, sizeof(*s->symbols));
	for (size_t i = 0; i < library->n_calls; i++)
		s->callees[i] = (uint64_t)library->calls[i].library << 32 | library->calls[i].function;
	if (library->n_calls)
		qsort(s->callees, library->n_calls, sizeof(*s->callees), compare_u64);
	for (size_t i = 0; i < library->n_calls; i++)
		if (!s->n_callees || s->callees[s->n_callees - 1] != s->callees[i])
			s->callees[s->n_callees++] = s->callees[i];
}

static const struct plan_library *callee_library(const struct stamp *s, uint64_t callee)
{
	return &s->stamper->plan->libraries[callee >> 32];
}

static bool is_own(const struct stamp *s, uint64_t callee)
{
	return callee >> 32 == s->index;
}

static size_t callee_index(const struct stamp *s, const struct plan_call *call)
{
	uint64_t key = (uint64_t)call->library << 32 | call->function;
	const uint64_t *found = bsearch(&key, s->callees, s->n_callees, sizeof(key), compare_u64);

	assert(found);
	return found - s->callees;
}

/* The own functions' places are filled in when they are written. */
static void add_symbols(struct stamp *s)
{
	const struct plan *plan = s->stamper->plan;

	s->first_own = asm_elf_n_locals(&s->elf);
	for (size_t i = 0; i < s->library->n_all; i++) {
		_cleanup_free_ char *name = plan_function_name(plan, s->library, i);

		asm_elf_add_global(&s->elf, name, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), s->text, 0, 0);
	}
	if (s->library->entry != PLAN_NONE)
		s->data.entry_symbol = s->first_own + s->library->entry;
	asm_data_add_globals(&s->data);
	for (size_t i = 0; i < s->n_callees; i++) {
		_cleanup_free_ char *name = NULL;

		if (is_own(s, s->callees[i])) {
			s->symbols[i] = s->first_own + (uint32_t)s->callees[i];
			continue;
		}
		name = plan_function_name(plan, callee_library(s, s->callees[i]), (uint32_t)s->callees[i]);
		s->symbols[i] = asm_elf_add_global(&s->elf, name, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), SHN_UNDEF,
						   0, 0);
	}
}

static Elf64_Sym *own_symbol(struct stamp *s, uint32_t function)
{
	return (Elf64_Sym *)s->elf.globals.text + function;
}

static const char *global_name(const struct stamp *s, uint32_t symbol)
{
	return s->elf.names.text + ((const Elf64_Sym *)s->elf.globals.text)[symbol - s->first_own].st_name;
}

static const char *own_name(const struct stamp *s, uint32_t function)
{
	return global_name(s, s->first_own + function);
}

/* --- code ------------------------------------------------------------------------ */

/* What a piece is written for. */
struct place {
	uint32_t function;  /* begins at `begin` in .text */
	uint64_t begin;
	uint32_t line;      /* of the piece's line 0 */
	int callee_growth;  /* length of the callee's name less that of the template's */
	/* Of a call: */
	uint32_t call, symbol;
	const struct plan_function *callee;
};

static size_t constant_align(size_t size)
{
	return size >= 16 ? 16 : size >= 8 ? 8 : 4;
}

static void put_fix(struct stamp *s, const struct place *place, const struct asm_fix *fix, uint64_t at)
{
	struct asm_section *text = section(s, s->text);
	struct asm_target target = { 0 };

	switch ((enum asm_fix_kind)fix->kind) {
	case FIX_CALLEE:
		target.symbol = place->symbol;
		break;
	case FIX_ARGUMENT:
		target = asm_data_argument(&s->data, place->callee->args[fix->argument],
					   emit_argument_value(place->call, fix->argument));
		break;
	case FIX_LOCAL:
		target.symbol = asm_data_object(&s->data, fix->name);
		break;
	case FIX_CONSTANT:
		target = asm_data_constant(&s->data, fix->bytes, fix->size, constant_align(fix->size));
		break;
	case FIX_NAME:
		target = asm_data_constant(&s->data, own_name(s, place->function),
					   strlen(own_name(s, place->function)) + 1, 1);
		break;
	case FIX_SYMBOL:
		target.symbol = asm_data_symbol(&s->data, fix->name);
		break;
	}
	asm_elf_add_rela(text, at + fix->offset, target.symbol, fix->type, fix->addend + target.offset);
}

static void put_rows(struct stamp *s, const struct place *place, const struct asm_piece *piece, uint64_t at)
{
	int growth = (int)strlen(s->library->name) - (int)strlen(ASM_TEMPLATE_NAME);

	for (size_t i = 0; i < piece->n_rows; i++) {
		const struct asm_row *row = &piece->rows[i];
		uint32_t line = row->line == ROW_NO_LINE ? 0 : place->line + row->line;
		uint32_t column = row->column + row->n_library * growth + row->n_callee * place->callee_growth;

		asm_rows_add(&s->rows, at + row->offset, line, column, row->flags);
	}
}

/* Returns the place of the piece in .text. */
static uint64_t put_piece(struct stamp *s, const struct place *place, const struct asm_piece *piece)
{
	struct strbuf *text = &section(s, s->text)->bytes;
	uint64_t at = text->len;

	strbuf_add(text, (const char *)piece->bytes, piece->size);
	for (size_t i = 0; i < piece->n_fixes; i++)
		put_fix(s, place, &piece->fixes[i], at);
	for (size_t i = 0; i < piece->n_fields; i++) {
		uint32_t value = emit_argument_value(place->call, piece->fields[i].argument);

		memcpy(text->text + at + piece->fields[i].offset, &value, sizeof(value));
	}
	for (size_t i = 0; s->frame && i < piece->n_rules; i++)
		asm_frames_add(&s->frames, at - place->begin + piece->rules[i].offset, &piece->rules[i]);
	if (s->debug)
		put_rows(s, place, piece, at);
	return at;
}

static void align_text(struct stamp *s)
{
	/* As long as instructions for nothing get: Intel's manual, NOP; what assemblers use. */
	static const char *const nops[] = {
		"", "\x90", "\x66\x90", "\x0f\x1f\0", "\x0f\x1f\x40\0", "\x0f\x1f\x44\0\0", "\x66\x0f\x1f\x44\0\0",
		"\x0f\x1f\x80\0\0\0\0", "\x0f\x1f\x84\0\0\0\0\0", "\x66\x0f\x1f\x84\0\0\0\0\0",
		"\x66\x2e\x0f\x1f\x84\0\0\0\0\0",
	};
	struct strbuf *text = &section(s, s->text)->bytes;
	size_t align = section(s, s->text)->align, n = (align - text->len % align) % align;

	while (n) {
		size_t some = n < ARRAY_SIZE(nops) ? n : ARRAY_SIZE(nops) - 1;

		strbuf_add(text, nops[some], some);
		n -= some;
	}
}

static const struct asm_shape *function_shape(const struct stamp *s, uint32_t function, uint32_t *ret_frame)
{
	const struct asm_templates *templates = &s->stamper->templates;
	uint32_t shape;

	if (function == s->library->entry) {
		*ret_frame = templates->frame_of[0];
		return &s->stamper->bases.entries[s->library->functions[function].n_calls > 0];
	}
	shape = templates->shape_of[s->index][function];
	*ret_frame = templates->frame_of[shape];
	return &templates->shapes[shape];
}

static void put_call(struct stamp *s, uint32_t function, uint32_t k, uint32_t frame, struct place *place)
{
	const struct plan_call *call = &s->library->calls[s->library->functions[function].first_call + k];
	const struct plan_library *library = &s->stamper->plan->libraries[call->library];
	const struct asm_call *template;
	size_t callee = callee_index(s, call);

	place->call = k;
	place->callee = &library->functions[call->function];
	place->symbol = s->symbols[callee];
	template = asm_call_find(&s->stamper->templates, frame, asm_signature(place->callee));
	assert(template);
	place->callee_growth = (int)strlen(global_name(s, place->symbol)) - (int)template->callee_length;
	put_piece(s, place, &template->piece);
	place->line++;
}

static void put_function(struct stamp *s, uint32_t index)
{
	const struct plan_function *function = &s->library->functions[index];
	uint32_t frame, number = index;
	const struct asm_shape *shape = function_shape(s, index, &frame);
	struct place place = { .function = index, .line = s->places->functions[index] };
	struct strbuf *text = &section(s, s->text)->bytes;
	uint64_t at;

	align_text(s);
	place.begin = text->len;
	if (s->frame)
		asm_frames_begin_function(&s->frames, place.begin);
	at = put_piece(s, &place, &shape->head);
	if (shape->number.n)
		memcpy(text->text + at + shape->number.v[0], &number, sizeof(number));
	place.line += shape->head_lines;
	for (uint32_t k = 0; k < function->n_calls; k++)
		put_call(s, index, k, frame, &place);
	place.callee_growth = 0;
	put_piece(s, &place, &shape->tail);
	s->begins[index] = place.begin;
	s->sizes[index] = text->len - place.begin;
	own_symbol(s, index)->st_value = place.begin;
	own_symbol(s, index)->st_size = s->sizes[index];
	if (s->frame)
		asm_frames_end_function(&s->frames, s->sizes[index]);
}

/* A function of the base, as it is but for its lines, which keep their distance to the end. */
static void put_base_function(struct stamp *s, const struct asm_function *function)
{
	struct strbuf *text = &section(s, s->text)->bytes;
	uint64_t begin;

	align_text(s);
	begin = text->len;
	strbuf_add(text, (const char *)function->bytes, function->size);
	asm_data_move_function(&s->data, function, begin);
	s->moved[s->n_moved++] = (struct asm_moved){ .from = function->begin, .to = begin,
							.size = function->size };
	for (size_t i = 0; s->debug && i < function->n_rows; i++) {
		const struct asm_row *row = &function->rows[i];

		asm_rows_add(&s->rows, begin + row->offset,
			     row->line ? s->places->end - (s->base->end_line - row->line) : 0, row->column, row->flags);
	}
	if (!s->frame)
		return;
	asm_frames_begin_function(&s->frames, begin);
	for (size_t i = 0; i < function->n_rules; i++)
		asm_frames_add(&s->frames, function->rules[i].offset, &function->rules[i]);
	asm_frames_end_function(&s->frames, function->size);
}

static void put_code(struct stamp *s)
{
	const struct asm_object *object = &s->base->unit->object;

	s->begins = mem_calloc(s->library->n_all + 1, sizeof(*s->begins));
	s->sizes = mem_calloc(s->library->n_all + 1, sizeof(*s->sizes));
	s->moved = mem_calloc(object->n_functions + 1, sizeof(*s->moved));
	for (size_t i = 0; i < s->library->n_all; i++)
		put_function(s, i);
	for (size_t i = 0; i < object->n_functions; i++)
		if (!asm_base_replaces(s->base, object->functions[i].name))
			put_base_function(s, &object->functions[i]);
	asm_data_move_references(&s->data, s->moved, s->n_moved);
}

/* --- debug information ----------------------------------------------------------- */

static uint32_t put_string(struct stamp *s, const char *text)
{
	struct strbuf *strings = &section(s, s->strings)->bytes;
	uint32_t at = strings->len;

	strbuf_add(strings, text, strlen(text) + 1);
	return at;
}

static uint32_t find_object(const void *context, uint64_t string)
{
	struct stamp *s = (struct stamp *)context;

	return asm_data_object_named(&s->data, section(s, s->strings)->bytes.text + string);
}

static void put_declarations(struct stamp *s, struct asm_info *info)
{
	const struct asm_templates *templates = &s->stamper->templates;

	for (size_t i = 0; i < s->n_callees; i++) {
		const struct plan_library *library = callee_library(s, s->callees[i]);
		const struct plan_function *callee = &library->functions[(uint32_t)s->callees[i]];
		struct asm_instance instance = { .line = s->places->declarations + i };
		const struct asm_dies *dies = asm_declaration_find(templates, asm_signature(callee));

		if (is_own(s, s->callees[i]) || !dies->n)
			continue;
		instance.name = put_string(s, global_name(s, s->symbols[i]));
		asm_info_add(info, dies, &instance);
	}
}

static void put_functions(struct stamp *s, struct asm_info *info)
{
	for (size_t i = 0; i < s->library->n_all; i++) {
		const struct plan_function *function = &s->library->functions[i];
		uint32_t frame;
		struct asm_instance instance = {
			.name = put_string(s, own_name(s, i)),
			.line = s->places->functions[i],
			.shape = function_shape(s, i, &frame),
			.begin = s->begins[i],
			.n_calls = function->n_calls,
		};

		instance.name_growth = (int)strlen(own_name(s, i)) - (int)instance.shape->name_length;
		instance.calls_size = s->sizes[i] - instance.shape->head.size - instance.shape->tail.size;
		asm_info_add(info, &instance.shape->dies, &instance);
	}
}

static void put_aranges(struct stamp *s)
{
	struct asm_section *out = section(s, s->aranges);

	put_number(&out->bytes, 44, 4);
	put_number(&out->bytes, 2, 2);
	asm_elf_add_rela(out, out->bytes.len, section(s, s->info)->symbol, R_X86_64_32, 0);
	put_number(&out->bytes, 0, 4);
	put_number(&out->bytes, 8, 2); /* size of an address, of a segment selector */
	put_number(&out->bytes, 0, 4); /* to the alignment of the pairs */
	asm_elf_add_rela(out, out->bytes.len, section(s, s->text)->symbol, R_X86_64_64, 0);
	put_number(&out->bytes, 0, 8);
	put_number(&out->bytes, section(s, s->text)->bytes.len, 8);
	put_number(&out->bytes, 0, 8);
	put_number(&out->bytes, 0, 8);
}

static void put_debug(struct stamp *s, const char *source)
{
	const struct asm_stamper *stamper = s->stamper;
	struct strbuf *strings = &section(s, s->strings)->bytes;
	struct asm_info info = {
		.section = section(s, s->info),
		.text_symbol = section(s, s->text)->symbol,
		.abbrev_symbol = section(s, s->abbrev)->symbol,
		.line_symbol = section(s, s->lines)->symbol,
		.string_symbol = section(s, s->strings)->symbol,
		.base = s->base,
		.types = &stamper->templates.types,
		.own_file = asm_own_file(&s->base->unit->object),
		.end_line = s->places->end,
		.text_size = section(s, s->text)->bytes.len,
		.moved = s->moved,
		.n_moved = s->n_moved,
		.find_object = find_object,
		.context = s,
	};

	strbuf_add(&section(s, s->abbrev)->bytes, stamper->abbrevs.table.text, stamper->abbrevs.table.len);
	strbuf_add(strings, stamper->strings.bytes.text, stamper->strings.bytes.len);
	asm_data_add_renamed(&s->data, &stamper->base_strings[s->base - stamper->bases.v].bytes, strings);
	info.source = put_string(s, source);
	asm_info_begin(&info);
	put_declarations(s, &info);
	put_functions(s, &info);
	asm_info_end(&info);
	if (s->aranges)
		put_aranges(s);
}

/* --- whole ----------------------------------------------------------------------- */

static bool has_section(const struct asm_object *object, const char *name)
{
	const char *have;

	for (size_t i = 1; asm_section(object, i, &have, NULL); i++)
		if (!strcmp(have, name))
			return true;
	return false;
}

static void add_sections(struct stamp *s)
{
	const struct asm_object *object = &s->base->unit->object;

	s->text = asm_elf_add_section(&s->elf, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
				      object->function_align, 0);
	asm_data_add_sections(&s->data);
	if (object->cie)
		s->frame = asm_elf_add_section(&s->elf, ".eh_frame", SHT_PROGBITS, SHF_ALLOC, 8, 0);
	if (!s->debug)
		return;
	s->info = asm_elf_add_section(&s->elf, ".debug_info", SHT_PROGBITS, 0, 1, 0);
	s->abbrev = asm_elf_add_section(&s->elf, ".debug_abbrev", SHT_PROGBITS, 0, 1, 0);
	if (has_section(object, ".debug_aranges"))
		s->aranges = asm_elf_add_section(&s->elf, ".debug_aranges", SHT_PROGBITS, 0, 1, 0);
	s->lines = asm_elf_add_section(&s->elf, ".debug_line", SHT_PROGBITS, 0, 1, 0);
	s->strings = asm_elf_add_section(&s->elf, ".debug_str", SHT_PROGBITS, SHF_MERGE | SHF_STRINGS, 1, 1);
}

static struct err *write_object(struct stamp *s, const char *source, const char *path)
{
	const struct asm_object *object = &s->base->unit->object;

	s->debug = object->dwarf != NULL;
	add_sections(s);
	asm_data_add_locals(&s->data, fs_basename(source), s->text);
	list_callees(s);
	add_symbols(s);
	if (s->frame)
		asm_frames_begin(&s->frames, section(s, s->frame), section(s, s->text)->symbol, object);
	if (s->debug)
		asm_rows_begin(&s->rows, section(s, s->lines), section(s, s->text)->symbol, object, source);
	put_code(s);
	if (s->debug) {
		asm_rows_end(&s->rows, section(s, s->text)->bytes.len);
		put_debug(s, source);
	}
	return asm_elf_write(&s->elf, path);
}

struct err *asm_stamp(const struct asm_stamper *stamper, size_t i, const struct emit_places *places,
		      const char *source, const char *path)
{
	struct stamp s = { .stamper = stamper, .library = &stamper->plan->libraries[i], .index = i,
			   .base = &stamper->bases.v[stamper->bases.of[i]], .places = places };
	struct err *err;

	asm_elf_init(&s.elf);
	asm_data_init(&s.data, &s.elf, s.base, s.library->name);
	err = write_object(&s, source, path);
	asm_data_deinit(&s.data);
	asm_elf_deinit(&s.elf);
	free(s.callees);
	free(s.symbols);
	free(s.begins);
	free(s.sizes);
	free(s.moved);
	return err;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The code of an object: functions from heads, calls and tails of templates, then those of
 * the base, with their relocations, line rows and unwind rules. Invariant: what is said of a
 * piece stands where the piece was put; nothing that is written moves any more.
 */
#include "gen/asm/stamp/internal.h"

#include <assert.h>
#include <string.h>

#include "lib/mem.h"

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
	struct asm_section *text = stamp_section(s, s->text);
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
		target = asm_data_constant(&s->data, stamp_own_name(s, place->function),
					   strlen(stamp_own_name(s, place->function)) + 1, 1);
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

		asm_rows_add(&s->rows, at + row->offset, line, column, row);
	}
}

/* Returns the place of the piece in .text. */
static uint64_t put_piece(struct stamp *s, const struct place *place, const struct asm_piece *piece)
{
	struct strbuf *text = &stamp_section(s, s->text)->bytes;
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
	struct strbuf *text = &stamp_section(s, s->text)->bytes;
	size_t align = stamp_section(s, s->text)->align, n = (align - text->len % align) % align;

	while (n) {
		size_t some = n < ARRAY_SIZE(nops) ? n : ARRAY_SIZE(nops) - 1;

		strbuf_add(text, nops[some], some);
		n -= some;
	}
}

const struct asm_shape *stamp_function_shape(const struct stamp *s, uint32_t function, uint32_t *ret_frame)
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
	size_t callee = stamp_callee_index(s, call);

	place->call = k;
	place->callee = &library->functions[call->function];
	place->symbol = s->symbols[callee];
	template = asm_call_find(&s->stamper->templates, frame, asm_signature(place->callee));
	assert(template);
	place->callee_growth = (int)strlen(stamp_global_name(s, place->symbol)) - (int)template->callee_length;
	put_piece(s, place, &template->piece);
	place->line++;
}

static Elf64_Sym *own_symbol(struct stamp *s, uint32_t function)
{
	return (Elf64_Sym *)s->elf.globals.text + function;
}

static void put_function(struct stamp *s, uint32_t index)
{
	const struct plan_function *function = &s->library->functions[index];
	uint32_t frame, number = index;
	const struct asm_shape *shape = stamp_function_shape(s, index, &frame);
	struct place place = { .function = index, .line = s->places->functions[index] };
	struct strbuf *text = &stamp_section(s, s->text)->bytes;
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
	struct strbuf *text = &stamp_section(s, s->text)->bytes;
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
			     row->line ? s->places->end - (s->base->end_line - row->line) : 0, row->column, row);
	}
	if (!s->frame)
		return;
	asm_frames_begin_function(&s->frames, begin);
	for (size_t i = 0; i < function->n_rules; i++)
		asm_frames_add(&s->frames, function->rules[i].offset, &function->rules[i]);
	asm_frames_end_function(&s->frames, function->size);
}

void stamp_put_code(struct stamp *s)
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

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cuts functions and calls of a template library into pieces at the places where the line
 * table passes from one statement to the next. Code in which the calls are not one piece
 * each, in the order of the source, is refused: so is what optimisation makes.
 */
#include "gen/asm/template/shape.h"

#include <assert.h>
#include <dwarf.h>
#include <string.h>

#include "lib/mem.h"

unsigned asm_signature(const struct plan_function *function)
{
	unsigned first = 0, size = 1, at = 0;

	for (unsigned i = 0; i < function->n_args; i++) {
		first += size;
		size *= PLAN_N_TYPES;
		at = at * PLAN_N_TYPES + function->args[i];
	}
	return first + at;
}

void asm_signature_function(unsigned signature, struct plan_function *ret)
{
	unsigned size = 1;

	*ret = (struct plan_function){ 0 };
	while (signature >= size) {
		signature -= size;
		size *= PLAN_N_TYPES;
		ret->n_args++;
	}
	for (unsigned i = ret->n_args; i-- > 0; signature /= PLAN_N_TYPES)
		ret->args[i] = signature % PLAN_N_TYPES;
}

/* --- types ----------------------------------------------------------------------- */

struct err *asm_types_add(struct asm_types *types, const struct asm_object *object, uint64_t place, uint32_t *ret)
{
	Dwarf_Off unit = dwarf_dieoffset((Dwarf_Die *)&object->unit) - dwarf_cuoffset((Dwarf_Die *)&object->unit);
	char *text = asm_type_text(object, place);
	struct asm_dies dies = { 0 };
	Dwarf_Die die;
	struct err *err;

	if (!text)
		return err_new("a type of the templates' debug information is not supported");
	for (size_t i = 0; i < types->n; i++)
		if (!strcmp(types->v[i].text, text)) {
			free(text);
			*ret = i;
			return NULL;
		}
	err = asm_dies_read(object, dwarf_offdie(object->dwarf, unit + place, &die), NULL, NULL, &dies);
	for (size_t i = 0; !err && i < dies.n; i++)
		for (size_t j = 0; !err && j < dies.v[i].n_attrs; j++) {
			struct asm_attr *attr = &dies.v[i].attrs[j];
			uint32_t number = 0;

			if (attr->meaning != MEAN_ENTRY)
				continue;
			err = asm_types_add(types, object, attr->value, &number);
			attr->value = number;
		}
	if (err) {
		free(text);
		asm_dies_deinit(&dies);
		return err;
	}
	mem_grow(types->v, types->n, types->cap);
	types->v[types->n] = (struct asm_type){ .text = text, .dies = dies };
	*ret = types->n++;
	return NULL;
}

void asm_types_deinit(struct asm_types *types)
{
	for (size_t i = 0; i < types->n; i++) {
		free(types->v[i].text);
		asm_dies_deinit(&types->v[i].dies);
	}
	free(types->v);
	*types = (struct asm_types){ 0 };
}

/* --- debug information of a function --------------------------------------------- */

struct dies_context {
	const struct asm_unit *unit;
	const char *name;        /* of the function */
	uint32_t begin;          /* its place in .text */
	uint32_t first_line;
	struct asm_types *types;
};

static struct err *relate_attr(const struct dies_context *context, uint64_t line, struct asm_attr *attr)
{
	unsigned names;
	uint32_t type;
	struct err *err;

	switch (attr->meaning) {
	case MEAN_PLACE:
		attr->value -= context->begin;
		return NULL;
	case MEAN_LINE:
		attr->value -= context->first_line;
		return NULL;
	case MEAN_COLUMN:
		names = asm_count_names(&context->unit->text, line, attr->value, context->name);
		attr->value |= (uint64_t)names << MEAN_COLUMN_NAMES;
		return NULL;
	case MEAN_STRING:
		if (!strcmp(attr->text, context->name))
			attr->meaning = MEAN_NAME;
		return NULL;
	case MEAN_ENTRY:
		err = asm_types_add(context->types, &context->unit->object, attr->value, &type);
		attr->value = type;
		return err;
	default:
		return NULL;
	}
}

/* Entries of a function, said relative to it. */
static struct err *read_dies(const struct dies_context *context, struct asm_dies *ret)
{
	Dwarf_Die die;
	struct err *err;

	if (!asm_subprogram_find(&context->unit->object, context->name, &die))
		return NULL;
	err = asm_dies_read(&context->unit->object, &die, NULL, NULL, ret);
	for (size_t i = 0; !err && i < ret->n; i++) {
		const struct asm_attr *line = asm_die_attr(&ret->v[i], DW_AT_decl_line);
		uint64_t number = line ? line->value : 0;

		for (size_t j = 0; !err && j < ret->v[i].n_attrs; j++)
			err = relate_attr(context, number, &ret->v[i].attrs[j]);
	}
	return err;
}

static void put_block(const struct asm_attr *attr, struct strbuf *ret)
{
	if (!attr || attr->meaning != MEAN_BLOCK)
		return;
	for (size_t i = 0; i < attr->block.size; i++)
		strbuf_printf(ret, "%02x", attr->block.bytes[i]);
}

/* Calls add to the variable `result`: what they look like depends on where it is. */
static char *frame_text(const struct asm_dies *dies)
{
	const struct asm_die *result = asm_dies_find(dies, DW_TAG_variable, "result");
	struct strbuf text = STRBUF_INIT;

	if (!result)
		return NULL;
	put_block(asm_die_attr(&dies->v[0], DW_AT_frame_base), &text);
	strbuf_putc(&text, ' ');
	put_block(asm_die_attr(result, DW_AT_location), &text);
	return strbuf_steal(&text);
}

/* --- cutting --------------------------------------------------------------------- */

/* Lines of a function: first of the definition, first call, and the one behind the calls. */
struct lines {
	uint32_t first, calls, end;
};

static void find_lines(const struct asm_unit *unit, uint32_t index, struct lines *ret)
{
	const struct plan_library *library = unit->library;
	uint32_t next = index + 1 < library->n_all ? unit->places.functions[index + 1] : unit->places.end;

	ret->first = unit->places.functions[index];
	if (index == library->entry) /* the wrapper follows; an entry has no other lines */
		ret->end = ret->first + 4 + library->functions[index].n_calls;
	else
		ret->end = next - 3; /* "return", "}", an empty line */
	ret->calls = ret->end - library->functions[index].n_calls;
}

/* The place from which on the code belongs to lines >= line; all before must not. */
static struct err *find_seam(const struct asm_function *function, uint32_t line, uint32_t *ret)
{
	bool found = false;

	for (size_t i = 0; i < function->n_rows; i++) {
		const struct asm_row *row = &function->rows[i];

		if (!row->line || (row->line >= line) == found)
			continue;
		if (found)
			return err_hint(err_new("the code of '%s' does not follow the order of its statements",
						function->name),
					"templates need code that is not optimised (-O0)");
		found = true;
		*ret = row->offset;
	}
	if (!found)
		return err_new("line %u of '%s' has no code of its own", line, function->name);
	return NULL;
}

/* Keeps those candidates that are places of the number here too. */
static void narrow(struct asm_candidates *candidates, const struct asm_piece *piece, uint32_t number)
{
	size_t n, kept = 0;
	uint32_t *found = asm_piece_find(piece, number, &n);

	if (!candidates->known) {
		*candidates = (struct asm_candidates){ .v = found, .n = n, .known = true };
		return;
	}
	for (size_t i = 0; i < candidates->n; i++)
		for (size_t j = 0; j < n; j++)
			if (candidates->v[i] == found[j]) {
				candidates->v[kept++] = found[j];
				break;
			}
	candidates->n = kept;
	free(found);
}

struct err *asm_shape_cut(const struct asm_unit *unit, uint32_t index, struct asm_types *types,
			  struct asm_shape *ret)
{
	_cleanup_free_ char *name = plan_function_name(&unit->plan, unit->library, index);
	const struct asm_function *function = asm_function_find(&unit->object, name);
	struct asm_context context = { .object = &unit->object, .function = function,
				       .library = unit->library->name, .text = &unit->text };
	struct dies_context dies = { .unit = unit, .name = name, .types = types };
	struct asm_shape shape = { .function = unit->library->functions[index], .number = ret->number };
	uint32_t head_end = 0, tail_begin = 0;
	struct lines lines;
	struct err *err;

	if (!function)
		return err_new("the compiler made no function '%s'", name);
	find_lines(unit, index, &lines);
	shape.name_length = strlen(name);
	shape.n_calls = lines.end - lines.calls;
	shape.head_lines = lines.calls - lines.first;
	err = find_seam(function, lines.end, &tail_begin);
	if (!err)
		err = find_seam(function, lines.calls, &head_end);
	if (err)
		return err;
	shape.call_size = tail_begin - head_end;
	err = asm_piece_cut(&context, 0, head_end, lines.first, &shape.head);
	if (!err)
		err = asm_piece_cut(&context, tail_begin, function->size, lines.end, &shape.tail);
	dies.begin = function->begin;
	dies.first_line = lines.first;
	if (!err)
		err = read_dies(&dies, &shape.dies);
	if (!err) {
		shape.frame = frame_text(&shape.dies);
		if (!shape.frame)
			err = err_new("the compiler does not say where '%s' keeps its result", name);
	}
	ret->number = (struct asm_candidates){ 0 };
	if (!err && index != unit->library->entry)
		narrow(&shape.number, &shape.head, index);
	asm_shape_deinit(ret);
	*ret = shape;
	return err;
}

void asm_shape_deinit(struct asm_shape *shape)
{
	asm_piece_deinit(&shape->head);
	asm_piece_deinit(&shape->tail);
	asm_dies_deinit(&shape->dies);
	free(shape->number.v);
	free(shape->frame);
	*shape = (struct asm_shape){ 0 };
}

struct err *asm_call_cut(const struct asm_unit *unit, uint32_t index, uint32_t place, struct asm_types *types,
			 struct asm_call *ret)
{
	const struct plan_call *call = &unit->library->calls[unit->library->functions[index].first_call + place];
	const struct plan_library *library = &unit->plan.libraries[call->library];
	const struct plan_function *signature = &library->functions[call->function];
	_cleanup_free_ char *name = plan_function_name(&unit->plan, unit->library, index);
	_cleanup_free_ char *callee = plan_function_name(&unit->plan, library, call->function);
	struct asm_context context = { .object = &unit->object, .function = asm_function_find(&unit->object, name),
				       .library = unit->library->name, .text = &unit->text, .callee = callee,
				       .signature = signature, .call = place };
	struct dies_context dies = { .unit = unit, .name = callee, .types = types };
	struct asm_piece piece;
	uint32_t begin = 0, end = 0;
	struct lines lines;
	struct err *err;

	if (!context.function)
		return err_new("the compiler made no function '%s'", name);
	find_lines(unit, index, &lines);
	err = find_seam(context.function, lines.calls + place, &begin);
	if (!err)
		err = find_seam(context.function, lines.calls + place + 1, &end);
	if (!err)
		err = asm_piece_cut(&context, begin, end, lines.calls + place, &piece);
	if (err)
		return err;
	asm_piece_deinit(&ret->piece);
	ret->piece = piece;
	ret->callee_length = strlen(callee);
	for (unsigned i = 0; i < signature->n_args; i++)
		if (signature->args[i] == PLAN_INT || signature->args[i] == PLAN_LONG)
			narrow(&ret->numbers[i], &piece, emit_argument_value(place, i));
	asm_dies_deinit(&ret->declaration);
	return read_dies(&dies, &ret->declaration);
}

void asm_call_deinit(struct asm_call *call)
{
	asm_piece_deinit(&call->piece);
	for (size_t i = 0; i < PLAN_MAX_ARGS; i++)
		free(call->numbers[i].v);
	asm_dies_deinit(&call->declaration);
	*call = (struct asm_call){ 0 };
}

bool asm_shape_complete(const struct asm_shape *shape)
{
	return shape->number.known && shape->number.n == 1;
}

bool asm_call_complete(struct asm_call *call, const struct plan_function *signature)
{
	call->piece.n_fields = 0;
	for (unsigned i = 0; i < signature->n_args; i++) {
		if (signature->args[i] != PLAN_INT && signature->args[i] != PLAN_LONG)
			continue;
		if (!call->numbers[i].known || call->numbers[i].n != 1)
			return false;
		call->piece.fields[call->piece.n_fields++] =
			(struct asm_field){ .offset = call->numbers[i].v[0], .argument = i };
	}
	return true;
}

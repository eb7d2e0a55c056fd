/* SPDX-License-Identifier: BSD-3-Clause */
/* A compiler's object, taken apart: sections, functions, line rows, unwind rules, entries, pieces. */
#include <stdint.h>

#include "gen/asm/debug/die.h"
#include "gen/asm/piece.h"

static void cut_functions(const struct asm_object *object)
{
	struct asm_text text;

	asm_text_index("long x_fn0(void)\n{\n\treturn x_sink;\n}\n", &text);
	for (size_t i = 0; i < object->n_functions; i++) {
		struct asm_context context = { .object = object, .function = &object->functions[i], .library = "x",
					       .text = &text };
		struct asm_piece piece;
		struct err *err = asm_piece_cut(&context, 0, object->functions[i].size, 1, &piece);

		if (!err)
			asm_piece_deinit(&piece);
		err_free(err);
	}
	asm_text_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf image = STRBUF_INIT;
	struct asm_dies dies = { 0 };
	struct asm_object object;
	struct err *err;

	strbuf_add(&image, (const char *)data, size);
	err = asm_object_parse(&image, &object);
	if (!err) {
		cut_functions(&object);
		if (object.dwarf)
			err = asm_dies_read(&object, &object.unit, NULL, NULL, &dies);
		asm_dies_deinit(&dies);
		asm_object_deinit(&object);
	}
	err_free(err);
	return 0;
}

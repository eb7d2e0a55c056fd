/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes the statements of a function's body. They work on `local`, which the function
 * hands to a volatile at its end. Invariant: whatever `local` is, the behaviour is
 * defined: unsigned arithmetic, shifts below 32, indices masked, no division by zero,
 * and floating-point values that stay within 0 and 40.
 */
#include "gen/emit/body.h"

#include <assert.h>

/*
 * Statement i of a body is row i modulo 4; %1$u is a number that differs from one
 * statement to the next, between 3 and 31, %2$s the library, %3$u the mask of its data.
 */
static const char *const statements[BODY_N_KINDS][4] = {
	[BODY_INTEGER] = {
		"\tlocal = local * 2654435761UL + %1$u;\n",
		"\tlocal ^= local >> %1$u;\n",
		"\tlocal += local << %1$u;\n",
		"\tlocal = (local | %1$u) - local / %1$u;\n",
	},
	[BODY_FLOATING] = {
		"\treal = real * 0.5 + %1$u * 0.25;\n",
		"\treal = (real + %1$u) / 3.0;\n",
		"\treal = %1$u / (1.0 + real * real);\n",
		"\treal += 0.125 * (%1$u - real);\n",
	},
	[BODY_MEMORY] = {
		"\t%2$s_data[(local + %1$u) & %3$u] += local;\n",
		"\tlocal ^= %2$s_data[(local >> 3) & %3$u] + %1$u;\n",
		"\t%2$s_data[%1$u & %3$u] = local ^ %2$s_data[local & %3$u];\n",
		"\tlocal += %2$s_data[(local * %1$u) & %3$u];\n",
	},
	[BODY_BRANCHY] = {
		"\tif (local & %1$u)\n\t\tlocal += %1$u;\n\telse\n\t\tlocal ^= %1$u;\n",
		"\tswitch (local %% 4) {\n\tcase 0:\n\t\tlocal += %1$u;\n\t\tbreak;\n"
		"\tcase 1:\n\t\tlocal ^= %1$u;\n\t\tbreak;\n\tdefault:\n\t\tlocal--;\n\t}\n",
		"\tfor (unsigned i = 0; i < 1 + %1$u %% 4; i++)\n\t\tlocal += i ^ local >> 1;\n",
		"\tlocal = local > %1$uUL ? local - %1$u : local + %1$u;\n",
	},
};

void emit_body_variables(const struct plan_function *function, struct strbuf *ret)
{
	if (function->stack_bytes)
		strbuf_printf(ret, "\tvolatile unsigned char frame[%u];\n", function->stack_bytes);
	if (function->body_size && function->body == BODY_FLOATING)
		strbuf_puts(ret, "\tdouble real = 1.5;\n");
}

/* The largest mask whose indices all lie inside the library's data. */
static unsigned data_mask(const struct plan_library *library)
{
	unsigned n = 1;

	assert(library->data_words);
	while (n <= library->data_words / 2)
		n *= 2;
	return n - 1;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the formats are the table above */
static void put_statement(const char *format, unsigned number, const char *library, unsigned mask,
			  struct strbuf *ret)
{
	strbuf_printf(ret, format, number, library, mask);
}
#pragma GCC diagnostic pop

void emit_body_statements(const struct plan_library *library, const struct plan_function *function,
			  struct strbuf *ret)
{
	unsigned mask = function->body_size && function->body == BODY_MEMORY ? data_mask(library) : 0;

	if (function->stack_bytes)
		strbuf_printf(ret, "\tframe[0] = (unsigned char)local;\n\tframe[%u] = 1;\n\tlocal += frame[0];\n",
			      function->stack_bytes - 1);
	for (unsigned i = 0; i < function->body_size; i++)
		put_statement(statements[function->body][i % 4], 3 + i * 7 % 29, library->name, mask, ret);
	if (function->body_size && function->body == BODY_FLOATING)
		strbuf_puts(ret, "\tlocal += (unsigned long)real;\n");
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* plan -> C source of one library. No decisions are made here: same plan, same bytes. */
#ifndef GEN_EMIT_C_H
#define GEN_EMIT_C_H

#include "gen/plan/plan.h"
#include "lib/strbuf.h"

/* Lines of the file, from 1, that its debug information speaks of. */
struct emit_places {
	uint32_t declarations; /* of the first function called; they stand by library and number */
	uint32_t *functions;   /* [n_all], the caller's memory: first line of each definition; the
				  calls are one a line, the last of them two lines above the end */
	uint32_t end;          /* one past the last line */
};

/*
 * Appends the whole C file of a library. print: every function says its name on
 * standard output when called. places is filled, or NULL.
 *
 * The text of a function is a function of: its name, its number (stands once, as the
 * first value of `local`), its library's name (prefix of _sink, _text and _data) and
 * data_words, its signature, body, body_size and stack_bytes, print, and for each call in
 * order the name and signature of the callee. So equal functions differ in names and that
 * number alone, and a template of each kind can be had from a plan made by hand: a
 * library whose functions are the kinds wanted.
 */
void emit_c_library(const struct plan *plan, const struct plan_library *library, bool print, struct strbuf *ret,
		    struct emit_places *places);

/* Value of a number among the arguments of a function's call (from 0): an int or a long has
 * it, a float 0.5 more, a double 0.25 more. */
unsigned emit_argument_value(uint32_t call, unsigned argument);

#endif

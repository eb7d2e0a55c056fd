/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of a function that differs by kind and size: locals and statements. */
#ifndef GEN_EMIT_BODY_H
#define GEN_EMIT_BODY_H

#include "gen/plan/plan.h"
#include "lib/strbuf.h"

/* Declarations, after that of `local`. */
void emit_body_variables(const struct plan_function *function, struct strbuf *ret);

/* Statements: the same text for the same kind, size, stack, name and data of the library. */
void emit_body_statements(const struct plan_library *library, const struct plan_function *function,
			  struct strbuf *ret);

#endif

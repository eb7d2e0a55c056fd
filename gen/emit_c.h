/* SPDX-License-Identifier: BSD-3-Clause */
/* plan -> C source of one library. No decisions are made here: same plan, same bytes. */
#ifndef GEN_EMIT_C_H
#define GEN_EMIT_C_H

#include "gen/plan.h"
#include "lib/strbuf.h"

/*
 * Appends the whole C file of a library. print: every function says its name on
 * standard output when called.
 */
void emit_c_library(const struct plan *plan, const struct plan_library *library, bool print, struct strbuf *ret);

#endif

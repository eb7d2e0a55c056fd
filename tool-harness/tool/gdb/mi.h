/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GDB's machine interface, its output side (GDB manual, "GDB/MI Output Syntax"; seen with
 * GDB 13.1, mi3). A record is one line:
 *
 *     12^done,bkpt={number="1",...}      result of the command with token 12
 *     *stopped,reason="solib-event",...  asynchronous: execution (*), status (+), notice (=)
 *     ~"text\n"                          streams: console (~), target (@), log (&)
 *     (gdb)                              prompt
 *
 * What a debugger writes is not to be trusted: any bytes are read, nesting and the length of
 * a line are bounded, and a line that is none of these is MI_RUBBISH with its text.
 */
#ifndef TOOL_GDB_MI_H
#define TOOL_GDB_MI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/strbuf.h"

#define MI_MAX_LINE (16 << 20) /* bytes; a longer line is rubbish */
#define MI_MAX_DEPTH 32        /* of values in values; GDB 13 needs 5 */

enum mi_kind {
	MI_PROMPT,
	MI_RESULT,
	MI_EXEC,
	MI_STATUS,
	MI_NOTICE,
	MI_CONSOLE,
	MI_TARGET,
	MI_LOG,
	MI_RUBBISH,
};

enum mi_type { MI_TEXT, MI_TUPLE, MI_LIST };

/* One value of a record. Items of tuples and lists are indices into the record's values. */
struct mi_value {
	enum mi_type type;
	const char *name; /* NULL: it has none, as items of a list */
	const char *text; /* of MI_TEXT, escapes resolved; a NUL is a blank. Else "" */
	uint32_t first;   /* of its items; 0: none */
	uint32_t next;    /* beside it; 0: it is the last */
};

struct mi_record {
	enum mi_kind kind;
	bool has_token;
	uint64_t token;
	const char *class;       /* "done", "stopped", "library-loaded"; "" for the others */
	const char *text;        /* of streams and rubbish; else "" */
	struct mi_value *values; /* the first is a tuple of the record's results */
	size_t n_values, cap_values;
	char *bytes;             /* that names and texts point into */
};

/* Reads one line without its end. Owned by the caller, who ends it with mi_record_deinit. */
void mi_parse(const char *line, size_t len, struct mi_record *ret);
void mi_record_deinit(struct mi_record *record);

/* The item of that name in a tuple (or in a list of named items); NULL: there is none. */
const struct mi_value *mi_find(const struct mi_record *record, const struct mi_value *in, const char *name);

/* The text of a result, "" if it is not there or no text: mi_get(r, "frame", "addr", NULL). */
const char *mi_get(const struct mi_record *record, ...) __attribute__((sentinel));

/* First item of a value, and the one beside it; NULL: no more. */
const struct mi_value *mi_first(const struct mi_record *record, const struct mi_value *in);
const struct mi_value *mi_next(const struct mi_record *record, const struct mi_value *value);

/* True for an asynchronous record or a result of that class. */
bool mi_is(const struct mi_record *record, enum mi_kind kind, const char *class);

/* Appends text as a c-string of MI with its quotes, for an argument of a command. */
void mi_quote(struct strbuf *to, const char *text);

#endif

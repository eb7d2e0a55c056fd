/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings of a struct, described by ONE table: key, type, default, range, help.
 * The same table reads YAML files, "key=value" overrides, makes the help text and
 * the JSON of the settings as resolved. Nested YAML mappings are dotted keys:
 *
 *     breakpoints:
 *       count: 10        is the key "breakpoints.count"
 *
 * Errors carry file:line:col, the line itself with a caret, and for an unknown
 * key the nearest known one.
 */
#ifndef LIB_CONF_CONF_H
#define LIB_CONF_CONF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/err.h"

enum conf_type {
	CONF_BOOL,     /* bool: true/false, on/off, yes/no */
	CONF_INT,      /* int64_t: 10, 1_000, 1e6 is refused */
	CONF_SEED,     /* uint64_t: decimal or 0x... */
	CONF_DOUBLE,   /* double */
	CONF_STRING,   /* char *, heap, NULL when "" */
	CONF_CHOICE,   /* int: index into choices */
	CONF_DURATION, /* int64_t nanoseconds: "10ms", "1.5s", "2min"; a unit is required unless 0 */
	CONF_SIZE,     /* int64_t bytes: "4KiB", "200MB", plain number */
	CONF_STRINGS,  /* struct conf_list of char *: YAML sequence, or "a,b,c" */
	CONF_CHOICES,  /* struct conf_list of int, no value twice: sequence or scalar or "a,b" */
	CONF_INTS,     /* struct conf_list of int64_t: sequence or scalar or "1,2,3" */
	CONF_MATRIX,   /* struct conf_matrix: mapping of the table's own keys to lists of values; "key=a,b" */
	CONF_CASES,    /* struct conf_cases: sequence of mappings of such keys to a value, each with a name */
};

/*
 * Settings to sweep, as texts that are known to fit their keys. A value of a key that is a list
 * itself is its members, joined by commas.
 */
struct conf_axis {
	char *key;
	char **values;
	size_t n;
};
struct conf_matrix {
	struct conf_axis *axes;
	size_t n, cap;
};
struct conf_setting {
	char *key, *value;
};
struct conf_case {
	char *name; /* unique among the cases; the key "name" of its mapping */
	struct conf_setting *settings;
	size_t n, cap;
};
struct conf_cases {
	struct conf_case *cases;
	size_t n, cap;
};

struct conf_list {
	union {
		char **strings;
		int *choices;
		int64_t *ints;
	};
	size_t n;
};

/* One value of a choice. Tables end with a nameless one. */
struct conf_choice {
	const char *name;
	const char *help; /* part of a sentence; NULL: the option's help says all */
};

struct conf_option {
	const char *key;            /* "breakpoints.count" */
	enum conf_type type;
	size_t offset;              /* of the field in the struct */
	const char *default_text;   /* parsed by the same parser as an override; never NULL */
	double min, max;            /* for numbers, durations (ns), sizes (bytes), list members; both 0: no range */
	const struct conf_choice *choices; /* for CONF_CHOICE(S) */
	const char *help;           /* one sentence without a full stop, units named */
	const char *group;          /* heading in the help */
	/*
	 * When the key has an effect, as "KEY=A,B" or "KEY!=A,B": another key has (none of) these values, or a list
	 * has one of them. Several conditions, divided by a space, hold together. A key that the table does not
	 * have is a fact of the caller's. NULL: always.
	 */
	const char *heeded_by;
	bool fixed;                 /* of all variants alike: no matrix and no case may hold it */
};

struct conf_table {
	const char *what; /* "scenario", "target spec": used in messages */
	const struct conf_option *options;
	size_t n_options;
	/* More options behind these, of tables without parts; NULL-terminated. NULL: none. */
	const struct conf_table *const *parts;
};

/* The options of a table and its parts, as one sequence. */
size_t conf_n_options(const struct conf_table *table);
const struct conf_option *conf_option_at(const struct conf_table *table, size_t index);

/* Fills a zeroed struct with the defaults of the table. */
void conf_defaults(const struct conf_table *table, void *obj);

/* Reads a YAML file over what obj holds. Duplicate keys and several documents are errors. */
MUST_CHECK struct err *conf_read_file(const struct conf_table *table, const char *path, void *obj);

/* The same from memory; name stands for the file in messages. For tests and fuzzing too. */
MUST_CHECK struct err *conf_read_text(const struct conf_table *table, const char *name,
				      const char *text, size_t len, void *obj);

/* One override, as from --set key=value. */
MUST_CHECK struct err *conf_set(const struct conf_table *table, const char *assignment, void *obj);

/* One value by key, as from a command-line option; `what` names it in messages ("--tasks"). */
MUST_CHECK struct err *conf_set_value(const struct conf_table *table, const char *key,
				      const char *value, const char *what, void *obj);

/* A copy of settings into a zeroed struct. */
void conf_copy(const struct conf_table *table, const void *from, void *to);

/* Frees strings and lists inside obj and zeroes these fields; obj itself is the caller's. */
void conf_deinit(const struct conf_table *table, void *obj);

/* All keys with their values, nested as in YAML; durations in ns as "<key>_ns", sizes as
 * "<key>_bytes", choices by name. A new reference that the caller owns. */
json_t *conf_to_json(const struct conf_table *table, const void *obj);

/* Sets a key in the JSON of settings, to what this text makes of it: "null.t1", "20ms" is
 * {"null": {"t1_ns": 20000000}}.
 * A text that the table does not take, as of another version, stands there as it is; so do all without a table. */
void conf_json_set(const struct conf_table *table, const char *key, const char *value, json_t *root);

/* All keys as YAML that conf_read_file reads back to the same settings; heap, caller frees. */
char *conf_to_yaml(const struct conf_table *table, const void *obj);

/* One value as conf_set_value takes it back; not of a matrix or cases. Heap, caller frees. */
char *conf_value_text(const struct conf_option *option, const void *obj);

/* Whether a key of the table has the value that conf_defaults gives it; not of a matrix or cases. */
bool conf_is_default(const struct conf_table *table, const char *key, const void *obj);

/* What is so besides the settings, for conditions: { "job", "running", "tasks that run already" }. */
struct conf_fact {
	const char *key, *value;
	const char *text; /* behind "has no effect with" */
};

/* The first key that is set, and by its heeded_by has no effect, as an error. fact may be NULL. */
MUST_CHECK struct err *conf_check_heeded(const struct conf_table *table, const void *obj,
					 const struct conf_fact *fact);

/* One value without text of its own in it, so that a comma begins another value. */
bool conf_is_single(enum conf_type type);

/* NULL: the table has no such key. */
const struct conf_option *conf_find(const struct conf_table *table, const char *key);

/* Whether the table has a key or a section ("gdb", for all keys below it) of this name: if not, an error that says
 * which was meant. */
MUST_CHECK struct err *conf_check_name(const struct conf_table *table, const char *name);

/* "KEY  type, default, range: help" by group, for --help-keys and the man pages. */
void conf_print_help(const struct conf_table *table, FILE *out);

/* "10ms" as a scenario would say it: 10000000 -> "10ms". Heap, caller frees. */
char *conf_duration_text(int64_t ns);

/* Parses one duration ("10ms") outside of a table; same rules and messages as CONF_DURATION. */
MUST_CHECK struct err *conf_parse_duration(const char *text, const char *what, int64_t *ret_ns);

#endif

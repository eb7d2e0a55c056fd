/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Structs to JSON and back, described by one table each, so that what is written
 * and what is read cannot drift apart.
 */
#ifndef REPORT_RECORD_FIELD_H
#define REPORT_RECORD_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

enum field_type {
	FIELD_BOOL,
	FIELD_INT,    /* int */
	FIELD_U32,
	FIELD_U64,    /* up to 2^63 - 1, as far as JSON integers go here */
	FIELD_I64,
	FIELD_DOUBLE, /* finite */
	FIELD_KNOWN_INT,    /* null if below 0: not known */
	FIELD_KNOWN_I64,    /* likewise */
	FIELD_KNOWN_DOUBLE, /* likewise */
	FIELD_POINT,        /* int64_t, a point in time: null if 0, it did not happen or was not seen */
	FIELD_STRING, /* char *, heap; NULL is null */
	FIELD_JSON,   /* char *, heap, text of an object; NULL is null */
	FIELD_CHOICE, /* an enum, by its name in names */
	FIELD_OBJECT, /* a struct inside, by fields */
	FIELD_KNOWN_OBJECT, /* likewise; null if the bool at n_offset, inside of it, is false */
	FIELD_MAP,    /* a fixed array, one element per name in names, each as `fields` (one field, offset 0) says */
	FIELD_LIST,   /* pointer and count: each element as `fields` (one field, offset 0) says */
};

struct field {
	const char *key;           /* NULL ends a table */
	enum field_type type;
	size_t offset;
	const struct field *fields;
	const char *const *names;  /* NULL-terminated */
	size_t size;               /* of an element of a map or list */
	size_t n_offset;           /* of a list's count, a size_t */
	size_t cap_offset;         /* of its capacity, set to the count when read; 0: it has none */
};

#define FIELD(kind, member_type, member_key, member) \
	{ .key = (member_key), .type = (kind), .offset = offsetof(member_type, member) }

/* A new reference. Every key of the table is in it. */
json_t *fields_to_json(const struct field *fields, const void *obj);

/*
 * Fills a zeroed struct. A missing key, a wrong type, a number out of range or an
 * unknown choice is an error that names the place ("tasks[3].pid"); what was read
 * until then stays in obj for its owner to release. Further keys are ignored.
 */
MUST_CHECK struct err *fields_from_json(const struct field *fields, json_t *json, void *obj);

/*
 * The number at a path as jq takes it, without its first dot: "traced_ns.phase1.p50"; the sum over a map where
 * it has []: "stops[].add". False if it is not known: below 0 where that means so, or of an object that says
 * it is made of n = 0 values. A path that the tables do not have is a bug.
 */
bool fields_number(const struct field *fields, const void *obj, const char *path, double *ret);

/* Adds the keys that an object does not have, as zero, false or null, also those of objects inside:
 * for what was written before there was such a key. No object: nothing is done. */
void fields_complete(const struct field *fields, json_t *json);

/* In a record from before these were null: makes what stands for "not known" and "did not happen" (below 0; of points
 * in time 0) null, also inside of objects. What is not there stays so. */
void fields_null_unknown(const struct field *fields, json_t *json);

#endif

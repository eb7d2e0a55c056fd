/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this folder share. */
#ifndef LIB_CONF_INTERNAL_H
#define LIB_CONF_INTERNAL_H

#include "lib/conf/conf.h"
#include "lib/strbuf.h"

/* One parsed scalar; the option's type says which member. */
union conf_value {
	bool boolean;
	int choice;
	int64_t integer; /* also durations (ns) and sizes (bytes) */
	uint64_t seed;
	double real;
};

/* --- value.c: one scalar of text to a value and back ------------------------ */

/* Parses and checks the range. `what` is the subject of the message; for list types it
 * parses one member. Not for strings. */
MUST_CHECK struct err *conf_value_parse(const struct conf_option *option, const char *what,
					const char *text, union conf_value *ret);

/* "must be a whole number", "must be one of a, b": heap, caller frees. */
char *conf_value_wanted(const struct conf_option *option);

/* A number of the option's unit as an override would say it: "10ms", "4KiB", "12". Heap. */
char *conf_number_text(enum conf_type type, double number);
char *conf_size_text(int64_t bytes);

/* False for an end of a range that is beyond what the type can hold: "no limit". */
bool conf_is_bound(double bound);

/* --- words.c ------------------------------------------------------------------ */

/* A text as YAML, quoted where it must be. */
void conf_put_string(struct strbuf *sb, const char *text);

/* Foreign text made fit for a message: shortened, control characters replaced. Heap. */
char *conf_quote(const char *text);

/* Length of the UTF-8 character at s (1-4) and its code point; 0 if it is not valid. */
size_t conf_utf8_next(const char *s, size_t len, uint32_t *ret);

/* Offset of the first byte that is not valid UTF-8; len if all is. */
size_t conf_utf8_check(const char *s, size_t len);

/* --- source.c: places in a file --------------------------------------------- */

struct conf_source {
	const char *name; /* of the file, in messages */
	const char *text;
	size_t len;
};

struct conf_place {
	int line, column; /* from 1, in characters */
};

/* "file:3:7: <inner>" with the line and a caret below; takes inner, keeps its hint. */
MUST_CHECK struct err *conf_at_place(const struct conf_source *source, struct conf_place place, struct err *inner);

/* An error at the first byte that is NUL or not UTF-8. */
MUST_CHECK struct err *conf_check_source(const struct conf_source *source);

/* --- key.c ------------------------------------------------------------------ */

/* True if keys of the table begin with "section.". */
bool conf_is_section(const struct conf_table *table, const char *section);

/* "unknown key 'x'", with the nearest known one as hint; key is the whole dotted key,
 * section_len the part of it (with its dot) that the place of writing implies. */
MUST_CHECK struct err *conf_unknown_key(const struct conf_table *table, const char *key, size_t section_len);

/* "'x' is a section", with its keys as hint. */
MUST_CHECK struct err *conf_needs_key(const struct conf_table *table, const char *section);

/* --- store.c ---------------------------------------------------------------------- */

bool conf_is_list(enum conf_type type);

/* Replaces the option's field by the value of one text. Not for sweeps. */
MUST_CHECK struct err *conf_store_text(const struct conf_option *option, const char *what,
				       const char *text, void *obj);

/* The same by the members of a sequence, for list types. On failure *ret_bad is the index
 * of the member at fault. */
MUST_CHECK struct err *conf_store_list(const struct conf_option *option, const char *what,
				       char *const *texts, size_t n, void *obj, size_t *ret_bad);

/* Frees what a field owns, and zeroes it. Not of sweeps. */
void conf_store_free(const struct conf_option *option, void *obj);

/* --- sweep.c: matrix and cases ------------------------------------------------ */

bool conf_is_sweep(enum conf_type type);

/* Whether a matrix or a case may hold this setting: the key is known and may be swept, the value fits it. */
MUST_CHECK struct err *conf_sweep_check_key(const struct conf_table *table, const struct conf_option *sweep,
					    const char *key, size_t section_len);
MUST_CHECK struct err *conf_sweep_check_value(const struct conf_table *table, const char *key, const char *value);

/* Appends; on failure nothing is changed. The caller has checked keys and values. */
MUST_CHECK struct err *conf_axis_add_value(struct conf_axis *axis, const char *value);
struct conf_axis *conf_matrix_add(struct conf_matrix *matrix, const char *key);
struct conf_case *conf_cases_add(struct conf_cases *cases);
void conf_case_set(struct conf_case *one, const char *key, const char *value);

/* "key=a,b" in place of that key's values; "" for none at all. Of cases only "". */
MUST_CHECK struct err *conf_sweep_set(const struct conf_table *table, const struct conf_option *option,
				      const char *what, const char *text, void *obj);

void conf_sweep_copy(const struct conf_option *option, const void *from, void *to);
void conf_sweep_free(const struct conf_option *option, void *obj);
json_t *conf_sweep_json(const struct conf_option *option, const void *obj);
void conf_sweep_yaml(const struct conf_option *option, const void *obj, struct strbuf *out);

/* --- heeded.c ----------------------------------------------------------------- */

/* Appends "; only with KEY a or b and ...", or nothing. */
void conf_heeded_text(const struct conf_table *table, const struct conf_option *option, struct strbuf *out);

static inline void *conf_field(const struct conf_option *option, const void *obj)
{
	return (char *)obj + option->offset;
}

#endif

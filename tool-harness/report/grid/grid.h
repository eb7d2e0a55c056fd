/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables as data: what is shown, apart from how. A grid has columns and typed cells, each number with the
 * key of the record that it is the value of; text.c, html.c, markdown.c and csv.c put the same grid into words
 * for a terminal, a page, a merge request and a program. Which rows and columns there are is the business of
 * whoever makes a grid; a renderer leaves out nothing but details, where there is no room.
 *
 * A grid owns all of its texts; it copies what it is given.
 */
#ifndef REPORT_GRID_GRID_H
#define REPORT_GRID_GRID_H

#include <stdbool.h>

#include "lib/strbuf.h"

#define GRID_TEXT_WIDTH 100 /* in columns, of what is no terminal */
#define GRID_LABEL_WIDTH 10 /* of the labels of facts and notes there */

enum cell_kind {
	CELL_EMPTY,    /* nothing belongs here */
	CELL_ABSENT,   /* something does, and is not known: `why` says why */
	CELL_TEXT,
	CELL_COUNT,
	CELL_MILLIONS, /* a count, shown in millions */
	CELL_TIME,     /* ns */
	CELL_BYTES,
	CELL_RATIO,    /* a factor: "1.07 ×" */
	CELL_SHARE,    /* 0.0312: "3.12 %" */
	CELL_NUMBER,   /* three digits without a unit */
	CELL_N,
};
extern const char *const cell_kind_names[]; /* "empty", "absent", "text", "count", ..., NULL */

enum cell_origin {
	CELL_RECORDED,  /* the value at its key, or that over the one at `under` */
	CELL_DERIVED,   /* computed from a record; no single key says it */
	CELL_PREDICTED, /* by a law or a product */
	CELL_PRINTED,   /* the paper's, as printed there */
};

enum cell_tone { TONE_PLAIN, TONE_GOOD, TONE_BAD }; /* of verdicts alone: green and red on a terminal */

struct cell {
	enum cell_kind kind;
	enum cell_origin origin;
	double value;       /* of the numbers; in the unit of their kind */
	char *text;         /* CELL_TEXT; of a number what is shown instead of it; NULL: the number */
	char *why;          /* CELL_ABSENT */
	char *record;       /* CELL_RECORDED: id of the record, and the path of the value in its JSON, as jq takes */
	char *key, *under;  /* it without the first dot; a sum if it has []. NULL: none */
	bool is_strong;     /* shown in bold where there is bold */
	enum cell_tone tone;
};

/* Of columns. */
#define COLUMN_LEFT 1   /* of texts; else right-aligned */
#define COLUMN_DETAIL 2 /* left out on a terminal */
#define COLUMN_LABEL 4  /* likewise of texts; what is as in the row above is not said again on a terminal */

struct grid_column {
	const char *title;
	int width;          /* on a terminal, at least */
	unsigned flags;
	const char *group;  /* stands above neighbours of the same group; NULL: nothing does */
};

enum grid_form {
	GRID_TABLE,
	GRID_FACTS, /* two columns, a label and facts " · " apart; without a head */
	GRID_NOTES, /* likewise; said below a table: what a heading means */
};

struct grid {
	enum grid_form form;
	char *name;         /* of its kind of table, for programs: "variants warm" */
	char *caption;      /* NULL: none */
	bool begins_part;   /* a line stands above it on a terminal */
	const char *absent; /* how absent cells are shown: "-" unless set; static */
	struct grid_column *columns; /* their texts are heap */
	size_t n_columns, cap_columns;
	struct cell *cells; /* row by row */
	size_t n_cells, cap_cells;
};

struct grid_list {
	struct grid *grids;
	size_t n, cap;
	int width;   /* of the terminal that shows them as text; 0: none, then GRID_TEXT_WIDTH, notes whole */
	bool colours;
};
void grid_list_deinit(struct grid_list *list);

/* A new grid at the end, without columns; good until the next one. */
struct grid *grid_add(struct grid_list *list, enum grid_form form, const char *name_fmt, ...) PRINTF_LIKE(3, 4);

/* Facts and notes have their columns from the start. */
void grid_add_columns(struct grid *grid, const struct grid_column *columns, size_t n);
void grid_set_caption(struct grid *grid, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A line of facts or notes; added to the last grid of the list if that has this form and no new part is begun. */
void grid_note(struct grid_list *list, enum grid_form form, const char *label, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The label of the line that was added last is a verdict. */
void grid_note_tone(struct grid_list *list, enum cell_tone tone);

size_t grid_rows(const struct grid *grid);
const struct cell *grid_cell(const struct grid *grid, size_t row, size_t column);

/* Cells, one after the other, row by row. A number that is not finite is absent. */
void grid_text(struct grid *grid, const char *fmt, ...) PRINTF_LIKE(2, 3);
void grid_empty(struct grid *grid);
void grid_absent(struct grid *grid, const char *why);
void grid_value(struct grid *grid, enum cell_kind kind, double value, const char *record, const char *key_fmt, ...)
	PRINTF_LIKE(5, 6);
void grid_quotient(struct grid *grid, enum cell_kind kind, double over, double under, const char *record,
		   const char *over_key, const char *under_key); /* absent unless under is above 0 */
void grid_other(struct grid *grid, enum cell_kind kind, enum cell_origin origin, double value);

/* What the cell added last shows instead of its number. */
void grid_show(struct grid *grid, const char *fmt, ...) PRINTF_LIKE(2, 3);
void grid_strong(struct grid *grid, bool is_strong);

/* What a cell shows: "8.12 µs", "-". */
void cell_show(const struct grid *grid, const struct cell *cell, struct strbuf *out);
void cell_show_value(enum cell_kind kind, double value, struct strbuf *out);

/* With its group: "import, L1-D". */
void grid_column_title(const struct grid_column *column, struct strbuf *out);

/* Renderers. Texts are escaped as the format needs it. */
void grid_list_to_text(const struct grid_list *list, struct strbuf *out);
void grid_list_to_html(const struct grid_list *list, struct strbuf *out); /* without a frame: for a page */
void grid_list_to_markdown(const struct grid_list *list, struct strbuf *out);
void grid_list_to_csv(const struct grid_list *list, struct strbuf *out); /* a line for each cell */
void grid_to_html(const struct grid *grid, struct strbuf *out);
void grid_to_markdown(const struct grid *grid, struct strbuf *out);

/* The formats by name, for options. */
struct grid_format {
	const char *name, *help;
	void (*put)(const struct grid_list *list, struct strbuf *out);
};
extern const struct grid_format grid_formats[]; /* "text", "markdown", "csv", "html"; ends with a NULL name */
const struct grid_format *grid_format_find(const char *name); /* NULL: there is none */

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs as one HTML page: what a person is shown in a talk, with the tables that its pictures are
 * drawn from. Needs no script, no style and no other file to be read.
 */
#ifndef REPORT_PAGE_PAGE_H
#define REPORT_PAGE_PAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/err.h"
#include "lib/strbuf.h"
#include "report/record/record.h"

/* One record and where it is from. */
struct page_record {
	struct run run; /* with the samples as its trials' events, if there are any */
	char *path;	/* heap */
	bool has_samples;
	char *no_samples; /* why they cannot be read; NULL: they can, or there are none; heap */
};

/* A footprint that pynamic-gen wrote, see docs/formats.md. */
struct page_footprint {
	json_t *json; /* owned reference */
	char *name;   /* of its file; heap */
};

struct page_input {
	struct page_record *records;
	size_t n_records, cap_records;
	struct page_footprint *footprints;
	size_t n_footprints, cap_footprints;
	const char *title; /* NULL: from the records; borrowed */
	bool tables_only;  /* draw nothing; also where gnuplot is missing */
	const char *figures; /* folder for each picture as SVG and PDF, with its caption as text; NULL: none */
};
void page_input_deinit(struct page_input *input);

/* Reads a record with the samples beside it. */
MUST_CHECK struct err *page_input_add_record(struct page_input *input, const char *path);

/* Reads a footprint (pynamic-gen footprint --json). What is none is an error that says so. */
MUST_CHECK struct err *page_input_add_footprint(struct page_input *input, const char *path);

/* Appends the page. An error if gnuplot fails at a picture. */
MUST_CHECK struct err *page_put(const struct page_input *input, struct strbuf *out);

#endif

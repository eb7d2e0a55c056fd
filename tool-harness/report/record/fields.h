/* SPDX-License-Identifier: BSD-3-Clause */
/* The record's structs as field tables. */
#ifndef REPORT_RECORD_FIELDS_H
#define REPORT_RECORD_FIELDS_H

#include "report/record/field.h"

extern const struct field trial_fields[];         /* struct trial, without events and libraries */
extern const struct field trial_summary_fields[]; /* struct trial_summary */
extern const struct field summary_fields[];       /* struct summary */
extern const struct field variant_fields[];       /* struct run_variant, without its objects and summaries */

#endif

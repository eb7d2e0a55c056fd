/* SPDX-License-Identifier: BSD-3-Clause */
/* The table's comparison of variants. */
#ifndef REPORT_TABLE_VARIANTS_H
#define REPORT_TABLE_VARIANTS_H

#include "lib/strbuf.h"
#include "report/record/record.h"

/* One row per variant, a block per temperature: medians of what is compared most. */
void variants_put(const struct run *run, struct strbuf *out);

#endif

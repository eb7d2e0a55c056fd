/* SPDX-License-Identifier: BSD-3-Clause */
/* A text in Markdown, escaped and in one line; without its leading blanks. */
#ifndef REPORT_GRID_MARKDOWN_H
#define REPORT_GRID_MARKDOWN_H

#include "lib/strbuf.h"

void markdown_text(struct strbuf *out, const char *text);

#endif

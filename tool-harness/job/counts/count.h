/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in files that other programs wrote. */
#ifndef JOB_COUNT_H
#define JOB_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* A decimal number that is the whole text: no sign, no space, no garbage, within range. */
bool count_parse(const char *text, int64_t *ret);

#endif

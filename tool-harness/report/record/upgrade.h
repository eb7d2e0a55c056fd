/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: records of an older version. */
#ifndef REPORT_RECORD_UPGRADE_H
#define REPORT_RECORD_UPGRADE_H

#include <jansson.h>

#include "lib/err.h"

/*
 * Makes the JSON of a record of version 2 or 3 one of RUN_SCHEMA_VERSION. In 2 a variant had no name
 * and no settings, and a trial said itself what its program and binding were; in 3 a trial had no
 * `failure`, its tasks no order in which they ended, and breakpoints no places. What was not measured then is
 * as in an empty trial. In both, numbers below 0 and points in time of 0 were not known, and so may counts of 0 have
 * been where a tool had not looked: they become null. What is no such record is an error.
 */
MUST_CHECK struct err *record_upgrade(json_t *root, json_int_t version);

#endif

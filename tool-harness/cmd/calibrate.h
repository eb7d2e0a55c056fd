/* SPDX-License-Identifier: BSD-3-Clause */
/* The floor of this machine, as a run records it. */
#ifndef CMD_CALIBRATE_H
#define CMD_CALIBRATE_H

#include <jansson.h>
#include <stddef.h>

#include "lib/err.h"
#include "trace/task.h"

/*
 * Measures the floor with n samples a kind and gives it as the record's "calibration"
 * (docs/formats.md); trap_write_ns is the one of the way given. A new reference.
 */
MUST_CHECK struct err *calibrate_json(size_t n, enum trap_write way, json_t **ret);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The subcommands of attachstorm. Each parses its own options (argv[0] is
 * "attachstorm NAME") and returns an error, or sets the exit status of a run that
 * came to its end. Results go to standard output; only main prints errors.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "lib/err.h"

MUST_CHECK struct err *cmd_run(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_validate(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_explain(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_doctor(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_attach(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_starter(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_model(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_calibrate(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_compare(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_list(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_show(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_trend(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_report(int argc, char **argv, int *status_ret);
MUST_CHECK struct err *cmd_export(int argc, char **argv, int *status_ret);

/* Hidden: the tracee of the calibration. */
#define CMD_FLOOR_TRACEE "floor-tracee"
struct err *cmd_floor_tracee(int argc, char **argv, int *status_ret);

#endif

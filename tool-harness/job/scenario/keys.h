/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: the parts of the scenario's option table, a file for each kind of key. */
#ifndef JOB_SCENARIO_KEYS_H
#define JOB_SCENARIO_KEYS_H

#include <stddef.h>

#include "job/scenario/scenario.h"
#include "lib/clock.h"

#define FIELD(field) .offset = offsetof(struct scenario, field)
#define MAX_TIME_NS (7.0 * 24 * 3600 * NS_PER_S)

extern const struct conf_table scenario_job_keys;
extern const struct conf_table scenario_tracer_keys;
extern const struct conf_table scenario_tools_keys;
extern const struct conf_table scenario_gdb_keys;
extern const struct conf_table scenario_policy_keys;
extern const struct conf_table scenario_work_keys;
extern const struct conf_table scenario_null_keys;

/* Conditions of keys (conf_option.heeded_by). The tool is asked first: it is the more telling reason. */
#define OF_LAUNCH "job=launched"        /* no key of 'attachstorm attach' */
#define OF_NATIVE "tool=native"
#define OF_STOPS OF_NATIVE " load_events=rbrk,probes" /* it acts at stops */
#define OF_OUTSIDE "tool!=native,null,none"
#define OF_BREAKPOINTS "tool!=none load_events=rbrk,probes"

/* What a scenario without a name is called: the file's or folder's name without its ending. */
char *scenario_name(const char *path);

#endif

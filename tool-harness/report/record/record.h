/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The run record: everything that one `attachstorm run` measured, as one JSON file
 * and its raw samples beside it. docs/formats.md has the format; a change there
 * bumps RUN_SCHEMA_VERSION.
 */
#ifndef REPORT_RECORD_RECORD_H
#define REPORT_RECORD_RECORD_H

#include <jansson.h>

#include "lib/err.h"
#include "lib/manifest/manifest.h"
#include "measure/summary.h"
#include "measure/trial.h"

#define RUN_SCHEMA "attachstorm-run"
#define RUN_SCHEMA_VERSION 4

/* One of the things that a run compares, and what is said about its trials. */
struct run_variant {
	char *name;              /* unique: "host", "linked+bind_now", "aslr=off tasks=4" */
	char *program;           /* of the target; NULL: a command, or made-up events */
	bool bind_now;           /* LD_BIND_NOW was in the tasks' environment */
	json_t *settings;        /* object: scenario keys that it sets differently, as texts */
	json_t *target;          /* as run.target, if it is another one; NULL: it is the run's */
	struct summary summaries[TEMPERATURE_N];
};

struct run_samples;

/* Strings are heap, JSON values owned references; all may be NULL but id. */
struct run {
	char *id;                /* file name of the record without its ending */
	char *started_utc;       /* ISO 8601: "2026-03-01T12:00:00Z" */
	char *kit_version;
	json_t *scenario;        /* as resolved */
	json_t *host;            /* facts of the machine; the table shows the keys it knows (docs/formats.md) */
	json_t *target;          /* of the manifest, see run_target_json; NULL for a plain command */
	json_t *calibration;     /* floor measurements of this run, or NULL */
	json_t *counters;        /* who counted cache misses, see docs/formats.md; NULL: nobody */
	bool complete;           /* all repetitions have been made */
	unsigned looks;          /* of a run until its comparison is decided: how often that was asked; 0: of others */
	struct trial *trials;
	size_t n_trials, cap_trials;
	struct trial_summary *trial_summaries;          /* one per trial, by run_summarise */
	size_t n_trial_summaries;
	struct run_samples *samples;                    /* what run_write keeps between two writes; NULL: nothing */
	struct run_variant *variants;                   /* their summaries by run_summarise */
	size_t n_variants, cap_variants;
};

void run_init(struct run *run);
void run_deinit(struct run *run);

/* A new initialised trial; the pointer is good until the next call. */
struct trial *run_add_trial(struct run *run);

/* A new variant without settings; the pointer is good until the next call. Before its trials. */
struct run_variant *run_add_variant(struct run *run, const char *name, const char *program, bool bind_now);

/* Leaves one variant and its trials; false, and nothing done, if there is none of this name. Of a run that was read. */
bool run_keep_variant(struct run *run, const char *name);

/* The variant of this name; NULL: there is none. */
const struct run_variant *run_find_variant(const struct run *run, const char *name);

/* What the scenario has for a key ("breakpoints.write"); NULL: nothing. Borrowed. */
json_t *run_scenario_value(const struct run *run, const char *key);

/* A scenario key ("breakpoints.write") as it is for a variant: its own setting, or the scenario's
 * if that is a text; NULL: neither. Borrowed. */
const char *run_variant_text(const struct run *run, const struct run_variant *variant, const char *key);

/* False of tools that tell of no load events: what counts say of those is nothing, not 0. */
bool run_tells_events(const struct run *run, const struct run_variant *variant);

/* A variant sets this key ("tasks", "breakpoints.count") differently: the scenario's value is not the run's. */
bool run_is_swept(const struct run *run, const char *key);

/* Some variant is of the kit's own tracer, or made up: what the keys say of waiting and writing was so. Other
 * tools do as they like. */
bool run_has_tracer(const struct run *run);

/* All runs of all variants are untraced: their tool is "none". */
bool run_is_untraced(const struct run *run);

/* Misses were counted by callgrind, which simulates: times of such runs are no times. */
bool run_is_simulated(const struct run *run);

/*
 * Computes the summaries from the trials' events; that of a trial once, so its events and marks are
 * final then. Not after run_read, which reads no events.
 */
void run_summarise(struct run *run);

/* No trial contradicts itself, and there is one. */
bool run_is_valid(const struct run *run);

/*
 * Facts of a target: name, seed, compiler, counts, digest of the spec (FNV-1a of its
 * compact JSON with sorted keys). A new reference.
 */
json_t *run_target_json(const struct manifest *manifest, const struct manifest_program *program);

/* Makes the folder if needed and tries to write into it, so that it is known before measuring. */
MUST_CHECK struct err *run_check_results_dir(const char *dir);

/*
 * Publishes dir/<id>.events.csv, with stacks dir/<id>.stacks.folded, then dir/<id>.json,
 * each atomically: the last record is always whole. Summarises first; each trial is put into
 * words once, however often the run is written as it grows. Path of the record in ret_path (heap,
 * caller frees; may be NULL).
 */
MUST_CHECK struct err *run_write(struct run *run, const char *dir, char **ret_path);

/* The record's own text, as run_write writes it; heap. NULL: it holds text that is not UTF-8. */
char *run_text(struct run *run);

/* Writes it wherever there is room, for a run whose folder has none: TMPDIR, /tmp, /var/tmp, /dev/shm, HOME. False:
 * nowhere. */
bool run_rescue(struct run *run, char **ret_path);

/*
 * Reads a record, of this version or of versions 2 and 3: trials without their events, libraries and names, and
 * the summaries as written. Foreign, truncated, older and newer files are errors that name the file.
 */
MUST_CHECK struct err *run_read(const char *path, struct run *ret);
MUST_CHECK struct err *run_parse(const char *name, const char *text, size_t len, struct run *ret);

#endif

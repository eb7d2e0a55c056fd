/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of versions 2 and 3 in the form of today's. Works on the JSON alone, so that there is one
 * reader of records.
 *
 * Invariant: a number that the old record has is kept as it is, unless it may have stood for "not known".
 */
#include "report/record/upgrade.h"

#include <string.h>

#include "lib/mem.h"
#include "measure/trial.h"
#include "report/record/fields.h"

static bool same_variant(json_t *a, json_t *b)
{
	return json_equal(json_object_get(a, "program"), json_object_get(b, "program")) &&
	       json_equal(json_object_get(a, "bind_now"), json_object_get(b, "bind_now"));
}

static void upgrade_variant(json_t *variant)
{
	_cleanup_free_ char *name = variant_name(json_string_value(json_object_get(variant, "program")),
						 json_is_true(json_object_get(variant, "bind_now")));
	json_t *summary = json_object_get(variant, "summary"), *one;
	const char *temperature;

	json_object_set_new(variant, "name", json_string(name));
	json_object_set_new(variant, "settings", json_object());
	json_object_foreach(summary, temperature, one)
		fields_complete(summary_fields, one);
}

static struct err *upgrade_trial(json_t *variants, json_t *trial)
{
	json_t *variant;
	size_t i;

	json_array_foreach(variants, i, variant) {
		if (!same_variant(trial, variant))
			continue;
		json_object_set_new(trial, "variant", json_integer((json_int_t)i));
		fields_complete(trial_fields, trial);
		fields_complete(trial_summary_fields, json_object_get(trial, "summary"));
		return NULL;
	}
	return err_new("its program is none of the variants");
}

/* What was not looked for: an index and a status of 0 would be a task and a good end. */
static void add_failure(json_t *trial)
{
	json_t *failure = json_object();

	json_object_set_new(failure, "task", json_integer(-1));
	json_object_set_new(failure, "status", json_integer(-1));
	json_object_set_new(trial, "failure", failure);
	fields_complete(trial_fields, trial);
}

/* --- version 3: zero stood for "not known", too ------------------------------------- */

/* Why a 0 in a key of version 3 may have meant that nobody looked. */
enum zero_when {
	ZERO_ALWAYS,   /* it never was a count */
	ZERO_UNTOLD,   /* tools that tell of no load events do not count it */
	ZERO_UNTRACED, /* nor does anybody without a tool */
};

struct zero_key {
	const char *key;
	enum zero_when when;
};

static const struct zero_key trial_zeros[] = {
	{ "table_rows", ZERO_ALWAYS },          { "libraries_mapped", ZERO_ALWAYS },
	{ "libraries_same_place", ZERO_UNTOLD }, { "text_writes", ZERO_UNTOLD },
	{ "lookups", ZERO_UNTOLD },             { "tool_home_bytes", ZERO_UNTRACED },
	{ "tool_home_entries", ZERO_UNTRACED }, { NULL, 0 },
};
static const struct zero_key task_zeros[] = {
	{ "libraries_at_start", ZERO_ALWAYS }, { "libraries_at_end", ZERO_ALWAYS },
	{ "load_events", ZERO_UNTOLD },        { "target_libraries", ZERO_UNTOLD },
	{ "breakpoints_planted", ZERO_UNTOLD }, { "breakpoint_hits", ZERO_UNTOLD },
	{ "threads", ZERO_UNTOLD },            { "children_released", ZERO_UNTOLD },
	{ NULL, 0 },
};
static const struct zero_key summary_zeros[] = {
	{ "load_events", ZERO_UNTOLD }, { "odd_sequences", ZERO_UNTOLD },
	{ "load_events_per_task", ZERO_UNTOLD }, { "breakpoints", ZERO_UNTOLD },
	{ NULL, 0 },
};
static const struct zero_key file_zeros[] = {
	{ "files", ZERO_ALWAYS }, { "pages", ZERO_ALWAYS }, { NULL, 0 },
};
static const struct zero_key median_zeros[] = {
	{ "libraries_at_start", ZERO_ALWAYS }, { "libraries_at_end", ZERO_ALWAYS },
	{ "libraries_mapped", ZERO_ALWAYS },   { NULL, 0 },
};

static bool is_zero(json_t *json)
{
	return json_is_number(json) && json_number_value(json) == 0;
}

/* `level`: of these reasons and those before. */
static void null_zeros(json_t *json, const struct zero_key *keys, enum zero_when level)
{
	for (; json_is_object(json) && keys->key; keys++)
		if (keys->when <= level && is_zero(json_object_get(json, keys->key)))
			json_object_set_new(json, keys->key, json_null());
}

static void null_all(json_t *object)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, key, value)
		if (is_zero(value))
			json_object_set_new(object, key, json_null());
}

static void null_residency(json_t *residency)
{
	null_zeros(residency, file_zeros, ZERO_ALWAYS);
	if (json_is_null(json_object_get(residency, "pages")))
		json_object_set_new(residency, "pages_resident", json_null());
}

static void null_trial(json_t *trial)
{
	json_t *summary = json_object_get(trial, "summary"), *loader = json_object_get(trial, "loader"), *task, *stops;
	const char *verdict = json_string_value(json_object_get(trial, "tool_verdict")), *phase;
	const char *tool = json_string_value(json_object_get(trial, "tool"));
	bool traced = json_is_true(json_object_get(trial, "traced"));
	bool told = traced && (json_is_string(json_object_get(trial, "load_events")) ||
			       (verdict && !strcmp(verdict, tool_verdict_names[VERDICT_NONE])));
	enum zero_when level = told ? ZERO_ALWAYS : traced ? ZERO_UNTOLD : ZERO_UNTRACED;
	size_t i;

	null_zeros(trial, trial_zeros, level);
	null_residency(json_object_get(trial, "residency"));
	null_residency(json_object_get(trial, "tool_residency"));
	if (json_is_null(json_object_get(trial, "libraries_mapped")))
		json_object_set_new(trial, "libraries_same_place", json_null());
	/* Only the kit's own tracer tells what it read. */
	if (!traced || !tool || strcmp(tool, "native"))
		json_object_set_new(trial, "work", json_null());
	if (json_is_null(json_object_get(loader, "path")))
		json_object_set_new(loader, "probes", json_null());
	json_array_foreach(json_object_get(trial, "tasks"), i, task) {
		null_zeros(task, task_zeros, level);
		if (!told)
			null_all(json_object_get(task, "stops"));
	}
	null_zeros(summary, summary_zeros, level);
	json_object_foreach(json_object_get(summary, "stops"), phase, stops)
		if (!told)
			null_all(stops);
	if (is_zero(json_object_get(summary, "maps_read"))) {
		json_object_set_new(summary, "maps_different", json_null());
		json_object_set_new(summary, "maps_different_names", json_null());
	}
	fields_null_unknown(trial_fields, trial);
	fields_null_unknown(trial_summary_fields, summary);
}

static void null_variant(json_t *variant)
{
	json_t *summary;
	const char *temperature;

	json_object_foreach(json_object_get(variant, "summary"), temperature, summary) {
		null_zeros(summary, median_zeros, ZERO_ALWAYS);
		if (is_zero(json_object_get(summary, "maps_read"))) {
			json_object_set_new(summary, "maps_different", json_null());
			json_object_set_new(summary, "maps_different_names", json_null());
		}
		if (json_is_null(json_object_get(summary, "libraries_mapped")))
			json_object_set_new(summary, "libraries_same_place", json_null());
		fields_null_unknown(summary_fields, summary);
	}
}

/* A sweep with the launcher spawn was recorded as it was written, a single run as it was resolved. */
static void resolve_acquire(json_t *scenario)
{
	const char *launcher = json_string_value(json_object_get(scenario, "launcher"));
	const char *acquire = json_string_value(json_object_get(scenario, "acquire"));

	if (launcher && acquire && !strcmp(launcher, "spawn") && !strcmp(acquire, "shim"))
		json_object_set_new(scenario, "acquire", json_string("spawn"));
}

static void upgrade_3(json_t *root)
{
	json_t *json;
	size_t i;

	json_array_foreach(json_object_get(root, "trials"), i, json)
		null_trial(json);
	json_array_foreach(json_object_get(root, "variants"), i, json)
		null_variant(json);
	resolve_acquire(json_object_get(root, "scenario"));
}

/* Version 2 to the form of 3, and 3 to the keys of 4. */
static struct err *upgrade_form(json_t *root, json_int_t version)
{
	json_t *variants = json_object_get(root, "variants"), *trials = json_object_get(root, "trials"), *json;
	size_t i;

	json_array_foreach(trials, i, json) {
		struct err *err;

		add_failure(json);
		err = version == 2 ? upgrade_trial(variants, json) : NULL;
		if (err)
			return err_wrap(err, "trials[%zu]", i);
	}
	json_array_foreach(variants, i, json)
		if (version == 2)
			upgrade_variant(json);
	return NULL;
}

struct err *record_upgrade(json_t *root, json_int_t version)
{
	struct err *err = upgrade_form(root, version);

	if (!err)
		upgrade_3(root);
	return err;
}

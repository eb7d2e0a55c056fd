/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of version 2 and 3 in the form of today's. Works on the JSON alone, so that there is one
 * reader of records.
 *
 * Invariant: a number that the old record has is kept as it is.
 */
#include "report/record/upgrade.h"

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

struct err *record_upgrade(json_t *root, json_int_t version)
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

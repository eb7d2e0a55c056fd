/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the pairs by what the record says of its variants; and their tax, for the record.
 *
 * Invariant: two variants are a pair only if every setting but ASLR, program and binding are equal.
 */
#include "report/aslrpair.h"

#include <string.h>

#include "lib/mem.h"
#include "lib/strbuf.h"
#include "measure/aslrtax.h"

#define KEY "aslr"

/* In the record's aslr_tax. */
static const char *const json_names[ASLR_N] = {
	[ASLR_PHASE1] = "phase1_ns",	     [ASLR_PHASE2] = "phase2_ns",
	[ASLR_T1] = "t1_ns",		     [ASLR_BYTES_READ] = "bytes_read",
	[ASLR_MEMORY] = "tracer_peak_rss_bytes",
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool has(const struct run *run, const struct run_variant *variant, const char *value)
{
	return same_text(run_variant_text(run, variant, KEY), value);
}

/* Each setting of `a` but ASLR is one of `b`, too. */
static bool covers(const struct run *run, const struct run_variant *a, const struct run_variant *b)
{
	const char *key;
	json_t *value;

	json_object_foreach (a->settings, key, value)
		if (strcmp(key, KEY) && !same_text(json_string_value(value), run_variant_text(run, b, key)))
			return false;
	return true;
}

static bool are_pair(const struct run *run, const struct run_variant *on, const struct run_variant *off)
{
	return has(run, on, "on") && has(run, off, "off") && same_text(on->program, off->program) &&
	       on->bind_now == off->bind_now && covers(run, on, off) && covers(run, off, on);
}

bool aslr_pair_find(const struct run *run, size_t from, struct aslr_pair *ret)
{
	for (size_t i = from; i < run->n_variants; i++) {
		for (size_t j = 0; j < run->n_variants; j++) {
			if (!are_pair(run, &run->variants[i], &run->variants[j]))
				continue;
			*ret = (struct aslr_pair){ i, j };
			return true;
		}
	}
	return false;
}

char *aslr_pair_name(const struct run *run, const struct aslr_pair *pair)
{
	struct strbuf name = STRBUF_INIT;
	const char *key;
	json_t *value;

	json_object_foreach (run->variants[pair->on].settings, key, value)
		if (strcmp(key, KEY) && json_is_string(value))
			strbuf_printf(&name, "%s%s=%s", name.len ? " " : "", key, json_string_value(value));
	if (!name.len)
		strbuf_puts(&name, "all else the same");
	return strbuf_steal(&name);
}

static json_t *tax_to_json(const struct run *run, const struct aslr_pair *pair, enum temperature temperature)
{
	const struct summary *on = &run->variants[pair->on].summaries[temperature];
	const struct summary *off = &run->variants[pair->off].summaries[temperature];
	struct aslr_tax tax;
	json_t *json;

	if (!aslr_tax_compute(on, off, &tax))
		return NULL;
	json = json_pack("{s:i, s:i, s:s}", "on", (int)pair->on, "off", (int)pair->off, "temperature",
			 temperature_names[temperature]);
	for (size_t i = 0; i < ASLR_N; i++) {
		const struct aslr_row *row = &tax.rows[i];

		json_object_set_new(json, json_names[i],
				    row->known ? json_pack("{s:f, s:f, s:f}", "on", row->on, "off", row->off, "ratio",
							   row->ratio) :
						 json_null());
	}
	json_object_set_new(json, "maps_different",
			    tax.maps_known ? json_pack("{s:f, s:f}", "on", on->maps_different, "off",
						       off->maps_different) :
					     json_null());
	json_object_set_new(json, "libraries_same_place",
			    tax.maps_known ? json_pack("{s:f, s:f}", "on", on->libraries_same_place, "off",
						       off->libraries_same_place) :
					     json_null());
	return json;
}

json_t *aslr_to_json(const struct run *run)
{
	json_t *all = json_array();
	struct aslr_pair pair;

	for (size_t i = 0; aslr_pair_find(run, i, &pair); i = pair.on + 1) {
		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			json_t *tax = tax_to_json(run, &pair, t);

			if (tax)
				json_array_append_new(all, tax);
		}
	}
	return all;
}

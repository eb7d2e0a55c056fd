/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must be the same on both sides of a comparison. All keys of the scenario must, but for
 * those named here, so that a key which is new tomorrow is compared by itself.
 *
 * Invariant: a record never differs from itself.
 */
#include "report/compare/comparable.h"

#include <string.h>

#include "lib/mem.h"

/* Names, amounts and places; and what the variants are made of. */
static const char *const free_keys[] = {
	"name", "results", "repetitions", "temperature", "time_limit_ns", "null.seed",
	"matrix", "cases", "needs.programs", "needs.modules", "needs.packages",
	"target", /* a path; the target's own facts are compared */
	NULL,
};

static const char *const machine_keys[] = {
	"hostname", "machine", "kernel", "cpu_model", "cpus", "memory_bytes", "virtualised", "clocksource", "glibc",
	"loader", "aslr_sysctl", "yama_ptrace_scope", "launcher", "launcher_version", NULL,
};
static const char *const counts_machine_keys[] = { "machine", "glibc", "launcher_version", NULL };

static const char *const target_keys[] = {
	"seed", "spec_fnv1a64", "compiler", "compiler_version", "python_version", "libraries", "modules",
	"functions", NULL,
};
static const char *const counters_keys[] = { "source", NULL };

void difference_list_deinit(struct difference_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->all[i].key);
		free(list->all[i].base);
		free(list->all[i].new);
	}
	free(list->all);
	memset(list, 0, sizeof(*list));
}

bool difference_list_forbids(const struct difference_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->all[i].forbids)
			return true;
	return false;
}

char *difference_text(const struct difference *difference)
{
	return mem_printf("%s %s: %s against %s", difference->where, difference->key, difference->base,
			  difference->new);
}

static bool is_listed(const char *const *list, const char *key)
{
	for (; list && *list; list++)
		if (!strcmp(*list, key))
			return true;
	return false;
}

/* "breakpoints" in --vary stands for all keys below it. */
static bool is_varied(const char *const *vary, const char *key)
{
	for (; vary && *vary; vary++) {
		size_t len = strlen(*vary);

		/* the record's key of a duration or size has its unit behind it */
		if (!strncmp(*vary, key, len) && (!key[len] || key[len] == '.' || !strcmp(key + len, "_ns") ||
						  !strcmp(key + len, "_bytes")))
			return true;
	}
	return false;
}

static char *value_text(json_t *value, bool is_time)
{
	char *text;

	if (!value || json_is_null(value))
		return mem_strdup("nothing");
	if (json_is_string(value))
		return mem_strdup(json_string_value(value));
	if (is_time && json_is_number(value))
		return conf_duration_text((int64_t)json_number_value(value));
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
	return text ? text : mem_strdup("?");
}

/* "null.t1_ns" -> "null.t1", as one sets it; *time_ret: it had that unit. */
static char *key_as_set(const char *key, bool *time_ret)
{
	size_t len = strlen(key), ns = len > 3 && !strcmp(key + len - 3, "_ns") ? 3 : 0,
	       bytes = len > 6 && !strcmp(key + len - 6, "_bytes") ? 6 : 0;

	*time_ret = ns > 0;
	return mem_strndup(key, len - ns - bytes);
}

static bool is_there(const struct difference_list *list, const char *where, const char *key, const char *base,
		     const char *new)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct difference *other = &list->all[i];

		if (!strcmp(other->where, where) && !strcmp(other->key, key) && !strcmp(other->base, base) &&
		    !strcmp(other->new, new))
			return true;
	}
	return false;
}

static void add_difference(struct difference_list *list, const char *where, const char *key, json_t *base, json_t *new,
			   bool forbids)
{
	bool is_time;
	_cleanup_free_ char *name = key_as_set(key, &is_time);
	_cleanup_free_ char *base_text = value_text(base, is_time), *new_text = value_text(new, is_time);

	if (is_there(list, where, name, base_text, new_text))
		return;
	mem_grow(list->all, list->n, list->cap);
	list->all[list->n++] = (struct difference){ where, no_free_ptr(name), no_free_ptr(base_text),
						    no_free_ptr(new_text), forbids };
}

static bool same_value(json_t *a, json_t *b)
{
	bool no_a = !a || json_is_null(a), no_b = !b || json_is_null(b);

	if (no_a || no_b)
		return no_a == no_b;
	/* 1 and 1.0 are one number, as to any tool that wrote the record again */
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b);
}

/* Of all keys; those of `forbidding` forbid the comparison. */
static void check_keys(json_t *base, json_t *new, const char *where, const char *const *keys,
		       const char *const *forbidding, struct difference_list *list)
{
	for (; *keys; keys++) {
		json_t *a = json_object_get(base, *keys), *b = json_object_get(new, *keys);

		if (!same_value(a, b))
			add_difference(list, where, *keys, a, b, is_listed(forbidding, *keys));
	}
}

struct scenario_check {
	const char *const *vary;
	bool by_design; /* whatever differs may */
	struct difference_list *list;
};

static void check_scenario(json_t *a, json_t *b, const char *prefix, const struct scenario_check *check)
{
	const char *key;
	json_t *value;

	json_object_foreach(a, key, value) {
		_cleanup_free_ char *full = mem_printf("%s%s%s", prefix, *prefix ? "." : "", key);
		json_t *other = json_object_get(b, key);

		/* A key that one record lacks is one that its version of the kit did not have. */
		if (!other || is_listed(free_keys, full))
			continue;
		if (json_is_object(value) && json_is_object(other))
			check_scenario(value, other, full, check);
		else if (!same_value(value, other))
			add_difference(check->list, "scenario", full, value, other,
				       !check->by_design && !is_varied(check->vary, full));
	}
}

/* The scenario as it was for a variant. A new reference. */
static json_t *scenario_of(const struct compared *side, const struct conf_table *keys)
{
	json_t *scenario = side->run->scenario ? json_deep_copy(side->run->scenario) : json_object(), *value;
	const struct run_variant *variant = side->variant;
	const char *key;

	/* lists of all variants, of which one is this one's */
	json_object_del(scenario, "program");
	json_object_del(scenario, "bind_now");
	if (!variant)
		return scenario;
	json_object_foreach(variant->settings, key, value)
		if (json_is_string(value))
			conf_json_set(keys, key, json_string_value(value), scenario);
	json_object_set_new(scenario, "program", variant->program ? json_string(variant->program) : json_null());
	json_object_set_new(scenario, "bind_now", json_boolean(variant->bind_now));
	return scenario;
}

static json_t *target_of(const struct compared *side)
{
	return side->variant && side->variant->target ? side->variant->target : side->run->target;
}

/* Two variants of a record are there to be compared. */
static bool differ_by_design(const struct compared *base, const struct compared *new)
{
	return base->variant && new->variant && !strcmp(base->run->id, new->run->id) &&
	       strcmp(base->variant->name, new->variant->name) != 0;
}

void comparable_check(const struct compared *base, const struct compared *new,
		      const struct comparable_options *options, struct difference_list *list)
{
	bool by_design = differ_by_design(base, new);
	struct scenario_check check = { options->vary, by_design, list };
	json_t *a = scenario_of(base, options->keys), *b = scenario_of(new, options->keys);

	check_keys(base->run->host, new->run->host, "machine", machine_keys,
		   options->counts_only ? counts_machine_keys : machine_keys, list);
	check_keys(target_of(base), target_of(new), "target", target_keys, by_design ? NULL : target_keys, list);
	check_keys(base->run->counters, new->run->counters, "counters", counters_keys,
		   options->counts_only ? NULL : counters_keys, list);
	check_scenario(a, b, "", &check);
	json_decref(a);
	json_decref(b);
}

void comparable_check_namesakes(const struct run *base, const struct run *new,
				const struct comparable_options *options, struct difference_list *list)
{
	bool any = false;

	for (size_t i = 0; i < base->n_variants; i++) {
		const struct compared a = { base, &base->variants[i] };
		const struct compared b = { new, run_find_variant(new, a.variant->name) };

		if (b.variant)
			comparable_check(&a, &b, options, list);
		any |= b.variant != NULL;
	}
	if (!any)
		comparable_check(&(struct compared){ base, NULL }, &(struct compared){ new, NULL }, options, list);
}

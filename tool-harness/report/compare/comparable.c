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

/* Names, amounts and places; and what the variants say by themselves. */
static const char *const free_keys[] = {
	"name", "results", "repetitions", "temperature", "time_limit_ns", "null.seed", "program", "bind_now",
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
	for (size_t i = 0; i < list->n; i++)
		free(list->texts[i]);
	free(list->texts);
	memset(list, 0, sizeof(*list));
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

static char *value_text(json_t *value)
{
	char *text;

	if (!value || json_is_null(value))
		return mem_strdup("nothing");
	if (json_is_string(value))
		return mem_strdup(json_string_value(value));
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
	return text ? text : mem_strdup("?");
}

static void add_difference(struct difference_list *list, const char *where, const char *key, json_t *base, json_t *new)
{
	_cleanup_free_ char *base_text = value_text(base), *new_text = value_text(new);

	mem_grow(list->texts, list->n, list->cap);
	list->texts[list->n++] = mem_printf("%s %s: %s against %s", where, key, base_text, new_text);
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

static void check_keys(json_t *base, json_t *new, const char *where, const char *const *keys,
		       struct difference_list *list)
{
	for (; *keys; keys++) {
		json_t *a = json_object_get(base, *keys), *b = json_object_get(new, *keys);

		if (!same_value(a, b))
			add_difference(list, where, *keys, a, b);
	}
}

struct scenario_check {
	const char *const *vary;
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
		if (!other || is_listed(free_keys, full) || is_varied(check->vary, full))
			continue;
		if (json_is_object(value) && json_is_object(other))
			check_scenario(value, other, full, check);
		else if (!same_value(value, other))
			add_difference(check->list, "scenario", full, value, other);
	}
}

/* A variant may have a target of its own, and is known by its name and its settings. */
static void check_variants(const struct run *base, const struct run *new, struct difference_list *list)
{
	for (size_t i = 0; i < base->n_variants; i++) {
		const struct run_variant *other = run_find_variant(new, base->variants[i].name);

		if (!other)
			continue;
		check_keys(base->variants[i].target, other->target, "target", target_keys, list);
		/* the names of cases are free */
		if (!same_value(base->variants[i].settings, other->settings))
			add_difference(list, "settings of variant", other->name, base->variants[i].settings,
				       other->settings);
	}
}

void comparable_check(const struct run *base, const struct run *new, const char *const *vary, bool counts_only,
		      struct difference_list *list)
{
	struct scenario_check check = { vary, list };

	check_keys(base->host, new->host, "machine", counts_only ? counts_machine_keys : machine_keys, list);
	check_keys(base->target, new->target, "target", target_keys, list);
	check_variants(base, new, list);
	if (!counts_only)
		check_keys(base->counters, new->counters, "counters", counters_keys, list);
	check_scenario(base->scenario, new->scenario, "", &check);
}

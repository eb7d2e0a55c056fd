/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the sides of a comparison are: their tools, machines and launchers, the settings that differ,
 * and whether that forbids to compare them. What two records differ in is comparable.c.
 *
 * Invariant: whatever is refused is told, and so is whatever differs and is not.
 */
#include "report/compare/sides.h"

#include <string.h>

#include "lib/json/text.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

#define TOLD_DIFFERENCES 8

/* Heap strings of ours; take them. */
static void add_note(struct comparison *comparison, char *note)
{
	mem_grow(comparison->notes, comparison->n_notes, comparison->cap_notes);
	comparison->notes[comparison->n_notes++] = note;
}

static void add_gap(struct comparison *comparison, char *gap)
{
	mem_grow(comparison->gaps, comparison->n_gaps, comparison->cap_gaps);
	comparison->gaps[comparison->n_gaps++] = gap;
}

void sides_note_incomplete(const struct run *run, struct comparison *ret)
{
	if (!run->complete)
		add_gap(ret, mem_printf("record '%s' is not complete: its run did not come to its end", run->id));
}

/* --- which variants --------------------------------------------------------------- */

/* The variant that a side is about: the one asked for, or its only one; NULL: it has several. */
static const char *only_variant(const struct compare_side *side)
{
	const char *only = NULL;

	if (side->variant)
		return side->variant;
	for (size_t i = 0; i < side->n_runs; i++) {
		for (size_t j = 0; j < side->runs[i].n_variants; j++) {
			const char *name = side->runs[i].variants[j].name;

			if (only && strcmp(only, name))
				return NULL;
			if (!only)
				only = name;
		}
	}
	return only;
}

static struct err *check_variant(const struct compare_side *side, const char *variant)
{
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < side->n_runs; i++) {
		if (run_find_variant(&side->runs[i], variant))
			return NULL;
		for (size_t j = 0; j < side->runs[i].n_variants; j++)
			strbuf_printf(&names, "%s'%s'", names.len ? ", " : "", side->runs[i].variants[j].name);
	}
	return err_hint(err_new("'%s' has no variant '%s'", side->name, variant), "it has %s", names.text);
}

struct err *sides_pair(const struct compare_side *base, const struct compare_side *new,
		       const struct compare_options *options, struct variant_pair *ret)
{
	struct variant_pair pair = { only_variant(base), only_variant(new) };
	struct err *err = base->variant ? check_variant(base, base->variant) : NULL;

	if (!err && new->variant)
		err = check_variant(new, new->variant);
	/* one variant against a side of several is against its namesake there */
	if (!err && base->variant && !pair.new)
		err = check_variant(new, pair.new = base->variant);
	if (!err && new->variant && !pair.base)
		err = check_variant(base, pair.base = new->variant);
	if (err)
		return err;
	if (!pair.base || !pair.new ||
	    !(options->force || options->vary || base->variant || new->variant || !strcmp(pair.base, pair.new)))
		pair = (struct variant_pair){ NULL, NULL };
	*ret = pair;
	return NULL;
}

/* --- what they are ---------------------------------------------------------------- */

static bool has_text(json_t *list, const char *text)
{
	json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		if (json_is_string(value) && !strcmp(json_string_value(value), text))
			return true;
	return false;
}

/* Adds a text, if there is one, to a list that has it not. */
static void tell(json_t *about, const char *list, const char *text)
{
	if (text && *text && !has_text(json_object_get(about, list), text))
		json_array_append_new(json_object_get(about, list), json_text(text));
}

static void tell_tool(json_t *about, const struct trial *trial)
{
	_cleanup_free_ char *both = trial->tool_version ? mem_printf("%s (%s)", trial->tool, trial->tool_version) :
							  mem_strdup(trial->tool);

	tell(about, "tools", both);
}

static void tell_machine(json_t *about, const struct run *run)
{
	const char *const keys[] = { "hostname", "cpu_model", "kernel" };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = json_string_value(json_object_get(run->host, keys[i]));

		if (value)
			strbuf_printf(&text, "%s%s", text.len ? ", " : "", value);
	}
	tell(about, "machines", text.text);
	tell(about, "launchers", json_string_value(json_object_get(run->host, "launcher_version")));
}

/* Of the runs of these variants; NULL: of all. */
static void tell_run(json_t *about, const struct run *run, const char *variant)
{
	bool traced = false;

	tell(about, "records", run->id);
	for (size_t i = 0; i < run->n_trials; i++)
		traced |= run->trials[i].traced;
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		if (trial->tool && trial->traced == traced &&
		    (!variant || !strcmp(run->variants[trial->variant].name, variant)))
			tell_tool(about, trial);
	}
	tell_machine(about, run);
	tell(about, "kits", run->kit_version);
}

static json_t *about_new(const char *name)
{
	return json_pack("{s:o, s:[], s:[], s:[], s:[], s:[]}", "name", json_text(name), "records", "tools", "machines",
			 "launchers", "kits");
}

static json_t *about_side(const struct compare_side *side, const char *variant)
{
	json_t *about = about_new(side->name);

	for (size_t i = 0; i < side->n_runs; i++)
		tell_run(about, &side->runs[i], variant);
	return about;
}

void sides_describe_variants(const struct run *run, size_t base, size_t new, const struct conf_table *keys,
			     struct comparison *ret)
{
	const struct compared a = { run, &run->variants[base] }, b = { run, &run->variants[new] };
	const size_t variants[] = { base, new };

	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		const char *name = run->variants[variants[i]].name;

		ret->about[i] = about_new(name);
		tell_run(ret->about[i], run, name);
	}
	comparable_check(&a, &b, &(struct comparable_options){ .keys = keys }, &ret->differs);
}

/* --- refusal ---------------------------------------------------------------------- */

/* Every record of both sides against the first of the base. */
static void find_differences(const struct compare_side *base, const struct compare_side *new,
			     const struct variant_pair *pair, const struct compare_options *options,
			     struct comparison *ret)
{
	const struct comparable_options how = { options->keys, options->vary, options->counts_only };
	const struct compare_side *sides[] = { base, new };
	const struct run *first = &base->runs[0];

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		const char *name = i ? pair->new : pair->base;

		for (size_t j = 0; j < sides[i]->n_runs; j++) {
			const struct run *run = &sides[i]->runs[j];
			const struct compared a = { first, pair->base ? run_find_variant(first, pair->base) : NULL };
			const struct compared b = { run, name ? run_find_variant(run, name) : NULL };

			if (name)
				comparable_check(&a, &b, &how, &ret->differs);
			else
				comparable_check_namesakes(first, run, &how, &ret->differs);
		}
	}
	for (size_t i = 0; i < ret->differs.n; i++)
		if (ret->differs.all[i].forbids)
			add_note(ret, difference_text(&ret->differs.all[i]));
}

/* One variant of a record against another one of it is a comparison; against itself it says nothing. */
static bool is_other_variant(const struct compare_side *a, const struct compare_side *b)
{
	return a != b && a->variant && b->variant && strcmp(a->variant, b->variant) != 0;
}

static void find_repeated(const struct compare_side *base, const struct compare_side *new, struct comparison *ret)
{
	const struct compare_side *sides[] = { base, base, new }, *others[] = { base, new, new };

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		bool same_side = sides[i] == others[i];

		for (size_t j = 0; j < sides[i]->n_runs && !is_other_variant(sides[i], others[i]); j++)
			for (size_t k = same_side ? j + 1 : 0; k < others[i]->n_runs; k++)
				if (!strcmp(sides[i]->runs[j].id, others[i]->runs[k].id))
					add_note(ret, mem_printf("record '%s' stands %s", sides[i]->runs[j].id,
								 same_side ? "twice on one side" : "on both sides"));
	}
}

/* Of both sides' records each that is not complete; by force they are noted like differences. */
static void find_incomplete(const struct compare_side *base, const struct compare_side *new, bool force,
			    struct comparison *ret)
{
	const struct compare_side *sides[] = { base, new };

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++)
		for (size_t j = 0; j < sides[i]->n_runs; j++)
			sides_note_incomplete(&sides[i]->runs[j], ret);
	for (size_t i = 0; force && i < ret->n_gaps; i++)
		add_note(ret, ret->gaps[i]);
	ret->n_gaps = force ? 0 : ret->n_gaps;
}

static struct err *refuse(const struct comparison *comparison)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < comparison->n_notes && i < TOLD_DIFFERENCES; i++)
		strbuf_printf(&text, "\n  %s", comparison->notes[i]);
	if (comparison->n_notes > TOLD_DIFFERENCES)
		strbuf_printf(&text, "\n  and %zu more", comparison->n_notes - TOLD_DIFFERENCES);
	return err_hint(err_exit(EXIT_INVALID, "'%s' and '%s' cannot be compared:%s", comparison->base,
				 comparison->new, text.text),
			"--vary KEY if that key is what is to be compared; --force to compare in spite of all");
}

struct err *sides_check(const struct compare_side *base, const struct compare_side *new,
			const struct variant_pair *pair, const struct compare_options *options, struct comparison *ret)
{
	ret->about[COMPARE_BASE] = about_side(base, pair->base);
	ret->about[COMPARE_NEW] = about_side(new, pair->new);
	find_differences(base, new, pair, options, ret);
	find_repeated(base, new, ret);
	if (ret->n_notes && !options->force)
		return refuse(ret);
	find_incomplete(base, new, options->force, ret);
	return NULL;
}

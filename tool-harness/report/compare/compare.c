/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which runs stand against which: variants by name, temperatures by themselves. What is said
 * about two groups of runs is verdict.c, whether they may be compared comparable.c.
 *
 * Invariant: a run is in no more than one side of one part.
 */
#include "report/compare/compare.h"

#include <string.h>

#include "lib/mem.h"
#include "report/compare/sides.h"
#include "report/compare/verdict.h"

const char *const compare_verdict_names[] = { "better", "same", "changed", "not tested", "cannot tell",
					      "not comparable", "worse", NULL };
const char *const compare_only_names[] = { "", "only in BASE", "only in NEW", NULL };

void comparison_deinit(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->n_parts; i++)
		free(comparison->parts[i].name);
	for (size_t i = 0; i < comparison->n_notes; i++)
		free(comparison->notes[i]);
	free(comparison->parts);
	for (size_t i = 0; i < comparison->n_gaps; i++)
		free(comparison->gaps[i]);
	free(comparison->gaps);
	difference_list_deinit(&comparison->differs);
	for (size_t i = 0; i < ARRAY_SIZE(comparison->about); i++)
		json_decref(comparison->about[i]);
	free(comparison->notes);
	free(comparison->base);
	free(comparison->new);
	memset(comparison, 0, sizeof(*comparison));
}

enum exit_status comparison_status(const struct comparison *comparison)
{
	switch (comparison->verdict) {
	case COMPARE_WORSE:
		return EXIT_REGRESSION;
	case COMPARE_MISSING:
		return EXIT_INVALID;
	case COMPARE_CANNOT_TELL:
		return EXIT_INCONCLUSIVE;
	default:
		return EXIT_OK;
	}
}

static const char *name_of(const struct run *run, size_t variant)
{
	return run->variants[variant].name;
}

static bool side_is_empty(const struct part_side *side)
{
	return side->n + side->invalid == 0;
}

static void compare_part_of(const struct part_side *base, const struct part_side *new, const char *name,
			    enum temperature temperature, const struct part_how *how, struct comparison *ret)
{
	struct compare_part *part;

	if (side_is_empty(base) && side_is_empty(new))
		return;
	mem_grow(ret->parts, ret->n_parts, ret->cap_parts);
	part = &ret->parts[ret->n_parts++];
	*part = (struct compare_part){ .name = mem_strdup(name), .temperature = temperature };
	part_compare(base, new, how, part);
}

/* What is not whole weighs as what is missing. */
static void sum_up(struct comparison *comparison, const struct tolerances *tolerances)
{
	bool any_better = false;

	comparison->cannot_tell = (enum cannot_tell_policy)tolerances->cannot_tell;
	comparison->verdict = comparison->n_gaps    ? missing_verdict(tolerances) :
			      comparison->n_parts ? COMPARE_SAME :
						    COMPARE_CANNOT_TELL;
	for (size_t i = 0; i < comparison->n_parts; i++) {
		enum compare_verdict verdict = comparison->parts[i].verdict;

		any_better |= verdict == COMPARE_BETTER;
		if (verdict >= COMPARE_CANNOT_TELL && verdict > comparison->verdict)
			comparison->verdict = verdict;
	}
	if (comparison->verdict == COMPARE_SAME && any_better)
		comparison->verdict = COMPARE_BETTER;
}

void compare_variants(const struct run *run, size_t base, size_t new, const struct compare_options *options,
		      struct comparison *ret)
{
	struct comparison comparison = {
		.base = mem_strdup(name_of(run, base)),
		.new = mem_strdup(name_of(run, new)),
	};
	const struct part_how how = { options->tolerances, false, true, run->looks };
	_cleanup_free_ char *name = mem_printf("%s / %s", comparison.base, comparison.new);

	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		_cleanup_(part_side_deinit) struct part_side base_side = { 0 }, new_side = { 0 };

		part_side_add(&base_side, run, base, i);
		part_side_add(&new_side, run, new, i);
		compare_part_of(&base_side, &new_side, name, i, &how, &comparison);
	}
	sides_describe_variants(run, base, new, options->keys, &comparison);
	sides_note_incomplete(run, &comparison);
	sum_up(&comparison, options->tolerances);
	*ret = comparison;
}

/* --- sides of several records ----------------------------------------------------- */

/* All runs of a side that belong to a variant of this name. */
static void gather(const struct compare_side *side, const char *variant, enum temperature temperature,
		   struct part_side *ret)
{
	for (size_t i = 0; i < side->n_runs; i++) {
		for (size_t j = 0; j < side->runs[i].n_variants; j++) {
			if (!strcmp(name_of(&side->runs[i], j), variant))
				part_side_add(ret, &side->runs[i], j, temperature);
		}
	}
}

static void compare_names(const struct compare_side *base, const char *base_name, const struct compare_side *new,
			  const char *new_name, const struct compare_options *options, struct comparison *ret)
{
	_cleanup_free_ char *name = strcmp(base_name, new_name) ? mem_printf("%s / %s", base_name, new_name)
								 : mem_strdup(base_name);
	/* of one record, whose variants took turns */
	bool interleaved = base->n_runs == 1 && new->n_runs == 1 && !strcmp(base->runs[0].id, new->runs[0].id);
	const struct part_how how = { options->tolerances, options->counts_only, interleaved,
				      interleaved ? base->runs[0].looks : 0 };

	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		_cleanup_(part_side_deinit) struct part_side base_side = { 0 }, new_side = { 0 };

		gather(base, base_name, i, &base_side);
		gather(new, new_name, i, &new_side);
		compare_part_of(&base_side, &new_side, name, i, &how, ret);
	}
}

/* A record before the j-th variant of the i-th record of the sides has a variant of this name. */
static bool was_named(const struct compare_side *const *sides, size_t side, size_t run, const char *name)
{
	for (size_t i = 0; i <= side; i++)
		for (size_t j = 0; j < (i < side ? sides[i]->n_runs : run); j++)
			if (run_find_variant(&sides[i]->runs[j], name))
				return true;
	return false;
}

/* Each variant of any record of either side, with its namesakes or alone. */
static void compare_namesakes(const struct compare_side *base, const struct compare_side *new,
			      const struct compare_options *options, struct comparison *ret)
{
	const struct compare_side *sides[] = { base, new };

	for (size_t side = 0; side < ARRAY_SIZE(sides); side++) {
		for (size_t run = 0; run < sides[side]->n_runs; run++) {
			for (size_t i = 0; i < sides[side]->runs[run].n_variants; i++) {
				const char *name = name_of(&sides[side]->runs[run], i);

				if (!was_named(sides, side, run, name))
					compare_names(base, name, new, name, options, ret);
			}
		}
	}
}

static bool any_common(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->n_parts; i++)
		if (comparison->parts[i].only == COMPARE_BOTH)
			return true;
	return false;
}

static struct err *compare_all(const struct compare_side *base, const struct compare_side *new,
			       const struct compare_options *options, struct comparison *ret)
{
	struct variant_pair pair;
	struct err *err = sides_pair(base, new, options, &pair);

	if (!err)
		err = sides_check(base, new, &pair, options, ret);
	if (err)
		return err;
	if (pair.base)
		compare_names(base, pair.base, new, pair.new, options, ret);
	else
		compare_namesakes(base, new, options, ret);
	if (!any_common(ret))
		return err_hint(err_exit(EXIT_INVALID, "'%s' and '%s' have no variant and temperature in common",
					 base->name, new->name),
				"RECORD#VARIANT names one; 'attachstorm show RECORD' lists them");
	return NULL;
}

struct err *compare_sides(const struct compare_side *base, const struct compare_side *new,
			  const struct compare_options *options, struct comparison *ret)
{
	struct comparison comparison = {
		.base = mem_strdup(base->name),
		.new = mem_strdup(new->name),
		.counts_only = options->counts_only,
	};
	struct err *err = compare_all(base, new, options, &comparison);

	if (err) {
		comparison_deinit(&comparison);
		return err;
	}
	sum_up(&comparison, options->tolerances);
	*ret = comparison;
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks numbers up by the record's own tables of fields. Decides what a number that is not there means.
 *
 * Invariant: what a tool does not tell is absent, not 0.
 */
#include "report/table/figures.h"

#include <inttypes.h>
#include <string.h>

#include "lib/mem.h"
#include "report/record/fields.h"

const struct summary *figure_summary(const struct figure_place *place)
{
	return &place->run->variants[place->variant].summaries[place->temperature];
}

/* With "@" replaced; heap. */
static char *summary_key(const struct figure_place *place, const char *key)
{
	if (*key != '@')
		return mem_strdup(key);
	return mem_printf("%straced_ns%s", figure_summary(place)->n_traced ? "" : "un", key + 1);
}

char *figure_key(const struct figure_place *place, const char *key)
{
	_cleanup_free_ char *in_summary = summary_key(place, key);

	return mem_printf("variants[%zu].summary.%s.%s", place->variant, temperature_names[place->temperature],
			  in_summary);
}

bool figure_number(const struct figure_place *place, const char *key, double *ret)
{
	_cleanup_free_ char *in_summary = summary_key(place, key);

	return fields_number(summary_fields, figure_summary(place), in_summary, ret);
}

/* Runs without a tool have times alone. */
static bool is_of_tool(const char *key)
{
	return *key != '@' && strncmp(key, "untraced_ns", 11) && strncmp(key, "n_", 2) && strncmp(key, "counters", 8);
}

/* Counts of load events and of what they bring. */
static bool is_of_events(const char *key)
{
	return !strncmp(key, "stops", 5) || !strncmp(key, "load_events", 11) || strstr(key, "libraries");
}

/* NULL: it is known. */
static const char *why_absent(const struct figure_place *place, const char *key, double *ret)
{
	if (is_of_tool(key) && !figure_summary(place)->n_traced)
		return "not traced";
	if (figure_number(place, key, ret))
		return NULL;
	if (is_of_events(key) && !run_tells_events(place->run, &place->run->variants[place->variant]))
		return "the tool does not tell of load events";
	return "not measured";
}

void figure_put(struct grid *grid, const struct figure_place *place, enum cell_kind kind, const char *key)
{
	_cleanup_free_ char *full = figure_key(place, key);
	double value = 0;
	const char *why = why_absent(place, key, &value);

	if (why)
		grid_absent(grid, why);
	else
		grid_value(grid, kind, value, place->run->id, "%s", full);
}

void figure_put_quotient(struct grid *grid, enum cell_kind kind, const struct figure_place *over, const char *over_key,
			 const struct figure_place *under, const char *under_key)
{
	_cleanup_free_ char *key = figure_key(over, over_key), *by = figure_key(under, under_key);
	double value = 0, divisor = 0;
	const char *why = why_absent(over, over_key, &value);

	why = why ? why : why_absent(under, under_key, &divisor);
	if (why)
		grid_absent(grid, why);
	else
		grid_quotient(grid, kind, value, divisor, over->run->id, key, by);
}

void figures_add_columns(struct grid *grid, const struct figure *figures, size_t n)
{
	for (size_t i = 0; i < n; i++)
		grid_add_columns(grid,
				 &(struct grid_column){ figures[i].title, figures[i].width, figures[i].flags, NULL },
				 1);
}

void figures_put(struct grid *grid, const struct figure_place *place, const struct figure *figures, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (figures[i].under)
			figure_put_quotient(grid, figures[i].kind, place, figures[i].key, place, figures[i].under);
		else
			figure_put(grid, place, figures[i].kind, figures[i].key);
}

char *figures_corner(const struct run *run, enum temperature temperature)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = 0; i < run->n_variants; i++) {
		const struct summary *s = &run->variants[i].summaries[temperature];
		uint64_t n = s->n_traced ? s->n_traced : s->n_untraced;

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	if (least < most)
		return mem_printf("%s: n = %" PRIu64 " to %" PRIu64, temperature_names[temperature], least, most);
	return mem_printf("%s: n = %" PRIu64, temperature_names[temperature], most);
}

bool figures_has_runs(const struct figure_place *place)
{
	const struct summary *s = figure_summary(place);

	return s->n_traced + s->n_untraced + s->n_invalid > 0;
}

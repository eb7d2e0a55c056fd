/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Costs, each as a distribution and as a multiple of the machine's floor, and the model that they make, beside
 * what was measured.
 *
 * Invariant: a cost is a multiple of the floor of its own variant's ways to wait and to write.
 */
#include "report/table/costs.h"

#include <string.h>

#include "lib/mem.h"
#include "report/human.h"
#include "report/table/figures.h"

static const struct {
	const char *what, *of_what;
	const char *key;
	enum floor_kind floor; /* which one it is a multiple of; FLOOR_N: none */
} cost_rows[] = {
	{ "T1", "one load event", "t1_ns", FLOOR_STOP },
	{ "T2", "one reinsertion", "t2_ns", FLOOR_TRAP },
	{ "handling", "one stop", "handling_ns", FLOOR_STOP },
	{ "queueing", "one stop", "queue_ns", FLOOR_N },
	{ "full cost", "one stop, to a task", "task_cost_per_stop_ns", FLOOR_STOP },
	{ "full cost", "one stop, to the job", "job_cost_per_stop_ns", FLOOR_STOP },
};

static const struct {
	const char *title, *key;
	int width;
	unsigned flags;
} cost_columns[] = {
	{ "n", "n", 9, 0 },	    { "min", "min", 0, COLUMN_DETAIL }, { "p10", "p10", 11, 0 },
	{ "median", "p50", 11, 0 }, { "mean", "mean", 11, 0 },	        { "p90", "p90", 11, 0 },
	{ "p99", "p99", 0, COLUMN_DETAIL }, { "max", "max", 0, COLUMN_DETAIL },
};

/* --- floors ----------------------------------------------------------------------- */

/* A calibration value is a number, or an object whose "p50" is one. */
static void read_floor(const json_t *in, const char *prefix, const char *key, struct floor *ret)
{
	const json_t *value = json_object_get(in, key);
	bool is_median = json_is_object(value);

	*ret = (struct floor){ .ns = json_number_value(is_median ? json_object_get(value, "p50") : value) };
	if (ret->ns > 0)
		snprintf(ret->key, sizeof(ret->key), "calibration.%s%s%s", prefix, key, is_median ? ".p50" : "");
}

static const char *wait_of(const struct run *run, const struct run_variant *variant)
{
	const char *wait = run_variant_text(run, variant, "wait");

	return wait ? wait : "block";
}

/* A tracer that follows a bound task is on its core. */
static bool is_on_its_core(const struct run *run, const struct run_variant *variant)
{
	const char *bind = run_variant_text(run, variant, "bind");

	return bind && !strcmp(bind, "core") && !strcmp(wait_of(run, variant), "follow");
}

void floors_read(const struct run *run, const struct run_variant *variant, struct floor ret[FLOOR_N])
{
	const char *write = run_variant_text(run, variant, "breakpoints.write");
	_cleanup_free_ char *trap_key = mem_printf("trap_write_%s_ns", write ? write : "");

	read_floor(json_object_get(run->calibration, "bare_stop_continue_ns"), "bare_stop_continue_ns.",
		   is_on_its_core(run, variant) ? "same_core" : wait_of(run, variant), &ret[FLOOR_STOP]);
	read_floor(run->calibration, "", json_object_get(run->calibration, trap_key) ? trap_key : "trap_write_ns",
		   &ret[FLOOR_TRAP]);
	read_floor(run->calibration, "", "register_access_ns", &ret[FLOOR_REGISTER]);
}

void floors_add(const struct run *run, size_t variant, struct grid_list *list)
{
	static const char *const names[] = { "stop and continue", "trap write", "register access" };
	static const enum floor_kind order[] = { FLOOR_STOP, FLOOR_REGISTER, FLOOR_TRAP };
	const struct run_variant *v = &run->variants[variant];
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;
	struct floor floors[FLOOR_N];

	floors_read(run, v, floors);
	if (!(floors[FLOOR_STOP].ns > 0))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (!(floors[order[i]].ns > 0))
			continue;
		strbuf_printf(&facts, "%s%s ", facts.len ? " · " : "", names[order[i]]);
		human_duration(&facts, floors[order[i]].ns);
		if (order[i] == FLOOR_STOP)
			strbuf_printf(&facts, ", wait %s%s", wait_of(run, v),
				      is_on_its_core(run, v) ? ", task bound" : "");
	}
	grid_note(list, GRID_FACTS, "floor", "%s", facts.text);
}

/* --- costs ------------------------------------------------------------------------ */

bool costs_has_any(const struct run *run, size_t variant)
{
	for (size_t t = 0; t < TEMPERATURE_N; t++)
		if (run->variants[variant].summaries[t].handling_ns.n)
			return true;
	return false;
}

/* Below 0 is a difference of two runs that is smaller than what they vary by. */
static void put_multiple(struct grid *grid, const struct figure_place *place, const char *median,
			 const struct floor *floor)
{
	_cleanup_free_ char *key = figure_key(place, median);
	double value = 0;

	if (!floor) {
		grid_empty(grid);
	} else if (figure_number(place, median, &value) && value < 0) {
		grid_absent(grid, "the difference of two runs is smaller than what they vary by");
		grid_show(grid, "noise");
	} else {
		grid_quotient(grid, CELL_RATIO, value, floor->ns, place->run->id, key, floor->key);
	}
}

static void put_costs(const struct run *run, size_t variant, struct grid *grid)
{
	struct floor floors[FLOOR_N];

	floors_read(run, &run->variants[variant], floors);
	for (size_t row = 0; row < ARRAY_SIZE(cost_rows); row++) {
		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			const struct figure_place place = { run, variant, t };
			_cleanup_free_ char *n_key = mem_printf("%s.n", cost_rows[row].key),
					    *median = mem_printf("%s.p50", cost_rows[row].key);
			double n = 0;

			figure_number(&place, n_key, &n);
			if (n == 0)
				continue;
			grid_text(grid, "%s", run->variants[variant].name);
			grid_text(grid, "%s", cost_rows[row].what);
			grid_text(grid, "%s", cost_rows[row].of_what);
			grid_text(grid, "%s", temperature_names[t]);
			for (size_t i = 0; i < ARRAY_SIZE(cost_columns); i++) {
				_cleanup_free_ char *key =
					mem_printf("%s.%s", cost_rows[row].key, cost_columns[i].key);

				figure_put(grid, &place, i ? CELL_TIME : CELL_COUNT, key);
			}
			if (*floors[FLOOR_STOP].key)
				put_multiple(grid, &place, median,
					     cost_rows[row].floor < FLOOR_N ? &floors[cost_rows[row].floor] : NULL);
		}
	}
}

void costs_add(const struct run *run, size_t first, size_t n, struct grid_list *list)
{
	static const struct grid_column labels[] = {
		{ "Variant", 0, COLUMN_LABEL | COLUMN_DETAIL, NULL },
		{ "costs", 10, COLUMN_LABEL, NULL },
		{ "", 22, COLUMN_LABEL, NULL },
		{ "", 5, COLUMN_LABEL, NULL },
	};
	struct grid *grid = grid_add(list, GRID_TABLE, "costs");
	struct floor floors[FLOOR_N];

	floors_read(run, &run->variants[first], floors);
	grid_add_columns(grid, labels, ARRAY_SIZE(labels));
	for (size_t i = 0; i < ARRAY_SIZE(cost_columns); i++)
		grid_add_columns(grid,
				 &(struct grid_column){ cost_columns[i].title, cost_columns[i].width,
							cost_columns[i].flags, NULL },
				 1);
	if (*floors[FLOOR_STOP].key)
		grid_add_columns(grid, &(struct grid_column){ "× floor", 10, 0, NULL }, 1);
	for (size_t i = first; i < first + n; i++)
		put_costs(run, i, grid);
}

/* --- model ------------------------------------------------------------------------ */

static void put_formula(const struct summary *s, struct grid *grid)
{
	_cleanup_strbuf_ struct strbuf formula = STRBUF_INIT;

	human_count(&formula, s->load_events_per_task);
	strbuf_puts(&formula, " × ");
	human_count(&formula, s->tasks);
	strbuf_puts(&formula, s->t2_ns.n ? " × (" : " × ");
	human_duration(&formula, s->t1_ns.mean);
	if (s->t2_ns.n) {
		strbuf_puts(&formula, " + ");
		human_count(&formula, s->breakpoints);
		strbuf_puts(&formula, " × ");
		human_duration(&formula, s->t2_ns.mean);
		strbuf_putc(&formula, ')');
	}
	grid_text(grid, "%s", formula.text);
}

void model_add(const struct run *run, size_t variant, struct grid_list *list)
{
	static const struct grid_column labels[] = {
		{ "model", 10, COLUMN_LABEL, NULL },
		{ "M × N × (T1 + B × T2)", 44, COLUMN_LABEL, NULL },
	};
	static const struct figure figures[] = {
		{ "model", 12, 0, CELL_TIME, "model_ns.p50", NULL },
		{ "measured", 12, 0, CELL_TIME, "measured_ns.p50", NULL },
		{ "model / measured", 20, 0, CELL_NUMBER, "model_ratio.p50", NULL },
	};
	struct grid *grid = grid_add(list, GRID_TABLE, "model");

	grid_add_columns(grid, labels, ARRAY_SIZE(labels));
	figures_add_columns(grid, figures, ARRAY_SIZE(figures));
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		const struct figure_place place = { run, variant, t };
		const struct summary *s = figure_summary(&place);

		if (!s->n_traced || !s->model_ratio.n)
			continue;
		grid_text(grid, "  %s", temperature_names[t]);
		put_formula(s, grid);
		figures_put(grid, &place, figures, ARRAY_SIZE(figures));
	}
}

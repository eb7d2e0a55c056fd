/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of the table about costs: each as a distribution and as a multiple of the
 * machine's floor, and the model that they make, beside what was measured.
 */
#include "report/table/costs.h"

#include <stddef.h>

#include "lib/cleanup.h"
#include "report/table/cell.h"
#include "report/human.h"
#include "report/table/head.h"

#define COST_LABEL_WIDTH 31

/* Which floor a cost is a multiple of. */
enum floor_kind { FLOOR_NONE, FLOOR_STOP, FLOOR_TRAP };

static const struct {
	const char *label;
	size_t offset; /* of a struct quantiles in struct summary */
	enum floor_kind floor;
} cost_rows[] = {
	{ "T1        one load event", offsetof(struct summary, t1_ns), FLOOR_STOP },
	{ "T2        one reinsertion", offsetof(struct summary, t2_ns), FLOOR_TRAP },
	{ "handling  one stop", offsetof(struct summary, handling_ns), FLOOR_STOP },
	{ "queueing  one stop", offsetof(struct summary, queue_ns), FLOOR_NONE },
	{ "full cost one stop, to a task", offsetof(struct summary, task_cost_per_stop_ns), FLOOR_STOP },
	{ "          one stop, to the job", offsetof(struct summary, job_cost_per_stop_ns), FLOOR_STOP },
};

static void put_cost(const struct quantiles *q, double floor_ns, struct strbuf *out)
{
	cell_count(out, q->n, 10);
	cell_duration(out, q->p10, 11);
	cell_duration(out, q->p50, 11);
	cell_duration(out, q->mean, 11);
	cell_duration(out, q->p90, 11);
	if (floor_ns > 0 && q->p50 < 0)
		cell_right(out, "noise", 10); /* a difference of two runs, smaller than what they vary by */
	else if (floor_ns > 0)
		cell_multiple(out, q->p50 / floor_ns, 10);
	cell_end(out);
}

/* A program that loads nothing after its start has no costs to show. */
bool costs_have_any(const struct summary *summaries)
{
	for (size_t i = 0; i < TEMPERATURE_N; i++)
		if (summaries[i].handling_ns.n)
			return true;
	return false;
}

void costs_put(const struct run *run, const struct run_variant *variant, struct strbuf *out)
{
	const struct summary *summaries = variant->summaries;
	struct floors floors;

	floors_read(run, variant, &floors);
	cell_headings(out, "costs", COST_LABEL_WIDTH,
		      (const char *const[]){ "", "n", "p10", "median", "mean", "p90",
					     floors.stop_ns > 0 ? "× floor" : "", NULL },
		      (const int[]){ 5, 10, 11, 11, 11, 11, 10 });
	for (size_t row = 0; row < ARRAY_SIZE(cost_rows); row++) {
		const char *label = cost_rows[row].label;
		double floor_ns = cost_rows[row].floor == FLOOR_STOP ? floors.stop_ns
				  : cost_rows[row].floor == FLOOR_TRAP ? floors.trap_ns : 0;

		for (size_t i = 0; i < TEMPERATURE_N; i++) {
			const struct quantiles *q =
				(const struct quantiles *)((const char *)&summaries[i] + cost_rows[row].offset);

			if (!q->n)
				continue;
			cell_left(out, label, COST_LABEL_WIDTH);
			cell_right(out, temperature_names[i], 5);
			put_cost(q, floor_ns, out);
			label = "";
		}
	}
	floors_put(&floors, out);
}

void model_put(const struct summary *summaries, struct strbuf *out)
{
	cell_headings(out, "model     M × N × (T1 + B × T2)", 54,
		      (const char *const[]){ "model", "measured", "model / measured", NULL },
		      (const int[]){ 12, 12, 20 });
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct summary *s = &summaries[i];
		_cleanup_strbuf_ struct strbuf formula = STRBUF_INIT;

		if (!s->n_traced || !s->model_ratio.n)
			continue;
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
		cell_label(out, temperature_names[i], 10);
		cell_left(out, formula.text, 44);
		cell_duration(out, s->model_ns.p50, 12);
		cell_duration(out, s->measured_ns.p50, 12);
		cell_format(out, 20, "%.2f", s->model_ratio.p50);
		cell_end(out);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table's body: phases as in the paper's Table 4, events, costs, model and
 * verdict. The head (target, job, machine) is tablehead.c, cells are cell.c.
 *
 * Invariant: no line is wider than TABLE_WIDTH, but for contradictions and names,
 * which are never cut.
 */
#include "report/table.h"

#include <string.h>

#include "report/cell.h"
#include "report/human.h"
#include "report/metrics.h"
#include "report/tablehead.h"

#define LABEL_WIDTH 34
#define COST_LABEL_WIDTH 31
#define QUOTED_CONTRADICTIONS 12

static bool is_shown(const struct summary *summary)
{
	return summary->n_traced + summary->n_untraced + summary->n_invalid > 0;
}

static const struct {
	enum span span;
	const char *label;
} span_rows[] = {
	{ SPAN_PHASE1, "phase 1   launch to planted" },
	{ SPAN_ACQUIRE, "          tasks acquired" },
	{ SPAN_STOP, "          stopped at exec" },
	{ SPAN_START, "          linked libraries mapped" },
	{ SPAN_LINKMAPS, "          link maps read" },
	{ SPAN_SYMBOLS, "          symbols read" },
	{ SPAN_PLANT, "          breakpoints planted" },
	{ SPAN_FIRST_STACK, "stacks    first task" },
	{ SPAN_LAST_STACK, "          last task" },
	{ SPAN_PHASE2, "phase 2   continued to imported" },
	{ SPAN_STARTUP, "phase 1 + 2" },
	{ SPAN_VISIT, "visit" },
	{ SPAN_MPI, "MPI test" },
	{ SPAN_EXIT, "exit" },
	{ SPAN_TOTAL, "total" },
	{ SPAN_IMPORT_WORST, "import    slowest rank" },
	{ SPAN_IMPORT_MEDIAN, "          median rank" },
};

static void put_span_heading(const struct summary *summaries, struct strbuf *out)
{
	cell_left(out, "", LABEL_WIDTH);
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct summary *s = &summaries[i];

		if (is_shown(s))
			cell_ruled(out, 31, "%s: n = %zu, untraced %zu", temperature_names[i], (size_t)s->n_traced,
				   (size_t)s->n_untraced);
	}
	cell_end(out);
	cell_left(out, "", LABEL_WIDTH);
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		if (!is_shown(&summaries[i]))
			continue;
		cell_right(out, "untraced", 12);
		cell_right(out, "traced", 11);
		cell_right(out, "ratio", 10);
	}
	cell_end(out);
}

static void put_spans(const struct summary *summaries, struct strbuf *out)
{
	put_span_heading(summaries, out);
	for (size_t row = 0; row < ARRAY_SIZE(span_rows); row++) {
		enum span span = span_rows[row].span;
		bool any = false;

		for (size_t i = 0; i < TEMPERATURE_N; i++)
			any |= summaries[i].traced_ns[span].n + summaries[i].untraced_ns[span].n > 0;
		if (!any)
			continue;
		cell_left(out, span_rows[row].label, LABEL_WIDTH);
		for (size_t i = 0; i < TEMPERATURE_N; i++) {
			const struct summary *s = &summaries[i];

			if (!is_shown(s))
				continue;
			cell_median(out, &s->untraced_ns[span], 12);
			cell_median(out, &s->traced_ns[span], 11);
			if (s->ratio[span].n)
				cell_multiple(out, s->ratio[span].p50, 10);
			else
				cell_right(out, "", 10);
		}
		cell_end(out);
	}
}

static double stops_in_phase(const struct summary *s, enum event_phase phase)
{
	double sum = 0;

	for (size_t class = 0; class < EVENT_N_CLASSES; class++)
		sum += s->stops[phase][class];
	return sum;
}

static double stops_of_class(const struct summary *s, enum event_class class)
{
	double sum = 0;

	for (size_t phase = 0; phase < EVENT_N_PHASES; phase++)
		sum += s->stops[phase][class];
	return sum;
}

static void put_stops(const struct summary *summaries, struct strbuf *out)
{
	cell_headings(out, "stops, all tasks", 18,
		      (const char *const[]){ "all", "add", "delete", "consistent", "null", "start-up", "import",
					     "later", NULL },
		      (const int[]){ 10, 9, 9, 12, 9, 12, 10, 10 });
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct summary *s = &summaries[i];
		double all = 0;

		if (!s->n_traced)
			continue;
		for (size_t phase = 0; phase < EVENT_N_PHASES; phase++)
			all += stops_in_phase(s, phase);
		cell_label(out, temperature_names[i], 18);
		cell_count(out, all, 10);
		cell_count(out, stops_of_class(s, EVENT_ADD), 9);
		cell_count(out, stops_of_class(s, EVENT_DELETE), 9);
		cell_count(out, stops_of_class(s, EVENT_CONSISTENT), 12);
		cell_count(out, stops_of_class(s, EVENT_NULL), 9);
		cell_count(out, stops_in_phase(s, EVENT_STARTUP), 12);
		cell_count(out, stops_in_phase(s, EVENT_IMPORT), 10);
		cell_count(out, stops_in_phase(s, EVENT_LATER), 10);
		cell_end(out);
		if (stops_of_class(s, EVENT_LOADED) + stops_of_class(s, EVENT_UNLOADED) > 0) {
			strbuf_puts(out, "    told at their end: loads ");
			human_count(out, stops_of_class(s, EVENT_LOADED));
			strbuf_puts(out, ", unloads ");
			human_count(out, stops_of_class(s, EVENT_UNLOADED));
			cell_end(out);
		}
		if (s->odd_sequences > 0) {
			strbuf_puts(out, "    odd sequences of stops: ");
			human_count(out, s->odd_sequences);
			cell_end(out);
		}
	}
}

static void put_libraries(const struct summary *summaries, struct strbuf *out)
{
	cell_headings(out, "per task", 18,
		      (const char *const[]){ "load events", "of phase 2", "libs at start", "at end", "of target",
					     "breakpoints", "hits", NULL },
		      (const int[]){ 12, 12, 15, 9, 11, 13, 10 });
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct summary *s = &summaries[i];

		if (!s->n_traced || s->tasks <= 0)
			continue;
		cell_label(out, temperature_names[i], 18);
		cell_count(out, s->load_events / s->tasks, 12);
		cell_count(out, s->load_events_per_task, 12);
		cell_count(out, s->libraries_at_start, 15);
		cell_count(out, s->libraries_at_end, 9);
		cell_count(out, s->target_libraries, 11);
		cell_count(out, s->breakpoints_planted / s->tasks, 13);
		cell_count(out, s->breakpoint_hits / s->tasks, 10);
		cell_end(out);
	}
}

static void put_tracer(const struct summary *summaries, struct strbuf *out)
{
	cell_headings(out, "tracer", 18,
		      (const char *const[]){ "CPU time", "peak memory", "ptrace calls", "bytes read",
					     "traps written", NULL },
		      (const int[]){ 12, 14, 15, 14, 15 });
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct summary *s = &summaries[i];
		_cleanup_strbuf_ struct strbuf memory = STRBUF_INIT;

		if (!s->n_traced)
			continue;
		human_bytes(&memory, s->tracer_peak_rss_bytes);
		cell_label(out, temperature_names[i], 18);
		cell_duration(out, s->tracer_cpu_ns.p50, 12);
		cell_right(out, memory.text, 14);
		cell_count(out, s->ptrace_calls, 15);
		cell_count(out, s->bytes_read, 14);
		cell_count(out, s->traps_written, 15);
		cell_end(out);
	}
}

static bool is_of_variant(const struct trial *trial, const struct run_variant *variant)
{
	struct trial like;

	if (!variant)
		return true;
	like = (struct trial){ .program = variant->program, .bind_now = variant->bind_now };
	return trial_same_variant(trial, &like);
}

/* The run whose page cache was least as it should be stands for all; variant NULL: of any. */
static void put_residency(const struct run *run, const struct run_variant *variant, struct strbuf *out)
{
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct trial_residency *worst = NULL;
		double worst_share = 0;

		for (size_t j = 0; j < run->n_trials; j++) {
			const struct trial_residency *r = &run->trials[j].residency;
			double share = r->pages ? (double)r->pages_resident / r->pages : 0;

			if (run->trials[j].temperature != i || !r->pages || !is_of_variant(&run->trials[j], variant))
				continue;
			if (!worst || (i == TEMPERATURE_COLD ? share > worst_share : share < worst_share)) {
				worst = r;
				worst_share = share;
			}
		}
		if (!worst)
			continue;
		cell_left(out, temperature_names[i], 10);
		strbuf_printf(out, "at %s %.1f %% of ", i == TEMPERATURE_COLD ? "most" : "least", 100 * worst_share);
		human_count(out, worst->pages);
		strbuf_puts(out, " pages of ");
		human_count(out, worst->files);
		strbuf_printf(out, " files in the page cache at launch%s\n",
			      worst->dropped_caches ? "; all caches dropped" : "");
	}
}

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
static bool has_load_events(const struct summary *summaries)
{
	for (size_t i = 0; i < TEMPERATURE_N; i++)
		if (summaries[i].handling_ns.n)
			return true;
	return false;
}

static void put_costs(const struct run *run, const struct summary *summaries, struct strbuf *out)
{
	struct floors floors;

	floors_read(run, &floors);
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

static void put_model(const struct summary *summaries, struct strbuf *out)
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

static void put_verdict(const struct run *run, struct strbuf *out)
{
	size_t invalid = 0, quoted = 0, all = 0;

	for (size_t i = 0; i < run->n_trials; i++)
		invalid += run->trials[i].n_contradictions > 0;
	if (run->n_trials == 0) {
		strbuf_puts(out, "INVALID   nothing was measured\n");
		return;
	}
	if (invalid == 0) {
		strbuf_printf(out, "valid     the counts of all %zu runs agree%s%s\n", run->n_trials,
			      run->target ? " with the manifest" : "",
			      run->complete ? "" : " (not all repetitions yet)");
		return;
	}
	strbuf_printf(out, "INVALID   %zu of %zu runs contradict themselves%s; the numbers above leave them out\n",
		      invalid, run->n_trials, run->target ? " or the manifest" : "");
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		for (size_t j = 0; j < trial->n_contradictions; j++, all++) {
			if (quoted == QUOTED_CONTRADICTIONS)
				continue;
			quoted++;
			strbuf_printf(out, "          %s %u, %s", temperature_names[trial->temperature],
				      trial->repetition + 1, trial->traced ? "traced" : "untraced");
			if (run->n_variants > 1) {
				_cleanup_free_ char *name = variant_name(trial->program, trial->bind_now);

				strbuf_printf(out, ", %s", name);
			}
			strbuf_printf(out, ": %s\n", trial->contradictions[j]);
		}
	}
	if (all > quoted)
		strbuf_printf(out, "          and %zu more in the record\n", all - quoted);
}

/* Everything about one variant of a traced run; its name where there are others. */
static void put_variant(const struct run *run, const struct run_variant *variant, struct strbuf *out)
{
	const struct summary *summaries = variant->summaries;
	bool traced = false;

	for (size_t i = 0; i < TEMPERATURE_N; i++)
		traced |= summaries[i].n_traced > 0;
	if (run->n_variants > 1) {
		_cleanup_free_ char *name = variant_name(variant->program, variant->bind_now);

		strbuf_printf(out, "program   %s\n", name);
	}
	put_spans(summaries, out);
	put_residency(run, variant, out);
	if (traced) {
		cell_rule(out, TABLE_WIDTH);
		put_stops(summaries, out);
		put_libraries(summaries, out);
		put_tracer(summaries, out);
	}
	if (has_load_events(summaries)) {
		cell_rule(out, TABLE_WIDTH);
		put_costs(run, summaries, out);
		put_model(summaries, out);
	}
}

/* Simulated time is no time: with callgrind there are counts alone. */
static void put_untraced(const struct run *run, struct strbuf *out)
{
	const char *source = json_string_value(json_object_get(run->counters, "source"));

	cell_rule(out, TABLE_WIDTH);
	if (!source || strcmp(source, counter_source_names[COUNTERS_CALLGRIND]) != 0)
		metrics_put_times(run, out);
	if (source)
		metrics_put_counters(run, out);
	put_residency(run, NULL, out);
}

void table_format(const struct run *run, struct strbuf *out)
{
	const char *tool = json_string_value(json_object_get(run->scenario, "tool"));

	head_put(run, out);
	if (tool && strcmp(tool, "none") == 0) {
		put_untraced(run, out);
	} else {
		for (size_t i = 0; i < run->n_variants; i++) {
			cell_rule(out, TABLE_WIDTH);
			put_variant(run, &run->variants[i], out);
		}
	}
	cell_rule(out, TABLE_WIDTH);
	put_verdict(run, out);
}

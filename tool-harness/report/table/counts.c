/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of the table about counts: stops by class and phase, libraries and breakpoints of
 * a task, and what the tracer used. All of them are medians over repetitions.
 */
#include "report/table/counts.h"

#include "lib/cleanup.h"
#include "report/table/cell.h"
#include "report/human.h"

double stops_in_phase(const struct summary *s, enum event_phase phase)
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

void stops_put(const struct summary *summaries, struct strbuf *out)
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

/* What a tool does not tell is no 0. */
static void cell_known_count(struct strbuf *out, double count, int width)
{
	if (count < 0)
		cell_right(out, "-", width);
	else
		cell_count(out, count, width);
}

void libraries_put(const struct summary *summaries, bool events, struct strbuf *out)
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
		cell_known_count(out, events ? s->load_events / s->tasks : -1, 12);
		cell_known_count(out, events ? s->load_events_per_task : -1, 12);
		cell_known_count(out, events ? s->libraries_at_start : -1, 15);
		cell_known_count(out, events ? s->libraries_at_end : -1, 9);
		cell_known_count(out, events || s->target_libraries > 0 ? s->target_libraries : -1, 11);
		cell_count(out, s->breakpoints_planted / s->tasks, 13);
		cell_count(out, s->breakpoint_hits / s->tasks, 10);
		cell_end(out);
		if (s->hits_missed >= 0) {
			strbuf_puts(out, "    calls that came before their breakpoint, all tasks: ");
			human_count(out, s->hits_missed);
			strbuf_puts(out, " of ");
			human_count(out, s->hits_expected);
			cell_end(out);
		}
	}
}

void maps_put(const struct summary *summaries, struct strbuf *out)
{
	bool any = false;

	for (size_t i = 0; i < TEMPERATURE_N; i++)
		any |= summaries[i].n_traced && summaries[i].maps_read > 1;
	if (!any)
		return;
	cell_headings(out, "link maps", 18,
		      (const char *const[]){ "tasks", "different", "by names", "libraries", "same place", NULL },
		      (const int[]){ 12, 12, 15, 14, 15 });
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct summary *s = &summaries[i];

		if (!s->n_traced || s->maps_read <= 1)
			continue;
		cell_label(out, temperature_names[i], 18);
		cell_count(out, s->maps_read, 12);
		cell_count(out, s->maps_different, 12);
		cell_count(out, s->maps_different_names, 15);
		cell_count(out, s->libraries_mapped, 14);
		cell_count(out, s->libraries_same_place, 15);
		cell_end(out);
	}
}

void tracer_put(const struct summary *summaries, struct strbuf *out)
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
		if (s->tracer_peak_rss_bytes >= 0)
			human_bytes(&memory, s->tracer_peak_rss_bytes);
		cell_label(out, temperature_names[i], 18);
		if (s->tracer_cpu_ns.n)
			cell_duration(out, s->tracer_cpu_ns.p50, 12);
		else
			cell_right(out, "-", 12);
		cell_right(out, memory.len ? memory.text : "-", 14);
		cell_known_count(out, s->ptrace_calls, 15);
		cell_known_count(out, s->bytes_read, 14);
		cell_known_count(out, s->traps_written, 15);
		cell_end(out);
	}
}

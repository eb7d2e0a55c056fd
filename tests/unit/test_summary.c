/* SPDX-License-Identifier: BSD-3-Clause */
/* Stops to load events, trials to numbers: small made-up trials with sums done by hand. */
#include "measure/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "measure/loadevent.h"

static struct event *add_stop(struct trial *trial, uint32_t task, enum event_class class, int64_t begin_ns,
			      int64_t handling_ns)
{
	struct event *event = trial_add_event(trial);

	event->task = task;
	event->class = class;
	event->seen_ns = begin_ns - 1;
	event->begin_ns = begin_ns;
	event->done_ns = begin_ns + handling_ns;
	return event;
}

static void pairs_of_two_tasks_interleave(void **state)
{
	struct load_events loads;
	struct trial trial;
	struct event *event;

	(void)state;
	trial_init(&trial);
	trial_add_tasks(&trial, 2);
	trial_counts(&trial, COUNTS_STOPS | COUNTS_TARGET | COUNTS_BREAKPOINTS);
	add_stop(&trial, 0, EVENT_ADD, 100, 5);
	add_stop(&trial, 1, EVENT_DELETE, 110, 6);
	event = add_stop(&trial, 0, EVENT_CONSISTENT, 120, 50);
	event->breakpoints_ns = 20;
	event->plant_ns = 10;
	event->reinserted = 4;
	event->added = 0;
	add_stop(&trial, 1, EVENT_CONSISTENT, 180, 7);
	add_stop(&trial, 1, EVENT_NULL, 190, 8);
	load_events_find(&trial, &loads);
	assert_int_equal(loads.n, 3);
	assert_int_equal(loads.n_odd, 0);
	assert_int_equal(loads.events[0].task, 0);
	assert_int_equal(loads.events[0].stops, 2);
	assert_int_equal(loads.events[0].handling_ns, 55);
	assert_int_equal(loads.events[0].t1_ns, 25);
	assert_int_equal(loads.events[0].breakpoints_ns, 20);
	assert_int_equal(loads.events[0].plant_ns, 10);
	assert_int_equal(loads.events[0].reinserted, 4);
	assert_int_equal(loads.events[1].class, EVENT_DELETE);
	assert_int_equal(loads.events[1].handling_ns, 13);
	assert_int_equal(loads.events[2].class, EVENT_NULL);
	assert_int_equal(loads.events[2].stops, 1);
	load_events_deinit(&loads);
	trial_deinit(&trial);
}

static void odd_sequences_lose_nothing(void **state)
{
	static const struct {
		enum event_class classes[6];
		size_t n, load_events, odd;
	} cases[] = {
		{ { EVENT_CONSISTENT }, 1, 1, 1 },
		{ { EVENT_ADD }, 1, 1, 1 },
		{ { EVENT_ADD, EVENT_ADD, EVENT_CONSISTENT }, 3, 2, 1 },
		{ { EVENT_ADD, EVENT_DELETE, EVENT_CONSISTENT, EVENT_CONSISTENT }, 4, 3, 2 },
		{ { EVENT_ADD, EVENT_NULL, EVENT_CONSISTENT }, 3, 2, 1 },
		{ { EVENT_NULL, EVENT_NULL, EVENT_ADD, EVENT_CONSISTENT }, 4, 3, 0 },
		{ { EVENT_LOADED, EVENT_UNLOADED, EVENT_NULL, EVENT_LOADED }, 4, 4, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct load_events loads;
		int64_t handling_ns = 0;
		struct trial trial;
		uint32_t stops = 0;

		trial_init(&trial);
		trial_add_tasks(&trial, 1);
		trial_counts(&trial, COUNTS_STOPS | COUNTS_TARGET | COUNTS_BREAKPOINTS);
		for (size_t j = 0; j < cases[i].n; j++)
			add_stop(&trial, 0, cases[i].classes[j], 100 * (j + 1), 10);
		load_events_find(&trial, &loads);
		assert_int_equal(loads.n, cases[i].load_events);
		assert_int_equal(loads.n_odd, cases[i].odd);
		for (size_t j = 0; j < loads.n; j++) {
			handling_ns += loads.events[j].handling_ns;
			stops += loads.events[j].stops;
		}
		assert_int_equal(stops, cases[i].n);
		assert_int_equal(handling_ns, 10 * cases[i].n);
		load_events_deinit(&loads);
		trial_deinit(&trial);
	}
}

/* Two tasks; stops of phase 1 are long and must not be in T1. */
static void fill_trial(struct trial *trial, bool traced, int64_t import0_ns, int64_t import1_ns)
{
	trial_init(trial);
	trial->traced = traced;
	trial->temperature = TEMPERATURE_WARM;
	trial_add_tasks(trial, 2);
	trial_counts(trial, COUNTS_STOPS | COUNTS_TARGET | COUNTS_BREAKPOINTS);
	trial->phases = (struct trial_phases){
		.launch_ns = 1000,
		.acquired_ns = 1100,
		.continued_ns = 2000,
		.ended_ns = 90000,
	};
	trial->tasks[0].marks_ns[MARK_IMPORT_BEGIN] = 3000;
	trial->tasks[0].marks_ns[MARK_IMPORT_END] = 3000 + import0_ns;
	trial->tasks[1].marks_ns[MARK_IMPORT_BEGIN] = 3000;
	trial->tasks[1].marks_ns[MARK_IMPORT_END] = 3000 + import1_ns;
	if (!traced) {
		trial_classify(trial);
		return;
	}
	trial->phases.stopped_ns = 1200;
	trial->phases.started_ns = 1500;
	trial->phases.linkmaps_ns = 1600;
	trial->phases.symbols_ns = 1800;
	trial->phases.planted_ns = 1850;
	for (int i = 0; i < 2; i++) {
		struct event *event;

		add_stop(trial, i, EVENT_ADD, 1210 + i, 1);
		add_stop(trial, i, EVENT_CONSISTENT, 1300 + i, 700);
		add_stop(trial, i, EVENT_ADD, 3100 + 20 * i, 10);
		event = add_stop(trial, i, EVENT_CONSISTENT, 3200 + 40 * i, 36);
		event->breakpoints_ns = 6;
		event->reinserted = 3;
	}
	trial_classify(trial);
}

static void trial_in_numbers(void **state)
{
	struct trial_summary s;
	struct trial trial;

	(void)state;
	fill_trial(&trial, true, 500, 700);
	trial_summarise(&trial, &s);
	assert_int_equal(s.spans_ns[SPAN_ACQUIRE], 100);
	assert_int_equal(s.spans_ns[SPAN_STOP], 100);
	assert_int_equal(s.spans_ns[SPAN_START], 300);
	assert_int_equal(s.spans_ns[SPAN_LINKMAPS], 100);
	assert_int_equal(s.spans_ns[SPAN_SYMBOLS], 200);
	assert_int_equal(s.spans_ns[SPAN_PLANT], 50);
	assert_int_equal(s.spans_ns[SPAN_PHASE1], 850);
	assert_int_equal(s.spans_ns[SPAN_PHASE2], 1700);
	assert_int_equal(s.spans_ns[SPAN_STARTUP], 2700);
	assert_int_equal(s.spans_ns[SPAN_VISIT], -1);
	assert_int_equal(s.spans_ns[SPAN_EXIT], 90000 - 3700); /* from the last thing it did */
	assert_int_equal(s.spans_ns[SPAN_IMPORT_WORST], 700);
	assert_int_equal(s.spans_ns[SPAN_IMPORT_MEDIAN], 600);
	assert_int_equal(s.stops[EVENT_STARTUP][EVENT_ADD], 2);
	assert_int_equal(s.stops[EVENT_IMPORT][EVENT_CONSISTENT], 2);
	assert_int_equal(s.load_events, 4);
	assert_float_equal(s.load_events_per_task, 1, 0);
	assert_float_equal(s.breakpoints, 3, 0);
	assert_int_equal(s.t1_ns.n, 2);
	assert_float_equal(s.t1_ns.p50, 40, 1e-9);
	assert_float_equal(s.t2_ns.p50, 2, 1e-9);
	assert_int_equal(s.handling_ns.n, 4);
	assert_float_equal(s.measured_ns, 92, 1e-9);
	assert_float_equal(s.model_ns, 92, 1e-9);
	assert_float_equal(s.queue_ns.p50, 1, 1e-9);
	trial_deinit(&trial);
}

/* The tool does not tell when task 1's last stop was over: its load event is counted, and costs nothing. */
static void what_has_no_end_has_no_cost(void **state)
{
	struct trial_summary s;
	struct trial trial;

	(void)state;
	fill_trial(&trial, true, 500, 700);
	trial.events[7].done_ns = 0;
	trial_summarise(&trial, &s);
	assert_int_equal(s.load_events, 4);
	assert_float_equal(s.load_events_per_task, 1, 0);
	assert_int_equal(s.t1_ns.n, 1);
	assert_float_equal(s.t1_ns.p50, 40, 1e-9);
	assert_int_equal(s.handling_ns.n, 2);
	assert_float_equal(s.measured_ns, 46, 1e-9);
	trial_deinit(&trial);
}

static void summarise(const struct trial *trials, size_t n, enum temperature temperature, struct summary *ret)
{
	struct trial_summary summaries[3];

	for (size_t i = 0; i < n; i++)
		trial_summarise(&trials[i], &summaries[i]);
	summary_compute(trials, summaries, n, 0, temperature, ret);
}

static void traced_against_untraced(void **state)
{
	struct trial trials[3];
	struct summary s;

	(void)state;
	fill_trial(&trials[0], false, 400, 500);
	fill_trial(&trials[1], true, 500, 700);
	fill_trial(&trials[2], true, 5000, 7000);
	trials[2].repetition = 1;
	trial_contradict(&trials[2], "made up");
	summarise(trials, 3, TEMPERATURE_WARM, &s);
	assert_int_equal(s.n_traced, 1);
	assert_int_equal(s.n_untraced, 1);
	assert_int_equal(s.n_invalid, 1);
	assert_float_equal(s.ratio[SPAN_IMPORT_WORST].p50, 1.4, 1e-9);
	assert_float_equal(s.ratio[SPAN_IMPORT_MEDIAN].p50, 600.0 / 450, 1e-9);
	assert_float_equal(s.untraced_ns[SPAN_PHASE1].p50, 1000, 0); /* launch to let go */
	/* (500 + 700 - 2 x 450) over 4 stops; (700 - 500) over 4 stops */
	assert_float_equal(s.task_cost_per_stop_ns.p50, 75, 1e-9);
	assert_float_equal(s.job_cost_per_stop_ns.p50, 50, 1e-9);
	assert_int_equal(s.t1_ns.n, 2);
	assert_float_equal(s.model_ratio.p50, 1, 1e-9);
	summarise(trials, 3, TEMPERATURE_COLD, &s);
	assert_int_equal(s.n_traced + s.n_untraced + s.n_invalid, 0);
	assert_int_equal(s.t1_ns.n, 0);
	for (size_t i = 0; i < 3; i++)
		trial_deinit(&trials[i]);
}

static void no_baseline_no_ratio(void **state)
{
	struct trial trials[2];
	struct summary s;

	(void)state;
	fill_trial(&trials[0], false, 400, 500);
	fill_trial(&trials[1], true, 500, 700);
	trials[0].repetition = 5; /* of another repetition */
	summarise(trials, 2, TEMPERATURE_WARM, &s);
	assert_int_equal(s.n_untraced, 1);
	assert_int_equal(s.ratio[SPAN_IMPORT_WORST].n, 0);
	assert_int_equal(s.task_cost_per_stop_ns.n, 0);
	trial_deinit(&trials[0]);
	trial_deinit(&trials[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_of_two_tasks_interleave),
		cmocka_unit_test(odd_sequences_lose_nothing),
		cmocka_unit_test(trial_in_numbers),
		cmocka_unit_test(what_has_no_end_has_no_cost),
		cmocka_unit_test(traced_against_untraced),
		cmocka_unit_test(no_baseline_no_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

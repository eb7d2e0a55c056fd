/* SPDX-License-Identifier: BSD-3-Clause */
/* A fitted law as JSON (docs/formats.md). Units are in the keys. */
#include <math.h>

#include "report/law/internal.h"

static json_t *term(double value, struct law_interval interval)
{
	return json_pack("{s:f, s:f, s:f}", "value", value, "low", interval.low, "high", interval.high);
}

static json_t *shape_json(struct law_shape shape)
{
	return json_pack("{s:s, s:s, s:i}", "t1", law_t1_names[shape.t1], "t2", law_t2_names[shape.t2], "parameters",
			 (int)law_shape_parameters(shape));
}

static json_t *law_json(const struct law_choice *choice)
{
	json_t *law = shape_json(choice->fit.shape);

	for (size_t i = 0; i < LAW_N_TERMS; i++) {
		const struct law_term *t = &law_terms[i];
		bool is_known = t->t1 || t->t2 || choice->n_varies;

		json_object_set_new(law, t->key,
				    is_known ? term(law_term_value(choice, t), law_term_interval(choice, t)) :
					       json_null());
	}
	json_object_set_new(law, "resamples", json_integer((json_int_t)choice->n_replicates));
	return law;
}

static json_t *candidates_json(const struct law_choice *choice)
{
	json_t *candidates = json_array();

	for (size_t i = 0; i < choice->n_scores; i++) {
		json_t *one = shape_json(choice->scores[i].shape);

		json_object_set_new(one, "mean_miss", json_real(expm1(choice->scores[i].miss)));
		json_object_set_new(one, "chosen", json_boolean(i == choice->chosen));
		json_object_set_new(one, "plausible", json_boolean(choice->scores[i].is_plausible));
		json_array_append_new(candidates, one);
	}
	return candidates;
}

static json_t *cells_json(const struct law_result *result)
{
	const struct law_data *data = &result->group->data;
	json_t *cells = json_array();

	for (size_t i = 0; i < data->n_cells; i++) {
		const struct law_cell *cell = &data->cells[i];
		json_t *one = json_pack("{s:f, s:f, s:f, s:I, s:f}", "load_events", cell->libraries, "tasks",
					cell->tasks, "breakpoints", cell->breakpoints, "runs", (json_int_t)cell->n_runs,
					"total_ns", cell->total_ns);

		if (result->choice) {
			json_object_set_new(one, "law_ns", json_real(law_cell_total(&result->choice->fit, data, i)));
			json_object_set_new(one, "left_out_miss",
					    json_real(expm1(result->choice->scores[result->choice->chosen].misses[i])));
		}
		json_array_append_new(cells, one);
	}
	return cells;
}

static json_t *tail_json(const struct law_data *data)
{
	struct law_tail tail;

	if (!law_tail_find(data, &tail))
		return json_null();
	return json_pack("{s:f, s:f, s:f, s:f, s:f}", "exponent", tail.exponent, "low_libraries", tail.low_libraries,
			 "high_libraries", tail.high_libraries, "tasks", tail.tasks, "breakpoints", tail.breakpoints);
}

static json_t *prediction_json(const struct law_result *result, const struct law_job *job)
{
	struct law_prediction p;
	struct law_asked asked;
	struct law_phase1 phase1;
	json_t *json;

	law_result_predict(result, job, &asked, &p);
	json = json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "load_events", asked.events, "tasks",
			 asked.tasks, "daemons", fmax(1, job->daemons), "breakpoints", job->breakpoints, "total_ns",
			 p.total_ns, "events_ns", p.events_ns, "low_ns", p.interval.low, "high_ns", p.interval.high,
			 "reach", p.reach, "tasks_reach", p.tasks_reach);
	if (law_result_phase1(&result->group->data, &asked, &phase1))
		json_object_set_new(json, "phase1",
				    json_pack("{s:f, s:f, s:f, s:f, s:f, s:b}", "total_ns", phase1.total_ns, "low_ns",
					      phase1.interval.low, "high_ns", phase1.interval.high, "fixed_ns",
					      phase1.fixed_ns, "per_task_ns", phase1.per_task_ns, "tasks_vary",
					      phase1.n_varies));
	else
		json_object_set_new(json, "phase1", json_null());
	return json;
}

json_t *law_result_to_json(const struct law_result *result, const struct law_job *job)
{
	json_t *json = json_pack("{s:s, s:s, s:I}", "name", result->group->name, "basis",
				 law_basis_names[result->group->basis], "runs",
				 (json_int_t)result->group->data.n_runs);

	json_object_set_new(json, "law", result->choice ? law_json(result->choice) : json_null());
	if (result->choice)
		json_object_set_new(json, "candidates", candidates_json(result->choice));
	else
		json_object_set_new(json, "why", json_string(result->why));
	json_object_set_new(json, "tail", tail_json(&result->group->data));
	json_object_set_new(json, "cells", cells_json(result));
	if (result->choice && law_job_is_given(job))
		json_object_set_new(json, "prediction", prediction_json(result, job));
	return json;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a job to what a law is asked. A target's manifest tells how many load events it makes itself while it imports;
 * an interpreter and MPI add others, as many as in the data.
 *
 * Invariant: a daemon is asked for a whole number of tasks, so that the slowest of them is predicted.
 */
#include <math.h>

#include "report/law/result.h"

#define RESAMPLES 1000
#define SEED 1

bool law_job_is_given(const struct law_job *job)
{
	return job->libraries >= 1 || job->target;
}

/* Means over the runs that know their target. */
static void others_of(const struct law_data *data, double *events_ret, double *own_ret)
{
	double events = 0, own = 0, n = 0;

	for (size_t i = 0; i < data->n_runs; i++) {
		if (data->runs[i].import_events <= 0)
			continue;
		events += data->runs[i].libraries - data->runs[i].import_events;
		own += data->runs[i].import_events;
		n++;
	}
	*events_ret = n > 0 ? fmax(0, events / n) : 0;
	*own_ret = n > 0 ? own / n : 0;
}

void law_result_predict(const struct law_result *result, const struct law_job *job, struct law_asked *asked_ret,
			struct law_prediction *ret)
{
	const struct law_data *data = &result->group->data;
	struct law_asked asked = { .events = job->libraries, .tasks = job->tasks, .per_event = data->per_event };
	double others, own;

	if (job->daemons > 1)
		asked.tasks = ceil(job->tasks / job->daemons);
	if (job->target) {
		others_of(data, &others, &own);
		asked.import_events = (double)job->target->expect_import_events;
		asked.events = asked.import_events + others;
	}
	law_predict_spread(result->choice, data, asked.events, asked.tasks, job->breakpoints, asked.per_event, ret);
	*asked_ret = asked;
}

bool law_result_phase1(const struct law_data *data, const struct law_asked *asked, struct law_phase1 *ret)
{
	return law_phase1_predict(data, asked->tasks, SEED, RESAMPLES, ret);
}

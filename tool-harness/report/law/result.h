/* SPDX-License-Identifier: BSD-3-Clause */
/* Laws as tables, as JSON, and as a picture. */
#ifndef REPORT_LAW_RESULT_H
#define REPORT_LAW_RESULT_H

#include <jansson.h>

#include "lib/strbuf.h"
#include "lib/manifest/manifest.h"
#include "measure/law/phase1.h"
#include "report/grid/grid.h"
#include "report/law/groups.h"

/* One group and its law; the choice is NULL where cells are too few, and `why` says so. */
struct law_result {
	const struct law_group *group;
	const struct law_choice *choice;
	const char *why;
};

/* A job that is asked for; none if there are neither load events nor a target. */
struct law_job {
	double libraries;             /* M: load events of a task after it was let go; 0: by the target */
	double tasks, breakpoints;
	double daemons;               /* that have equal shares of the tasks, at the same time; 0 or 1: one tool */
	const struct manifest *target; /* NULL: none */
};
bool law_job_is_given(const struct law_job *job);

/* What the job comes to for one daemon, with what the data says of other load events than the target's own. */
struct law_asked {
	double events, tasks;
	double import_events; /* the target's own; 0: it is not by a target */
	double per_event;     /* libraries that come with an event */
};

/* The result must have a choice. */
void law_result_predict(const struct law_result *result, const struct law_job *job, struct law_asked *asked_ret,
			struct law_prediction *ret);

/* False if phase 1 is not known of any run. */
bool law_result_phase1(const struct law_data *data, const struct law_asked *asked, struct law_phase1 *ret);

/* Law, terms, how it was chosen, and the cells; `index` is its number in the JSON of all results. */
void law_result_add(const struct law_result *result, size_t index, struct grid_list *list);

/* The law's prediction alone. The result must have a choice. */
void law_result_put_prediction(const struct law_result *result, const struct law_job *job, struct strbuf *out);

/* A new reference; with a prediction if a job is asked for. */
json_t *law_result_to_json(const struct law_result *result, const struct law_job *job);

/* Appends gnuplot's commands for the picture that law_plot makes. */
void law_plot_script(const struct law_result *results, size_t n, struct strbuf *out);

/*
 * Cells, law and 95 % band of each group, a panel each, as SVG by gnuplot into path
 * (published atomically). Without gnuplot an error of status EXIT_SKIPPED.
 */
MUST_CHECK struct err *law_plot(const struct law_result *results, size_t n, const char *path);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cost of tool start-up as in section 2.2.3 of the Pynamic paper (Lee et al.,
 * 2007): a tool that handles M load events in each of N tasks, one after the
 * other, and reinserts B breakpoints at each, needs M x N x (T1 + B x T2).
 */
#ifndef MEASURE_MODEL_H
#define MEASURE_MODEL_H

struct cost_model {
	double t1_ns; /* handling of one load event without reinsertion */
	double t2_ns; /* reinsertion of one breakpoint */
};

/* M x N x (T1 + B x T2) in ns; M is load events per task. With B = 0: the events alone. */
double cost_model_total_ns(const struct cost_model *model, double load_events, double tasks, double breakpoints);

#endif

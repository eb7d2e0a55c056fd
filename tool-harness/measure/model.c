/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The paper's cost model and nothing else: one serial tool, constant T1 and T2.
 * What a record measured is put beside it in summary.c.
 */
#include "measure/model.h"

double cost_model_total_ns(const struct cost_model *model, double load_events, double tasks, double breakpoints)
{
	return load_events * tasks * (model->t1_ns + breakpoints * model->t2_ns);
}

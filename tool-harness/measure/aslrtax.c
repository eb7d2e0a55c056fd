/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ratios of two summaries. Who belongs to whom is decided elsewhere.
 *
 * Invariant: a ratio is of two numbers that were both measured.
 */
#include "measure/aslrtax.h"

/* Median, or -1 where there is none. */
static double median_of(const struct quantiles *q)
{
	return q->n ? q->p50 : -1;
}

static double value_of(const struct summary *s, enum aslr_measure measure)
{
	switch (measure) {
	case ASLR_PHASE1:
		return median_of(&s->traced_ns[SPAN_PHASE1]);
	case ASLR_PHASE2:
		return median_of(&s->traced_ns[SPAN_PHASE2]);
	case ASLR_T1:
		return median_of(&s->t1_ns);
	case ASLR_BYTES_READ:
		return s->bytes_read;
	case ASLR_MEMORY:
		return s->tracer_peak_rss_bytes;
	case ASLR_N:
		break;
	}
	return -1;
}

double aslr_value_of_trial(const struct trial_summary *summary, const struct trial *trial, enum aslr_measure measure)
{
	switch (measure) {
	case ASLR_PHASE1:
		return (double)summary->spans_ns[SPAN_PHASE1];
	case ASLR_PHASE2:
		return (double)summary->spans_ns[SPAN_PHASE2];
	case ASLR_T1:
		return median_of(&summary->t1_ns);
	case ASLR_BYTES_READ:
		return (double)trial->bytes_read;
	case ASLR_MEMORY:
		return (double)trial->tracer_peak_rss_bytes;
	case ASLR_N:
		break;
	}
	return -1;
}

bool aslr_tax_compute(const struct summary *on, const struct summary *off, struct aslr_tax *ret)
{
	if (!on->n_traced || !off->n_traced)
		return false;
	*ret = (struct aslr_tax){
		.n_on = on->n_traced,
		.n_off = off->n_traced,
		.maps_known = on->maps_read > 0 && off->maps_read > 0,
	};
	for (int i = 0; i < ASLR_N; i++) {
		struct aslr_row *row = &ret->rows[i];

		row->on = value_of(on, i);
		row->off = value_of(off, i);
		row->known = row->on >= 0 && row->off > 0;
		row->ratio = row->known ? row->on / row->off : 0;
	}
	return true;
}

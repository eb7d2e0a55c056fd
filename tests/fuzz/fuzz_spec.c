/* SPDX-License-Identifier: BSD-3-Clause */
/* A target spec of any bytes: refused with a message, or planned and emitted. */
#include <stddef.h>
#include <stdint.h>

#include "gen/emit/c.h"
#include "gen/plan/plan.h"
#include "gen/series.h"

#define MAX_FUNCTIONS 2000
#define MAX_NAME 200
#define MAX_BODY 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t largest_body(const struct target_spec *spec)
{
	int64_t largest = 1;

	for (size_t i = 0; i < spec->body_sizes.n; i++)
		if (spec->body_sizes.ints[i] > largest)
			largest = spec->body_sizes.ints[i];
	return largest;
}

static bool is_quick(const struct target_spec *spec)
{
	return spec->modules * (spec->functions * (spec->utility_calls + 1) + spec->utilities + spec->module_fan_out) +
		       spec->utilities * spec->utility_functions < MAX_FUNCTIONS &&
	       largest_body(spec) < MAX_BODY && spec->name_length < MAX_NAME;
}

static void emit_all(const struct target_spec *spec)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct plan plan;

	plan_make(spec, &plan);
	for (size_t i = 0; i < plan.n_libraries; i++) {
		strbuf_clear(&text);
		emit_c_library(&plan, &plan.libraries[i], spec->print, &text, NULL);
	}
	plan_deinit(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *folder = NULL;
	struct target_spec spec = { 0 };
	struct err *err;
	size_t n;

	conf_defaults(&spec_table, &spec);
	err = conf_read_text(&spec_table, "fuzz", (const char *)data, size, &spec);
	if (!err)
		err = series_count(&spec, &n);
	if (!err && n)
		series_select(&spec, size % n, &folder);
	if (!err)
		err = spec_check(&spec, NULL);
	if (!err && is_quick(&spec))
		emit_all(&spec);
	err_free(err);
	spec_deinit(&spec);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Knobs as keys of a spec. Sets keys by their names, as an option would, so that ranges
 * are checked in one place.
 */
#include "gen/fit/spec.h"

#include <math.h>
#include <string.h>

#include "lib/mem.h"

static struct err *set_number(struct target_spec *spec, const char *key, int64_t value)
{
	_cleanup_free_ char *text = mem_printf("%lld", (long long)value);

	return conf_set_value(&spec_table, key, text, key, spec);
}

/* An average of 12.4 statements: eight sizes, of which three are 13. */
static struct err *set_body(struct target_spec *spec, double body_size)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	long whole = (long)floor(body_size), eighths = lround((body_size - whole) * 8);

	if (body_size >= 100 || eighths % 8 == 0)
		strbuf_printf(&text, "%ld", lround(body_size));
	else
		for (long i = 0; i < 8; i++)
			strbuf_printf(&text, "%s%ld", i ? "," : "", whole + (i < eighths));
	return conf_set_value(&spec_table, "body.size", text.text, "body.size", spec);
}

static struct err *copy_spec(const struct target_spec *from, struct target_spec *ret)
{
	_cleanup_free_ char *text = conf_to_yaml(&spec_table, from);
	struct target_spec spec = { 0 };
	struct err *err;

	conf_defaults(&spec_table, &spec);
	err = conf_read_text(&spec_table, "spec", text, strlen(text), &spec);
	if (err)
		spec_deinit(&spec);
	else
		*ret = spec;
	return err;
}

static struct err *apply_knobs(const struct fit_knobs *knobs, const struct fit_style *style, int64_t modules,
			       int64_t utilities, struct target_spec *spec)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "modules", modules },
		{ "utilities", utilities },
		{ "functions", knobs->functions[LIBRARY_MODULE] },
		{ "utility_functions", knobs->functions[LIBRARY_UTILITY] },
		{ "functions_spread", 0 },
		{ "name_length", knobs->name_length },
		{ "data_size", knobs->data_size },
		{ "debug_size", knobs->debug_size },
		{ "stripped_libraries", knobs->stripped },
		{ "undebugged_libraries", knobs->undebugged },
	};
	struct err *err = set_body(spec, knobs->body_size);

	for (size_t i = 0; !err && i < ARRAY_SIZE(numbers); i++)
		err = set_number(spec, numbers[i].key, numbers[i].value);
	/* They would be two libraries more than the real code has. */
	if (!err)
		err = conf_set(&spec_table, "begin_links_all=false", spec);
	if (!err)
		err = conf_set(&spec_table, "break_modules=false", spec);
	if (!err && style->short_names)
		err = conf_set(&spec_table, "short_names=true", spec);
	if (!err && style->compact)
		err = conf_set(&spec_table, "compiler.flags=-Os,-fno-asynchronous-unwind-tables", spec);
	if (!err && style->compact)
		err = conf_set(&spec_table, "calls.utility=0", spec);
	return err ? err : spec_check(spec, "fit");
}

struct err *fit_make_spec(const struct target_spec *base, const struct fit_knobs *knobs, const struct fit_style *style,
			  int64_t modules, int64_t utilities, struct target_spec *ret)
{
	struct target_spec spec;
	struct err *err = copy_spec(base, &spec);

	if (err)
		return err;
	err = apply_knobs(knobs, style, modules, utilities, &spec);
	if (err)
		spec_deinit(&spec);
	else
		*ret = spec;
	return err;
}

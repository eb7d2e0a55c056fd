/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pynamic-gen doctor: which programs of a target can be built here. Asks what a build asks before
 * it begins (gen/toolchain.h), once for each program. Builds nothing.
 */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "gen/cmd/cmd.h"
#include "gen/toolchain.h"
#include "lib/strbuf.h"

static json_t *answer_of(const char *program)
{
	_cleanup_(toolchain_deinit) struct toolchain toolchain = { 0 };
	_cleanup_strbuf_ struct strbuf what = STRBUF_INIT;
	_cleanup_err_ struct err *err = NULL;
	struct target_spec spec = { 0 };
	json_t *answer;

	conf_defaults(&spec_table, &spec);
	err = conf_set_value(&spec_table, "programs", program, "doctor", &spec);
	if (!err)
		err = toolchain_find(&spec, &toolchain);
	if (err)
		strbuf_puts(&what, err_message(err));
	else
		strbuf_printf(&what, "%s, Python %s (%s)", toolchain.compiler_version, toolchain.python_version,
			      spec.python);
	answer = json_pack("{ss sb ss ss?}", "program", program, "can", !err, "what", what.text, "way_out",
			   err ? err_hint_text(err) : NULL);
	conf_deinit(&spec_table, &spec);
	return answer;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key == 'j')
		*(bool *)state->input = true;
	else if (key == ARGP_KEY_ARG)
		argp_error(state, "unexpected argument '%s'", arg);
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

static void put_answer(const json_t *answer, struct strbuf *out)
{
	const char *way_out = json_string_value(json_object_get(answer, "way_out"));

	strbuf_printf(out, "%-14s %-4s %s\n", json_string_value(json_object_get(answer, "program")),
		      json_is_true(json_object_get(answer, "can")) ? "yes" : "no",
		      json_string_value(json_object_get(answer, "what")));
	if (way_out)
		strbuf_printf(out, "%-14s      -> %s\n", "", way_out);
}

struct err *cmd_doctor(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", 'j', NULL, 0, "print JSON instead of a table", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options, parse, NULL, "Say which programs of a target can be built here, and what is missing.", NULL,
		NULL, NULL,
	};
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	json_t *answers = json_array();
	bool json = false;

	argp_parse(&argp, argc, argv, 0, NULL, &json);
	for (size_t i = 0; i < PROGRAM_N; i++) {
		json_t *answer = answer_of(program_names[i]);

		put_answer(answer, &out);
		json_array_append_new(answers, answer);
	}
	if (json) {
		char *text = json_dumps(answers, JSON_INDENT(2));

		strbuf_clear(&out);
		strbuf_printf(&out, "%s\n", text);
		free(text);
	}
	json_decref(answers);
	return cmd_print(out.text);
}

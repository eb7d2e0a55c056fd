/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm doctor: what this machine supports, one line each, and how to fix what it lacks. Each
 * check does what a run does, by the same code; the checks are tables (cmd/doctor/doctor.h).
 *
 * Invariant: what cannot be done is an answer, not an error; only --for makes it an exit status.
 */
#include "cmd/doctor/doctor.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"

static const struct doctor_check *const checks[] = { doctor_tracing, doctor_machine, doctor_programs };
static const char *const groups[] = { "tracing", "measuring", "launchers", "targets", "room", "tools", "programs" };
static const char *const answers[] = { "yes", "partly", "no" };

#define SCENARIO_GROUP "scenario"

struct options {
	const char *target, *scenario;
	int64_t tasks; /* 0: not given */
	bool json;
};

/* --- findings --------------------------------------------------------------------- */

void doctor_say(struct doctor *doctor, const struct doctor_check *check, const char *name, enum doctor_answer answer,
		const char *what, const char *way_out)
{
	mem_grow(doctor->v, doctor->n, doctor->cap);
	doctor->v[doctor->n++] = (struct finding){ check->group, mem_strdup(name ? name : check->name), answer,
						   mem_strdup(what), mem_strdup(way_out) };
}

void doctor_say_err(struct doctor *doctor, const struct doctor_check *check, enum doctor_answer bad, struct err *err,
		    char *what)
{
	if (err)
		doctor_say(doctor, check, NULL, bad, err_message(err), err_hint_text(err));
	else
		doctor_say(doctor, check, NULL, DOCTOR_YES, what, NULL);
	err_free(err);
	free(what);
}

static size_t count(const struct doctor *doctor, enum doctor_answer answer)
{
	size_t n = 0;

	for (size_t i = 0; i < doctor->n; i++)
		n += doctor->v[i].answer == answer;
	return n;
}

static void look_one(struct doctor *doctor, const struct doctor_check *check)
{
	progress_note("checking: %s, %s", check->group, check->name);
	check->look(doctor, check);
}

static void look_at_all(struct doctor *doctor)
{
	for (size_t t = 0; t < ARRAY_SIZE(checks); t++)
		for (const struct doctor_check *c = checks[t]; c->look && !*doctor->stop; c++)
			look_one(doctor, c);
}

/* --- scenario --------------------------------------------------------------------- */

/* Every check that one of the variants needs, once: it is asked with the first that does. */
static void look_for_variants(struct doctor *doctor, const struct variant *variants, size_t n,
			      const struct prepared_list *list)
{
	for (size_t t = 0; t < ARRAY_SIZE(checks); t++) {
		for (const struct doctor_check *c = checks[t]; c->look && !*doctor->stop; c++) {
			for (size_t i = 0; c->needed && i < n; i++) {
				if (!c->needed(&variants[i].scenario))
					continue;
				doctor->scenario = variants[i].scenario;
				doctor->prepared = list->n && list->v[i].argv ? &list->v[i] : NULL;
				look_one(doctor, c);
				break;
			}
		}
	}
}

static int64_t most_tasks(const struct variant *variants, size_t n)
{
	int64_t most = 1;

	for (size_t i = 0; i < n; i++)
		if (variants[i].scenario.tasks > most)
			most = variants[i].scenario.tasks;
	return most;
}

/* What is wrong with the scenario itself is an error; what this machine lacks for it is a finding. */
static struct err *diagnose_scenario(const struct options *options, struct doctor *doctor)
{
	static const struct doctor_check whole = { SCENARIO_GROUP, "prepared", NULL, NULL };
	struct scenario scenario = { 0 };
	struct variant *variants = NULL;
	struct prepared_list list = { 0 };
	size_t n = 0;
	struct err *err = scenario_read(options->scenario, &scenario);

	if (!err && options->target)
		err = conf_set_value(&scenario_table, "target", options->target, "--target", &scenario);
	if (!err)
		err = variants_make(&scenario, &variants, &n);
	if (!err)
		err = prepared_make(variants, n, false, &list);
	if (!err || err_status(err) == EXIT_SKIPPED) {
		doctor_say_err(doctor, &whole, DOCTOR_NO, err,
			       mem_printf("'%s' could be prepared, with %zu variant%s", options->scenario, n,
					  n == 1 ? "" : "s"));
		err = NULL;
		doctor->tasks = options->tasks ? options->tasks : most_tasks(variants, n);
		look_for_variants(doctor, variants, n, &list);
	}
	prepared_deinit(&list);
	variants_free(variants, n);
	scenario_deinit(&scenario);
	return err;
}

/* A run of a target with one task, of which only the program is wanted. */
static struct err *diagnose_machine(const struct options *options, struct doctor *doctor)
{
	struct variant *variants = NULL;
	struct prepared_list list = { 0 };
	struct scenario scenario = { 0 };
	size_t n = 0;
	struct err *err = NULL;

	conf_defaults(&scenario_table, &scenario);
	if (options->target) {
		err = conf_set_value(&scenario_table, "target", options->target, "--target", &scenario);
		if (!err)
			err = variants_make(&scenario, &variants, &n);
		if (!err)
			err = prepared_make(variants, n, false, &list);
	}
	if (!err) {
		doctor->scenario = scenario;
		doctor->prepared = list.n ? &list.v[0] : NULL;
		doctor->tasks = options->tasks ? options->tasks : scenario.tasks;
		look_at_all(doctor);
	}
	prepared_deinit(&list);
	variants_free(variants, n);
	scenario_deinit(&scenario);
	return err;
}

/* --- output ----------------------------------------------------------------------- */

/* Text behind a margin, broken at blanks; the first line's margin has been printed. */
static void put_wrapped(const char *text, int margin, int width)
{
	while (*text) {
		size_t len = strlen(text), at = len;

		if (len > (size_t)width) {
			at = (size_t)width;
			while (at && text[at] != ' ')
				at--;
			if (!at)
				at = strcspn(text, " ");
		}
		printf("%.*s\n", (int)at, text);
		text += at + strspn(text + at, " ");
		if (*text)
			printf("%*s", margin, "");
	}
}

#define NAME_WIDTH 20
#define ANSWER_WIDTH 8
#define TEXT_WIDTH 80

static void put_group(const struct doctor *doctor, const char *group)
{
	bool any = false;

	for (size_t i = 0; i < doctor->n; i++) {
		const struct finding *f = &doctor->v[i];
		const int margin = 2 + NAME_WIDTH + ANSWER_WIDTH;

		if (strcmp(f->group, group) != 0)
			continue;
		if (!any)
			printf("%s\n", group);
		any = true;
		printf("  %-*s%-*s", NAME_WIDTH, f->name, ANSWER_WIDTH, answers[f->answer]);
		put_wrapped(f->what, margin, TEXT_WIDTH);
		if (f->way_out) {
			printf("%*s-> ", margin, "");
			put_wrapped(f->way_out, margin + 3, TEXT_WIDTH - 3);
		}
	}
}

static void put_table(const struct doctor *doctor)
{
	put_group(doctor, SCENARIO_GROUP);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		put_group(doctor, groups[i]);
	printf("%zu yes, %zu partly, %zu no\n", count(doctor, DOCTOR_YES), count(doctor, DOCTOR_PARTLY),
	       count(doctor, DOCTOR_NO));
}

static struct err *put_json(const struct doctor *doctor)
{
	json_t *json = json_array();
	int failed;

	for (size_t i = 0; i < doctor->n; i++) {
		const struct finding *f = &doctor->v[i];

		json_array_append_new(json, json_pack("{ss ss ss ss ss?}", "group", f->group, "check", f->name,
						      "answer", answers[f->answer], "what", f->what, "way_out",
						      f->way_out));
	}
	failed = json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
	return failed ? err_new("cannot write to standard output") : NULL;
}

/* --- the command ------------------------------------------------------------------ */

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	char *end;

	switch (key) {
	case 't':
		options->target = arg;
		return 0;
	case 'n':
		options->tasks = strtoll(arg, &end, 10);
		if (*end || options->tasks < 1 || options->tasks > 1000000)
			argp_error(state, "--tasks takes a number from 1 to 1000000, not '%s'", arg);
		return 0;
	case 'f':
		options->scenario = arg;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'q':
		progress_quiet();
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'; of a scenario ask by --for %s", arg, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{ "for", 'f', "SCENARIO.yaml", 0,
	  "check only what this scenario needs; exit status 77 if the machine lacks some of it", 0 },
	{ "target", 't', "DIR", 0, "a generated target, of which one task is run to take its memory", 0 },
	{ "tasks", 'n', "N", 0, "for so many tasks", 0 },
	{ "json", 'j', NULL, 0, "print JSON instead of a table", 0 },
	{ "quiet", 'q', NULL, 0, "no progress on standard error", 0 },
	{ 0 },
};

struct err *cmd_doctor(int argc, char **argv, int *status_ret)
{
	static const struct argp argp = {
		option_table, parse, NULL,
		"Say what this machine can do, one line each: yes, partly or no, and a way out. Each check does "
		"what a run does: seizes a child, evicts a file, starts tasks.", NULL, NULL, NULL,
	};
	struct doctor doctor = { 0 };
	struct options options = { 0 };
	struct err *err;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	doctor.stop = interrupt_catch();
	doctor.asked = options.scenario;
	err = options.scenario ? diagnose_scenario(&options, &doctor) : diagnose_machine(&options, &doctor);
	progress_end();
	if (!err && *doctor.stop)
		err = err_exit(EXIT_INTERRUPTED, "interrupted");
	if (!err && options.json)
		err = put_json(&doctor);
	else if (!err)
		put_table(&doctor);
	if (!err)
		*status_ret = doctor.asked && count(&doctor, DOCTOR_NO) ? EXIT_SKIPPED : EXIT_OK;
	for (size_t i = 0; i < doctor.n; i++) {
		free(doctor.v[i].name);
		free(doctor.v[i].what);
		free(doctor.v[i].way_out);
	}
	free(doctor.v);
	return err;
}

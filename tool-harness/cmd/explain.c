/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm validate and explain: a scenario prepared as for a run, and what that run would be.
 * Starts no job and writes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run/estimate.h"
#include "cmd/run/missing.h"
#include "cmd/run/prepare.h"
#include "cmd/scenarioargs.h"
#include "job/needs.h"

#define SHOWN_REPETITIONS 3

/* Executions of the job in one repetition of one temperature. */
static size_t executions_of(const struct prepared *p)
{
	return (p->scenario->baseline ? 1 : 0) + (p->tool->run ? 1 : 0);
}

static size_t executions(const struct scenario *scenario, const struct prepared_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += executions_of(&list->v[i]);
	return n * (size_t)scenario->repetitions * scenario->temperature.n;
}

/* By what a variant differs, unless its name says so. */
static void put_settings(const struct variant *variant)
{
	for (size_t i = 0; i < variant->n_settings; i++)
		if (!strstr(variant->name, variant->settings[i].key))
			printf("      %s=%s\n", variant->settings[i].key, variant->settings[i].value);
}

static void put_variants(const struct prepared_list *list)
{
	printf("variants    %zu\n", list->n);
	for (size_t i = 0; i < list->n; i++) {
		const struct prepared *p = &list->v[i];

		printf("  %-3zu %-32s tool %s, %lld task%s", i + 1, p->variant->name, p->tool->name,
		       (long long)p->scenario->tasks, p->scenario->tasks == 1 ? "" : "s");
		if (p->n_breakpoints)
			printf(", %zu breakpoint%s", p->n_breakpoints, p->n_breakpoints == 1 ? "" : "s");
		if (p->lacks_target)
			fputs(": its target is not made yet", stdout);
		else if (!prepared_makes_up(p))
			printf(": %s", p->argv[0]);
		putchar('\n');
		put_settings(p->variant);
	}
}

/* What to type before a run; each target once. */
static void put_targets_to_make(const struct prepared_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *how = NULL;
		size_t j = 0;

		if (!list->v[i].lacks_target)
			continue;
		while (!list->v[j].lacks_target ||
		       strcmp(list->v[j].scenario->target, list->v[i].scenario->target) != 0)
			j++;
		if (j < i)
			continue;
		how = target_how_to_make(list->v[i].scenario->target);
		printf("make first  %s\n", how);
	}
}

/* All that it needs is here: it could not have been prepared otherwise. Most often it is the same for all. */
static void put_needs(const struct prepared_list *list)
{
	_cleanup_strbuf_ struct strbuf last = STRBUF_INIT;

	for (size_t i = 0; i < list->n; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		if (!list->v[i].argv)
			continue;
		needs_put(list->v[i].scenario, list->v[i].argv[0], &text);
		if (!text.len || !strcmp(text.text, last.text))
			continue;
		printf("needs       %s: here\n", text.text);
		strbuf_clear(&last);
		strbuf_puts(&last, text.text);
	}
}

static void put_order(const struct scenario *scenario, const struct prepared_list *list)
{
	if (list->n == 1)
		return;
	for (uint32_t r = 0; r < scenario->repetitions && r < SHOWN_REPETITIONS; r++) {
		printf(r ? "            repetition %u:" : "order       repetition %u:", r + 1);
		for (size_t i = 0; i < list->n; i++)
			printf(" %zu", variant_in_turn(r, i, list->n) + 1);
		putchar('\n');
	}
	if (scenario->repetitions > SHOWN_REPETITIONS)
		puts("            and so on");
}

static const char *how_executed(const struct prepared_list *list)
{
	bool untraced = false, traced = false;

	for (size_t i = 0; i < list->n; i++) {
		untraced |= list->v[i].scenario->baseline;
		traced |= list->v[i].tool->run != NULL;
	}
	return untraced && traced ? ", untraced and under the tool" : traced ? ", under the tool alone" : ", untraced";
}

static void put_executions(const struct scenario *scenario, const struct prepared_list *list)
{
	printf("executions  %zu: %lld repetition%s of ", executions(scenario, list), (long long)scenario->repetitions,
	       scenario->repetitions == 1 ? "" : "s");
	for (size_t i = 0; i < scenario->temperature.n; i++)
		printf("%s%s", i ? " and " : "", temperature_names[scenario->temperature.choices[i]]);
	puts(how_executed(list));
}

static void put_files(const struct scenario *scenario, const struct prepared_list *list)
{
	const char *name = scenario->name ? scenario->name : list->v[0].scenario->name;

	printf("files       %s/%s-DATE-PID.json, its samples .events.csv, and a folder of raw files\n",
	       scenario->results, name);
}

static bool all_made_up(const struct prepared_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!prepared_makes_up(&list->v[i]))
			return false;
	return true;
}

static void put_time(const struct scenario *scenario, const struct prepared_list *list)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (all_made_up(list))
		strbuf_puts(&text, "seconds: the events are made up, no process is started\n");
	else
		estimate_put(scenario, list, &text);
	printf("time        %s", text.text);
}

/* Prepares what argv says; the list is the caller's to release if there is no error. */
static struct err *prepare_args(int argc, char **argv, const char *doc, struct scenario_args *args,
				bool may_lack, struct prepared_list *ret)
{
	struct err *err = scenario_args_parse(argc, argv, 0, "SCENARIO.yaml\n[SCENARIO.yaml] -- COMMAND [ARGS...]", doc,
					      args);

	return err ? err : prepared_make(args->variants, args->n_variants, may_lack, ret);
}

struct err *cmd_explain(int argc, char **argv, int *status_ret)
{
	struct prepared_list list = { 0 };
	struct scenario_args args = { 0 };
	struct err *err = prepare_args(argc, argv,
				       "Say what 'attachstorm run' with the same arguments would do: variants, their "
				       "order, executions, files, time. Runs nothing.",
				       &args, true, &list);

	if (!err) {
		put_variants(&list);
		put_targets_to_make(&list);
		put_needs(&list);
		put_order(&args.scenario, &list);
		put_executions(&args.scenario, &list);
		put_files(&args.scenario, &list);
		put_time(&args.scenario, &list);
		*status_ret = EXIT_OK;
	}
	prepared_deinit(&list);
	scenario_args_deinit(&args);
	return err;
}

struct err *cmd_validate(int argc, char **argv, int *status_ret)
{
	struct prepared_list list = { 0 };
	struct scenario_args args = { 0 };
	struct err *err = prepare_args(argc, argv,
				       "Check a scenario, its target and all of its variants, as 'attachstorm run' "
				       "with the same arguments would. Runs nothing.",
				       &args, false, &list);

	if (!err) {
		printf("valid: %zu variant%s\n", list.n, list.n == 1 ? "" : "s");
		put_needs(&list);
		*status_ret = EXIT_OK;
	}
	prepared_deinit(&list);
	scenario_args_deinit(&args);
	return err;
}

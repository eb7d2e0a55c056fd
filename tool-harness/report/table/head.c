/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words about a run. Reads the record's JSON parts (scenario, host, target, calibration) as far as a
 * person wants to see them. All keys are optional: a record of another tool or an
 * older host section still has a head.
 *
 * Invariant: reads only; an absent key leaves its words out.
 */
#include "report/table/head.h"

#include <string.h>

#include "lib/mem.h"
#include "report/human.h"

#define QUOTED_CONTRADICTIONS 12

static const char *text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Facts are separated by dots: "4 tasks · mpirun · ...". */
static void facts_add(struct strbuf *facts, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void facts_add(struct strbuf *facts, const char *fmt, ...)
{
	va_list ap;

	strbuf_puts(facts, facts->len ? " · " : "");
	va_start(ap, fmt);
	strbuf_vprintf(facts, fmt, ap);
	va_end(ap);
}

static void add_target(const struct run *run, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT, functions = STRBUF_INIT;
	json_t *target = run->target, *command = json_object_get(run->scenario, "command"), *word;
	size_t i;

	if (!target) {
		json_array_foreach(command, i, word)
			strbuf_printf(&facts, "%s%s", i ? " " : "",
				      json_is_string(word) ? json_string_value(word) : "?");
		if (i)
			grid_note(list, GRID_FACTS, "command", "%s", facts.text);
		return;
	}
	facts_add(&facts, "%s", text_of(target, "name") ? text_of(target, "name") : "unnamed");
	facts_add(&facts, "%" JSON_INTEGER_FORMAT " libraries (%" JSON_INTEGER_FORMAT " modules)",
		  json_integer_value(json_object_get(target, "libraries")),
		  json_integer_value(json_object_get(target, "modules")));
	human_count(&functions, json_integer_value(json_object_get(target, "functions")));
	facts_add(&facts, "%s functions", functions.text);
	if (text_of(target, "seed"))
		facts_add(&facts, "seed %s", text_of(target, "seed"));
	if (text_of(target, "compiler_version"))
		facts_add(&facts, "%s", text_of(target, "compiler_version"));
	grid_note(list, GRID_FACTS, "target", "%s", facts.text);
}

static bool is(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

static void add_breakpoints(const struct run *run, struct strbuf *facts)
{
	json_t *breakpoints = json_object_get(run->scenario, "breakpoints");
	json_int_t count = json_integer_value(json_object_get(breakpoints, "count"));
	const char *policy = text_of(breakpoints, "policy"), *write = text_of(breakpoints, "write");

	if (run_is_swept(run, "breakpoints.count"))
		return;
	facts_add(facts, "%" JSON_INTEGER_FORMAT " breakpoint%s", count, count == 1 ? "" : "s");
	if (count > 0 && policy && run_has_tracer(run) && !run_is_swept(run, "breakpoints.policy"))
		facts_add(facts, "%s", policy);
	if (count > 0 && write && run_has_tracer(run) && !run_is_swept(run, "breakpoints.write"))
		facts_add(facts, "written by %s", write);
}

/* What 'auto' has come to, or Open MPI 5 has made of mpir-attach: by the first trial that acquired any. */
static const char *acquired_by(const struct run *run)
{
	for (size_t i = 0; i < run->n_trials; i++)
		if (run->trials[i].traced && run->trials[i].acquire)
			return run->trials[i].acquire;
	return text_of(run->scenario, "acquire");
}

static void add_job(const struct run *run, struct grid_list *list)
{
	json_t *scenario = run->scenario;
	json_int_t tasks = json_integer_value(json_object_get(scenario, "tasks"));
	const char *launcher = text_of(run->host, "launcher_version");
	bool untraced = is(text_of(scenario, "tool"), "none");
	bool simulated = run_is_simulated(run);
	const char *acquire = acquired_by(run);
	bool by_shim = !acquire || is(acquire, "shim") || is(acquire, "spawn");
	bool ran_before = !by_shim && !run->target && json_array_size(json_object_get(scenario, "command")) == 0;
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;

	if (!launcher && !ran_before)
		launcher = text_of(scenario, "launcher");
	if (!run_is_swept(run, "tasks"))
		facts_add(&facts, "%" JSON_INTEGER_FORMAT " %s%s%s", tasks, tasks == 1 ? "task" : "tasks",
			  launcher ? " by " : "", launcher ? launcher : "");
	if (!by_shim && !run_is_swept(run, "acquire"))
		facts_add(&facts, "acquired by %s", acquire);
	if (text_of(scenario, "tool") && !run_is_swept(run, "tool"))
		facts_add(&facts, "tool %s", text_of(scenario, "tool"));
	/* The usual one goes without saying. */
	if (text_of(scenario, "load_events") && !untraced && !run_is_swept(run, "load_events") &&
	    !is(text_of(scenario, "load_events"), "rbrk"))
		facts_add(&facts, "load events by %s", text_of(scenario, "load_events"));
	if (text_of(scenario, "wait") && !untraced && run_has_tracer(run) && !run_is_swept(run, "wait"))
		facts_add(&facts, "wait %s", text_of(scenario, "wait"));
	if (simulated)
		facts_add(&facts, "ASLR off under callgrind");
	else if (text_of(scenario, "aslr") && !run_is_swept(run, "aslr"))
		facts_add(&facts, "ASLR %s", text_of(scenario, "aslr"));
	if (!untraced)
		add_breakpoints(run, &facts);
	grid_note(list, GRID_FACTS, "job", "%s", facts.text);
}

static void add_machine(const struct run *run, struct grid_list *list)
{
	static const struct {
		const char *key, *what;
	} texts[] = {
		{ "cpu_model", "" },
		{ "kernel", "Linux " },
		{ "glibc", "glibc " },
	};
	json_t *host = run->host, *load = json_object_get(host, "load_1min"),
	       *memory = json_object_get(host, "memory_bytes");
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;

	if (json_object_size(host) == 0)
		return;
	if (text_of(host, "hostname"))
		facts_add(&facts, "%s", text_of(host, "hostname"));
	if (json_is_integer(json_object_get(host, "cpus")))
		facts_add(&facts, "%" JSON_INTEGER_FORMAT " CPUs", json_integer_value(json_object_get(host, "cpus")));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = text_of(host, texts[i].key);

		if (text)
			facts_add(&facts, "%s%s", texts[i].what, text);
	}
	if (json_is_number(memory)) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		human_bytes(&text, json_number_value(memory));
		facts_add(&facts, "%s", text.text);
	}
	if (json_is_number(load))
		facts_add(&facts, "load %.2f", json_number_value(load));
	grid_note(list, GRID_FACTS, "machine", "%s", facts.text);
}

static bool same_tool(const struct trial *a, const struct trial *b)
{
	return is(a->tool, b->tool ? b->tool : "") && a->tool_verdict == b->tool_verdict &&
	       a->tool_untried == b->tool_untried && is(a->tool_version, b->tool_version ? b->tool_version : "");
}

/* Tools that are processes of their own: which they are, and how they came through. */
static void add_tools(const struct run *run, struct grid_list *list)
{
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];
		_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;
		size_t n = 0, before = 0;

		if (trial->tool_verdict == VERDICT_NONE)
			continue;
		for (size_t j = 0; j < run->n_trials; j++) {
			n += same_tool(trial, &run->trials[j]) || j == i;
			before += j < i && same_tool(trial, &run->trials[j]);
		}
		if (before)
			continue;
		facts_add(&facts, "%s", trial->tool ? trial->tool : "?");
		if (trial->tool_version)
			facts_add(&facts, "%s", trial->tool_version);
		facts_add(&facts, "%s in %zu run%s", tool_verdict_names[trial->tool_verdict], n, n == 1 ? "" : "s");
		if (trial->tool_untried)
			facts_add(&facts, "its description was never tried");
		grid_note(list, GRID_FACTS, "tool", "%s", facts.text);
	}
}

void head_add(const struct run *run, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;

	facts_add(&facts, "%s", run->id);
	if (run->started_utc)
		facts_add(&facts, "%s", run->started_utc);
	if (run->kit_version)
		facts_add(&facts, "attachstorm %s", run->kit_version);
	grid_note(list, GRID_FACTS, "run", "%s", facts.text);
	add_target(run, list);
	add_job(run, list);
	add_tools(run, list);
	add_machine(run, list);
}

/* --- may the numbers be believed -------------------------------------------------- */

static double resident_share(const struct trial_residency *r)
{
	return r->pages > 0 ? (double)r->pages_resident / (double)r->pages : 0;
}

/* The run whose page cache was least as it should be stands for all; NULL: of none it is known. */
static const struct trial_residency *worst_residency(const struct run *run, size_t variant, bool tool,
						     enum temperature temperature)
{
	const struct trial_residency *worst = NULL;

	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];
		const struct trial_residency *r = tool ? &trial->tool_residency : &trial->residency;

		if ((variant < run->n_variants && trial->variant != variant) || trial->temperature != temperature ||
		    r->pages <= 0)
			continue;
		if (!worst || (temperature == TEMPERATURE_COLD ? resident_share(r) > resident_share(worst) :
								 resident_share(r) < resident_share(worst)))
			worst = r;
	}
	return worst;
}

/* Of the cold run with the most of them: the others' are in the record. */
static void unproved_add(const struct run *run, size_t variant, struct grid_list *list)
{
	const struct trial *worst = NULL;

	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		if ((variant >= run->n_variants || trial->variant == variant) && trial->n_unproved &&
		    (!worst || trial->n_unproved > worst->n_unproved))
			worst = trial;
	}
	if (worst)
		grid_note(list, GRID_NOTES, temperature_names[TEMPERATURE_COLD],
			  "not proved for %zu file%s that it maps: %s%s", worst->n_unproved,
			  worst->n_unproved == 1 ? "" : "s", worst->unproved[0],
			  worst->n_unproved > 1 ? "; the others are in the record (unproved)" : "");
}

void residency_add(const struct run *run, size_t variant, struct grid_list *list)
{
	for (size_t i = 0; i < 2 * TEMPERATURE_N; i++) {
		enum temperature temperature = i % TEMPERATURE_N;
		bool tool = i >= TEMPERATURE_N;
		const struct trial_residency *worst = worst_residency(run, variant, tool, temperature);
		_cleanup_strbuf_ struct strbuf pages = STRBUF_INIT, files = STRBUF_INIT;

		if (!worst)
			continue;
		human_count(&pages, worst->pages);
		human_count(&files, worst->files);
		grid_note(list, GRID_NOTES, temperature_names[temperature],
			  "at %s %.1f %% of %s pages of %s files%s in the page cache at launch%s",
			  temperature == TEMPERATURE_COLD ? "most" : "least", 100 * resident_share(worst), pages.text,
			  files.text, tool ? " of the tool" : "", worst->dropped_caches ? "; all caches dropped" : "");
	}
	unproved_add(run, variant, list);
}

static void quote_contradictions(const struct run *run, struct grid_list *list)
{
	size_t all = 0;

	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		for (size_t j = 0; j < trial->n_contradictions; j++, all++)
			if (all < QUOTED_CONTRADICTIONS)
				grid_note(list, GRID_NOTES, "INVALID", "%s %u, %s%s%s: %s",
					  temperature_names[trial->temperature], trial->repetition + 1,
					  trial->traced ? "traced" : "untraced", run->n_variants > 1 ? ", " : "",
					  run->n_variants > 1 ? run->variants[trial->variant].name : "",
					  trial->contradictions[j]);
	}
	if (all > QUOTED_CONTRADICTIONS)
		grid_note(list, GRID_NOTES, "INVALID", "and %zu more in the record", all - QUOTED_CONTRADICTIONS);
}

void verdict_add(const struct run *run, struct grid_list *list)
{
	size_t invalid = 0;

	for (size_t i = 0; i < run->n_trials; i++)
		invalid += run->trials[i].n_contradictions > 0;
	if (run->n_trials == 0) {
		grid_note(list, GRID_NOTES, "INVALID", "nothing was measured");
	} else if (invalid == 0) {
		grid_note(list, GRID_NOTES, "valid", "the counts of all %zu runs agree%s%s", run->n_trials,
			  run->target ? " with the manifest" : "", run->complete ? "" : " (not all repetitions yet)");
	} else {
		grid_note(list, GRID_NOTES, "INVALID",
			  "%zu of %zu runs contradict themselves%s; the numbers leave them out", invalid, run->n_trials,
			  run->target ? " or the manifest" : "");
		quote_contradictions(run, list);
	}
}

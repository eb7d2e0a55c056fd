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

/* The usual one goes without saying. */
static void add_load_events(const struct run *run, struct strbuf *facts)
{
	const char *by = text_of(run->scenario, "load_events");

	if (by && !is(text_of(run->scenario, "tool"), "none") && !run_is_swept(run, "load_events") && !is(by, "rbrk"))
		facts_add(facts, "load events by %s", by);
}

static bool by_shim(const char *acquire)
{
	return !acquire || is(acquire, "shim") || is(acquire, "spawn");
}

bool head_ran_before(const struct run *run)
{
	return !by_shim(acquired_by(run)) && !run->target &&
	       json_array_size(json_object_get(run->scenario, "command")) == 0;
}

static void add_acquired(const struct run *run, struct strbuf *facts)
{
	const char *acquire = acquired_by(run);

	if (!by_shim(acquire) && !run_is_swept(run, "acquire"))
		facts_add(facts, "acquired by %s", acquire);
}

static void add_job(const struct run *run, struct grid_list *list)
{
	json_t *scenario = run->scenario;
	json_int_t tasks = json_integer_value(json_object_get(scenario, "tasks"));
	const char *launcher = text_of(run->host, "launcher_version");
	bool untraced = is(text_of(scenario, "tool"), "none");
	bool simulated = run_is_simulated(run);
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;

	if (!launcher && !head_ran_before(run))
		launcher = text_of(scenario, "launcher");
	if (!run_is_swept(run, "tasks"))
		facts_add(&facts, "%" JSON_INTEGER_FORMAT " %s%s%s", tasks, tasks == 1 ? "task" : "tasks",
			  launcher ? " by " : "", launcher ? launcher : "");
	add_acquired(run, &facts);
	if (text_of(scenario, "tool") && !run_is_swept(run, "tool"))
		facts_add(&facts, "tool %s", text_of(scenario, "tool"));
	add_load_events(run, &facts);
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
	if (run->n_variants == 1 && json_object_size(run->variants[0].settings))
		facts_add(&facts, "variant %s", run->variants[0].name);
	grid_note(list, GRID_FACTS, "run", "%s", facts.text);
	add_target(run, list);
	add_job(run, list);
	add_tools(run, list);
	add_machine(run, list);
}

/* "mpirun" of "mpirun (Open MPI) 4.1.4", which the head has whole. */
static void add_tasks(const struct run *run, struct strbuf *facts)
{
	json_int_t tasks = json_integer_value(json_object_get(run->scenario, "tasks"));
	const char *launcher = text_of(run->host, "launcher_version");

	if (run_is_swept(run, "tasks"))
		return;
	launcher = launcher ? launcher : text_of(run->scenario, "launcher");
	facts_add(facts, "%" JSON_INTEGER_FORMAT " task%s", tasks, tasks == 1 ? "" : "s");
	if (launcher && strcmp(launcher, "none") != 0)
		strbuf_printf(facts, " by %.*s", (int)strcspn(launcher, " "), launcher);
}

static void add_subject(const struct run *run, struct strbuf *facts)
{
	json_t *word = json_array_get(json_object_get(run->scenario, "command"), 0);
	json_t *libraries = json_object_get(run->target, "libraries");

	if (text_of(run->target, "name"))
		facts_add(facts, "%s", text_of(run->target, "name"));
	else if (json_is_string(word))
		facts_add(facts, "%s", json_string_value(word));
	if (libraries && !run_is_swept(run, "target"))
		strbuf_printf(facts, "%s%" JSON_INTEGER_FORMAT " libraries", facts->len ? ", " : "",
			      json_integer_value(libraries));
}

void head_add_short(const struct run *run, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf facts = STRBUF_INIT;
	const char *tool = text_of(run->scenario, "tool"), *aslr = text_of(run->scenario, "aslr");
	json_int_t breakpoints =
		json_integer_value(json_object_get(json_object_get(run->scenario, "breakpoints"), "count"));

	add_subject(run, &facts);
	if (run->n_variants == 1 && json_object_size(run->variants[0].settings))
		facts_add(&facts, "%s", run->variants[0].name);
	add_tasks(run, &facts);
	add_acquired(run, &facts);
	if (tool && !run_is_swept(run, "tool"))
		facts_add(&facts, "%s%s", is(tool, "none") ? "without a tool" : "tool ", is(tool, "none") ? "" : tool);
	add_load_events(run, &facts);
	if (!is(tool, "none") && !run_is_swept(run, "breakpoints.count"))
		facts_add(&facts, "%" JSON_INTEGER_FORMAT " breakpoint%s", breakpoints, breakpoints == 1 ? "" : "s");
	if (aslr && !run_is_swept(run, "aslr"))
		facts_add(&facts, "ASLR %s", aslr);
	grid_note(list, GRID_FACTS, "job", "%s", facts.text);
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

static void quote_contradictions(const struct run *run, size_t most, struct grid_list *list)
{
	size_t all = 0;

	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		for (size_t j = 0; j < trial->n_contradictions; j++, all++)
			if (all < most)
				grid_note(list, GRID_NOTES, "INVALID", "%s %u, %s%s%s: %s",
					  temperature_names[trial->temperature], trial->repetition + 1,
					  trial->traced ? "traced" : "untraced", run->n_variants > 1 ? ", " : "",
					  run->n_variants > 1 ? run->variants[trial->variant].name : "",
					  trial->contradictions[j]);
	}
	if (all > most)
		grid_note(list, GRID_NOTES, "INVALID", "and %zu more in the record", all - most);
}

void verdict_add(const struct run *run, size_t most, struct grid_list *list)
{
	size_t invalid = 0;

	for (size_t i = 0; i < run->n_trials; i++)
		invalid += run->trials[i].n_contradictions > 0;
	if (run->n_trials == 0) {
		grid_note(list, GRID_NOTES, "INVALID", "nothing was measured");
		grid_note_tone(list, TONE_BAD);
	} else if (invalid == 0) {
		_cleanup_free_ char *runs = run->n_trials == 1 ? mem_strdup("the one run") :
								 mem_printf("all %zu runs", run->n_trials);

		grid_note(list, GRID_NOTES, "valid", "the counts of %s agree%s%s", runs,
			  run->target ? " with the manifest" : "", run->complete ? "" : " (not all repetitions yet)");
		grid_note_tone(list, TONE_GOOD);
	} else {
		grid_note(list, GRID_NOTES, "INVALID",
			  "%zu of %zu runs contradict themselves%s; the numbers leave them out", invalid, run->n_trials,
			  run->target ? " or the manifest" : "");
		grid_note_tone(list, TONE_BAD);
		quote_contradictions(run, most, list);
	}
}

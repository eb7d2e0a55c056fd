/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the record's JSON parts (scenario, host, target, calibration) as far as a
 * person wants to see them. All keys are optional: a record of another tool or an
 * older host section still has a head.
 *
 * Invariant: reads only; an absent key leaves its words out.
 */
#include "report/table/head.h"

#include <string.h>

#include "lib/mem.h"
#include "report/table/cell.h"
#include "report/human.h"
#include "report/table/table.h"

static const char *text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* A line of facts separated by dots: "job       4 tasks · mpirun · ...". */
struct facts {
	struct strbuf *out;
	size_t column;
};

static void facts_begin(struct facts *facts, const char *label, struct strbuf *out)
{
	cell_left(out, label, 10);
	*facts = (struct facts){ out, 10 };
}

static void facts_add(struct facts *facts, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void facts_add(struct facts *facts, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;
	size_t width;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	width = cell_display_width(text.text);
	if (facts->column > 10 && facts->column + 3 + width > TABLE_WIDTH) {
		cell_end(facts->out);
		cell_left(facts->out, "", 10);
		facts->column = 10;
	}
	if (facts->column > 10) {
		strbuf_puts(facts->out, " · ");
		facts->column += 3;
	}
	strbuf_puts(facts->out, text.text);
	facts->column += width;
}

static void put_target(const struct run *run, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf functions = STRBUF_INIT;
	json_t *target = run->target, *command = json_object_get(run->scenario, "command"), *word;
	struct facts facts;
	size_t i;

	if (target) {
		facts_begin(&facts, "target", out);
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
		cell_end(out);
	} else if (json_array_size(command) > 0) {
		cell_left(out, "command", 10);
		json_array_foreach(command, i, word)
			strbuf_printf(out, "%s%s", i ? " " : "", json_is_string(word) ? json_string_value(word) : "?");
		cell_end(out);
	}
}

static bool is(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

static void put_breakpoints(const struct run *run, struct facts *facts)
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

static void put_job(const struct run *run, struct strbuf *out)
{
	json_t *scenario = run->scenario;
	json_int_t tasks = json_integer_value(json_object_get(scenario, "tasks"));
	const char *launcher = text_of(run->host, "launcher_version");
	bool untraced = is(text_of(scenario, "tool"), "none");
	bool simulated = run_is_simulated(run);
	const char *acquire = text_of(scenario, "acquire");
	bool by_shim = !acquire || is(acquire, "shim") || is(acquire, "spawn");
	bool ran_before = !by_shim && !run->target && json_array_size(json_object_get(scenario, "command")) == 0;
	struct facts facts;

	if (!launcher && !ran_before)
		launcher = text_of(scenario, "launcher");
	facts_begin(&facts, "job", out);
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
		put_breakpoints(run, &facts);
	cell_end(out);
}

static void put_machine(const struct run *run, struct strbuf *out)
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
	struct facts facts;

	if (json_object_size(host) == 0)
		return;
	facts_begin(&facts, "machine", out);
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
	cell_end(out);
}

static bool same_tool(const struct trial *a, const struct trial *b)
{
	return is(a->tool, b->tool ? b->tool : "") && a->tool_verdict == b->tool_verdict &&
	       a->tool_untried == b->tool_untried && is(a->tool_version, b->tool_version ? b->tool_version : "");
}

/* Tools that are processes of their own: which they are, and how they came through. */
static void put_tools(const struct run *run, struct strbuf *out)
{
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];
		size_t n = 0, before = 0;
		struct facts facts;

		if (trial->tool_verdict == VERDICT_NONE)
			continue;
		for (size_t j = 0; j < run->n_trials; j++) {
			n += same_tool(trial, &run->trials[j]) || j == i;
			before += j < i && same_tool(trial, &run->trials[j]);
		}
		if (before)
			continue;
		facts_begin(&facts, "tool", out);
		facts_add(&facts, "%s", trial->tool ? trial->tool : "?");
		if (trial->tool_version)
			facts_add(&facts, "%s", trial->tool_version);
		facts_add(&facts, "%s in %zu run%s", tool_verdict_names[trial->tool_verdict], n, n == 1 ? "" : "s");
		if (trial->tool_untried)
			facts_add(&facts, "its description was never tried");
		cell_end(out);
	}
}

void head_put(const struct run *run, struct strbuf *out)
{
	struct facts facts;

	facts_begin(&facts, "run", out);
	facts_add(&facts, "%s", run->id);
	if (run->started_utc)
		facts_add(&facts, "%s", run->started_utc);
	if (run->kit_version)
		facts_add(&facts, "attachstorm %s", run->kit_version);
	cell_end(out);
	put_target(run, out);
	put_job(run, out);
	put_tools(run, out);
	put_machine(run, out);
}

/* A calibration value is a number, or an object whose "p50" is one. */
static double value_of(json_t *json)
{
	return json_number_value(json_is_object(json) ? json_object_get(json, "p50") : json);
}

void floors_read(const struct run *run, const struct run_variant *variant, struct floors *ret)
{
	json_t *stops = json_object_get(run->calibration, "bare_stop_continue_ns");
	const char *wait = run_variant_text(run, variant, "wait");
	const char *bind = run_variant_text(run, variant, "bind");
	bool together = wait && bind && !strcmp(wait, "follow") && !strcmp(bind, "core");
	const char *write = run_variant_text(run, variant, "breakpoints.write");
	_cleanup_free_ char *trap_key = mem_printf("trap_write_%s_ns", write ? write : "");
	json_t *trap = json_object_get(run->calibration, trap_key);

	*ret = (struct floors){ .wait = wait ? wait : "block" };
	/* A tracer that follows a bound task is on its core. */
	ret->task = together ? ", task bound" : "";
	ret->stop_ns = value_of(json_object_get(stops, together ? "same_core" : ret->wait));
	ret->trap_ns = value_of(trap ? trap : json_object_get(run->calibration, "trap_write_ns"));
	ret->register_ns = value_of(json_object_get(run->calibration, "register_access_ns"));
}

void floors_put(const struct floors *floors, struct strbuf *out)
{
	struct facts facts;
	const struct {
		const char *name;
		double ns;
	} rows[] = {
		{ "register access", floors->register_ns },
		{ "trap write", floors->trap_ns },
	};
	_cleanup_strbuf_ struct strbuf stop = STRBUF_INIT;

	if (!(floors->stop_ns > 0))
		return;
	facts_begin(&facts, "floor", out);
	human_duration(&stop, floors->stop_ns);
	facts_add(&facts, "stop and continue %s, wait %s%s", stop.text, floors->wait, floors->task);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		if (!(rows[i].ns > 0))
			continue;
		human_duration(&text, rows[i].ns);
		facts_add(&facts, "%s %s", rows[i].name, text.text);
	}
	cell_end(out);
}

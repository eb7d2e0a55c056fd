/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CSV has every metric of every run. The JSON of hyperfine (seconds; `results` of a `command`
 * each) and of Google Benchmark (one iteration per run and time, with a context) is as their
 * own tools for comparing and plotting read it. Both have no place for a run that contradicts
 * itself: only CSV tells of those.
 *
 * Invariant: a value that is not known is empty in CSV and left out in JSON, never 0.
 */
#include "report/export.h"

#include <math.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "report/compare/metric.h"

static bool is_known(const struct run *run, size_t trial, enum gate_metric_id id, double *ret)
{
	*ret = gate_metrics[id].get(&run->trials[trial], &run->trial_summaries[trial]);
	return *ret >= 0;
}

/* --- CSV -------------------------------------------------------------------------- */

static void put_quoted(struct strbuf *out, const char *text)
{
	if (!strpbrk(text, ",\"\n")) {
		strbuf_puts(out, text);
		return;
	}
	strbuf_putc(out, '"');
	for (; *text; text++)
		strbuf_printf(out, *text == '"' ? "\"\"" : "%c", *text);
	strbuf_putc(out, '"');
}

/* The keys by which variants differ, each once, as an object of them; a new reference. */
static json_t *swept_keys(const struct run *run)
{
	json_t *keys = json_object();

	for (size_t i = 0; i < run->n_variants; i++)
		json_object_update(keys, run->variants[i].settings);
	return keys;
}

static void put_csv(const struct run *run, struct strbuf *out)
{
	static const char *const units[] = { "", "", "", "_ns", "_bytes" };
	json_t *swept = swept_keys(run), *unused;
	const char *key;

	strbuf_puts(out, "record,variant,temperature,repetition,traced,valid");
	for (size_t i = 0; i < GATE_N; i++)
		strbuf_printf(out, ",%s%s", gate_metrics[i].key, units[gate_metrics[i].kind]);
	json_object_foreach(swept, key, unused)
		strbuf_printf(out, ",scenario.%s", key);
	strbuf_putc(out, '\n');
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		put_quoted(out, run->id);
		strbuf_putc(out, ',');
		put_quoted(out, run->variants[trial->variant].name);
		strbuf_printf(out, ",%s,%u,%d,%d", temperature_names[trial->temperature], trial->repetition,
			      trial->traced, !trial->n_contradictions);
		for (size_t j = 0; j < GATE_N; j++) {
			double value;

			strbuf_putc(out, ',');
			if (is_known(run, i, j, &value))
				strbuf_printf(out, "%.17g", value);
		}
		json_object_foreach(swept, key, unused) {
			const char *value = run_variant_text(run, &run->variants[trial->variant], key);

			strbuf_putc(out, ',');
			put_quoted(out, value ? value : "");
		}
		strbuf_putc(out, '\n');
	}
	json_decref(swept);
}

/* --- hyperfine -------------------------------------------------------------------- */

/* The runs of one variant, temperature and side of a record. */
struct group {
	size_t variant;
	enum temperature temperature;
	bool traced;
};

static bool is_of_group(const struct trial *trial, const struct group *group)
{
	return trial->variant == group->variant && trial->temperature == group->temperature &&
	       trial->traced == group->traced && !trial->n_contradictions;
}

static double deviation(const struct samples *samples, double mean)
{
	double sum = 0;

	for (size_t i = 0; i < samples->n; i++)
		sum += pow(samples->values[i] - mean, 2);
	return samples->n > 1 ? sqrt(sum / (samples->n - 1)) : 0;
}

/* NULL without runs. */
static json_t *hyperfine_result(const struct run *run, const struct group *group)
{
	_cleanup_(samples_deinit) struct samples total_s = { 0 };
	_cleanup_free_ char *command = NULL;
	json_t *times = json_array(), *codes = json_array();
	struct quantiles q;

	for (size_t i = 0; i < run->n_trials; i++) {
		double total_ns;

		if (!is_of_group(&run->trials[i], group) || !is_known(run, i, GATE_TOTAL, &total_ns))
			continue;
		samples_add(&total_s, total_ns / NS_PER_S);
		json_array_append_new(times, json_real(total_ns / NS_PER_S));
		json_array_append_new(codes, json_integer(0)); /* valid: every task ended well */
	}
	quantiles_compute(&total_s, &q);
	if (!q.n) {
		json_decref(times);
		json_decref(codes);
		return NULL;
	}
	command = mem_printf("%s, %s, %s", run->variants[group->variant].name, temperature_names[group->temperature],
			     group->traced ? "traced" : "untraced");
	/* user and system time of a job are not measured; hyperfine's readers take null */
	return json_pack("{s:s, s:f, s:f, s:f, s:n, s:n, s:f, s:f, s:o, s:o}", "command", command, "mean", q.mean,
			 "stddev", deviation(&total_s, q.mean), "median", q.p50, "user", "system", "min", q.min, "max",
			 q.max, "times", times, "exit_codes", codes);
}

static void put_json(json_t *json, struct strbuf *out)
{
	_cleanup_free_ char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(12));

	strbuf_puts(out, text ? text : "null");
	strbuf_putc(out, '\n');
	json_decref(json);
}

static void put_hyperfine(const struct run *run, struct strbuf *out)
{
	json_t *results = json_array();

	for (size_t i = 0; i < run->n_variants; i++) {
		for (size_t j = 0; j < TEMPERATURE_N * 2; j++) {
			const struct group group = { i, j / 2, j % 2 };
			json_t *result = hyperfine_result(run, &group);

			if (result)
				json_array_append_new(results, result);
		}
	}
	put_json(json_pack("{s:o}", "results", results), out);
}

/* --- Google Benchmark ------------------------------------------------------------- */

static json_t *benchmark_context(const struct run *run)
{
	json_t *load = json_object_get(run->host, "load_1min");
	json_t *context = json_pack("{s:s?, s:s?, s:s, s:b, s:s}", "date", run->started_utc, "host_name",
				    json_string_value(json_object_get(run->host, "hostname")), "executable",
				    "attachstorm", "cpu_scaling_enabled", 0, "library_build_type", "release");
	json_t *cpus = json_object_get(run->host, "cpus");

	json_object_set_new(context, "num_cpus", json_is_integer(cpus) ? json_incref(cpus) : json_integer(0));
	json_object_set_new(context, "mhz_per_cpu", json_integer(0));
	json_object_set_new(context, "caches", json_array());
	json_object_set_new(context, "load_avg", json_is_number(load) ? json_pack("[O]", load) : json_array());
	return context;
}

/* Repetitions of what this run is one of. */
static int count_alike(const struct run *run, const struct trial *trial)
{
	int n = 0;

	for (size_t i = 0; i < run->n_trials; i++)
		n += run->trials[i].variant == trial->variant && run->trials[i].temperature == trial->temperature &&
		     run->trials[i].traced == trial->traced;
	return n;
}

static void add_benchmarks(const struct run *run, size_t index, json_t *benchmarks)
{
	const struct trial *trial = &run->trials[index];

	for (size_t id = GATE_FIRST_TIME; id < GATE_N; id++) {
		_cleanup_free_ char *name = mem_printf("%s/%s/%s/%s", run->variants[trial->variant].name,
						       temperature_names[trial->temperature],
						       trial->traced ? "traced" : "untraced", gate_metrics[id].key);
		double value, cpu;

		if (gate_metrics[id].kind != GATE_TIME || !is_known(run, index, id, &value))
			continue;
		if (!is_known(run, index, GATE_CPU, &cpu))
			cpu = 0;
		json_array_append_new(benchmarks,
				      json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:s}", "name", name,
						"run_name", name, "run_type", "iteration", "repetitions",
						count_alike(run, trial), "repetition_index",
						(int)trial->repetition, "threads", 1, "iterations", 1,
						"real_time", value, "cpu_time", cpu, "time_unit", "ns"));
	}
}

static void put_benchmark(const struct run *run, struct strbuf *out)
{
	json_t *benchmarks = json_array();

	for (size_t i = 0; i < run->n_trials; i++)
		if (!run->trials[i].n_contradictions)
			add_benchmarks(run, i, benchmarks);
	put_json(json_pack("{s:o, s:o}", "context", benchmark_context(run), "benchmarks", benchmarks), out);
}

const struct export_format export_formats[] = {
	{ "csv", "one line per run, every count and time", put_csv },
	{ "hyperfine", "JSON as of hyperfine --export-json: total times in seconds", put_hyperfine },
	{ "google-benchmark", "JSON as of --benchmark_format=json: every time of every run", put_benchmark },
	{ NULL, NULL, NULL },
};

const struct export_format *export_find(const char *name)
{
	for (const struct export_format *format = export_formats; format->name; format++)
		if (!strcmp(format->name, name))
			return format;
	return NULL;
}

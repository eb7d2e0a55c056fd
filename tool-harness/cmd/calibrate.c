/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm calibrate: what ptrace itself costs on this machine, before a tool does
 * anything. The tracee is this program again, under a hidden name.
 */
#include "cmd/calibrate.h"

#include <argp.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/mem.h"
#include "lib/strbuf.h"
#include "measure/stats/quantile.h"
#include "report/human.h"
#include "trace/floor.h"

#define DEFAULT_SAMPLES 2000

static const char *const descriptions[FLOOR_N] = {
	[FLOOR_STOP_BLOCK] = "stop + continue, tracer asleep on another core",
	[FLOOR_STOP_SPIN] = "stop + continue, tracer polling on another core",
	[FLOOR_STOP_SAME_CORE] = "stop + continue, tracer asleep on the tracee's core",
	[FLOOR_STOP_FREE] = "stop + continue, tracer asleep, neither tied to a core",
	[FLOOR_STOP_FOLLOW] = "stop + continue, tracer follows the tracee (follow)",
	[FLOOR_STOP_ADAPTIVE] = "stop + continue, tracer chooses (adaptive)",
	[FLOOR_FULL_BLOCK] = "with registers, tracer asleep on another core",
	[FLOOR_FULL_SPIN] = "with registers, tracer polling on another core",
	[FLOOR_FULL_SAME_CORE] = "with registers, tracer asleep on the tracee's core",
	[FLOOR_FULL_FREE] = "with registers, tracer asleep, neither tied",
	[FLOOR_FULL_FOLLOW] = "with registers, tracer follows the tracee (follow)",
	[FLOOR_FULL_ADAPTIVE] = "with registers, tracer chooses (adaptive)",
	[FLOOR_REGISTERS] = "registers read and written",
	[FLOOR_READ] = "100 bytes read (process_vm_readv)",
	[FLOOR_TRAP_WRITE_MEM] = "one trap written (/proc/PID/mem)",
	[FLOOR_TRAP_WRITE_POKE] = "one trap written (PEEKTEXT, POKETEXT)",
};

static struct quantiles kind_quantiles(const struct floor_samples *samples, int kind)
{
	const struct samples values = { .values = samples->ns[kind], .n = samples->n[kind] };
	struct quantiles quantiles;

	quantiles_compute(&values, &quantiles);
	return quantiles;
}

static json_t *kind_json(const struct floor_samples *samples, int kind)
{
	struct quantiles q = kind_quantiles(samples, kind);

	if (!q.n)
		return json_null();
	return json_pack("{sI sf sf sf}", "n", (json_int_t)q.n, "p10", q.p10, "p50", q.p50, "p90", q.p90);
}

static struct err *measure(size_t n, struct floor_samples *ret)
{
	static const char *const argv[] = { "/proc/self/exe", CMD_FLOOR_TRACEE, NULL };

	return floor_measure(argv, n, ret);
}

static json_t *samples_json(const struct floor_samples *samples, enum trap_write way)
{
	return json_pack("{s{so so so so so so} s{so so so so so so} so so so so so}", "bare_stop_continue_ns",
			 "block", kind_json(samples, FLOOR_STOP_BLOCK),
			 "spin", kind_json(samples, FLOOR_STOP_SPIN),
			 "same_core", kind_json(samples, FLOOR_STOP_SAME_CORE),
			 "free", kind_json(samples, FLOOR_STOP_FREE),
			 "follow", kind_json(samples, FLOOR_STOP_FOLLOW),
			 "adaptive", kind_json(samples, FLOOR_STOP_ADAPTIVE),
			 "bare_stop_registers_ns",
			 "block", kind_json(samples, FLOOR_FULL_BLOCK),
			 "spin", kind_json(samples, FLOOR_FULL_SPIN),
			 "same_core", kind_json(samples, FLOOR_FULL_SAME_CORE),
			 "free", kind_json(samples, FLOOR_FULL_FREE),
			 "follow", kind_json(samples, FLOOR_FULL_FOLLOW),
			 "adaptive", kind_json(samples, FLOOR_FULL_ADAPTIVE),
			 "register_access_ns", kind_json(samples, FLOOR_REGISTERS),
			 "read_100_bytes_ns", kind_json(samples, FLOOR_READ),
			 "trap_write_mem_ns", kind_json(samples, FLOOR_TRAP_WRITE_MEM),
			 "trap_write_poke_ns", kind_json(samples, FLOOR_TRAP_WRITE_POKE),
			 "trap_write_ns", kind_json(samples, way == TRAP_WRITE_POKE ? FLOOR_TRAP_WRITE_POKE :
											FLOOR_TRAP_WRITE_MEM));
}

struct err *calibrate_json(size_t n, enum trap_write way, json_t **ret)
{
	struct floor_samples samples = { 0 };
	struct err *err = measure(n, &samples);

	if (err)
		return err;
	*ret = samples_json(&samples, way);
	floor_samples_deinit(&samples);
	return NULL;
}

static void print_table(const struct floor_samples *samples)
{
	printf("%-54s %10s %10s %10s %7s\n", "this machine's floor", "median", "p10", "p90", "n");
	for (int kind = 0; kind < FLOOR_N; kind++) {
		struct quantiles q = kind_quantiles(samples, kind);
		const double values[] = { q.p50, q.p10, q.p90 };

		printf("%-54s", descriptions[kind]);
		for (size_t i = 0; q.n && i < ARRAY_SIZE(values); i++) {
			_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

			human_duration(&text, values[i]);
			/* "µ" is two bytes and one column */
			printf(" %*s", 10 + (strstr(text.text, "µ") ? 1 : 0), text.text);
		}
		printf(q.n ? " %7llu\n" : " (one core only)\n", (unsigned long long)q.n);
	}
}

struct options {
	size_t samples;
	bool json;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	char *end;

	switch (key) {
	case 'n':
		options->samples = strtoul(arg, &end, 10);
		if (*end || !options->samples || options->samples > 1000000 || *arg == '-')
			argp_error(state, "--samples takes a number from 1 to 1000000, not '%s'", arg);
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

struct err *cmd_calibrate(int argc, char **argv, int *status_ret)
{
	static const struct argp_option table[] = {
		{ "samples", 'n', "N", 0, "samples of each kind (default 2000)", 0 },
		{ "json", 'j', NULL, 0, "print JSON instead of a table", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		table, parse, "",
		"Measure what ptrace itself costs on this machine: the floor that no tool can go below.\v"
		"'attachstorm run' measures the same before each run and quotes its costs as multiples of it.",
		NULL, NULL, NULL,
	};
	struct options options = { .samples = DEFAULT_SAMPLES };
	struct floor_samples samples = { 0 };
	struct err *err;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	err = measure(options.samples, &samples);
	if (err)
		return err;
	if (options.json) {
		json_t *json = samples_json(&samples, TRAP_WRITE_MEM);

		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(json);
	} else {
		print_table(&samples);
	}
	floor_samples_deinit(&samples);
	*status_ret = EXIT_OK;
	return NULL;
}

struct err *cmd_floor_tracee(int argc, char **argv, int *status_ret)
{
	(void)argc;
	(void)argv;
	(void)status_ret;
	floor_tracee();
}

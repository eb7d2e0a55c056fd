#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What tracing costs: the small target with 4 tasks and no breakpoint, traced beside untraced
# in one run. Prints the ratio of the import times (the promise: under 1.10) and T1 as a
# multiple of this run's floor (under 3); then what a stop costs a task under each way to wait, by
# scenarios/waits.yaml. BENCH_REPETITIONS (default 5), BENCH_TARGET.
set -eu
O=${1:-build}
target=${BENCH_TARGET:-$O/targets/small}
results=$O/bench
"$O/pynamic-gen" -q targets/small.yaml -o "$O/targets/small"
for way in block/needed block/all spin/needed follow/needed adaptive/needed; do
	wait=${way%/*} symbols=${way#*/}
	"$O/attachstorm" run -q -t "$target" -n "${BENCH_TASKS:-4}" -b 0 -T warm -r "${BENCH_REPETITIONS:-5}" --wait "$wait" \
		--set "symbols=$symbols" -o "$results" --json >"$results.json"
	jq -r --arg wait "$wait" --arg symbols "$symbols" '
		(.variants[0].summary.warm) as $s | .calibration.bare_stop_continue_ns[$wait].p50 as $floor |
		(.calibration.register_access_ns.p50 + $floor) as $bare |
		def us: . / 10 | round / 100 | tostring + " us";
		def x: . * 1000 | round / 1000 | tostring;
		"wait \($wait), symbols \($symbols), n = \($s.n_traced) runs a side",
		"  import, slowest rank   traced / untraced  \($s.ratio.import_worst.p50 | x)   (bar 1.10)",
		"  import, median rank    traced / untraced  \($s.ratio.import_median.p50 | x)",
		"  floor                  \($floor | us)",
		"  handling of one stop   \($s.handling_ns.p50 | us) median of \($s.handling_ns.n) = \($s.handling_ns.p50 / $floor | x) x floor",
		"  T1, one load event     \($s.t1_ns.p50 | us) median of \($s.t1_ns.n) = \($s.t1_ns.p50 / $floor | x) x floor   (bar 3)",
		"  full cost of one stop  \($s.task_cost_per_stop_ns.p50 | us) to a task, \($s.job_cost_per_stop_ns.p50 | us) to the job",
		"  a bare stop            \($bare | us) with register access: to a task \($s.task_cost_per_stop_ns.p50 / $bare | x) x that   (bar 1.5)"
	' "$results.json"
done

"$O/pynamic-gen" -q targets/small.yaml --set programs=host,plain -o "$O/targets/waits"
"$O/attachstorm" run -q scenarios/waits.yaml -t "$O/targets/waits" -r "${BENCH_REPETITIONS:-5}" -o "$results" --json >"$results.json"
jq -r '
	def us: . / 10 | round / 100 | tostring + " us";
	"ways to wait: medians of n = \(.variants[0].summary.warm.n_traced) runs a side",
	(.variants[] | .summary.warm as $s |
		"  \(.name): full cost of one stop \($s.task_cost_per_stop_ns.p50 | us) to a task, T1 \($s.t1_ns.p50 | us), " +
		"import \($s.ratio.import_worst.p50 * 1000 | round / 1000) x untraced")
' "$results.json"

# What a warm tool needs before the program goes on: symbols of all libraries and all link maps.
# BENCH_LLNL: a target with the program linked (else a small one is made); BENCH_LLNL_TASKS.
linked=${BENCH_LLNL:-}
if [ -z "$linked" ]; then
	linked=$O/targets/bench-linked
	"$O/pynamic-gen" -q targets/small.yaml -o "$linked" --codegen asm --set name=bench-linked --set programs=host,linked
fi
"$O/attachstorm" run -q -t "$linked" -p linked -n "${BENCH_LLNL_TASKS:-32}" -b 10 -T warm -r "${BENCH_REPETITIONS:-5}" --no-baseline \
	--set event_work=symbols --set index=on --set tool_temperature=warm -o "$results" --json >"$results.json"
jq -r '
	def ms: . / 1e6 | round | tostring + " ms";
	[.trials[].summary.spans_ns | .link_maps + .symbols + .plant] as $all | ($all | sort | .[length / 2 | floor]) as $p50 |
	"phase 1 of \(.trials[0].tasks[0].libraries_at_start) linked libraries, \(.trials[0].tasks | length) tasks, warm tool, n = \($all | length)",
	"  link maps, symbols and breakpoints  \($p50 | ms)   (bar 2000 ms with llnl and 32 tasks)",
	"  indices read \(.trials[0].work.indices_read), built \([.trials[].work.indices_written] | add)   (bar: none built)"
' "$results.json"

# Many plain tasks: memory of the harness, and time per event as the number of tasks grows.
# BENCH_MANY_TASKS (default 1000), BENCH_MANY_LIBRARIES (default 200).
libraries=${BENCH_MANY_LIBRARIES:-200}
many=$O/targets/bench-many-$libraries
"$O/pynamic-gen" -q targets/tiny.yaml -o "$many" --codegen asm --set name=many --set "modules=$((libraries * 3 / 5))" \
	--set "utilities=$((libraries * 2 / 5))" --set functions=20 --set utility_functions=20 --set programs=host,plain
for tasks in 10 "${BENCH_MANY_TASKS:-1000}"; do
	"$O/attachstorm" run -q -t "$many" -p plain -l spawn -n "$tasks" -b 0 -T warm -r 1 --no-baseline \
		--set event_work=symbols --set time_limit=30min -o "$results" --json >"$results.json"
	jq -r '
		.trials[0] as $t | ($t.summary.t1_ns.n) as $n |
		"\($t.tasks | length) tasks x \($t.tasks[0].libraries_at_end) libraries, \($n) load events",
		"  tracer CPU per load event  \($t.tracer_cpu_ns / $n / 10 | round / 100) us   (bar: grows less than 1.3 times)",
		"  T1 median                  \($t.summary.t1_ns.p50 / 10 | round / 100) us",
		"  peak memory of the tracer  \($t.tracer_peak_rss_bytes / 1048576 | round) MiB   (bar 300)"
	' "$results.json"
done

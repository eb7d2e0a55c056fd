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

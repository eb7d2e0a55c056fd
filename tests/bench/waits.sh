#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a stop costs a task under each way to wait with 1, 4 and 32 tasks: scenarios/waits.yaml.
# BENCH_REPETITIONS (default 3).
set -eu
O=${1:-build}
target=$O/targets/waits results=$O/bench
mkdir -p "$results"
"$O/pynamic-gen" -q targets/small.yaml --set programs=host,plain -o "$target"
"$O/attachstorm" run -q scenarios/waits.yaml -t "$target" -r "${BENCH_REPETITIONS:-3}" -o "$results" --json >"$results/waits.json"
jq -r -L tests/bench 'include "bars";
	.variants[] | .summary.warm as $s | .name,
	($s.task_cost_per_stop_ns | median | us | figure("full cost of one stop, to a task"; $s.task_cost_per_stop_ns.n)),
	($s.t1_ns | median | us | figure("T1, one load event"; $s.t1_ns.n)),
	($s.ratio.import_worst | median | times | figure("import traced / untraced, slowest rank"; $s.ratio.import_worst.n))
' "$results/waits.json"

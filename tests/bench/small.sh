#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What tracing costs a job: the small target with 4 MPI tasks and no breakpoint, traced beside untraced,
# by way to wait, with the symbols that a tool needs (none) and with those of all libraries.
# BENCH_TARGET (folder of a built target), BENCH_TASKS (default 4), BENCH_REPETITIONS (default 3).
set -eu
O=${1:-build}
target=${BENCH_TARGET:-$O/targets/small} results=$O/bench
mkdir -p "$results"
[ -n "${BENCH_TARGET:-}" ] || "$O/pynamic-gen" -q targets/small.yaml -o "$target"
"$O/attachstorm" run -q -t "$target" -n "${BENCH_TASKS:-4}" -b 0 -T warm -r "${BENCH_REPETITIONS:-3}" \
	--matrix wait=block,spin,follow,adaptive --matrix symbols=needed,all -o "$results" --json >"$results/small.json"
jq -r -L tests/bench 'include "bars";
	.calibration.bare_stop_registers_ns as $floors |
	.variants[] | .summary.warm as $s | ($floors[.settings.wait] | median) as $bare |
	.name,
	($s.ratio.import_worst | median |
		at_most(1.1; "import, slowest rank, traced / untraced"; $s.ratio.import_worst.n; times)),
	($s.t1_ns | median | us | figure("T1, handling of one load event"; $s.t1_ns.n)),
	($s.t1_ns | median | over($bare) |
		under(3; "T1 / bare stop with register access"; $s.t1_ns.n; times)),
	($s.task_cost_per_stop_ns | median | us | figure("full cost of one stop, to a task"; $s.task_cost_per_stop_ns.n))
' "$results/small.json"

#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Phase 2 of llnl traced / untraced, without and with 10 breakpoints: scenarios/bars.yaml, both
# sides in turns. The bars are meant for 32 tasks, which take some minutes. BENCH_LLNL (folder of the
# built target; without it the target is built), BENCH_TASKS (default 4), BENCH_REPETITIONS (default 3).
set -eu
O=${1:-build}
target=${BENCH_LLNL:-$O/targets/llnl} results=$O/bench
mkdir -p "$results"
[ -n "${BENCH_LLNL:-}" ] || "$O/pynamic-gen" -q targets/llnl.yaml --codegen=asm -o "$target"
"$O/attachstorm" run -q scenarios/bars.yaml -t "$target" -n "${BENCH_TASKS:-4}" -r "${BENCH_REPETITIONS:-3}" \
	-o "$results" --json >"$results/phase2.json"
jq -r -L tests/bench 'include "bars";
	.scenario.tasks as $tasks | .variants[] | .summary.warm as $s | $s.ratio.phase2.n as $n |
	(if $s.breakpoints == 0 then 1.10 else 1.25 end) as $bar |
	"\(.name), \($tasks) tasks",
	($s.traced_ns.phase2 | median | ms | figure("phase 2, traced"; $s.traced_ns.phase2.n)),
	($s.untraced_ns.phase2 | median | ms | figure("phase 2, untraced"; $s.untraced_ns.phase2.n)),
	($s.ratio.phase2 | median | at_most($bar; "phase 2, traced / untraced"; $n; times))
' "$results/phase2.json"

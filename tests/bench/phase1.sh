#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a warm tool needs before the program goes on: symbols of all libraries and all link maps.
# BENCH_LINKED: a target with the program linked, as the bar has it that of llnl (else a small one
# is made); BENCH_LINKED_TASKS (default 32), BENCH_REPETITIONS (default 3).
set -eu
O=${1:-build}
target=${BENCH_LINKED:-$O/targets/bench-linked} results=$O/bench
mkdir -p "$results"
[ -n "${BENCH_LINKED:-}" ] || "$O/pynamic-gen" -q targets/small.yaml -o "$target" --codegen=asm --set name=bench-linked \
	--set programs=host,linked
"$O/attachstorm" run -q -t "$target" -p linked -n "${BENCH_LINKED_TASKS:-32}" -b 10 -T warm -r "${BENCH_REPETITIONS:-3}" \
	--no-baseline --set event_work=symbols --set index=on --set tool_temperature=warm -o "$results" --json \
	>"$results/phase1.json"
jq -r -L tests/bench 'include "bars";
	[.trials[].summary.spans_ns | .link_maps + .symbols + .plant] as $all |
	($all | sort | .[length / 2 | floor]) as $p50 |
	"\(.trials[0].tasks[0].libraries_at_start) linked libraries, \(.trials[0].tasks | length) tasks, warm tool",
	($p50 | under(2e9; "link maps, symbols and breakpoints"; $all | length; ms)),
	(.trials[0].work.indices_read | tostring | figure("indices read"; 1)),
	([.trials[].work.indices_written] | add | at_most(0; "indices built"; $all | length; tostring))
' "$results/phase1.json"

#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a stop at a load event costs: one process of the plain program (no Python, no MPI) that
# loads 200 small libraries, no breakpoint, traced beside untraced, under each way to wait, the process
# free to move and bound to a core, as launchers bind. Handling is inside the tracer; the full cost is
# (traced - untraced) / stops. Both as multiples of this run's bare stop and continue with register access under
# the same way; of a bound process that is followed, on one core. "free" is the one of a tracer asleep with
# nobody tied to a core, which is where the scheduler puts `block` here.
# BENCH_EVENTS (repetitions, default 15).
set -eu
O=${1:-build}
target=$O/targets/events results=$O/bench
mkdir -p "$results"
"$O/pynamic-gen" -q targets/tiny.yaml --codegen=asm --set name=events --set modules=120 --set utilities=80 \
	--set programs=plain -o "$target"
"$O/attachstorm" run -q -t "$target" -l spawn -p plain -n 1 -b 0 -T warm -r "${BENCH_EVENTS:-15}" \
	--matrix bind=none,core --matrix wait=block,spin,follow,adaptive -o "$results" --json >"$results/stop.json"
jq -r -L tests/bench 'include "bars";
	.calibration.bare_stop_registers_ns as $floors | .variants |
	(.[] | .summary.warm as $s | .settings.wait as $wait | (.settings.bind == "core") as $bound |
		(if $bound and $wait == "follow" then "same_core" else $wait end) as $floor |
		($floors[$floor] | median) as $bare | ($s.handling_ns.n) as $n | ($s.task_cost_per_stop_ns.n) as $runs |
		"wait \($wait)\(if $bound then ", bound" else "" end): \($s.stops | all_stops) stops a run",
		($bare | us | figure("bare stop with register access"; $floors[$floor].n // 0)),
		($s.handling_ns | median | us | figure("handling of one stop"; $n)),
		($s.handling_ns | median | over($bare) | times | figure("handling / bare stop"; $n)),
		($s.t1_ns | median | us | figure("T1, handling of one load event"; $s.t1_ns.n)),
		($s.task_cost_per_stop_ns | median | us | figure("full cost of one stop"; $runs)),
		($s.task_cost_per_stop_ns | median | over($bare) |
			at_most(1.5; "full cost / bare stop"; $runs; times)),
		if $wait == "block" and ($bound | not) then
			$s.task_cost_per_stop_ns | median | over($floors.free | median) | times |
				figure("full cost / bare stop, free"; $runs)
		else empty end),
	"best way",
	([.[] | .settings as $how | .summary.warm.task_cost_per_stop_ns | select(.n > 0) |
		{wait: "\($how.wait)\(if $how.bind == "core" then ", bound" else "" end)", n, ns: .p50}] | min_by(.ns) |
		.n as $n | "\(.wait // "none"): full cost of one stop" as $what | .ns | under(15000; $what; $n // 0; us))
' "$results/stop.json"

#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The benchmarks run, and judge each figure by its bar. What the figures are is not tested.

load common

@test "the bars of writing traps: three, each with a verdict" {
	BENCH_WRITES=1 expect_status 0 "$ROOT/scripts/bench" "$O" trapwrite
	[ "$(grep -cE ' n = 120 .* bar (under )?[0-9.]+ x  (met|not met)$' <<<"$output")" -eq 3 ]
}

@test "the bars of phase 2: one without breakpoints, one with" {
	tiny_target
	BENCH_LLNL=$TINY BENCH_TASKS=2 BENCH_REPETITIONS=1 expect_status 0 "$ROOT/scripts/bench" "$O" phase2
	expect_output "no breakpoint, 2 tasks"
	[ "$(grep -cE ' bar 1.(1|25) x  (met|not met)$' <<<"$output")" -eq 2 ]
}

@test "a figure at its bar meets it, one without samples or below nothing meets none" {
	run jq -n -r -L "$ROOT/tests/bench" 'include "bars"; (1.2, 1.21, null, -1) | at_most(1.2; "what"; 3; times)'
	[ "$(awk '{ print $(NF - 1), $NF }' <<<"$output" | paste -sd,)" = "x met,not met,cannot tell,cannot tell" ]
	run jq -n -r -L "$ROOT/tests/bench" 'include "bars"; (2.9, 3) | under(3; "what"; 3; times)'
	[ "$(awk '{ print $(NF - 1), $NF }' <<<"$output" | paste -sd,)" = "x met,not met" ]
}

@test "the bars of the gate: what is planted, and a tool against itself, each with its rounds" {
	tiny_target
	BENCH_GATES="cpu quiet" BENCH_ROUNDS=1 BENCH_QUIET_ROUNDS=2 BENCH_LOAD=0 BENCH_AT_MOST=1s BENCH_TARGET=$TINY \
		expect_status 0 "$ROOT/scripts/bench" "$O" gate
	[ "$(grep -cE ' n = 1 .* bar 0.05  (met|not met)$' <<<"$output")" -eq 1 ]
	[ "$(grep -cE 'called worse .* n = 2 .* bar 0  (met|not met)$' <<<"$output")" -eq 1 ]
}

#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# How often the model's 95 % intervals hold the truth: sweeps made up by five kinds of known laws, with predictions up
# to 4 times as many load events as were measured. BENCH_LAWS sweeps of each kind (default 40: 200 in all).
set -eu
O=${1:-build}
n=${BENCH_LAWS:-40}
mkdir -p "$O/bench"
LAW_COVERAGE_RUNS=$n "$O/tests/unit/test_lawcoverage" >"$O/bench/laws.txt" 2>&1 || true
grep '^law coverage: all' "$O/bench/laws.txt" | sed 's/^law coverage: all: \(.*\): \([0-9]*\) of \([0-9]*\)$/\1|\2|\3/' |
	jq -rR -L tests/bench 'include "bars"; split("|") | (.[1] | tonumber) as $held | (.[2] | tonumber) as $n |
		.[0] as $what | $held / $n | bar_line("95 % interval holds the truth: " + $what; $n;
			"\(. * 100 | rounded(1)) %"; . >= 0.9 and . <= 0.99; "90 to 99 %")'

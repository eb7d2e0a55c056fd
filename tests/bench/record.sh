#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a run takes for each trial as it grows: made-up trials, which take no time themselves, so that what is left
# is summing up and writing the record. BENCH_TRIALS (default "10 100 1000").
set -eu
O=${1:-build}
results=$O/bench/record
rm -rf "$results"
mkdir -p "$results"
for n in ${BENCH_TRIALS:-10 100 1000}; do
	begin=$(date +%s%N)
	"$O/attachstorm" run -q --tool null -T warm -r "$n" --no-baseline --results "$results/$n" >/dev/null
	end=$(date +%s%N)
	jq --argjson ns "$((end - begin))" '{n: (.trials | length), ns: $ns}' "$results/$n"/*.json
done >"$results/times.json"
rm -rf "$results"/[0-9]*
jq -r -s -L tests/bench 'include "bars";
	map(.each = .ns / .n) | .[0].each as $few |
	(.[] | .n as $n | (.each | us | figure("\($n) trials: time of each"; $n))),
	(.[-1].n as $n | .[-1].each | over($few) |
		under(1.3; "time of a trial, most / fewest of them"; $n; times))
' "$results/times.json"

#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Many plain tasks: memory of the tracer, and its time per event as the number of tasks grows
# from 10. BENCH_MANY_TASKS (default 1000), BENCH_MANY_LIBRARIES (default 200).
set -eu
O=${1:-build}
libraries=${BENCH_MANY_LIBRARIES:-200} most=${BENCH_MANY_TASKS:-1000}
target=$O/targets/bench-many-$libraries results=$O/bench
mkdir -p "$results"
"$O/pynamic-gen" -q targets/tiny.yaml -o "$target" --codegen=asm --set name=many --set "modules=$((libraries * 3 / 5))" \
	--set "utilities=$((libraries * 2 / 5))" --set functions=20 --set utility_functions=20 --set programs=host,plain
for tasks in 10 "$most"; do
	"$O/attachstorm" run -q -t "$target" -p plain -l spawn -n "$tasks" -b 0 -T warm -r 1 --no-baseline \
		--set event_work=symbols --set time_limit=30min -o "$results" --json >"$results/many-$tasks.json"
done
jq -r -s -L tests/bench 'include "bars";
	map(.trials[0] | .summary.t1_ns.n as $n | {n: $n, tasks: (.tasks | length), libraries: .tasks[0].libraries_at_end,
		cpu: .tracer_cpu_ns | over($n), t1: .summary.t1_ns | median, memory: .tracer_peak_rss_bytes}) |
	(.[] | "\(.tasks) tasks x \(.libraries) libraries",
		(.n as $n | (.cpu | us | figure("tracer CPU per load event"; $n)), (.t1 | us | figure("T1"; $n))),
		(.memory / 1048576 | under(300; "peak memory of the tracer, MiB"; 1; rounded(0)))),
	.[1].n as $n | .[0].cpu as $few | .[1].cpu | over($few) |
		under(1.3; "tracer CPU per load event, many / 10 tasks"; $n; times)
' "$results/many-10.json" "$results/many-$most.json"

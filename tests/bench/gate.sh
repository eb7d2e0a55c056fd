#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Does the gate find what is planted, and is it quiet where nothing is? Rounds of run --compare-to beside other work:
# GDB whose start takes 93 % more (700 ms of 750), the kit's own tracer with 5 % more CPU time, measured until that is
# decided, and against itself. A round is found or missed by its exit status.
# BENCH_ROUNDS (default 20), BENCH_QUIET_ROUNDS (100), BENCH_LOAD: busy processes beside it (2; a machine that has work
# already needs none), BENCH_AT_MOST (5min: a round that is measured until decided), BENCH_TARGET (folder of the tiny
# target), BENCH_GATES (default "phase1 cpu quiet").
set -eu
O=${1:-build}
rounds=${BENCH_ROUNDS:-20} quiet_rounds=${BENCH_QUIET_ROUNDS:-100} gates=${BENCH_GATES:-phase1 cpu quiet}
target=${BENCH_TARGET:-$O/targets/tiny}
[ -n "${BENCH_TARGET:-}" ] || "$O/pynamic-gen" -q targets/tiny.yaml -o "$target"
dir=$(mktemp -d)
busy=
# shellcheck disable=SC2086  # a list of ids
trap '[ -z "$busy" ] || kill $busy; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
i=0
while [ "$i" -lt "${BENCH_LOAD:-2}" ]; do
	(while :; do :; done) &
	busy="$busy $!" i=$((i + 1))
done

# gdb_run OPTIONS...: the shortest job that GDB traces.
gdb_run() {
	"$O/attachstorm" run -q --tool gdb -l spawn -n 1 -b 0 -T warm --no-baseline -o "$dir/runs" "$@" -- true
}

# native_run OPTIONS...: a short job that the kit's own tracer traces.
native_run() {
	"$O/attachstorm" run -q -t "$target" -p plain -l spawn -n 2 -b 3 -T warm --no-baseline -o "$dir/runs" "$@"
}

# rounds GATE N COMMAND...: status, number of pairs and ratio of each round, a line of JSON each.
rounds() {
	gate=$1 n=$2 i=0
	shift 2
	: >"$dir/$gate"
	while [ "$i" -lt "$n" ]; do
		rm -rf "$dir/runs"
		status=0
		"$@" >"$dir/out" 2>&1 || status=$?
		[ "$status" -le 1 ] || [ "$status" -eq 4 ] || { cat "$dir/out"; return 1; }
		jq -c --argjson status "$status" '{$status, pairs: ([.trials[].repetition] | max + 1)}' "$dir"/runs/*.json \
			>>"$dir/$gate"
		i=$((i + 1))
	done
}

# found GATE WHAT: of its rounds at most one in 20 missed what was planted.
found() {
	jq -r -s -L tests/bench --arg what "$2" 'include "bars";
		length as $n |
		([.[] | select(.status != 1)] | length |
			at_most($n / 20; $what + ": rounds that missed it"; $n; tostring)),
		([.[].pairs] | sort | .[length / 2 | floor] | tostring | figure("  pairs, median"; $n)),
		([.[].pairs] | max | tostring | figure("  pairs, most"; $n))' "$dir/$1"
}

echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"
case $gates in *phase1*)
	command -v gdb >/dev/null || { echo "no gdb: no phase 1"; gates=${gates#*phase1}; }
	;;
esac

case $gates in *phase1*)
	gdb_run -r 7 >/dev/null
	sleep=$(jq '.variants[0].summary.warm.traced_ns.phase1.p50 * 0.933 / 1e9' "$dir"/runs/*.json)
	printf '#!/bin/sh\nsleep %s\nexec gdb "$@"\n' "$sleep" >"$dir/late-gdb"
	chmod +x "$dir/late-gdb"
	rounds phase1 "$rounds" gdb_run --metrics phase1 --compare-to gdb.path="$dir/late-gdb"
	found phase1 "phase 1 93 % longer ($(jq -n "$sleep * 1000 | round") ms)"
	;;
esac

case $gates in *cpu*)
	rm -rf "$dir/runs"
	native_run --metrics stops -r 20 --compare-to bind=core >/dev/null || :
	slow=$(jq '[.trials[] | select(.variant == 0).tracer_cpu_ns] | sort | .[length / 2 | floor]' "$dir"/runs/*.json)
	slow=$(jq --argjson cpu "$slow" '$cpu * 0.05 / .variants[0].summary.warm.load_events | round' "$dir"/runs/*.json)
	printf 'metrics: [tracer_cpu]\nresolution: 0.04\ntracer_cpu: {relative: 0.01, absolute: 1us}\n' >"$dir/cpu.yaml"
	rounds cpu "$rounds" native_run --tolerances "$dir/cpu.yaml" --until-decided --at-most "${BENCH_AT_MOST:-5min}" \
		-r 40 --compare-to slow.event="${slow}ns"
	found cpu "5 % more CPU time ($slow ns an event)"
	;;
esac

case $gates in *quiet*)
	# a fiftieth of the default tolerances, as the job is so much shorter than those that they are for
	for metric in phase1 phase2 import visit total tracer_cpu; do
		printf '%s: {absolute: 1ms}\n' "$metric"
	done >"$dir/all.yaml"
	rounds quiet "$quiet_rounds" native_run --tolerances "$dir/all.yaml" --compare-to bind=none
	jq -r -s -L tests/bench 'include "bars"; length as $n |
		([.[] | select(.status == 1)] | length |
			at_most(0; "a tool and itself: rounds called worse"; $n; tostring)),
		([.[] | select(.status == 4)] | length | tostring | figure("  rounds that could not tell"; $n))' "$dir/quiet"
	;;
esac
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"

#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What putting a breakpoint in again costs (T2), by way of writing: functions of one page of one
# library, put in again at each of 122 load events of one process of the plain program. Of one
# trap against this run's bare write by the same way: with 20, so that what an event costs once
# is a small part of it. Ten of a page written together against three written one by one.
# BENCH_WRITES (repetitions, default 3).
set -eu
O=${1:-build}
target=$O/targets/events results=$O/bench
mkdir -p "$results"
"$O/pynamic-gen" -q targets/tiny.yaml --codegen=asm --set name=events --set modules=120 --set utilities=80 \
	--set programs=plain -o "$target"
# The module that is imported first, among those with enough functions.
library=$target/$(jq -r 'first(.libraries[] | select(.functions > 20)).path' "$target/manifest.json")

# first N: functions that begin in one page; if none has so many, the first of the library.
first() {
	nm -D --defined-only "$library" | sort | awk -v most="$1" '
		$2 != "T" || $3 !~ /_fn[0-9]/ { next }
		{
			page = substr($1, 1, length($1) - 3)
			if (page != last) { n = 0; names = "" }
			last = page
			names = names (n++ ? ", " : "") $3
			if (seen < most)
				all = all (seen++ ? ", " : "") $3
			if (n == most && !found)
				found = names
		}
		END { print found ? found : all }'
}

cat >"$results/trapwrite.yaml" <<YAML
target: $(realpath "$target")
program: plain
launcher: spawn
tasks: 1
temperature: warm
repetitions: ${BENCH_WRITES:-3}
baseline: false
wait: follow
breakpoints: {where: names}
cases:
- {name: mem, breakpoints.names: [$(first 20)]}
- {name: poke, breakpoints.write: poke, breakpoints.names: [$(first 20)]}
- {name: three by mem, breakpoints.names: [$(first 3)]}
- {name: ten by page, breakpoints.write: page, breakpoints.names: [$(first 10)]}
YAML
"$O/attachstorm" run -q "$results/trapwrite.yaml" -o "$results" --json >"$results/trapwrite.json"
jq -r -L tests/bench 'include "bars";
	.calibration as $floors | INDEX(.variants[]; .name) | map_values(.summary.warm.t2_ns) as $t2 |
	(("mem", "poke") as $way | $floors["trap_write_\($way)_ns"] as $bare | $t2[$way] as $cost |
		$way,
		($bare | median | us | figure("bare write of one trap"; $bare.n)),
		($cost | median | us | figure("T2, one breakpoint put in again"; $cost.n)),
		($cost | median | over($bare | median) | at_most(1.2; "T2 / bare write"; $cost.n; times))),
	($t2["three by mem"] | median | if . then 3 * . else . end) as $three |
	($t2["ten by page"] | median | if . then 10 * . else . end) as $ten | $t2["ten by page"].n as $n |
	"page",
	($three | us | figure("three breakpoints of a page by mem"; $t2["three by mem"].n)),
	($ten | us | figure("ten breakpoints of a page by page"; $n)),
	($ten | over($three | if . then . / 3 else . end) | under(3; "ten by page / one by mem"; $n; times))
' "$results/trapwrite.json"

# SPDX-License-Identifier: BSD-3-Clause
# Real GDBs on the tiny target under MPI, one for each task and one for all: libraries, load
# events and hits are the manifest's, and what GDB tells is what the native tool sees.
# Runs alone: cold runs want no other user of the target.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load tiny

setup() {
	command -v gdb || skip "there is no gdb"
}

# tiny_run NAME TOOL TASKS [ARGS...]: leaves the record in RECORD.
tiny_run() {
	tiny_record "$1" -r 1 -T warm --tool "$2" -n "$3" -b 4 -s launcher_args=--oversubscribe "${@:4}"
	[ -z "$SKIPPED" ] || { echo "$SKIPPED"; return 1; }
	expect_output "agree with the manifest"
}

# Per rank: stops by class, load events, libraries of the target, hits.
counts() {
	jq -c '.trials[0].tasks[] | [.rank, .stops, .load_events, .target_libraries, .breakpoint_hits]' "$1"
}

# By function, without the path: where it is, in how many tasks, how often hit.
breakpoints() {
	jq -c '.trials[0].breakpoints[] | [.function, (.library | sub(".*/"; "")), .planted_tasks, .hits, .expected_hits]' "$1"
}

@test "stopped at solib events GDB tells what the native tool sees, in both modes" {
	for tasks in 2 4; do
		tiny_run "native$tasks" native "$tasks"
		native=$RECORD
		for mode in per-task inferiors; do
			tiny_run "$mode$tasks" gdb "$tasks" -s gdb.solib_events=stop -s "gdb.mode=$mode"
			diff <(counts "$native") <(counts "$RECORD")
			diff <(breakpoints "$native") <(breakpoints "$RECORD")
			[ "$(jq -c '.trials[0] | [.tool_verdict, .load_events, .sampled]' "$RECORD")" = '["ok","solib-event",false]' ]
			[ "$(jq '.trials[0].tool_report.processes' "$RECORD")" = "$([ "$mode" = inferiors ] && echo 1 || echo "$tasks")" ]
		done
	done
}

@test "left to itself GDB tells of all libraries, and has the same hits" {
	tiny_run native native 2
	native=$RECORD
	for mode in per-task inferiors; do
		tiny_run "$mode" gdb 2 -s "gdb.mode=$mode"
		diff <(breakpoints "$native") <(breakpoints "$RECORD")
		[ "$(jq -c '[.trials[0].tasks[].target_libraries] | unique' "$RECORD")" = "[12]" ]
		[ "$(jq -c '.trials[0] | [.tool_verdict, .load_events, .sampled]' "$RECORD")" = '["ok","library-loaded",true]' ]
		[ "$(jq '.trials[0].summary.t1_ns.n' "$RECORD")" = 0 ]
	done
}

@test "the index cache is empty in cold runs and kept for warm ones" {
	results=$BATS_TEST_TMPDIR/cache
	mkdir -p "$results"
	expect_status 0 attachstorm run -q -r 2 -T cold,warm --no-baseline -t "$TINY" --tool gdb -n 1 -l spawn -p plain \
		-s gdb.index_cache=on -o "$results"
	record=$(ls "$results"/*.json)
	[ "$(jq -c '[.trials[] | [.temperature, .tool_home_bytes > 0]]' "$record")" = \
		'[["cold",false],["warm",true],["cold",false],["warm",true]]' ]
	[ "$(jq -r '.trials[0].tool_report.settings["index-cache enabled"]' "$record")" = on ]
}

@test "settings of the scenario are GDB's" {
	results=$BATS_TEST_TMPDIR/settings
	mkdir -p "$results"
	expect_status 0 attachstorm run -q -r 1 -T warm --no-baseline -t "$TINY" --tool gdb -n 1 -l spawn -p plain \
		-s gdb.auto_solib_add=off -s gdb.worker_threads=1 -s 'gdb.commands=set breakpoint always-inserted on' \
		-o "$results"
	record=$(ls "$results"/*.json)
	[ "$(jq -c '.trials[0].tool_report.settings | [.["auto-solib-add"], .["breakpoint always-inserted"],
		.["disable-randomization"]]' "$record")" = '["off","on","off"]' ]
	expect_status 2 attachstorm run -q -t "$TINY" --tool gdb -b 1 -s gdb.auto_solib_add=off
	expect_output "'gdb.auto_solib_add' is off, but breakpoints are asked for"
	expect_status 77 attachstorm run -q -t "$TINY" --tool gdb -s gdb.path=/no/such/gdb
	expect_output "there is no program '/no/such/gdb' here"
}

@test "a command that GDB refuses is a verdict, and the record names the transcript" {
	results=$BATS_TEST_TMPDIR/refused
	mkdir -p "$results"
	expect_status 3 attachstorm run -q -r 1 -T warm --no-baseline -t "$TINY" --tool gdb -n 2 -l spawn -p plain \
		-s 'gdb.commands=no-such-command' -o "$results"
	record=$(ls "$results"/*.json)
	[ "$(jq -r '.trials[0].tool_verdict' "$record")" = failed ]
	[[ "$(jq -r '.trials[0].contradictions[0]' "$record")" == *'refused a setting: Undefined command: "no-such-command"'* ]]
	grep -q 'no-such-command' "$(jq -r '.trials[0].transcript' "$record")"
}

@test "a GDB that is slower by its wrapper is found by run --compare-to" {
	printf '#!/bin/sh\nsleep 3\nexec gdb "$@"\n' >"$BATS_TEST_TMPDIR/slow-gdb"
	chmod +x "$BATS_TEST_TMPDIR/slow-gdb"
	expect_status 1 attachstorm run -q "$ROOT/scenarios/gdb-settings.yaml" -t "$TINY" -r 6 \
		--compare-to "gdb.path=$BATS_TEST_TMPDIR/slow-gdb" -o "$BATS_TEST_TMPDIR/slow"
	expect_output "worse          A / B, warm: phase 1"
	grep -qx ' *stops  *14  *14  *same' <<<"$output" # as wide as the bytes that were read make the columns
}

# A gate that cannot tell wants more repetitions, here as anywhere.
@test "2 ms more at each of GDB's events, by the wrapper of docs/compare.md, are found and named" {
	cd "$BATS_TEST_TMPDIR"
	sed -n '/^    #!\/bin\/sh$/,/^$/s/^    //p' "$ROOT/docs/compare.md" >slow-gdb
	[ "$(grep -c '^exec gdb' slow-gdb)" -eq 1 ]
	chmod +x slow-gdb
	for repetitions in 5 10 20; do
		rm -rf events
		run attachstorm run -q "$ROOT/scenarios/gdb-settings.yaml" -t "$TINY" -s gdb.solib_events=stop \
			-r "$repetitions" --compare-to gdb.path=./slow-gdb -o events
		[ "$status" -eq 4 ] || break
	done
	[ "$status" -eq 1 ] || { echo "status $status after $repetitions repetitions: $output"; false; }
	[[ "$output" == *"A / B, warm: T1: "* ]] || [[ "$output" == *"A / B, warm: handling: "* ]]
	record=$(ls events/*.json)
	expect_status 1 attachstorm compare "$record#A" "$record#B" --json
	[ "$(jq -r '[.parts[].metrics[] | select(.kind == "count").verdict] | unique[]' <<<"$output")" = same ]
	[ "$(jq '[.parts[].metrics[] | select(.kind == "time_ns" and .verdict == "worse")] | length > 0' <<<"$output")" = true ]
}

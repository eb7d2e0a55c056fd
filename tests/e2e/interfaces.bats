# SPDX-License-Identifier: BSD-3-Clause
# Interfaces to load events on the tiny target: their counts agree with each other and with
# the manifest, and what a machine lacks is said with status 77.
# Runs alone: a uprobe at the loader's hook takes the traps of other tests away.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load tiny

# tiny_run INTERFACE PROGRAM [ARGS...]: leaves the record in RECORD; status 77 skips.
tiny_run() {
	tiny_record "$1" -r 1 -n 2 -T warm -s "load_events=$1" -p "$2" "${@:3}"
	[ -z "$SKIPPED" ] || skip "$SKIPPED"
}

# Per rank: stops by class and load events.
counts() {
	jq -c '.trials[0].tasks[] | [.rank, .stops, .load_events]' "$1"
}

# Per rank: which libraries of the target were seen, and all at the end.
libraries() {
	jq -c '.trials[0].tasks[] | [.rank, .target_libraries, .libraries_at_start, .libraries_at_end]' "$1"
}

@test "audit tells of the plain program what the trap at the hook tells" {
	tiny_run rbrk plain -l spawn
	rbrk=$RECORD
	tiny_run audit plain -l spawn
	expect_output "load events by audit"
	expect_output "agree with the manifest"
	[ "$(counts "$rbrk")" = "$(counts "$RECORD")" ]
	[ "$(libraries "$rbrk")" = "$(libraries "$RECORD")" ]
	[ "$(jq -c '.trials[0] | [.load_events, .unstopped, .sampled, .ptrace_calls]' "$RECORD")" = '["audit",true,false,0]' ]
}

# The same without null events, of which some loaders tell auditors nothing (tests/loaders.def).
counts_told_to_auditors() {
	if loader_has idle_stops; then
		jq -c '.trials[0].tasks[] | [.rank, (.stops | del(.null)), .load_events - .stops.null]' "$1"
	else
		counts "$1"
	fi
}

@test "audit tells of the MPI host what the trap at the hook tells" {
	tiny_run rbrk host
	rbrk=$RECORD
	tiny_run audit host
	[ "$(counts_told_to_auditors "$rbrk")" = "$(counts_told_to_auditors "$RECORD")" ]
	[ "$(libraries "$rbrk")" = "$(libraries "$RECORD")" ]
}

@test "a uprobe tells of the plain program and of the MPI host what the trap at the hook tells" {
	for program in plain host; do
		tiny_run rbrk "$program"
		rbrk=$RECORD
		tiny_run uprobe "$program"
		[ "$(counts "$rbrk")" = "$(counts "$RECORD")" ]
		[ "$(jq -c '.trials[0] | [.load_events, .unstopped, .sampled]' "$RECORD")" = '["uprobe",true,true]' ]
		rm -r "${BATS_TEST_TMPDIR:?}"/*
	done
}

@test "polling finds libraries of the target and never more than there are" {
	tiny_run none host
	expect_output "load events by none"
	[ "$(jq --argjson all "$(jq .expect.libraries "$TINY/manifest.json")" \
		'[.trials[0].tasks[].target_libraries | . <= $all and . > 0] | all' "$RECORD")" = true ]
	[ "$(jq '.trials[0].ptrace_calls' "$RECORD")" -eq 0 ]
}

@test "a loader without probes is said to be one, and the record has what it offers" {
	probes=$(readelf -n /lib64/ld-linux-x86-64.so.2 | grep -c 'Provider: rtld' || true)
	tiny_run rbrk plain -l spawn
	[ "$(jq .trials[0].loader.probes "$RECORD")" -eq "$probes" ]
	[ "$(jq -r .trials[0].loader.path "$RECORD")" -ef /lib64/ld-linux-x86-64.so.2 ]
	[ "$probes" -eq 0 ] || skip "this machine's loader has $probes probes"
	expect_status 77 attachstorm run -q -r 1 -n 2 -t "$TINY" -s load_events=probes -p plain -l spawn \
		--no-baseline -o "$BATS_TEST_TMPDIR/none"
	expect_output "has no SystemTap probes (provider rtld)"
	expect_output "hint: set load_events to rbrk"
}

@test "what never stops a task takes no breakpoints" {
	expect_status 2 attachstorm run -q -t "$TINY" -b 3 -s load_events=audit
	expect_output "'breakpoints.count' has no effect with load_events 'audit'"
}

@test "what nobody looked at is not known, never 0" {
	dir=$BATS_TEST_TMPDIR/unseen
	expect_status 0 attachstorm run -q --details -n 1 -l spawn -T warm -r 1 --set load_events=none \
		--set poll_interval=1s -o "$dir" -- true
	[[ "$output" =~ warm\ +-\ +-\ +-\ +-\ +-\ +-\ +- ]]
	r=$(echo "$dir"/*.json)
	[ "$(jq -c '.trials[] | [.table_rows, .libraries_mapped, .text_writes]' "$r" | sort -u)" = \
		'[null,null,null]' ]
	[ "$(jq -c '.trials[].tasks[] | [.libraries_at_start, .libraries_at_end, .target_libraries, .breakpoint_hits,
		.threads, .children_released]' "$r" | sort -u)" = '[null,null,null,null,null,null]' ]
	[ "$(jq -c '[.trials[].tasks[] | .load_events, .stops[]] | unique' "$r")" = '[null]' ]
	[ "$(jq -c '[.variants[].summary.warm | .load_events, .stops.import.add]' "$r")" = '[null,null]' ]
}

@test "after an exec the audit library's count is that of the program that is there" {
	dir=$BATS_TEST_TMPDIR/exec
	for how in "exit 0" 'exec bash -c "exit 0"'; do
		attachstorm run -q -n 1 -l spawn -T warm -r 1 --no-baseline --set load_events=audit -o "$dir" -- bash -c "$how"
	done
	[ "$(jq -c '[.trials[].tasks[] | .libraries_at_start, .libraries_at_end]' "$dir"/*.json | sort -u | wc -l)" -eq 1 ]
}

# SPDX-License-Identifier: BSD-3-Clause
# When breakpoints go in and how they are written, on the tiny target: hits equal the plan for
# every timely policy by every way of writing; late policies miss exactly what ran before.
# Runs alone: uprobes on the target take the traps of other tests away.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load tiny

# tiny_run NAME [ARGS...]: two ranks of the plain program; RECORD and SKIPPED as of tiny_record.
tiny_run() {
	tiny_record "$1" -r 1 -n 2 -T warm -p plain -l spawn "${@:2}"
}

# Of all breakpoints: expected hits, hits, missed.
totals() {
	jq -c '.trials[0].breakpoints | [(map(.expected_hits) | add), (map(.hits) | add), (map(.missed) | add)]' "$RECORD"
}

expected() {
	jq '.trials[0].breakpoints | map(.expected_hits) | add' "$RECORD"
}

@test "every timely policy by every way of writing sees every call" {
	for policy in reinsert-all re-resolve-all new-only; do
		for way in mem poke page debug-registers uprobe; do
			[ "$policy $way" != "reinsert-all uprobe" ] || continue
			count=10
			[ "$way" != debug-registers ] || count=4
			tiny_run "$policy-$way" -b "$count" -s "breakpoints.policy=$policy" -s "breakpoints.write=$way"
			if [ -n "$SKIPPED" ]; then
				[ "$way" = uprobe ]
				continue
			fi
			expect_output "agree with the manifest"
			[ "$(jq '.trials[0].breakpoints | length' "$RECORD")" -eq "$count" ]
			[ "$(jq '.trials[0].breakpoints | [(map(.hits) | add) > 0, map(.hits == .expected_hits)[]] | all' \
				"$RECORD")" = true ]
			[ "$(jq -c '.trials[0] | [.late, (.breakpoints | map(.missed) | unique)]' "$RECORD")" = '[false,[null]]' ]
		done
	done
}

@test "pages take fewer writes for the same traps" {
	for way in mem page; do
		tiny_run "$way" -b 100 -s breakpoints.write="$way"
		declare "$way=$(jq -c '.trials[0].traps_written' "$RECORD")"
		declare "${way}_writes=$(jq -c '.trials[0].text_writes' "$RECORD")"
	done
	[ "$mem" -eq "$page" ]
	[ "$mem" -eq "$mem_writes" ]
	[ "$((page_writes * 3))" -lt "$mem_writes" ]
}

@test "deferred to the import's end misses nothing, to the visit's end everything" {
	tiny_run import_end -b 10 -s breakpoints.policy=deferred
	n=$(expected)
	[ "$n" -gt 0 ]
	[ "$(totals)" = "[$n,$n,0]" ]
	expect_output "calls that came before their breakpoint, all tasks: 0 of $n"
	for until in visit_end exit stop; do
		tiny_run "$until" -b 10 -s breakpoints.policy=deferred -s breakpoints.deferred_until="$until"
		[ "$(totals)" = "[$n,0,$n]" ]
		[ "$(jq '[.trials[0].breakpoints[] | (.rank_missed | add) == .missed and (.rank_missed | length) == 2 and
			.rank_missed[0] == .rank_missed[1]] | all' "$RECORD")" = true ]
		[ "$(jq -c '[.valid, .trials[0].late, .trials[0].sampled]' "$RECORD")" = '[true,true,true]' ]
	done
	# No load is stopped at but the start-up's.
	[ "$(jq -c '[.trials[0].tasks[].stops.add]' "$RECORD")" = '[1,1]' ]
}

@test "a pattern has all that is new searched, or nothing" {
	tiny_run all -b 10 -s breakpoints.policy=pattern -s 'breakpoints.pattern=libmodule*'
	n=$(expected)
	[ "$(totals)" = "[$n,$n,0]" ]
	tiny_run last -b 10 -s breakpoints.policy=pattern -s 'breakpoints.pattern=libmodule5.so'
	[ "$(totals)" = "[$n,$n,0]" ]
	tiny_run nothing -b 10 -s breakpoints.policy=pattern -s 'breakpoints.pattern=libother*'
	[ "$(totals)" = "[$n,0,$n]" ]
	[ "$(jq .valid "$RECORD")" = true ]
	# Libraries loaded after the only match stay unsearched: what was missed is what they have.
	tiny_run first -b 10 -s breakpoints.policy=pattern -s 'breakpoints.pattern=libmodule0.so'
	[ "$(jq '.trials[0].breakpoints | map(if .library then .missed == 0 else .missed == .expected_hits end) | all' \
		"$RECORD")" = true ]
	[ "$(jq '.trials[0].breakpoints | [any(.library == null), any(.library != null)] | all' "$RECORD")" = true ]
}

@test "stopping a task or all of them changes no count but that of requests" {
	for scope in thread task all; do
		tiny_run "$scope" -b 10 -s stop="$scope"
		declare "$scope=$(jq -c '.trials[0].tasks | map([.stops, .load_events, .breakpoint_hits])' "$RECORD")"
		declare "${scope}_calls=$(jq '.trials[0].ptrace_calls' "$RECORD")"
	done
	[ "$thread" = "$task" ]
	[ "$thread" = "$all" ]
	[ "$task_calls" -eq "$thread_calls" ] # its tasks have one thread each
	[ "$all_calls" -gt "$thread_calls" ]
}

@test "an MPI job misses what the plan says, too" {
	results=$BATS_TEST_TMPDIR/mpi
	for until in import_end visit_end; do
		expect_status 0 attachstorm run -q -r 1 -n 2 -T warm --no-baseline -t "$TINY" -o "$results-$until" -b 10 \
			-s breakpoints.policy=deferred -s breakpoints.deferred_until="$until" -s breakpoints.write=page
		RECORD=$(ls "$results-$until"/*.json)
		n=$(expected)
		if [ "$until" = import_end ]; then
			[ "$(totals)" = "[$n,$n,0]" ]
		else
			[ "$(totals)" = "[$n,0,$n]" ]
		fi
	done
}

@test "what does not go together is refused before anything is started" {
	expect_status 2 attachstorm run -t "$TINY" -b 5 -s breakpoints.write=debug-registers
	expect_output "a thread has 4 debug registers"
	expect_status 2 attachstorm run -t "$TINY" -b 5 -s breakpoints.policy=pattern
	expect_output "'breakpoints.pattern' is empty"
	expect_status 2 attachstorm run -t "$TINY" -b 5 -s breakpoints.write=uprobe
	expect_output "set breakpoints.policy to new-only"
}

@test "a uprobe without the right to it: status 77, with the way out" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to give up being root"
	[ -e /sys/bus/event_source/devices/uprobe ] || skip "this kernel has no perf events of uprobes"
	# Another user may not be let into the folders of the checkout: all that is needed is copied out of it.
	local place
	place=$(mktemp -d)
	cp -r "$O"/attachstorm* "$TINY" "$place"
	mkdir "$place/home"
	chmod 755 "$place"
	chown 65534:65534 "$place/home"
	cd /
	run setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$place/home" "$place/attachstorm" run -q -r 1 \
		-n 2 -T warm --no-baseline -t "$place/tiny" -p plain -l spawn -o "$place/home/r" -b 4 \
		-s breakpoints.policy=new-only -s breakpoints.write=uprobe
	rm -r "$place"
	[ "$status" -eq 77 ]
	expect_output "cannot set a uprobe"
	expect_output "breakpoints.write mem do without"
}

@test "rows for the table of strategies: one for each case, misses of the late ones" {
	printf '%s\n' "target: $TINY" 'program: plain' 'launcher: spawn' 'tasks: 2' 'temperature: warm' \
		'repetitions: 1' 'baseline: false' 'breakpoints: {count: 4}' 'cases:' '- {name: again}' \
		'- {name: late, breakpoints.policy: deferred, breakpoints.deferred_until: visit_end}' \
		>"$BATS_TEST_TMPDIR/two.yaml"
	attachstorm run -q "$BATS_TEST_TMPDIR/two.yaml" -o "$BATS_TEST_TMPDIR" --json >"$BATS_TEST_TMPDIR/two.json"
	hits=$(jq '.variants[0].summary.warm.breakpoint_hits' "$BATS_TEST_TMPDIR/two.json")
	expect_status 0 "$ROOT/scripts/strategies-table" "$BATS_TEST_TMPDIR/two.json"
	[[ "${lines[2]}" =~ ^'| `again` | '.*' '(µs|ms)' ('[0-9]+') | '.*" | 0 of $hits |"$ ]]
	[[ "${lines[3]}" =~ ^'| `late` | '.*' | - | '"$hits of $hits |"$ ]]
	expect_status 2 "$ROOT/scripts/strategies-table"
}

# SPDX-License-Identifier: BSD-3-Clause
# attachstorm run --stacks: what is printed, recorded and written beside the record.
# shellcheck disable=SC2154  # TINY is set by tiny_target, output by run

load tiny

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	QUICK=(-q -r 1 -T warm --no-baseline -o "$RESULTS")
}

@test "the Python host: a module's load has main and the interpreter above it" {
	expect_status 0 attachstorm run "${QUICK[@]}" --details -n 3 -t "$TINY" --stacks=start,events
	expect_output "the counts of the one run agree with the manifest"
	expect_output "stacks at the end of phase 1 (warm 1): 3 stacks, 3 ranks"
	expect_output "stacks at load events (warm 1): "
	expect_output "stacks    first task"
	r=$(record)
	[ "$(jq '.trials[0].stacks.start.stacks' "$r")" -eq 3 ]
	[ "$(jq -r '.trials[0].stacks.start.ranks' "$r")" = 0-2 ]
	[ "$(jq -r '.trials[0].stacks.end' "$r")" = null ]
	# a stack for each consistent stop after the first of each task
	events=${r%.json}.events.csv
	stops=$(awk -F, '$7 == "consistent" || $7 == "null"' "$events" | wc -l)
	[ "$(jq '.trials[0].stacks.events.stacks' "$r")" -eq $((stops - 3)) ]
	[ "$(jq '[.trials[0].stacks.events.nodes[] | select(.function == "main") | .stacks] | add' "$r")" -gt 0 ]
	# modules are loaded below the interpreter
	modules=$(jq '[.libraries[] | select(.kind == "module")] | length' "$TINY/manifest.json")
	n=$(grep -E '^events;.*;main;.*;PyImport_[A-Za-z]*;.*;dlopen;.*;_dl_debug_state [0-9]+$' "${r%.json}.stacks.folded" |
		awk '{ n += $NF } END { print n + 0 }')
	[ "$n" -ge $((3 * modules)) ]
	# folded and recorded stacks are the same ones
	[ "$(awk '/^events;/ { n += $NF } END { print n }' "${r%.json}.stacks.folded")" -eq $((stops - 3)) ]
}

@test "a job that does not end: the stacks of all its tasks where it hangs" {
	expect_status 124 attachstorm run "${QUICK[@]}" -l spawn -n 2 --time-limit 2s --stacks -- /bin/sleep 1000
	expect_output "stacks at the end of phase 1 (warm 1): 2 stacks, 2 ranks"
	expect_output "stacks when the unfinished job was ended (warm 1): 2 stacks, 2 ranks"
	[ "$(jq -r '.trials[0].stacks.end.nodes[] | select(.function == "clock_nanosleep") | .ranks' "$(record)")" = 0-1 ]
}

@test "without --stacks there are none" {
	expect_status 0 attachstorm run "${QUICK[@]}" -l spawn -n 2 -- /bin/true
	[ "$(jq -c '.trials[0].stacks' "$(record)")" = '{"start":null,"events":null,"end":null}' ]
	[ -z "$(ls "$RESULTS"/*.folded 2>/dev/null)" ]
	[[ $output != *stacks* ]]
}

@test "stacks of what has none are refused" {
	expect_status 2 attachstorm run "${QUICK[@]}" --tool null --stacks
	expect_output "'stacks' has no effect with tool 'null'"
	expect_status 2 attachstorm run "${QUICK[@]}" --stacks=sometimes -- /bin/true
	expect_output "may only hold off, start, events, end"
}

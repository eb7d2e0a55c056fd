# SPDX-License-Identifier: BSD-3-Clause
# Laws fitted to what was really run: what the null tool is told must come out, from one matrix
# record and from several records, with and without their samples.
# shellcheck disable=SC2154  # output is set by run

load common

# sweep FOLDER ARGUMENTS...: warm runs of made-up events under a known law
sweep() {
	local results=$1
	shift
	expect_status 0 attachstorm run -q --tool null -r 3 -n 2 --no-baseline --set temperature=warm \
		--set null.law=power --set null.t1=300us --set null.slope=2us --set null.exponent=1.5 \
		--set null.t2=40us --set null.t2_resolve=500ns --set null.noise=0.05 --results "$results" "$@"
}

# within KEY VALUE: the law's term is near its value; an interval may miss by its own width
within() {
	jq -e --argjson v "$2" ".laws[0].law.$1 | (.high - .low) as \$w |
		.low - \$w <= \$v and \$v <= .high + \$w" <<<"$output" >/dev/null || {
		echo "$1: not $2"
		jq ".laws[0].law" <<<"$output"
		return 1
	}
}

check_law() {
	[ "$(jq -r '.laws[0].law.t1' <<<"$output")" = "constant + power" ]
	[ "$(jq -r '.laws[0].law.t2' <<<"$output")" = "inserting + resolving" ]
	within t1_constant_ns 300000
	within t1_growth_ns 2000
	within t1_exponent 1.5
	within t2_insert_ns 40000
	within t2_resolve_ns 500
}

@test "a matrix of libraries and breakpoints: the law that was put in comes out" {
	sweep "$BATS_TEST_TMPDIR" --matrix null.libraries=50,100,200,400 --matrix breakpoints.count=0,5,20
	expect_status 0 attachstorm model fit --json "$BATS_TEST_TMPDIR"/*.json
	[ "$(jq '.laws[0].cells | length' <<<"$output")" -eq 12 ]
	[ "$(jq '.laws[0].runs' <<<"$output")" -eq 36 ]
	[ "$(jq -r '.laws[0].basis' <<<"$output")" = "handling of each load event" ]
	check_law
}

@test "several records, without their samples: the same law from totals" {
	local m
	for m in 50 100 200 400; do
		sweep "$BATS_TEST_TMPDIR" --set null.libraries=$m --matrix breakpoints.count=0,5,20 --set name=m$m
	done
	rm "$BATS_TEST_TMPDIR"/*.events.csv
	expect_status 0 attachstorm model predict --json "$BATS_TEST_TMPDIR"/*.json --load-events 400 --tasks 4 \
		--breakpoints 20
	[ "$(jq -r '.laws[0].basis' <<<"$output")" = "handling of load events, a sum per run" ]
	check_law
	jq -e '.laws[0] | (.cells[] | select(.load_events == 400 and .breakpoints == 20) | .total_ns * 2) as $twice |
		.prediction | .low_ns <= $twice and $twice <= .high_ns' <<<"$output"
}

@test "records of different settings are not pooled" {
	sweep "$BATS_TEST_TMPDIR" --set null.libraries=50 --set name=a
	sweep "$BATS_TEST_TMPDIR" --set null.libraries=90 --set name=b --set bind=core
	expect_status 2 attachstorm model fit "$BATS_TEST_TMPDIR"/*.json
	expect_output "differ in 'bind'"
}

@test "one combination alone has no law: status 4, and the table" {
	sweep "$BATS_TEST_TMPDIR" --set null.libraries=50
	expect_status 4 attachstorm model fit "$BATS_TEST_TMPDIR"/*.json
	expect_output "null warm: 1 cells, 3 runs"
	expect_output "no law could be fitted"
}

@test "a prediction says what it stretches, knows daemons, and takes one variant of a sweep" {
	sweep "$BATS_TEST_TMPDIR" --matrix null.libraries=50,100,200 --matrix breakpoints.count=0,5 --set tasks=2
	local record
	record=$(ls "$BATS_TEST_TMPDIR"/*.json)
	expect_status 0 attachstorm model predict "$record" --load-events 2000 --tasks 512 --breakpoints 5
	expect_output "assumes tasks one after the other: 2 tasks alone were measured"
	expect_output "stretched to 10.0 times the load events measured"
	expect_output "stretched to 256.0 times the tasks measured"
	expect_output "phase 1: "
	expect_output "how it grows with the tasks is not known"
	local one many
	one=$(attachstorm model predict --json "$record" --load-events 200 --tasks 512 | jq .laws[0].prediction.total_ns)
	many=$(attachstorm model predict --json "$record" --load-events 200 --tasks 512 --daemons 16 |
		jq .laws[0].prediction.total_ns)
	[ "$(jq -n "$one / $many * 1000 | round")" -eq 16000 ]
	expect_status 0 attachstorm model "$record"
	expect_output "warm, null.libraries=50 breakpoints.count=0"
	expect_output "warm, null.libraries=200 breakpoints.count=5"
	expect_status 0 attachstorm model "$record#null.libraries=100 breakpoints.count=5" --tasks 1000
	[[ "$output" != *null.libraries=50* ]]
	expect_status 2 attachstorm model "$record#no such"
	expect_output "has no variant 'no such'"
}

@test "a prediction by target: its own load events, and others as in the data" {
	tiny_target
	attachstorm run -q -t "$TINY" -l spawn -p plain -n 2 -T warm -r 2 --no-baseline \
		--matrix tasks=1,2 --matrix breakpoints.count=0,4 -o "$BATS_TEST_TMPDIR/runs"
	local record
	record=$(ls "$BATS_TEST_TMPDIR"/runs/*.json)
	expect_status 0 attachstorm model predict "$record" --target "$TINY" --tasks 2
	expect_output "are the target's own while it imports"
	expect_output "a task"
	[ "$(attachstorm model predict --json "$record" --target "$TINY" | jq '.laws[0].prediction.load_events')" = \
		"$(attachstorm model fit --json "$record" | jq '.laws[0].cells[0].load_events')" ]
	expect_status 2 attachstorm model predict "$record" --target "$ROOT/targets/tiny.yaml"
	expect_output "pynamic-gen --sources-only"
	expect_status 2 attachstorm model predict "$record" --target "$TINY" --load-events 5
	expect_output "give one of them"
}

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
	expect_status 0 attachstorm model predict --json "$BATS_TEST_TMPDIR"/*.json --libraries 400 --tasks 4 \
		--breakpoints 20
	[ "$(jq -r '.laws[0].basis' <<<"$output")" = "handling of load events, a sum per run" ]
	check_law
	jq -e '.laws[0] | (.cells[] | select(.libraries == 400 and .breakpoints == 20) | .total_ns * 2) as $twice |
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

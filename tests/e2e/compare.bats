# SPDX-License-Identifier: BSD-3-Clause
# attachstorm compare, list, show, trend and export on made-up runs and on the tiny target: exit
# statuses, refusals, and the counts of the committed baselines.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load common

setup_file() {
	tiny_target
	export TINY
	RUNS=$BATS_FILE_TMPDIR/runs
	export RUNS
	# a tool, itself again, and a version that needs 2 ms more per load event
	made_up base 1
	made_up again 2
	made_up slow 3 --set null.t1=3ms
}

# made_up NAME SEED OPTIONS...: six runs of a tool that needs 1 ms, a tenth of it noise.
made_up() {
	local name=$1 seed=$2
	shift 2
	attachstorm run -q --tool null -r 6 -n 2 -T warm --set name="$name" --set null.t1=1ms --set null.noise=0.1 \
		--set null.seed="$seed" -o "$RUNS" "$@"
}

compare() {
	attachstorm compare -o "$RUNS" "$@"
}

@test "a tool compared with itself is the same, one 2 ms slower per event is worse" {
	expect_status 0 compare base again
	[ "${lines[-1]}" = same ]
	expect_status 1 compare base slow --vary null.t1
	expect_output "worse          command, warm: phase 2"
	expect_status 0 compare slow base --vary null.t1
	expect_output "better         command, warm: phase 2"
}

@test "20 comparisons of the same tool, none is called anything else" {
	for seed in $(seq 11 30); do
		made_up "same$seed-" "$seed" >/dev/null
		expect_status 0 compare base "same$seed-"
	done
}

@test "what differs is refused by name, unless it is what is compared or it is forced" {
	expect_status 3 compare base slow
	expect_output "scenario null.t1: 1ms against 3ms"
	expect_status 1 compare base slow --force
	expect_output "in spite  scenario null.t1:"
	expect_status 2 compare base nobody
	expect_output "'nobody' is neither a file nor a record"
	expect_status 2 compare base 'again#other'
	expect_output "has no variant 'other'"
	expect_status 2 compare base
}

@test "a run with and without a matrix has the same scenario, and is compared" {
	made_up plain 1 -l spawn
	made_up swept 2 -l spawn --matrix bind=none,core
	[ "$(jq -r .scenario.acquire "$RUNS"/plain-*.json "$RUNS"/swept-*.json | sort -u)" = spawn ]
	expect_status 0 compare plain 'swept#bind=none'
	expect_status 3 compare plain 'swept#bind=core'
	expect_output "scenario bind: none against core"
	expect_status 0 compare plain 'swept#bind=core' --vary bind --json
	[ "$(jq -c '[.differs[] | [.where, .key, .base, .new, .forced]]' <<<"$output")" = \
		'[["scenario","bind","none","core",false]]' ]
	[ "$(jq -c '[.sides[] | .tools[0]]' <<<"$output")" = '["null","null"]' ]
	expect_status 2 compare 'swept#bind=core' plain#bind=core
	expect_output "has no variant 'bind=core'"
}

@test "what one side alone has, and a record against itself, are no pass" {
	made_up both 1 -T cold,warm
	expect_status 3 compare both base
	expect_output "command, cold: only in BASE"
	expect_status 3 compare base both
	expect_output "command, cold: only in NEW"
	expect_status 4 compare base both --set missing=cannot-tell
	expect_status 3 compare base base
	expect_output "stands on both sides"
	jq '.id = "cut" | .complete = false' "$RUNS"/again-*.json >"$BATS_TEST_TMPDIR/cut.json"
	expect_status 3 compare base "$BATS_TEST_TMPDIR/cut.json"
	expect_output "record 'cut' is not complete"
}

@test "whatever the end, JUnit and Markdown are of this comparison" {
	cd "$BATS_TEST_TMPDIR"
	files() { echo old >j.xml && echo old >m.md; }
	files
	expect_status 3 compare base slow --junit j.xml --markdown m.md
	grep -q '<error message="not comparable: .*scenario null.t1: 1ms against 3ms' j.xml
	grep -q '^### Start-up: not comparable' m.md
	files
	expect_status 2 compare base nobody --junit j.xml --markdown m.md
	grep -q "<error message=.*'nobody' is neither a file nor a record" j.xml
	grep -q 'nobody' m.md
	! command -v xmllint >/dev/null || xmllint --noout j.xml
	files
	expect_status 3 bash -c 'attachstorm compare -o "$RUNS" base slow --json 2>/dev/null'
	[ "$(jq -r '.verdict' <<<"$output")" = "not comparable" ]
	[[ "$(jq -r '.error' <<<"$output")" == *"scenario null.t1: 1ms against 3ms"* ]]
	expect_status 3 compare base base --junit j.xml
	grep -q '<error .*stands on both sides' j.xml
}

@test "a key that --vary does not know is refused, with the one that was meant" {
	expect_status 2 compare base slow --vary nul.t1
	expect_output "--vary: unknown key 'nul.t1'"
	expect_output "null.t1"
	expect_status 1 compare base slow --vary null
}

@test "metrics are chosen on the command line and in the file; fewer times are fewer tests" {
	expect_status 1 compare base slow --vary null.t1 --metrics t1,stops --json
	[ "$(jq -c '[.parts[].metrics[].metric]' <<<"$output")" = '["stops","t1"]' ]
	[ "$(jq '.parts[0].metrics[1] | .p == .p_holm' <<<"$output")" = true ]
	printf 'metrics: [visit]\n' >"$BATS_TEST_TMPDIR/t.yaml"
	expect_status 0 compare base slow --vary null.t1 --tolerances "$BATS_TEST_TMPDIR/t.yaml"
	expect_status 2 compare base slow --metrics phase7
	expect_output "phase7"
}

@test "fewer than five runs cannot tell, but their counts can be compared" {
	attachstorm run -q --tool null -r 4 -n 2 -T warm --set name=few --set null.t1=1ms --set null.noise=0.1 -o "$RUNS"
	expect_status 4 compare base few
	expect_output "cannot tell"
	expect_status 0 compare base few --counts
	cd "$BATS_TEST_TMPDIR"
	while read -r policy element; do
		expect_status 4 compare base few --metrics phase1,total --set cannot_tell="$policy" --junit j.xml
		[ "$(grep -c "<$element" j.xml)" -ge 1 ]
		grep -q "$element.*cannot tell: total" j.xml
	done <<-'END'
		skipped skipped
		failure failure
		error error
		passed system-out
	END
}

@test "tolerances come from a file" {
	printf 'phase2:\n  relative: 9\nimport:\n  relative: 9\ntotal:\n  relative: 9\nt1:\n  relative: 9\nhandling:\n  relative: 9\n' \
		>"$BATS_TEST_TMPDIR/t.yaml"
	expect_status 0 compare base slow --vary null.t1 --tolerances "$BATS_TEST_TMPDIR/t.yaml"
	expect_status 2 compare base again --set t1.relativ=1
	expect_output "t1.relative"
	expect_status 0 attachstorm compare --help-tolerances
	expect_output "t1.relative"
}

@test "JUnit is well-formed and counts its failures; JSON and Markdown say the same" {
	cd "$BATS_TEST_TMPDIR"
	expect_status 1 compare base slow --vary null.t1 --json --junit j.xml --markdown m.md
	[ "$(jq -r .verdict <<<"$output")" = worse ]
	n=$(jq '[.parts[].metrics[] | select(.verdict == "worse")] | length' <<<"$output")
	[ "$(grep -c '<failure ' j.xml)" -eq "$n" ]
	[ "$(sed -n 's/.*failures="\([0-9]*\)".*/\1/p' j.xml)" -eq "$n" ]
	grep -q '^### Start-up: worse' m.md
	! command -v xmllint >/dev/null || xmllint --noout j.xml
}

@test "the index: foreign, cut and newer files are listed as such; deleted or damaged it is made anew" {
	dir=$BATS_TEST_TMPDIR/runs
	mkdir "$dir"
	cp "$RUNS"/base-*.json "$dir"
	record=$(basename "$dir"/base-*.json .json)
	echo '{"x": 1}' >"$dir/foreign.json"
	head -c 2000 "$dir/$record.json" >"$dir/cut.json"
	sed 's/"schema_version": [0-9]*/"schema_version": 99/' "$dir/$record.json" >"$dir/newer.json"
	expect_status 0 attachstorm list -o "$dir"
	first=$output
	expect_output "$record"
	expect_output "not read: '$dir/foreign.json': not a run record"
	expect_output "not read: '$dir/cut.json' is truncated"
	expect_output "schema version 99 is not known"
	[ -s "$BATS_TEST_TMPDIR/index.sqlite" ]
	rm "$BATS_TEST_TMPDIR/index.sqlite"
	expect_status 0 attachstorm list -o "$dir"
	[ "$output" = "$first" ]
	echo garbage >"$BATS_TEST_TMPDIR/index.sqlite"
	expect_status 0 attachstorm list -o "$dir"
	expect_output "is damaged: made anew"
	expect_status 0 attachstorm list -o "$dir"
	[ "$output" = "$first" ]
	rm "$dir/cut.json"
	expect_status 0 attachstorm list -o "$dir" --tool null
	[ "${#lines[@]}" -eq 2 ]
	expect_status 0 attachstorm list -o "$dir" --tool gdb
	[ "$output" = "no records" ]
}

@test "show is the run's table, trend its medians by time, export its runs" {
	expect_status 0 attachstorm show -o "$RUNS" base
	expect_output "traced, start-up took 3."
	expect_output "attachstorm show --details base"
	expect_status 0 attachstorm show --details -o "$RUNS" base
	expect_output "T1        one load event"
	expect_status 0 attachstorm trend -o "$RUNS" t1 --scenario base --json
	[ "$(jq length <<<"$output")" -eq 1 ]
	[ "$(jq '.[0].n' <<<"$output")" -eq 6 ]
	# the second is three times the first; another scenario is a trend of its own
	dir=$BATS_TEST_TMPDIR/trend
	mkdir "$dir"
	cp "$RUNS"/base-*.json "$dir/first.json"
	jq '.started_utc = "2199-01-01T00:00:00Z"' "$RUNS"/slow-*.json >"$dir/second.json"
	jq '.scenario.name = "base"' "$dir/second.json" >"$dir/third.json"
	expect_status 0 attachstorm trend -o "$dir" t1 --scenario base
	[ "${#lines[@]}" -eq 4 ]
	[[ "${lines[0]}" == "T1 of command, warm: scenario base, 2 tasks, tool null, on "*"▁█" ]]
	[[ "${lines[2]}" =~ \ 6\ +1\.000\ +-\ +first$ ]]
	[[ "${lines[3]}" =~ \ 6\ +(2\.9|3\.0)[0-9]*\ +(2\.9|3\.0)[0-9]*\ +third$ ]]
	expect_status 0 attachstorm trend -o "$dir" t1
	[ "$(grep -c '^T1 of' <<<"$output")" -eq 2 ]
	expect_status 0 attachstorm trend -o "$dir" t1 --json
	[ "$(jq -c '[.[] | [.scenario, .tool, .tasks, .record]]' <<<"$output")" = \
		'[["base","null",2,"first"],["base","null",2,"third"],["slow","null",2,"second"]]' ]
	expect_status 2 attachstorm trend -o "$RUNS" t7
	expect_output "they are stops"
	expect_status 0 attachstorm export -o "$RUNS" base
	[ "${#lines[@]}" -eq 13 ]
	[ "$(awk -F, '{ print NF }' <<<"$output" | sort -u | wc -l)" -eq 1 ]
	expect_status 0 attachstorm export -o "$RUNS" base -f hyperfine
	[ "$(jq '[.results[].times | length] | unique == [6]' <<<"$output")" = true ]
	expect_status 0 attachstorm export -o "$RUNS" base -f google-benchmark
	[ "$(jq '[.benchmarks[] | select(.name == "command/warm/traced/t1")] | length' <<<"$output")" -eq 6 ]
	[ "$(jq -c '[.benchmarks[] | select(.name == "command/warm/traced/t1") | [.repetitions, .repetition_index]] |
		unique' <<<"$output")" = '[[6,0],[6,1],[6,2],[6,3],[6,4],[6,5]]' ]
}

# What a committed record lacks, since records have grown since then, is taken from today's: a
# field that it has is never replaced. In lists the first of today's stands for all.
# shellcheck disable=SC2016  # variables of jq
GROW='def grow($new):
	if type == "object" and ($new | type) == "object" then
		. as $old | reduce ($new | keys[]) as $k (.;
			.[$k] = if $old | has($k) then $old[$k] | grow($new[$k]) else $new[$k] end)
	elif type == "array" and ($new | type) == "array" and ($new | length) > 0 then map(grow($new[0]))
	else . end;
grow($today[0])'

# baseline NAME OPTIONS...: counts of a run with these options are those committed for this glibc, of Debian 12 or
# 13. Where MPI or compiler are others there is nothing to compare with.
baseline() {
	local name=$1 dir=$BATS_TEST_TMPDIR/$1
	local committed
	committed=$ROOT/results/baselines/$(getconf GNU_LIBC_VERSION | tr ' ' -)/$name.json
	shift
	[ -e "$committed" ] || skip "no baseline of $(getconf GNU_LIBC_VERSION)"
	# Where a batch system is installed Open MPI's PMIx loads Munge, too: four libraries more.
	PMIX_MCA_psec='^munge' attachstorm run -q -t "$TINY" -n 2 -b 3 -r 1 -T warm --no-baseline -o "$dir" "$@" >/dev/null
	jq --slurpfile today "$(echo "$dir"/*.json)" "$GROW" "$committed" >"$dir.json"
	run attachstorm compare --counts --tolerances "$ROOT/results/baselines/tolerances.yaml" "$dir.json" "$dir"
	echo "$output"
	[ "$status" -ne 3 ] || [[ "$output" == *"  scenario "* ]] || skip "the baseline is of another system"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = same ]
}

@test "counts of the null tool are the baseline's" {
	baseline null --tool null
}

@test "counts of the tracer without MPI are the baseline's" {
	baseline plain -p plain -l spawn
}

@test "counts of the tracer with MPI and Python are the baseline's" {
	baseline host
}

@test "2 ms more per load event of the tracer itself are found, by run --compare-to too" {
	expect_status 1 attachstorm run -q -t "$TINY" -p plain -l spawn -n 2 -r 6 -T warm \
		--compare-to slow.event=2ms -o "$BATS_TEST_TMPDIR/slow"
	record=$(ls "$BATS_TEST_TMPDIR"/slow/*.json)
	expect_status 1 attachstorm compare "$record#A" "$record#B" --json
	[ "$(jq -r '.parts[0].metrics[] | select(.metric == "t1").verdict' <<<"$output")" = worse ]
	[ "$(jq -r '[.parts[0].metrics[] | select(.kind == "count").verdict] | unique[]' <<<"$output")" = same ]
}

@test "a sweep: trend has each variant's own tasks, export its settings as columns" {
	dir=$BATS_TEST_TMPDIR/sweep
	expect_status 0 attachstorm run -q --tool null -T warm -r 2 -n 1,4 -b 0,3 -s name=sweep -o "$dir"
	[ "$(attachstorm trend -o "$dir" t1 --json | jq -c '[.[] | [.variant, .tasks]] | sort')" = \
		'[["tasks=1 breakpoints.count=0",1],["tasks=1 breakpoints.count=3",1],["tasks=4 breakpoints.count=0",4],["tasks=4 breakpoints.count=3",4]]' ]
	attachstorm export -o "$dir" latest >"$dir/sweep.csv"
	[ "$(head -n 1 "$dir/sweep.csv" | grep -o 'scenario\..*')" = "scenario.tasks,scenario.breakpoints.count" ]
	[ "$(tail -n +2 "$dir/sweep.csv" | awk -F, '{ print $(NF - 1) " " $NF }' | sort | uniq -c |
		awk '{ print $1 ":" $2 "," $3 }' | paste -sd' ')" = "4:1,0 4:1,3 4:4,0 4:4,3" ]
}

# SPDX-License-Identifier: BSD-3-Clause
# A scenario key swept: variants in turns, each with its own counts; what cannot be swept is
# refused before anything runs.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load tiny

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	cd "$BATS_TEST_TMPDIR" || exit
}

ask() {
	jq -e "$1" "$(record)" >/dev/null || {
		echo "not so: $1"
		return 1
	}
}

@test "two keys of the null tool: four variants, each with its model" {
	expect_status 0 attachstorm run -q -o "$RESULTS" --tool null -T warm -r 2 --matrix tasks=1,4 --matrix null.t1=1ms,3ms
	expect_output "tasks=4 null.t1=3ms"
	ask '[.variants[].name] == ["tasks=1 null.t1=1ms", "tasks=1 null.t1=3ms", "tasks=4 null.t1=1ms", "tasks=4 null.t1=3ms"]'
	ask '.variants[3].settings == {"tasks": "4", "null.t1": "3ms"}'
	ask '[.variants[].summary.warm | [.tasks, .t1_ns.p50]] == [[1, 1e6], [1, 3e6], [4, 1e6], [4, 3e6]]'
	# the second repetition begins with another one, and goes backwards
	ask '[.trials[] | select(.traced).variant] == [0, 1, 2, 3, 1, 0, 3, 2]'
	ask '.scenario.matrix == {"tasks": ["1", "4"], "null.t1": ["1ms", "3ms"]}'
	[ "$(awk -F, 'NR > 1 { print $2 }' "$RESULTS"/*.events.csv | sort -u | xargs)" = "0 1 2 3" ]
}

@test "plain processes traced, two ways to reinsert by two ways to wait: counts of each" {
	expect_status 0 attachstorm run -q -o "$RESULTS" -t "$TINY" -p plain --launcher spawn -n 2 -b 3 -T warm -r 1 \
		--matrix breakpoints.reinsert=rewrite,none --matrix wait=block,spin
	expect_output "breakpoints.reinsert=none wait=spin"
	ask '.valid and (.trials | length) == 8'
	ask '([.variants[0, 1].summary.warm.t2_ns.n] | min) > 0'
	ask '[.variants[2, 3].summary.warm.t2_ns.n] == [0, 0]'
	ask '[.trials[] | select(.traced).breakpoints[] | .hits == .expected_hits] | all'
	expect_status 0 attachstorm show "$(record)"
	expect_output "breakpoints.reinsert=rewrite wait=block"
}

@test "cases of a file: another tool, another target, a command; relative paths are the file's" {
	ln -s "$TINY" here
	cat >s.yaml <<-'END'
		name: several
		launcher: spawn
		tasks: 2
		repetitions: 1
		temperature: warm
		cases:
		- {name: traced, target: here, program: plain}
		- {name: untraced, target: here, program: plain, tool: none}
		- {name: a command, command: ["true"]}
	END
	expect_status 0 attachstorm run -q -o "$RESULTS" s.yaml --details
	expect_output "variant   a command"
	ask '[.variants[] | .name] == ["traced", "untraced", "a command"]'
	ask '[.variants[] | .program] == ["plain", "plain", null]'
	ask '[.variants[].summary.warm | [.n_traced, .n_untraced]] == [[1, 1], [0, 1], [1, 1]]'
}

@test "A beside B: one record, and the verdict behind the table" {
	expect_status 1 attachstorm run -q -o "$RESULTS" --tool null -T warm -r 6 --compare-to null.t1=20ms
	expect_output "B         null.t1=20ms"
	expect_output "worse "
	ask '[.variants[].name] == ["A", "B"]'
	ask '.variants[1].settings == {"null.t1": "20ms"}'
	rm -r "$RESULTS"
	expect_status 0 attachstorm run -q -o "$RESULTS" --tool null -T warm -r 6 --compare-to null.t1=10ms
}

@test "A beside B: the status is the verdict's with --json, too, and the output is the record alone" {
	while read -r want setting; do
		rm -rf "$RESULTS"
		# shellcheck disable=SC2086  # a list of words
		expect_status "$want" bash -c 'attachstorm run "$@" >printed' _ -q -o "$RESULTS" --tool null -T warm --json \
			--compare-to $setting
		cmp printed "$(record)"
		expect_status "$want" attachstorm compare "$(record)#A" "$(record)#B"
	done <<-'END'
		1 null.t1=20ms -r 6
		0 null.t1=10ms -r 6
		4 null.t1=20ms -r 4
	END
}

@test "A beside B: twelve repetitions unless others are asked for, which are enough for a verdict by pairs" {
	expect_status 1 attachstorm run -q -o "$RESULTS" --tool null -T warm --compare-to null.t1=20ms
	expect_output "12 valid runs against 12; 12 pairs"
	rm -r "$RESULTS"
	expect_status 4 attachstorm run -q -o "$RESULTS" --tool null -T warm --compare-to null.t1=20ms -r 3
	expect_output "2 more runs a side would decide"
	rm -r "$RESULTS"
	printf 'tool: "null"\nrepetitions: 3\n' >s.yaml
	expect_status 4 attachstorm run -q -o "$RESULTS" s.yaml -T warm --compare-to null.t1=20ms
	rm -r "$RESULTS"
	expect_status 0 attachstorm run -q -o "$RESULTS" --tool null -T warm
	ask '([.trials[].repetition] | max) == 2'
}

@test "A beside B: --until-decided measures on while nothing can be told, --at-most ends that" {
	printf 'metrics: [t1]\nresolution: 0.1\nt1: {relative: 0.01}\n' >t.yaml
	wild() {
		attachstorm run -o "$RESULTS" --tool null -T warm -n 2 -s null.t1=1ms -s null.libraries=20 -s null.noise=0.6 \
			--compare-to null.seed=2 --tolerances t.yaml "$@"
	}
	expect_status 4 wild -q
	[[ "$output" =~ [0-9]+" more runs a side would decide" ]]
	ask '.looks == 0'
	rm -r "$RESULTS"
	expect_status 0 wild --until-decided
	expect_output "not decided by 12 repetitions: "
	ask '.looks > 1 and .complete and (.trials | length) > 48'
	expect_status 0 attachstorm compare "$(record)#A" "$(record)#B" --tolerances t.yaml --json
	# each look has half of what was left of alpha
	[ "$(jq --argjson looks "$(jq .looks "$(record)")" '.parts[0].alpha == 0.02 / pow(2; $looks)' <<<"$output")" = true ]
	rm -r "$RESULTS"
	printf 'metrics: [t1]\nresolution: 0.01\nt1: {relative: 0.01}\n' >t.yaml
	expect_status 4 wild -q --until-decided --at-most 200ms
	ask '.looks > 0 and .complete'
	rm -r "$RESULTS"
	# more runs of the same cannot help: every time is too small
	expect_status 4 attachstorm run -q -o "$RESULTS" --tool null -T warm -s null.t1=1us -s null.libraries=1 \
		--compare-to null.seed=2 --until-decided --metrics t1
	ask '.looks == 1 and ([.trials[].repetition] | max) == 11'
}

@test "A beside B: a run that fails is left out, and the verdict is that of the others" {
	cat >job <<-'END'
		#!/bin/sh
		n=$(cat "$0.n")
		echo $((n + 1)) >"$0.n"
		[ "$n" -ne 1 ] # the second one, which is B's first
	END
	chmod +x job
	beside() {
		echo 0 >job.n
		rm -rf "$RESULTS"
		attachstorm run -q -o "$RESULTS" -l spawn -n 1 -T warm --no-baseline --compare-to "$1" -- "$PWD/job"
	}
	expect_status 1 beside slow.event=300ms
	expect_output "12 valid runs against 11; left out as invalid: 0 and 1; 11 pairs"
	ask '[.trials[] | select(.contradictions != []) | [.variant, .repetition]] == [[1, 0]]'
	# what cannot be told beside it is not for want of runs
	expect_status 3 beside bind=core
	expect_output "more of NEW's runs are invalid than of BASE's: 0, then 1"
}

@test "A beside B: what is of a comparison is refused without one" {
	while read -r option message; do
		# shellcheck disable=SC2086  # an option and its value
		expect_status 2 attachstorm run -q -o "$RESULTS" --tool null ${option/=/ }
		expect_output "$message"
	done <<-'END'
		--metrics=t1 --metrics is of a comparison, and there is none
		--tolerances=t.yaml --tolerances is of a comparison, and there is none
		--until-decided --until-decided is of a comparison, and there is none
		--at-most=1min --at-most says how long --until-decided may take
	END
	expect_status 2 attachstorm run -q -o "$RESULTS" --tool null --compare-to null.t1=1ms --metrics t7
	expect_output "'--metrics' may only hold"
	[ ! -e "$RESULTS" ]
}

@test "what cannot be swept is refused before anything runs, with its place" {
	while IFS='|' read -r yaml message; do
		printf '%b' "$yaml" >s.yaml
		expect_status 2 attachstorm run -q -o "$RESULTS" s.yaml
		expect_output "$message"
		expect_status 2 attachstorm validate -o "$RESULTS" s.yaml
		expect_output "$message"
		[ ! -e "$RESULTS" ]
	done <<-'END'
		tool: "null"\nmatrix: {taks: [1]}|s.yaml:2:10: unknown key 'taks'
		tool: "null"\nmatrix: {tasks: [1, x]}|s.yaml:2:21: 'tasks' must be a whole number, not 'x'
		tool: "null"\nmatrix: {repetitions: [1, 2]}|'repetitions' cannot be swept
		tool: "null"\nmatrix: {name: [a, b]}|'name' cannot be swept
		tool: "null"\nmatrix: {temperature: [cold, warm]}|'temperature' cannot be swept
		command: ls\nmatrix: {tool: [native, nil]}|variant 'tool=nil': no such tool: 'nil'
		command: ls\nmatrix: {breakpoints.count: [0, 1]}|variant 'breakpoints.count=1': breakpoints cannot be spread
		matrix: {target: [nowhere, elsewhere]}|variant 'target=nowhere':
		tool: "null"\ncases: [{tasks: 1}]|a case has no name
	END
	expect_status 2 attachstorm run -q --tool null -o "$RESULTS" --matrix tasks
	expect_output "not of the form KEY=VALUE"
	expect_status 2 attachstorm run -q --tool null -o "$RESULTS" --compare-to repetitions=2
	expect_output "a run has one 'repetitions' for both sides"
	expect_status 2 attachstorm run -q --tool null -o "$RESULTS" --matrix tasks=1,2 --compare-to bind=core
	expect_output "side A: it has 2 variants itself"
	[ ! -e "$RESULTS" ]
}

@test "explain says what would run, and runs nothing" {
	expect_status 0 attachstorm explain -t "$TINY" -p plain --launcher spawn -r 2 -o "$RESULTS" --matrix tasks=1,2
	expect_output "variants    2"
	expect_output "repetition 2: 2 1"
	expect_output "executions  16: 2 repetitions of cold and warm"
	expect_output "not known"
	[ ! -e "$RESULTS" ]
	expect_status 0 attachstorm run -q -t "$TINY" -p plain --launcher spawn -r 1 -n 1 -T warm -o "$RESULTS"
	expect_status 0 attachstorm explain -t "$TINY" -p plain --launcher spawn -r 2 -o "$RESULTS" --matrix tasks=1,2
	expect_output "time        about "
	expect_output " 4 of the executions as the median of those with the same program, tool, tasks and temperature"
	expect_output " 12 by a guess: the median of all that the same program was run"
	[[ "$output" != *"not counted"* ]]
	expect_status 0 attachstorm explain -t "$TINY" --launcher spawn -r 1 -n 1 -T warm -o "$RESULTS" --matrix program=plain,host
	expect_output " 2 of the executions as the median"
	expect_output " 2 not counted, of a program that has no record: 20.0 min at most"
	# the record's own numbers: one execution of each kind, so that the estimate is their sum
	expect_status 0 attachstorm explain -t "$TINY" -p plain --launcher spawn -r 1 -n 1 -T warm -o "$RESULTS"
	[ "$(grep -c '' <<<"$(sed -n '/^time/,$p' <<<"$output")")" -eq 2 ]
	awk -v ns="$(jq '[.trials[].phases | .ended_ns - .launch_ns] | add' "$RESULTS"/*.json)" \
		'/^time/ { said = $3 * ($4 == "ms," ? 1e6 : 1e9); exit !(said > 0.99 * ns && said < 1.01 * ns) }' <<<"$output"
	expect_status 0 attachstorm run -q -l spawn -n 1 -r 1 -T warm -o "$RESULTS" -- true
	expect_status 0 attachstorm explain -l spawn -n 1 -r 1 -T warm -o "$RESULTS" -- true
	expect_output " 2 of the executions as the median"
	expect_status 0 attachstorm explain -l spawn -n 1 -r 1 -T warm -o "$RESULTS" -- false
	expect_output "has no record of this; 20.0 min at most"
	expect_status 0 attachstorm explain -t "$TINY" --no-baseline --compare-to wait=spin
	expect_output "      wait=spin"
	expect_output "under the tool alone"
	expect_status 0 attachstorm explain -t "$TINY" --tool none
	expect_output "of cold and warm, untraced"
	[[ "$output" != *"under the tool"* ]]
	expect_status 0 attachstorm explain --tool null
	expect_output "no process is started"
	expect_status 0 attachstorm validate -t "$TINY" --matrix program=host,plain
	expect_output "valid: 2 variants"
}

@test "several values of an option are an axis, and --set takes any YAML" {
	expect_status 0 attachstorm run -q --tool null -r 2 -T warm -n 1,2 --aslr=on,off -o "$RESULTS"
	[ "$(jq -r '[.variants[].name] | join(";")' "$(record)")" = \
		"tasks=1 aslr=on;tasks=1 aslr=off;tasks=2 aslr=on;tasks=2 aslr=off" ]
	expect_status 0 attachstorm show "$(record)#tasks=2 aslr=off"
	expect_output "traced, start-up took"
	expect_output "tasks=2 aslr=off"
	[[ "$output" != *"tasks=1"* ]]
	expect_status 0 attachstorm show --details "$(record)#tasks=2 aslr=off"
	expect_output "costs "
	expect_status 2 attachstorm show "$(record)#tasks=3"
	expect_output "has no variant 'tasks=3'"
	expect_status 2 attachstorm attach --pids 1 --wait block,spin
	expect_status 0 attachstorm run -q --tool null -r 1 -T warm -n 1 -s 'name="x, y"' -s 'launcher_args=["--a", "b,c"]' \
		-o "$RESULTS/yaml"
	[ "$(jq -c '[.scenario.name, .scenario.launcher_args]' "$RESULTS"/yaml/*.json)" = '["x, y",["--a","b,c"]]' ]
	expect_status 2 attachstorm explain -s 'breakpoints.names=[worker' -l spawn -- true
	expect_output "mismatched flow mapping end"
}

@test "a scenario is explained before its target is made, and says how to make it" {
	cd "$ROOT"
	expect_status 0 attachstorm explain scenarios/paper.yaml --target "$BATS_TEST_TMPDIR/none/../llnl" -o "$RESULTS"
	expect_output ": its target is not made yet"
	expect_output "make first  pynamic-gen targets/llnl.yaml -o $BATS_TEST_TMPDIR/llnl"
	expect_output "executions  4"
	expect_status 2 attachstorm run -q scenarios/paper.yaml --target "$BATS_TEST_TMPDIR/nothing" -o "$RESULTS"
	expect_output "make it: pynamic-gen SPEC.yaml -o $BATS_TEST_TMPDIR/nothing"
	mkdir "$BATS_TEST_TMPDIR/begun"
	expect_status 2 attachstorm explain scenarios/paper.yaml --target "$BATS_TEST_TMPDIR/begun" -o "$RESULTS"
}

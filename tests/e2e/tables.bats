# SPDX-License-Identifier: BSD-3-Clause
# The paper's Tables 1 and 2 as commands, on a tiny target: which programs are run and how,
# whose numbers are whose, and what is said where a machine cannot count.
# Runs alone: cold runs want no other user of the target.
# shellcheck disable=SC2154  # TINY and TINY_LINKED are set by their functions

load common

setup_file() {
	tiny_target
	tiny_linked_target
}

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	FAKEPMU_LIB=$O/victims/libfakepmu.so
	# preloaded: a sanitized build would want to be the first library
	export ASAN_OPTIONS=verify_asan_link_order=0
}

# figures WORDS...: the page of the record has all its figures, these many at least of a section
figures() {
	attachstorm report "$(record)" --tables -o "$BATS_TEST_TMPDIR/page.html"
	expect_status 0 "$PYTHON" "$BATS_TEST_DIRNAME/report_figures.py" "$BATS_TEST_TMPDIR/page.html" "=$(record)"
	for count in "$@"; do
		grep -qx "${count/=/ }" <<<"$output" || {
			printf 'expected %s:\n%s\n' "$count" "$output"
			return 1
		}
	done
}

# ask FILTER: the record says true to it.
ask() {
	[ "$(jq "$1" "$(record)")" = true ] || {
		echo "not true of the record: $1"
		jq -c ".trials[].tasks[0].counters" "$(record)"
		return 1
	}
}

need_valgrind() {
	command -v valgrind >/dev/null || skip "valgrind is missing"
}

# Page faults stand for what the processor would count; without any perf there is nothing to try.
need_perf() {
	[ "$(cat /proc/sys/kernel/perf_event_paranoid 2>/dev/null || echo 9)" -le 2 ] || [ "$(id -u)" -eq 0 ] ||
		skip "perf_event_open is not allowed"
}

@test "names: the latest record, no record yet, and commands that are not quite one" {
	cd "$BATS_TEST_TMPDIR"
	expect_status 0 attachstorm list
	[ "$output" = "no records" ]
	expect_status 0 attachstorm list --json
	[ "$output" = "[]" ]
	expect_status 2 attachstorm list -o nowhere
	expect_output "cannot read results folder 'nowhere'"
	for n in 1 2; do
		attachstorm run -q --tool null -n $n -r 1 -T warm --no-baseline -o runs >/dev/null
	done
	expect_status 0 attachstorm show -o runs latest
	expect_output "2 tasks"
	expect_status 2 attachstorm show -o runs latestt
	expect_status 2 attachstorm runn
	expect_output "did you mean 'attachstorm run'?"
	expect_status 2 attachstorm frobnicate
	expect_output "'attachstorm --help' lists them"
}

@test "table 1: five variants, untraced, worst and median rank, beside the paper's numbers" {
	expect_status 0 attachstorm run "$ROOT/scenarios/table1.yaml" -q -t "$TINY_LINKED" -n 2 -r 2 -o "$RESULTS"
	for line in "host  *slowest rank" "host+bind_now  *slowest rank" "linked  *slowest rank" \
		"linked+bind_now  *slowest rank" "linked_now  *slowest rank" \
		"(Vanilla)  *paper  *1.5 s  *152.8 s  *2.9 s  *157.2 s" "(Link)  *paper  *5.7 s  *56.4 s  *269.4 s  *331.5 s" \
		"(Link+Bind)  *paper  *285.6 s  *58.2 s  *2.8 s  *346.6 s" "not this machine" \
		"the counts of all 10 runs agree with the manifest"; do
		grep -q -- "$line" <<<"$output" || {
			printf "no line with '%s':\n%s\n" "$line" "$output"
			return 1
		}
	done
	[ "$(grep -c 'median rank' <<<"$output")" -eq 5 ]
	ask '[.variants[] | [.program, .bind_now]] == [["host", false], ["host", true], ["linked", false],
		["linked", true], ["linked_now", false]]'
	ask '[.trials[] | .traced or .tool != "none"] | any | not'
	ask '.calibration == null and .counters == null'
	# every trial says which program it was of, and ran it
	ask '.variants as $v | [.trials[] | $v[.variant].program as $p | .tasks[] | .exe | endswith("/" + $p)] | all'
	ask '[.variants[].summary.warm | .n_untraced == 2 and .untraced_ns.driver_worst.n == 2] | all'
	# start-up is from the launcher's spawn to the first line of the driver, of every rank
	ask '[.trials[] | .phases.launch_ns as $l | .summary.spans_ns.driver_worst == ([.tasks[].marks_ns.driver - $l] | max)] | all'
	ask '[.trials[].summary.spans_ns | .sum_worst >= .driver_median and .mpi_test_worst > 0] | all'
	# five variants: n and six times of two ranks each; four of them as multiples of the first
	figures table1=94 phases=35
}

@test "LD_BIND_NOW is in the tasks' environment, not in the launcher's" {
	# Only a variable of that name: newer bats has the test's title in the environment.
	script='echo "task=$LD_BIND_NOW launcher=$(tr "\0" "\n" </proc/$PPID/environ | grep -c ^LD_BIND_NOW=)"'
	expect_status 0 attachstorm run -q --tool none --bind-now off,on -T warm -r 1 -n 2 -o "$RESULTS" -- sh -c "$script"
	[ "$(sort -u "$RESULTS"/*/0-warm-none-0-command/output.txt)" = "task= launcher=0" ]
	[ "$(sort -u "$RESULTS"/*/0-warm-none-1-command+bind_now/output.txt)" = "task=1 launcher=0" ]
}

@test "several programs under a tool: a row for each, and cold runs are cold" {
	expect_status 0 attachstorm run -q -t "$TINY_LINKED" -p host,linked,linked_now -n 2 -r 1 -o "$RESULTS"
	for program in host linked linked_now; do
		[ "$(grep -c "^$program  *[0-9.]* m\?s " <<<"$output")" -eq 2 ]
	done
	expect_output "the counts of all 12 runs agree with the manifest"
	# a traced run is compared with the untraced run of its own program
	ask '[.variants[].summary.cold | .n_traced == 1 and .n_untraced == 1 and .ratio.total.n == 1] | all'
	# what is linked is there at the start; what is imported comes later
	ask '(.variants[0].summary.cold.libraries_at_start) < (.variants[1].summary.cold.libraries_at_start)'
	ask '[.variants[].summary.cold.target_libraries] | unique | length == 1'
}

@test "a program that was not built: what it is and how to get it" {
	expect_status 2 attachstorm run -q "$ROOT/scenarios/table1.yaml" -t "$TINY" -o "$RESULTS"
	expect_output "target 'tiny' has no program 'linked'"
	expect_output "add linked to 'programs' in its spec"
	[ ! -e "$RESULTS" ] || [ -z "$(ls "$RESULTS")" ]
}

@test "table 2 by callgrind: counts per rank and phase, lazy binding in the visit" {
	need_valgrind
	expect_status 0 attachstorm run "$ROOT/scenarios/table2.yaml" -q -t "$TINY_LINKED" -n 2 -p linked -r 1 \
		--counters callgrind -o "$RESULTS"
	grep -q "linked  *worst rank .* callgrind" <<<"$output"
	grep -q "(Link)  *paper  *4945.2  *0.25  *3076.5  *19.8" <<<"$output"
	expect_output "L1-D and L1-I 64 KiB 2-way"
	# simulated time is no time
	[[ "$output" != *"Table 1"* ]]
	ask '.counters.source == "callgrind" and .counters.asked == "callgrind"'
	ask '[.trials[] | .counter_source == "callgrind"] | all'
	ask '[.trials[].tasks[].counters | .import, .visit | .instructions, .l1d_misses, .l1i_misses, .l2_misses | . > 0] | all'
	ask '[.trials[].tasks | length] == [2, 2]'
	# bound at start, the visit has next to nothing to do
	ask '([.variants as $v | .trials[] | select($v[.variant].bind_now | not).tasks[].counters.visit.l1d_misses] | min) >
		2 * ([.variants as $v | .trials[] | select($v[.variant].bind_now).tasks[].counters.visit.l1d_misses] | max)'
	# the files of both phases are kept for callgrind_annotate, no others
	[ "$(ls "$RESULTS"/*/0-warm-none-*linked/callgrind.* | wc -l)" -eq 4 ]
	figures table2=20
	grep -q '>callgrind<' "$BATS_TEST_TMPDIR/page.html"
	grep -q '<b>caches</b>: simulated' "$BATS_TEST_TMPDIR/page.html"
	[[ "$output" != *phases* && "$output" != *table1* ]]
}

@test "callgrind counts the same in repeated runs" {
	need_valgrind
	expect_status 0 attachstorm run -q --tool none -t "$TINY_LINKED" -p plain,plain_linked -l spawn -n 1 -r 3 -T warm \
		--counters callgrind -o "$RESULTS"
	ask '[.variants[] | .program as $p | $p] == ["plain", "plain_linked"]'
	# not to the last one: a process number or a path of one character more moves the stack
	ask '[.trials | group_by(.variant)[] | map(.tasks[0].counters) | (map(.import), map(.visit)) | length == 3 and
		([(map(.instructions), map(.l1d_misses), map(.l1i_misses), map(.l2_misses)) |
		max > 0 and max - min <= 2 + max / 100] | all)] | length == 4 and all'
	[ "$(grep -c 'callgrind *0\.[0-9]* %' <<<"$output")" -eq 2 ]
}

@test "table 2 by the processor's counters, and table 1 with it" {
	need_perf
	LD_PRELOAD=$FAKEPMU_LIB expect_status 0 attachstorm run "$ROOT/scenarios/table2.yaml" -q -t "$TINY_LINKED" -n 2 \
		-p host,plain -r 2 --bind-now off -o "$RESULTS"
	expect_output "Table 1:"
	expect_output "Table 2:"
	ask '.counters == {"source": "perf", "asked": "auto", "notes": [], "caches": null}'
	ask '[.trials[].tasks[].counters.import | .instructions, .l1d_misses, .l1i_misses | . > 0] | all'
	# the visit faults, too, or does not: it was counted; the kernel has no name for L2
	ask '[.trials[].tasks[].counters.visit | .l1d_misses >= 0 and .l1i_misses >= 0 and .l2_misses == null] | all'
}

@test "a machine without counters: auto says why it simulates, perf is skipped: status 77" {
	need_valgrind
	export FAKEPMU=none
	LD_PRELOAD=$FAKEPMU_LIB expect_status 77 attachstorm run -q --tool none -t "$TINY_LINKED" -p plain -l spawn -n 1 \
		-r 1 -T warm --counters perf -o "$RESULTS"
	expect_output "perf cannot count L1-D misses"
	expect_output "callgrind"
	LD_PRELOAD=$FAKEPMU_LIB expect_status 0 attachstorm run -q --tool none -t "$TINY_LINKED" -p plain -l spawn -n 1 \
		-r 1 -T warm --counters auto -o "$RESULTS"
	expect_output "note      perf cannot count L1-D misses"
	ask '.counters.source == "callgrind" and (.counters.notes | length) == 2'
}

@test "no counters and no valgrind: skipped, with what to install" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$O/attachstorm" "$BATS_TEST_TMPDIR/bin"
	PATH=$BATS_TEST_TMPDIR/bin expect_status 77 attachstorm run -q --tool none -t "$TINY_LINKED" -p plain -l spawn \
		-n 1 -r 1 -T warm --counters callgrind -o "$RESULTS"
	expect_output "valgrind"
}

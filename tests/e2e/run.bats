# SPDX-License-Identifier: BSD-3-Clause
# attachstorm run on the tiny target and on commands: counts against the manifest and against
# the loader's own account, every bad input with its message, and what is left when it ends.
# Runs alone: cold runs want no other user of the target.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load tiny

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	QUICK=(-q -r 1 -n 2 -o "$RESULTS")
}

# No process of this test's jobs is left: they carry the results folder in their environment.
expect_nothing_left() {
	local left
	left=$(grep -lsz "ATTACHSTORM_PHASE_DIR=$RESULTS" /proc/[0-9]*/environ || true)
	[ -z "$left" ] || {
		echo "left behind: $left"
		return 1
	}
}

@test "tiny with 4 tasks, cold and warm: valid, and every count is the manifest's" {
	expect_status 0 attachstorm run -q -r 1 -n 4 -b 7 -o "$RESULTS" -t "$TINY"
	expect_output "the counts of all 4 runs agree with the manifest"
	expect_nothing_left
	r=$(record)
	m=$TINY/manifest.json
	[ "$(jq '[.trials[] | select(.traced)] | length' "$r")" -eq 2 ]
	[ "$(jq '[.trials[].contradictions[]] | length' "$r")" -eq 0 ]
	[ "$(jq '[.trials[] | select(.traced).tasks[].target_libraries] | unique == [input.expect.libraries]' "$r" "$m")" = true ]
	[ "$(jq '[.trials[].tasks[].report.calls] | unique == [input.expect.calls]' "$r" "$m")" = true ]
	[ "$(jq '[.trials[] | select(.traced).breakpoints[] | .hits == .expected_hits] | all' "$r")" = true ]
	[ "$(jq '[.trials[] | select(.traced).breakpoints[].planted_tasks] | unique == [4]' "$r")" = true ]
	# each import is a load event of its own
	modules=$(jq '[.libraries[] | select(.kind == "module")] | length' "$m")
	[ "$(jq --argjson n "$modules" '[.trials[] | select(.traced).tasks[] | .rank] | length == 8' "$r")" = true ]
	events=${r%.json}.events.csv
	[ "$(awk -F, '$7 == "add" && $8 == "import"' "$events" | wc -l)" -eq $((2 * 4 * modules)) ]
}

@test "a cold run of a command: its library is evicted, and what was not is named" {
	dir=$BATS_TEST_TMPDIR/lib
	mkdir "$dir"
	echo 'int own(void) { return 0; }' >"$dir/own.c"
	echo 'int own(void); int main(void) { return own(); }' >"$dir/main.c"
	gcc -shared -fPIC -o "$dir/libown.so" "$dir/own.c"
	gcc -o "$dir/main" "$dir/main.c" -L"$dir" -lown -Wl,-rpath,"$dir"
	attachstorm run -q --details -l spawn -n 1 -T cold -r 1 -o "$BATS_TEST_TMPDIR/results" -- "$dir/main" \
		>"$BATS_TEST_TMPDIR/text"
	r=$(echo "$BATS_TEST_TMPDIR"/results/*.json)
	# All processes map the C library.
	[ "$(jq '[.trials[].unproved | any(contains("libc.so"))] | all' "$r")" = true ]
	[ "$(jq '[.trials[].unproved[] | contains("libown.so") and (contains("memory file system") | not)] | any' "$r")" = false ]
	grep -q 'not proved for .* that it maps' "$BATS_TEST_TMPDIR/text"
}

@test "a cold run proves itself, and a warm one" {
	expect_status 0 attachstorm run "${QUICK[@]}" -t "$TINY" --no-baseline
	r=$(record)
	[ "$(jq '[.trials[] | select(.temperature == "cold").residency | .pages_resident * 100 <= .pages and .pages > 0] | all' "$r")" = true ]
	[ "$(jq '[.trials[] | select(.temperature == "warm").residency | .pages_resident == .pages] | all' "$r")" = true ]
}

@test "libraries added in each task equal what LD_DEBUG=files says" {
	mkdir "$BATS_TEST_TMPDIR/ld"
	LD_DEBUG=files LD_DEBUG_OUTPUT=$BATS_TEST_TMPDIR/ld/out \
		expect_status 0 attachstorm run "${QUICK[@]}" -T warm --no-baseline -t "$TINY"
	r=$(record)
	events=${r%.json}.events.csv
	for rank in 0 1; do
		pid=$(jq ".trials[0].tasks[$rank].pid" "$r")
		# "file=X [0];  generating link map" is printed for each library that is mapped; the
		# program itself and the loader are there without it, and so is the vDSO.
		loader=$(grep -c 'generating link map' "$BATS_TEST_TMPDIR/ld/out.$pid")
		ours=$(awk -F, -v rank=$rank '$5 == rank { n += $23 } END { print n }' "$events")
		start=$(jq ".trials[0].tasks[$rank].libraries_at_start" "$r")
		without=$((ours - loader))
		echo "rank $rank: $ours added, $loader generated, $start at start"
		[ "$without" -eq 3 ]
	done
}

@test "plain processes without MPI" {
	expect_status 0 attachstorm run "${QUICK[@]}" -b 3 -p plain -l spawn -t "$TINY"
	expect_output "2 tasks by spawn"
	expect_output "the counts of all 4 runs agree with the manifest"
}

@test "ASLR off: all ranks have the same bases" {
	for aslr in on off; do
		expect_status 0 attachstorm run -q -r 1 -n 2 -o "$RESULTS-$aslr" -T warm --no-baseline --aslr $aslr -l spawn \
			-- cat /proc/self/maps
		[ "$(jq -r .scenario.aslr "$RESULTS-$aslr"/*.json)" = $aslr ]
	done
	# the two tasks' first lines (the program's base) are one line with ASLR off
	bases() { grep -h 'r--p 00000000.*/cat$' "$1"/*/0-warm-native/output.txt | cut -d- -f1 | sort -u | wc -l; }
	[ "$(bases "$RESULTS-off")" -eq 1 ]
	[ "$(bases "$RESULTS-on")" -eq 2 ]
}

@test "any program: a command with breakpoints by name" {
	expect_status 0 attachstorm run "${QUICK[@]}" -l spawn -T warm -B setlocale -- ls /
	expect_output "/usr/bin/ls /"  || expect_output "ls /"
	r=$(record)
	[ "$(jq '.trials[] | select(.traced).breakpoints[0].hits' "$r")" -eq 2 ]
}

@test "a shell script that ends in exec is followed" {
	printf '#!/bin/sh\nexec ls "$@"\n' >"$BATS_TEST_TMPDIR/wrapper"
	chmod +x "$BATS_TEST_TMPDIR/wrapper"
	expect_status 0 attachstorm run "${QUICK[@]}" -l spawn -T warm --no-baseline -B setlocale -- "$BATS_TEST_TMPDIR/wrapper" /
	r=$(record)
	[ "$(jq -r '.trials[0].tasks[0].exe' "$r")" = "$(realpath "$(command -v ls)")" ]
}

@test "a command line overrides the scenario" {
	printf 'target: %s\ntasks: 9\nrepetitions: 7\nprogram: plain\nlauncher: spawn\n' "$TINY" >"$BATS_TEST_TMPDIR/s.yaml"
	expect_status 0 attachstorm run "$BATS_TEST_TMPDIR/s.yaml" -q -o "$RESULTS" -n 1 --set repetitions=1 -T warm
	[ "$(jq '.scenario | .tasks, .repetitions' "$(record)" | xargs)" = "1 1" ]
}

@test "breakpoint hits that the manifest does not predict make the run invalid: status 3" {
	cp -r "$TINY" "$BATS_TEST_TMPDIR/liar"
	jq '(.libraries[] | select(.name == "libmodule0")).calls[0] += 1' "$TINY/manifest.json" \
		>"$BATS_TEST_TMPDIR/liar/manifest.json"
	name=$(jq -r '.libraries[] | select(.name == "libmodule0").function_pattern' "$TINY/manifest.json" | sed 's/{}/0/')
	expect_status 3 attachstorm run "${QUICK[@]}" -T warm -p plain -l spawn -B "$name" -t "$BATS_TEST_TMPDIR/liar"
	expect_output INVALID
	expect_output "$name"
}

# --- bad input --------------------------------------------------------------------------

@test "missing scenario" {
	expect_status 2 attachstorm run "${QUICK[@]}" nowhere.yaml
	expect_output "nowhere.yaml"
	expect_output "No such file"
	expect_output "behind '--'"
}

@test "malformed scenario: file, line, column and a caret" {
	printf 'tasks: 4\ntemperature: [cold, warm\n' >"$BATS_TEST_TMPDIR/bad.yaml"
	expect_status 2 attachstorm run "${QUICK[@]}" "$BATS_TEST_TMPDIR/bad.yaml"
	[[ "$output" =~ bad\.yaml:[0-9]+:[0-9]+: ]]
	expect_output "^"
}

@test "unknown key: the nearest one is named" {
	printf 'repetitons: 4\n' >"$BATS_TEST_TMPDIR/bad.yaml"
	expect_status 2 attachstorm run "${QUICK[@]}" "$BATS_TEST_TMPDIR/bad.yaml"
	expect_output "bad.yaml:1:1"
	expect_output "repetitions"
}

@test "0 tasks" {
	expect_status 2 attachstorm run "${QUICK[@]}" -n 0 -t "$TINY"
	expect_output "--tasks"
}

@test "target not built" {
	mkdir "$BATS_TEST_TMPDIR/empty"
	expect_status 2 attachstorm run "${QUICK[@]}" -t "$BATS_TEST_TMPDIR/empty"
	expect_output "$BATS_TEST_TMPDIR/empty"
	expect_output "pynamic-gen"
}

@test "truncated manifest" {
	mkdir "$BATS_TEST_TMPDIR/cut"
	head -c 500 "$TINY/manifest.json" >"$BATS_TEST_TMPDIR/cut/manifest.json"
	expect_status 2 attachstorm run "${QUICK[@]}" -t "$BATS_TEST_TMPDIR/cut"
	expect_output "manifest.json"
}

@test "a library of the target is missing" {
	cp -r "$TINY" "$BATS_TEST_TMPDIR/holed"
	rm "$BATS_TEST_TMPDIR/holed/lib/libutility1.so"
	expect_status 2 attachstorm run "${QUICK[@]}" -t "$BATS_TEST_TMPDIR/holed"
	expect_output "libutility1.so"
}

@test "no such command" {
	expect_status 2 attachstorm run "${QUICK[@]}" -l spawn -- no-such-program
	expect_output "no-such-program"
}

@test "statically linked program: said, and nothing is left" {
	expect_status 2 attachstorm run "${QUICK[@]}" -l spawn -T warm --no-baseline -- "$O/victims/static"
	expect_output "is statically linked"
	expect_output "hint:"
	expect_nothing_left
}

@test "a function that is nowhere: invalid, and named" {
	expect_status 3 attachstorm run "${QUICK[@]}" -l spawn -T warm -B no_such_function -- ls /
	expect_output "no_such_function"
}

@test "mpirun missing: status 77" {
	expect_status 77 attachstorm run "${QUICK[@]}" -t "$TINY" --set mpirun=no-such-mpirun
	expect_output "no-such-mpirun"
}

@test "results folder not writable" {
	: >"$BATS_TEST_TMPDIR/file"
	expect_status 2 attachstorm run -q -r 1 -n 1 -o "$BATS_TEST_TMPDIR/file/x" -l spawn -- ls /
	expect_output "$BATS_TEST_TMPDIR/file"
}

@test "no permission to trace: said with a way out, and nothing is left" {
	# a sanitized build would want to be the first library
	ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=$O/victims/libnoptrace.so expect_status 2 attachstorm run "${QUICK[@]}" -T warm --no-baseline -l spawn -- sleep 100
	expect_output "cannot trace pid"
	expect_output "forbidden to this process altogether"
	expect_nothing_left
}

@test "no command at all, unknown subcommand" {
	expect_status 2 attachstorm run "${QUICK[@]}"
	expect_output "target"
	expect_status 2 attachstorm frobnicate
	expect_output "frobnicate"
	expect_status 2 attachstorm run --no-such-option
	expect_status 2 attachstorm calibrate surplus
	expect_status 2 attachstorm model --no-such-option
}

# --- ends -------------------------------------------------------------------------------

@test "time limit: status 124, the record stays, nothing is left" {
	expect_status 124 attachstorm run "${QUICK[@]}" -l spawn -T warm --no-baseline --time-limit 500ms -- sleep 1000
	expect_output "time limit"
	[ "$(jq '.trials[0].timed_out' "$(record)")" = true ]
	expect_nothing_left
}

# wait_for_tasks N PROGRAM: until N processes of this test's jobs have come from the shim to PROGRAM, and are in its
# last call: no earlier, so that the harness has released them all and follows them.
wait_for_tasks() {
	local n pid
	for _ in $(seq 600); do
		n=0
		while read -r pid; do
			[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] &&
				grep -q '^\(35\|230\) ' "/proc/$pid/syscall" 2>/dev/null && n=$((n + 1))
		done < <(grep -lsz "ATTACHSTORM_PHASE_DIR=$RESULTS" /proc/[0-9]*/environ | grep -o '[0-9]*')
		[ "$n" -ge "$1" ] && return
		sleep 0.05
	done
	echo "$n of $1 tasks run $2"
	return 1
}

@test "Ctrl-C: status 130, the record stays, nothing is left" {
	attachstorm run -q -r 1 -n 2 -o "$RESULTS" -T warm --no-baseline -- sleep 1000 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	wait_for_tasks 2 sleep
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 130 ]
	[ "$(jq '.trials[0].interrupted' "$(record)")" = true ]
	expect_nothing_left
}

@test "SIGKILL of the harness: no launched task stays behind" {
	for launcher in mpirun spawn; do
		attachstorm run -q -r 1 -n 3 -o "$RESULTS" -T warm --no-baseline -l $launcher -- sleep 1000 >/dev/null 2>&1 3>&- &
		pid=$!
		wait_for_tasks 3 sleep
		kill -KILL $pid
		wait $pid || true
		for _ in $(seq 300); do
			expect_nothing_left >/dev/null && break
			sleep 0.1
		done
		expect_nothing_left
	done
}

@test "names and arguments that are no text: on the terminal and in the record by their bytes, and nothing is lost" {
	cd "$BATS_TEST_TMPDIR"
	program=$'li\eb\n\xfe.bin'
	cp /bin/true "$program"
	expect_status 0 attachstorm run "${QUICK[@]}" --details -T warm --no-baseline -l spawn -- "./$program" \
		$'\e[31m\xff x'
	expect_output '\033b\012\376.bin \033[31m\377 x'
	[[ "$output" != *$'\e'* ]]
	r=$(record)
	[ -n "$r" ] && [[ "$r" != *[!\ -~]* ]]
	[ "$(jq -r '.scenario.command[1]' "$r")" = $'\\033[31m\\377 x' ]
	jq -e '.trials[0].tasks[0].exe | test("376.bin$")' "$r"
	for command in "list -o $RESULTS" "show $r" "show --details $r"; do
		expect_status 0 attachstorm $command
		expect_output '\376.bin'
		[[ "$output" != *$'\e'* ]]
	done
}

@test "calibrate prints every kind with its n" {
	expect_status 0 attachstorm calibrate -n 50 --json
	[ "$(jq '[.register_access_ns, .trap_write_mem_ns, .trap_write_poke_ns] | map(.n) | unique == [50]' <<<"$output")" = true ]
	[ "$(jq '.bare_stop_continue_ns.same_core.p50 > 0' <<<"$output")" = true ]
	# Of stops as many as there was time for.
	[ "$(jq '.bare_stop_registers_ns | keys == ["adaptive", "block", "follow", "free", "same_core", "spin"]' <<<"$output")" = true ]
	[ "$(jq '.bare_stop_registers_ns.follow.n | . >= 1 and . <= 50' <<<"$output")" = true ]
	expect_status 0 attachstorm calibrate -n 50
	expect_output "stop + continue"
	expect_output "with registers"
}

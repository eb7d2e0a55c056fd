# SPDX-License-Identifier: BSD-3-Clause
# Tracer threads and ways to wait on MPI jobs: the same counts as one thread that blocks, what
# is refused, and what is left after Ctrl-C.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load tiny

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
}

# How many different sets of counts the runs have: stops, hits, libraries, requests and writes.
counts() {
	jq -c '[.trials[]] | map(select(.traced) | [.ptrace_calls, .traps_written,
		(.breakpoints | map(.hits)), (.tasks | map([.stops, .target_libraries, .libraries_at_end]))]) | unique | length' \
		"$RESULTS"/*.json
}

@test "tiny under 1, 2 and 4 tracer threads, asleep and following: valid, and one set of counts" {
	expect_status 0 attachstorm run -q -r 1 -n 4 -b 7 -T warm --set baseline=off -o "$RESULTS" -t "$TINY" \
		--matrix tracer_threads=1,2,4 --matrix wait=block,follow
	expect_output "the counts of all 6 runs agree with the manifest"
	[ "$(counts)" -eq 1 ]
}

@test "tiny under each way to wait: one set of counts" {
	expect_status 0 attachstorm run -q -r 1 -n 2 -b 3 -T warm --set baseline=off -o "$RESULTS" -t "$TINY" \
		--matrix wait=block,spin,follow,adaptive
	expect_output "the counts of all 4 runs agree with the manifest"
	[ "$(counts)" -eq 1 ]
}

@test "more threads than tasks: one for each task, with a word" {
	expect_status 0 attachstorm run -r 1 -n 2 -T warm --set tracer_threads=5 -o "$RESULTS" -t "$TINY"
	expect_output "tracer_threads is 5, but there are 2 tasks: one thread for each"
}

@test "threads where nobody traces, or where one must stop all, are refused" {
	expect_status 2 attachstorm run -t "$TINY" --set tracer_threads=2 --set load_events=audit
	expect_output "'tracer_threads' has no effect with load_events 'audit'"
	expect_status 2 attachstorm run -t "$TINY" --set tracer_threads=2 --set stop=all
	expect_output "'stop' is all, but with 2 tracer threads none can stop the others' tasks"
	expect_status 2 attachstorm run -t "$TINY" --set wait=follow --set load_events=none
	expect_output "there is no stop to wait for"
}

@test "Ctrl-C reaches all tracer threads" {
	local pid rc=0
	attachstorm run -q -n 4 -r 1 -T warm --set baseline=off --set tracer_threads=3 -o "$RESULTS" -- /bin/sleep 1000 3>&- &
	pid=$!
	until [ "$(grep -lsz "ATTACHSTORM_PHASE_DIR=$RESULTS" /proc/[0-9]*/environ | wc -l)" -ge 4 ]; do
		kill -0 "$pid"
		sleep 0.1
	done
	kill -INT "$pid"
	wait "$pid" || rc=$?
	[ "$rc" -eq 130 ]
	[ -z "$(grep -lsz "ATTACHSTORM_PHASE_DIR=$RESULTS" /proc/[0-9]*/environ || true)" ]
}

# The cores that each task may use, one line a task, as the tasks themselves tell.
cores_of_tasks() { # OPTION...
	local name='${ATTACHSTORM_RANK:-$OMPI_COMM_WORLD_RANK}'
	rm -rf "$BATS_TEST_TMPDIR/cores"
	mkdir "$BATS_TEST_TMPDIR/cores"
	expect_status 0 attachstorm run -q -r 1 -n 3 -T warm --set baseline=off -o "$RESULTS" "$@" -- \
		sh -c "grep Cpus_allowed_list /proc/self/status >$BATS_TEST_TMPDIR/cores/$name"
	cut -f 2 "$BATS_TEST_TMPDIR"/cores/0 "$BATS_TEST_TMPDIR"/cores/1 "$BATS_TEST_TMPDIR"/cores/2
}

@test "bind: each task may use one core, the next of those that this process may use for each" {
	mine=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
	for launcher in spawn mpirun; do
		run cores_of_tasks -l $launcher --set bind=core
		[ "${lines[0]}" = "${mine%%[,-]*}" ]
		[ "$(printf '%s\n' "${lines[@]}" | sort -u | wc -l)" -eq "$(($(nproc) < 3 ? $(nproc) : 3))" ]
		run cores_of_tasks -l $launcher
		[ "$(printf '%s\n' "${lines[@]}" | sort -u)" = "$mine" ]
	done
}

@test "bind goes with every way to wait and with address randomisation off: one set of counts" {
	expect_status 0 attachstorm run -q -r 1 -n 2 -b 3 -T warm --set baseline=off --aslr off -o "$RESULTS" -t "$TINY" \
		--matrix bind=none,core --matrix wait=block,follow,adaptive
	expect_output "the counts of all 6 runs agree with the manifest"
	[ "$(counts)" -eq 1 ]
}

# SPDX-License-Identifier: BSD-3-Clause
# Tools that are processes of their own: real ones on the tiny target, and a fake one for each way
# to fail. The fake ones are shell scripts behind a template.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load tiny

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	export ATTACHSTORM_TOOLS=$ROOT/scenarios/tools
	SPAWN=(attachstorm run -q -r 1 -n 2 -T warm --no-baseline -l spawn -o "$RESULTS" --time-limit 60s)
	MPI=(attachstorm run -q -r 1 -n 2 -T warm --no-baseline -o "$RESULTS" --time-limit 120s)
}

# trial FILTER: of the only trial
trial() {
	jq -r ".trials[0] | $1" "$(record)"
}

needs() {
	command -v "$1" >/dev/null || skip "no $1 here"
}

# No process has the results folder of this test on its command line or in its environment.
nothing_left() {
	local environ
	for environ in /proc/[0-9]*/environ; do
		! tr '\0' '\n' <"$environ" 2>/dev/null | grep -qE "^ATTACHSTORM_(TOOL|PHASE)_DIR=$RESULTS" || {
			echo "left: $environ"
			return 1
		}
	done
}

# fake NAME SCRIPT [LINE...]: a tool that is a shell script.
fake() {
	local name=$1 script=$2
	shift 2
	{
		printf 'argv:\n  - sh\n  - -c\n  - |\n    %s\n  - sh\n  - "{pid}"\n' "$script"
		printf '%s\n' "$@"
	} >"$BATS_TEST_TMPDIR/$name.yaml"
}

# run_fake STATUS NAME
run_fake() {
	expect_status "$1" attachstorm run -q -r 1 -n 2 -T warm --no-baseline -l spawn -o "$RESULTS" \
		--time-limit 3s --tool "$BATS_TEST_TMPDIR/$2.yaml" -- true
	nothing_left
}

# verdict WORD TEXT: of the only trial; the transcript is there.
verdict() {
	[ "$(trial .tool_verdict)" = "$1" ] || {
		trial '.tool_verdict, .contradictions'
		return 1
	}
	trial '.contradictions[]' | grep -qF "$2" || {
		trial '.contradictions'
		return 1
	}
	[ -f "$(trial .transcript)" ]
}

@test "tools: strace follows two tasks, and the marks are as ever" {
	needs strace
	expect_status 0 "${SPAWN[@]}" -t "$TINY" -p plain --tool strace
	[ "$(trial .tool_verdict)" = ok ]
	[ "$(trial .tool)" = strace ]
	trial .tool_version | grep -q strace
	[ "$(trial '.phases | .launch_ns < .found_ns and .found_ns < .acquired_ns and .acquired_ns <= .planted_ns
		and .planted_ns < .continued_ns and .continued_ns < .imported_ns and .imported_ns < .ended_ns')" = true ]
	[ "$(trial '.tracer_cpu_ns > 0 and .bytes_read > 0 and .ptrace_calls == null and .traps_written == null')" = true ]
	nothing_left
}

@test "tools: GDB in batch mode, its ptrace calls counted" {
	needs gdb
	expect_status 0 "${SPAWN[@]}" -t "$TINY" -p plain --tool gdb-batch -s tools.count_ptrace=on
	[ "$(trial .tool_verdict)" = ok ]
	[ "$(trial '.ptrace_calls > 100')" = true ]
	nothing_left
}

@test "tools: GDB in batch mode under mpirun" {
	needs gdb
	needs mpirun
	expect_status 0 "${MPI[@]}" -t "$TINY" --tool gdb-batch
	[ "$(trial .tool_verdict)" = ok ]
	nothing_left
}

@test "tools: LLDB under mpirun: breakpoints, hits and libraries as the manifest has them" {
	needs lldb
	needs mpirun
	expect_status 0 "${MPI[@]}" -t "$TINY" --tool lldb -b 5 -s acquire=auto
	[ "$(trial .tool_verdict)" = ok ]
	[ "$(trial '[.breakpoints[] | .planted_tasks == 2 and .hits == .expected_hits] | all')" = true ]
	[ "$(trial '.tool_report.statistics | length')" = 2 ]
	[ "$(trial '[.tool_report.statistics[] | .stopCount > 0 and .modules > 10] | all')" = true ]
	nothing_left
}

@test "tools: LLDB by spawn" {
	needs lldb
	expect_status 0 "${SPAWN[@]}" --tool lldb -B main -- "$O/attachstorm-shim" -- true
	[ "$(trial .tool_verdict)" = ok ]
	nothing_left
}

@test "tools: LLDB's parallel loading is refused where it has none" {
	needs lldb
	! lldb --batch -o 'settings show target.parallel-module-load' 2>/dev/null | grep -q 'load (' || skip "it has it"
	expect_status 2 "${SPAWN[@]}" --tool lldb -s lldb.parallel=on -- true
	expect_output "has no setting target.parallel-module-load"
}

@test "tools: one that crashes" {
	fake crash 'echo going down; kill -SEGV $$'
	run_fake 3 crash
	verdict crashed "was killed by SIGSEGV; its last words: 'going down'"
}

@test "tools: one that fails" {
	fake fails 'echo "no licence" >&2; exit 3'
	run_fake 3 fails
	verdict failed "exited with status 3; its last words: 'no licence'"
}

@test "tools: one that hangs" {
	fake hangs 'echo still there; while :; do sleep 1; done'
	run_fake 124 hangs
	verdict hung "had not ended at the time limit of 3s; its last words: 'still there'"
}

@test "tools: one that cannot be asked to end, and leaves a child in a session of its own" {
	fake stubborn 'trap "" TERM INT HUP; setsid sleep 1000 & while :; do sleep 1; done'
	run_fake 124 stubborn
	verdict hung "had not ended"
}

@test "tools: one that asks a question" {
	fake asks 'printf "Attach to process $1? (y or n) "; read -r answer; echo "$answer"'
	run_fake 124 asks
	verdict asked "(y or n)"
}

@test "tools: one that asks in a line of its own" {
	fake asks 'echo hello; echo "Really go on? [Yes/No]"; read -r answer; echo "$answer"'
	run_fake 124 asks
	verdict asked "an answer: 'Really go on? [Yes/No]'"
}

@test "tools: one that kills one of the tasks" {
	fake kills "mkdir $BATS_TEST_TMPDIR/first 2>&1 && kill -KILL \"\$1\"; sleep 0.2; echo ready; sleep 1000" 'ready: output' 'ready_text: ready'
	run_fake 3 kills
	[ "$(trial .tool_verdict)" = failed ]
	trial '.contradictions[]' | grep -q 'was killed while the tool kills had it'
}

@test "tools: one that prints rubbish" {
	fake rubbish 'head -c 100000 /dev/urandom; while :; do sleep 1; done' 'ready: output' 'ready_text: I am ready'
	run_fake 124 rubbish
	verdict rubbish "has printed what is no text"
}

@test "tools: one whose status 1 is no failure" {
	fake fussy 'echo nearly all; exit 1' 'ready: exit' 'ok_status: 1'
	run_fake 0 fussy
	[ "$(trial .tool_verdict)" = ok ]
}

@test "tools: one that leaves before it is ready" {
	fake leaves 'echo bye'
	run_fake 3 leaves
	verdict left "ended before it was ready; its last words: 'bye'"
}

@test "tools: ready by a file, told to go and to end" {
	fake polite 'touch "$0.ready"; read -r word; echo "got $word"; read -r word; echo "got $word"' \
		'ready: file' 'ready_file: sh.ready' 'go: go {rank}' 'end: stop'
	cd "$BATS_TEST_TMPDIR"
	run_fake 0 polite
	[ "$(trial .tool_verdict)" = ok ]
	grep -q 'got go 0' "$(trial .transcript)"
	grep -q 'got stop' "$(trial .transcript)"
}

@test "tools: one that runs to its end while the tasks wait" {
	fake sampler 'cat "/proc/$1/maps"' 'ready: exit'
	run_fake 0 sampler
	[ "$(trial .tool_verdict)" = ok ]
	grep -q attachstorm-shim "$(trial .transcript)"
}

@test "tools: one for the job, with the list of tasks" {
	cat >"$BATS_TEST_TMPDIR/one.yaml" <<-END
		processes: job
		argv: [sh, -c, 'cat "\$0"; echo "\$@"', "{proctable}", "{pids}"]
		ready: exit
	END
	run_fake 0 one
	[ "$(grep -c "^[01] $(uname -n) [0-9]*$" "$(trial .transcript)")" = 2 ]
	grep -q "^$(trial '[.tasks[].pid | tostring] | join(" ")')$" "$(trial .transcript)"
}

@test "tools: before the task's command line" {
	needs strace
	cat >"$BATS_TEST_TMPDIR/wrapped.yaml" <<-END
		form: wrap
		argv: [strace, -f, -c, -o, "{dir}/counts", --]
	END
	run_fake 0 wrapped
	[ "$(trial .tool_verdict)" = ok ]
	[ "$(trial '.tracer_cpu_ns')" = null ]
	[ "$(trial '.tool_report.usage')" = "not known: the tool is the launcher's child" ]
}

@test "tools: one that attaches to tasks that run" {
	fake follows 'sleep 0.3; echo "at $(readlink "/proc/$1/exe")"; while [ -e "/proc/$1/exe" ]; do sleep 0.05; done' \
		'form: running' 'may_leave: true' 'ready: output' 'ready_text: at '
	expect_status 0 attachstorm run -q --details -r 1 -n 2 -T warm --no-baseline -l spawn -o "$RESULTS" \
		--time-limit 30s --tool "$BATS_TEST_TMPDIR/follows.yaml" -- sleep 2
	expect_output "tool      follows"
	[ "$(trial .tool_verdict)" = ok ]
	grep -q "^at $(command -v sleep | xargs realpath)" "$(trial .transcript)"
	[ "$(trial '.phases | .continued_ns < .planted_ns and .planted_ns < .ended_ns')" = true ]
	nothing_left
}

@test "tools: LLDB's index cache is empty in the cold run, and kept for the warm one" {
	needs lldb
	expect_status 0 attachstorm run -q -r 1 -n 1 -T cold,warm --no-baseline -l spawn -o "$RESULTS" --time-limit 120s \
		--tool lldb -s lldb.index_cache=on -B main -- "$O/attachstorm-shim" -- true
	[ "$(jq -c '[.trials[] | [.temperature, .tool_home_bytes > 0]]' "$(record)")" = '[["cold",false],["warm",true]]' ]
	[ "$(jq -c '[.trials[] | .tool_residency | .files > 10 and .pages > 1000]' "$(record)")" = '[true,true]' ]
	grep -q 'symbols.enable-lldb-index-cache true' "$RESULTS"/*/*/lldb.before
}

@test "tools: one that is not here is skipped, with the package to install" {
	printf 'argv: [no-such-debugger]\npackage: the-debugger\n' >"$BATS_TEST_TMPDIR/missing.yaml"
	run_fake 77 missing
	expect_output "cannot use the tool missing: there is no program 'no-such-debugger' here"
	expect_output "install the-debugger"
	# Another that its command line starts, or that tells the version; nothing has been run before.
	local key
	for key in 'programs: [sh, no-such-helper]' 'version: [no-such-helper, --version]'; do
		fake missing "touch $BATS_TEST_TMPDIR/started" 'ready: exit' 'package: the-helper' "$key"
		run_fake 77 missing
		expect_output "cannot use the tool missing: there is no program 'no-such-helper' here"
		expect_output "install the-helper"
		expect_status 77 attachstorm validate -n 1 -l spawn --tool "$BATS_TEST_TMPDIR/missing.yaml" -- true
	done
	ATTACHSTORM_TOOLS=$BATS_TEST_TMPDIR run attachstorm doctor
	tr -s ' ' <<<"$output" | grep -qF "missing no cannot use the tool missing: there is no program 'no-such-helper' here"
	[ ! -e "$BATS_TEST_TMPDIR/started" ]
	[ ! -e "$RESULTS" ] || [ -z "$(ls "$RESULTS")" ]
}

@test "tools: a description names each program behind a pipe of its command line" {
	local file program
	for file in "$ROOT"/scenarios/tools/*.yaml; do
		for program in $(sed -n 's/.*| \([a-z][a-z-]*\) .*/\1/p' "$file"); do
			grep -qE "^programs: \[(.*, )?${program}[],]" "$file" || {
				echo "$file: programs does not name $program"
				return 1
			}
		done
	done
}

@test "tools: one that was never tried is told so" {
	fake untried 'true' 'ready: exit' 'tried: no'
	run_fake 0 untried
	expect_output "the description of the tool untried was never tried with the tool"
	[ "$(trial .tool_untried)" = true ]
}

@test "tools: errors in a description come before anything is started" {
	printf 'argv: [sh, "{pidd}"]\n' >"$BATS_TEST_TMPDIR/wrong.yaml"
	run_fake 2 wrong
	expect_output "'argv': unknown placeholder '{pidd}'"
	expect_status 2 "${SPAWN[@]}" --tool no-such-tool -- true
	expect_output "no such tool: 'no-such-tool'"
	expect_status 2 "${SPAWN[@]}" --tool strace -b 3 -- true
	expect_status 2 "${SPAWN[@]}" --tool strace -s link_map=full -- true
	expect_output "'link_map' has no effect with tool 'strace'"
	[ ! -e "$RESULTS" ] || [ -z "$(ls "$RESULTS")" ]
}

@test "tools: every description that was tried runs, where its tool is here" {
	local file name ran=0
	for file in "$ROOT"/scenarios/tools/*.yaml; do
		! grep -q '^tried: no' "$file" || continue
		name=$(basename "$file" .yaml)
		run attachstorm run -q -r 1 -n 2 -T warm --no-baseline -l spawn -o "$RESULTS/$name" --time-limit 1min \
			--tool "$file" -- sleep 3
		[ "$status" -ne 77 ] || continue
		[ "$status" -eq 0 ] && [ "$(jq -r '.trials[0].tool_verdict' "$RESULTS/$name"/*.json)" = ok ] || {
			printf '%s: status %s\n%s\n' "$name" "$status" "$output"
			return 1
		}
		ran=$((ran + 1))
	done
	[ "$ran" -gt 0 ] || skip "none of the tools is here"
	nothing_left
}

@test "tools: every description that comes with the kit can be read" {
	local file
	for file in "$ROOT"/scenarios/tools/*.yaml; do
		run attachstorm run -q -r 1 -n 1 -T warm --no-baseline -l spawn -o "$RESULTS" --tool "$file" -B main -- true
		[ "$status" -eq 2 ]
		expect_output "is a template, which has none"
	done
}

@test "tools: an interrupt leaves nothing" {
	fake waits 'while :; do sleep 1; done'
	attachstorm run -q -r 1 -n 2 -T warm --no-baseline -l spawn -o "$RESULTS" --time-limit 60s \
		--tool "$BATS_TEST_TMPDIR/waits.yaml" -- true 3>&- &
	local pid=$!
	for _ in $(seq 200); do
		[ "$(ls "$RESULTS"/*/*/tool.rank1.txt 2>/dev/null | wc -l)" -eq 1 ] && break
		sleep 0.05
	done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	nothing_left
}

# SPDX-License-Identifier: BSD-3-Clause
# How tasks are acquired: each strategy in a scenario, running jobs by attach, and what is
# left when somebody dies. The launcher without MPI is 'attachstorm starter'.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load tiny

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	QUICK=(-q -r 1 -n 2 -T warm --no-baseline -o "$RESULTS")
	STARTED=
	STARTER=$BATS_TEST_TMPDIR/starter
	# an mpirun of the kit's own, which tables are made with: rows and faults from STARTER_ARGS
	cat >"$STARTER" <<-END
		#!/bin/sh
		exec "$O/attachstorm" starter \$STARTER_ARGS "\$@"
	END
	chmod +x "$STARTER"
}

teardown() {
	for pid in $STARTED; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# started COMMAND...: in the background, its pid in PID; ended with the test.
started() {
	"$@" >"$BATS_TEST_TMPDIR/started.out" 2>&1 3>&- &
	PID=$!
	STARTED="$STARTED $PID"
}

# attached TASK OPTIONS...: a harness in the background that has attached to a task; its pid in PID.
attached() {
	started attachstorm attach -q --pids "$@" -o "$RESULTS"
	for _ in $(seq 200); do
		grep -q "TracerPid:[[:space:]]*$PID" /proc/"$1"/status && break
		sleep 0.02
	done
	sleep 0.3 # until the breakpoints are in
}

# wait_for N COMMAND...: until the command prints N lines.
wait_for() {
	local n=$1
	shift
	for _ in $(seq 200); do
		[ "$("$@" | wc -l)" -eq "$n" ] && return
		sleep 0.05
	done
	echo "waited in vain: $*"
	return 1
}

has_mpi() {
	command -v mpirun >/dev/null && mpirun --version | grep -Eq 'Open MPI\) 4|OpenRTE\) 4' ||
		skip "no Open MPI 4 here, whose mpirun has a process table"
}

# The launcher of Open MPI 5 has no table: it is asked by PMIx, where libpmix was there at the build.
has_prrte() {
	mpirun --version 2>/dev/null | grep -Eq 'Open MPI\) ([5-9]|[1-9][0-9])' ||
		skip "no Open MPI 5 here, whose launcher is asked by PMIx"
	[ -x "$O/attachstorm-pmix" ] || skip "built without libpmix (libpmix-dev)"
}

@test "mpir-launch: tasks held in MPI_Init, and every count is the manifest's" {
	has_mpi
	expect_status 0 attachstorm run "${QUICK[@]}" -b 7 -t "$TINY" --set acquire=mpir-launch
	expect_output "acquired by mpir-launch"
	r=$(record)
	[ "$(jq -r '.trials[0].acquire, .scenario.acquire' "$r" | sort -u)" = mpir-launch ]
	[ "$(jq '.trials[0].table_rows' "$r")" -eq 2 ]
	[ "$(jq -c '[.trials[0].tasks[] | .acquired_at] | unique' "$r")" = '["mpi_init"]' ]
	[ "$(jq '[.trials[0].tasks[].libraries_at_start > 10] | all' "$r")" = true ]
	[ "$(jq '[.trials[0].breakpoints[] | .hits == .expected_hits] | all' "$r")" = true ]
}

@test "mpir-launch of a program without MPI: said, and nothing is left" {
	has_mpi
	expect_status 2 attachstorm run "${QUICK[@]}" --set acquire=mpir-launch -- true
	expect_output "before it had a process table"
	expect_output "hint:"
}

@test "environ: tasks of mpirun found while they run" {
	command -v mpirun >/dev/null || skip "no mpirun here"
	expect_status 0 attachstorm run "${QUICK[@]}" --set acquire=environ -- sleep 1
	[ "$(jq -c '[.trials[0].tasks[] | [.rank, .acquired_at, .exit_status]]' "$(record)")" = '[[0,"running",0],[1,"running",0]]' ]
}

@test "environ: plain processes, with the shim for what they inherit" {
	expect_status 0 attachstorm run "${QUICK[@]}" -l spawn --aslr off --set acquire=environ -- sleep 1
	[ "$(jq -r '[.trials[0].tasks[].exe] | unique[]' "$(record)")" = "$(realpath "$(command -v sleep)")" ]
}

@test "mpir-launch by a launcher that stops tasks at exec, as srun does" {
	STARTER_ARGS="--rows 50" expect_status 0 attachstorm run "${QUICK[@]}" --set mpirun="$STARTER" \
		--set acquire=mpir-launch -B victim_add -- "$O/victims/loads" "$O/victims" 3
	r=$(record)
	[ "$(jq -c '[.trials[0].tasks[] | [.acquired_at, .libraries_at_start, .stops.add, .breakpoint_hits, .exit_status]] | unique' "$r")" = '[["exec",4,7,3,0]]' ]
	[ "$(jq '.trials[0].table_rows' "$r")" -eq 50 ]
}

@test "a table of 1,000,000 rows" {
	STARTER_ARGS="--rows 1000000" expect_status 0 attachstorm run "${QUICK[@]}" --set mpirun="$STARTER" \
		--set acquire=mpir-launch -- ls /
	[ "$(jq '.trials[0] | .table_rows, (.tasks | length)' "$(record)" | xargs)" = "1000000 2" ]
}

@test "hostile tables are refused, and nothing is left" {
	for fault in count:rows pointer:"cannot read" string:"does not end" pid:"no pid"; do
		STARTER_ARGS="--rows 9 --fault ${fault%%:*}" expect_status 2 attachstorm run "${QUICK[@]}" \
			--set mpirun="$STARTER" --set acquire=mpir-launch -- sleep 100
		expect_output "process table cannot be read"
		expect_output "${fault#*:}"
		[ -z "$(grep -lsz "ATTACHSTORM_PHASE_DIR=$RESULTS" /proc/[0-9]*/environ)" ]
	done
}

@test "attach by the table of a launcher whose file was deleted, another having its name" {
	cp "$O/attachstorm" "$BATS_TEST_TMPDIR/launcher"
	started env ATTACHSTORM_SHIM="$O/attachstorm-shim" "$BATS_TEST_TMPDIR/launcher" starter -n 2 -- "$O/victims/steady" "$O/victims"
	wait_for 2 pgrep -P "$PID" -x steady
	# The file of that name has no such symbols, or has them elsewhere.
	rm "$BATS_TEST_TMPDIR/launcher"
	cp /bin/sleep "$BATS_TEST_TMPDIR/launcher"
	expect_status 0 attachstorm attach -q --launcher "$PID" --for 200ms -o "$RESULTS"
	[ "$(jq '.trials[0] | [.table_rows, (.tasks | length)] == [2, 2]' "$(record)")" = true ]
	pkill -TERM -P "$PID" -x steady
	wait "$PID"
}

@test "attach by a launcher's table, for a time; the tasks run on" {
	started attachstorm starter -n 2 -r 9 -- "$O/victims/steady" "$O/victims"
	wait_for 2 pgrep -P "$PID" -x steady
	# 7 rows are elsewhere, which is a part of the job only if that is what was asked for
	expect_status 3 attachstorm attach -q --launcher "$PID" --for 100ms -o "$RESULTS-part"
	expect_output "only 2 of the 9 tasks in the launcher's process table are on this machine; not here: row 2 (pid 1002 on 'invented0')"
	expect_output "and 3 more"
	expect_status 0 attachstorm attach -q --launcher "$PID" --local --for 300ms -B victim_add -o "$RESULTS"
	expect_output "acquired by mpir-attach"
	r=$(record)
	[ "$(jq '.trials[0] | .left_running and .table_rows == 9 and ([.tasks[] | .libraries_at_start >= 4] | all) and .breakpoints[0].hits > 0' "$r")" = true ]
	[ "$(jq '.valid' "$r")" = true ]
	[ "$(jq '.scenario.tasks' "$r")" -eq 2 ]
	expect_status 0 attachstorm attach --launcher "$PID" --repair
	expect_output "2 tasks checked, 0 traps taken out"
	pkill -TERM -P "$PID" -x steady
	wait "$PID" # every call of every task gave the right result
}

@test "attach by a running mpirun's table and below it" {
	has_mpi
	started mpirun -n 2 --oversubscribe "$O/victims/steady" "$O/victims"
	wait_for 2 pgrep -P "$PID" -x steady
	expect_status 2 attachstorm attach -q --launcher "$PID" --for 100ms -o "$RESULTS"
	expect_output "is empty" # no task comes to MPI_Init
	expect_status 0 attachstorm attach -q --launcher "$PID" --environ --for 100ms -o "$RESULTS"
	[ "$(jq -c '[.trials[0].tasks[].rank]' "$(record)")" = '[0,1]' ]
	pkill -TERM -P "$PID" -x steady
	wait "$PID"
}

@test "attach by what a running prterun tells, and the tasks run on" {
	has_prrte
	started mpirun -n 3 --oversubscribe "$O/victims/steady" "$O/victims"
	wait_for 3 pgrep -P "$PID" -x steady
	expect_status 0 attachstorm attach -q --launcher "$PID" --for 300ms -B victim_add -o "$RESULTS"
	expect_output "acquired by pmix"
	r=$(record)
	[ "$(jq -c '.trials[0] | [.acquire, .table_rows, .left_running, ([.tasks[].rank])]' "$r")" = '["pmix",3,true,[0,1,2]]' ]
	[ "$(jq '.trials[0] | ([.tasks[] | .libraries_at_start >= 4 and .breakpoint_hits > 0] | all)' "$r")" = true ]
	[ "$(jq '.valid' "$r")" = true ]
	for rank in 0 1 2; do # each rank is the process that says so itself
		pid=$(jq ".trials[0].tasks[$rank].pid" "$r")
		[ "$(tr '\0' '\n' <"/proc/$pid/environ" | grep '^OMPI_COMM_WORLD_RANK=')" = "OMPI_COMM_WORLD_RANK=$rank" ]
	done
	expect_status 0 attachstorm attach --launcher "$PID" --repair
	expect_output "3 tasks checked, 0 traps taken out"
	# a build without libpmix says what to install
	ATTACHSTORM_PMIX=/nowhere expect_status 77 attachstorm attach -q --launcher "$PID" -o "$RESULTS"
	expect_output "install libpmix-dev"
	pkill -TERM -P "$PID" -x steady
	wait "$PID"
}

@test "pmix, mpir-attach and auto under Open MPI 5; mpir-launch ends with 77" {
	has_prrte
	for acquire in pmix:pmix:running mpir-attach:pmix:running auto:shim:exec; do
		expect_status 0 attachstorm run "${QUICK[@]}" --set acquire="${acquire%%:*}" -- sleep 2
		[ "$(jq -rc '[.trials[0] | .acquire, (.tasks[] | .acquired_at)] | unique | join(" ")' "$(record)")" = "$(echo "${acquire#*:}" | tr : ' ' | xargs -n 1 | sort | xargs)" ]
		rm -r "$RESULTS"
	done
	expect_status 77 attachstorm run "${QUICK[@]}" --set acquire=mpir-launch -- true
	expect_output "has no process table (MPIR)"
	expect_output "hint: acquire by shim"
	[ ! -e "$RESULTS" ]
}

@test "Open MPI 4 is never asked by PMIx, and auto is its table" {
	has_mpi
	expect_status 77 attachstorm run "${QUICK[@]}" --set acquire=pmix -- true
	expect_output "would crash it"
	[ ! -e "$RESULTS" ]
	expect_status 0 attachstorm run "${QUICK[@]}" -t "$TINY" --set acquire=auto
	[ "$(jq -rc '[.scenario.acquire, .trials[0].acquire]' "$(record)")" = '["auto","mpir-launch"]' ]
}

@test "attach by pids and by a list, to the end" {
	started sleep 5
	a=$PID
	started sleep 5
	b=$PID
	printf '# two tasks\n7 - %s\n3 localhost %s\n' "$a" "$b" | expect_status 0 attachstorm attach -q --list - -j -o "$RESULTS"
	[ "$(jq -c '[.trials[0].tasks[] | [.rank, .exit_status]]' "$(record)")" = '[[3,0],[7,0]]' ]
	[ "$(jq '.trials[0].left_running' "$(record)")" = false ]
	expect_status 2 attachstorm attach -q --pids "$a" -o "$RESULTS"
	expect_output "have ended"
}

@test "attach to a list with a process that has ended, or is elsewhere: told by row, and not valid" {
	started sleep 5
	a=$PID
	true &
	dead=$!
	wait "$dead"
	expect_status 3 attachstorm attach -q --pids "$a,$dead" --for 200ms -o "$RESULTS"
	expect_output "row 1 of the list: process $dead had ended before it could be traced"
	printf '0 - %s\n1 other-host.example 17\n' "$a" >"$BATS_TEST_TMPDIR/list"
	expect_status 3 attachstorm attach -q --list "$BATS_TEST_TMPDIR/list" --for 200ms -o "$RESULTS"
	expect_output "only 1 of the 2 tasks in the list are on this machine; not here: row 1 (pid 17 on 'other-host.example')"
	expect_status 0 attachstorm attach -q --list "$BATS_TEST_TMPDIR/list" --local --for 200ms -o "$RESULTS"
}

@test "--repair names what it has not checked" {
	started sleep 5
	a=$PID
	true &
	dead=$!
	wait "$dead"
	expect_status 0 attachstorm attach --pids "$a,$dead" --repair
	expect_output "rank 1: process $dead has ended, and was not checked"
	expect_output "1 task checked, 0 traps taken out"
	expect_status 2 attachstorm attach --pids "$dead" --repair
	expect_output "process $dead has ended"
	expect_output "no task was checked"
	printf '0 - %s\n1 other-host.example 17\n' "$a" >"$BATS_TEST_TMPDIR/list"
	expect_status 0 attachstorm attach --list "$BATS_TEST_TMPDIR/list" --repair
	expect_output "not here: row 1 (pid 17 on 'other-host.example')"
	expect_status 0 attachstorm attach --list "$BATS_TEST_TMPDIR/list" --local --repair
	[ "$output" = "1 task checked, 0 traps taken out" ]
}

@test "who cannot be traced: each for its own reason" {
	[ "$(id -u)" -eq 0 ] || skip "other words for other users"
	started sleep 5
	a=$PID
	kernel=$(grep -l '^Kthread:.1' /proc/[0-9]*/status 2>/dev/null | head -1 | tr -dc 0-9)
	[ -z "$kernel" ] || {
		expect_status 2 attachstorm attach -q --pids "$kernel" --for 100ms -o "$RESULTS"
		expect_output "it is a thread of the kernel"
	}
	command -v setpriv >/dev/null || skip "no setpriv here"
	expect_status 2 setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace \
		attachstorm attach -q --pids 1 --for 100ms -o "$RESULTS"
	[[ "$output" != *"run as root"* ]]
}

@test "attach with stacks: of all tasks where they were found, and the tasks run on" {
	started "$O/victims/steady" "$O/victims" quiet
	a=$PID
	started "$O/victims/steady" "$O/victims" quiet
	b=$PID
	expect_status 0 attachstorm attach -q --pids "$a,$b" --for 300ms --set stacks=start -o "$RESULTS"
	expect_output "2 ranks"
	r=$(record)
	[ "$(jq -c '.trials[0].stacks.start | [.stacks, .ranks]' "$r")" = '[2,"0-1"]' ]
	[ "$(awk '/^start;_start;.*;main(;| )/ { n += $NF } END { print n + 0 }' "${r%.json}.stacks.folded")" -eq 2 ]
	expect_status 0 attachstorm attach --pids "$a,$b" --repair
	expect_output "2 tasks checked, 0 traps taken out"
	for task in "$a" "$b"; do
		kill -TERM "$task"
		wait "$task"
	done
}

@test "Ctrl-C lets them go: status 130, the record stays" {
	started "$O/victims/steady" "$O/victims"
	task=$PID
	attached "$task" -B marked
	kill -INT "$PID"
	status=0
	wait "$PID" || status=$?
	[ "$status" -eq 130 ]
	[ "$(jq '.trials[0] | .interrupted and .left_running' "$(record)")" = true ]
	grep -q 'TracerPid:[[:space:]]*0' /proc/"$task"/status
	kill -TERM "$task"
	wait "$task"
}

@test "SIGKILL of the harness: tasks attached to run on, and --repair takes the traps out" {
	started "$O/victims/steady" "$O/victims" quiet
	task=$PID
	attached "$task" -B never_called
	kill -KILL "$PID"
	wait "$PID" || true
	expect_status 0 attachstorm attach --pids "$task" --repair
	expect_output "1 task checked, 2 traps taken out"
	expect_status 0 attachstorm attach --pids "$task" --repair
	expect_output "1 task checked, 0 traps taken out"
	kill -RTMIN+1 "$task" # loads a library, past where the trap was
	sleep 0.2
	kill -TERM "$task"
	wait "$task"
}

@test "bad input" {
	expect_status 2 attachstorm attach
	expect_output "which tasks?"
	expect_status 2 attachstorm attach --pids 1 --environ
	expect_output "more than one way"
	expect_status 2 attachstorm attach --pids 12x
	expect_output "'12x' is not a pid"
	expect_status 2 attachstorm attach --launcher 0
	expect_output "--launcher"
	expect_status 2 attachstorm attach --launcher 4194303
	expect_output "no process 4194303"
	expect_status 2 attachstorm attach -q --launcher $$ -o "$RESULTS"
	expect_output "no MPIR interface"
	expect_status 2 attachstorm attach --list /nowhere
	expect_output "/nowhere"
	expect_status 2 attachstorm attach --pids $$ --for 0
	expect_output "--for"
	expect_status 2 attachstorm attach -q --pids $$ --set load_events=uprobe -o "$RESULTS"
	expect_output "set it to rbrk or probes"
	expect_status 2 attachstorm attach -q --pids $$ --set load_events=audit -o "$RESULTS"
	expect_output "at a program's start only"
	expect_status 2 attachstorm attach -q --pids $$ --set stacks=start,off -o "$RESULTS"
	expect_output "'stacks' is off and something else"
	expect_status 2 attachstorm attach -q --pids $$ --set tracer_threads=2 --set stop=all -o "$RESULTS"
	expect_output "'stop' is all"
	for set in aslr=off tasks=7 program=plain acquire=environ time_limit=1s command=ls null.t1=3ms gdb.path=x; do
		expect_status 2 attachstorm attach -q --pids $$ --set $set -o "$RESULTS"
		expect_output "'${set%=*}' has no effect with "
	done
	expect_status 2 attachstorm attach -q --pids $$ -b 3 -o "$RESULTS"
	expect_output "breakpoints.where"
	expect_status 2 attachstorm run "${QUICK[@]}" -l spawn --set acquire=mpir-launch -- true
	expect_output "no process table"
	expect_status 2 attachstorm run "${QUICK[@]}" --set acquire=list -- true
	expect_output "attach --list"
	expect_status 2 attachstorm starter -n 0 -- true
	expect_output "--tasks"
	expect_status 2 attachstorm starter
	expect_output "no program"
}

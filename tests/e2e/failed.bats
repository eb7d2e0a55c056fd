# SPDX-License-Identifier: BSD-3-Clause
# A failed job is no measurement: the first task to fail, its status and its last words are the
# verdict, whoever traces or starts it, unless the scenario expects that status.

load common

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	QUICK=(-q -r 1 -T warm -o "$RESULTS")
}

has_mpi() {
	command -v mpicc >/dev/null && command -v mpirun >/dev/null || skip "no MPI here"
}

# failing_mpi: a program whose rank 2 has no licence, or whose rank 1 aborts or is killed.
failing_mpi() {
	has_mpi
	cat >"$BATS_TEST_TMPDIR/failing.c" <<-'END'
		#include <mpi.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		int main(int argc, char **argv)
		{
			int rank = atoi(getenv("OMPI_COMM_WORLD_RANK"));
			if (!strcmp(argv[1], "before") && rank == 2) {
				fprintf(stderr, "rank 2 says: no licence\n");
				return 3;
			}
			MPI_Init(&argc, &argv);
			if (!strcmp(argv[1], "abort") && rank == 1) {
				fprintf(stderr, "aborting\n");
				MPI_Abort(MPI_COMM_WORLD, 7);
			}
			if (!strcmp(argv[1], "fault") && rank == 1)
				*(volatile int *)0 = 1;
			MPI_Barrier(MPI_COMM_WORLD);
			MPI_Finalize();
			return 0;
		}
	END
	mpicc -o "$BATS_TEST_TMPDIR/failing" "$BATS_TEST_TMPDIR/failing.c"
}

# The trials of the only record: who failed, with which status, and what was said.
failures() {
	jq -c '[.trials[].failure | [.who, .task, .status]] | unique' "$(record)"
}

@test "a command that fails: not valid, traced or not, and compare has nothing to compare" {
	expect_status 3 attachstorm run "${QUICK[@]}" -l spawn -n 2 -- /bin/false
	expect_output "2 of 2 runs contradict themselves"
	expect_output "exited with status 1; its standard error is empty"
	[ "$(jq '[.trials[].contradictions | length] | unique == [1]' "$(record)")" = true ]
	run attachstorm compare "$(record)" "$(record)"
	[ "$status" -ne 0 ]
}

@test "a task that ignored SIGTRAP and dies of one: the trap that took this away is named, and audit keeps it alive" {
	cat >"$BATS_TEST_TMPDIR/deaf.c" <<-'END'
		#include <dlfcn.h>
		#include <signal.h>
		int main(void)
		{
			signal(SIGTRAP, SIG_IGN);
			if (!dlopen("libm.so.6", RTLD_NOW))
				return 2;
			raise(SIGTRAP);
			return 0;
		}
	END
	cc -o "$BATS_TEST_TMPDIR/deaf" "$BATS_TEST_TMPDIR/deaf.c" -ldl
	expect_status 3 attachstorm run "${QUICK[@]}" --no-baseline -l spawn -n 1 -- "$BATS_TEST_TMPDIR/deaf"
	expect_output "gets a SIGTRAP of its own and dies of it"
	expect_output "'load_events: audit' without breakpoints leaves it alone"
	expect_status 0 attachstorm run "${QUICK[@]}" --no-baseline -l spawn -n 1 --set load_events=audit \
		-- "$BATS_TEST_TMPDIR/deaf"
	[[ "$output" != *SIGTRAP* ]]
}

@test "a program whose library is missing: the loader's words, and no tool is blamed" {
	printf 'int f(void) { return 0; }\n' | cc -shared -x c - -o "$BATS_TEST_TMPDIR/libgone.so"
	printf 'int f(void); int main(void) { return f(); }\n' |
		cc -x c - -x none -o "$BATS_TEST_TMPDIR/needs" -L"$BATS_TEST_TMPDIR" -lgone
	rm "$BATS_TEST_TMPDIR/libgone.so"
	tools="native none"
	! command -v gdb >/dev/null || tools="$tools gdb"
	for tool in $tools; do
		for launcher in spawn mpirun; do
			rm -rf "$RESULTS"
			expect_status 3 attachstorm run "${QUICK[@]}" -l $launcher -n 2 --tool $tool -- "$BATS_TEST_TMPDIR/needs"
			expect_output "exited with status 127; its last words: '$BATS_TEST_TMPDIR/needs: error while loading shared libraries: libgone.so"
			[ "$(jq '[.trials[].contradictions[] | select(contains("the tool"))] | length' "$(record)")" -eq 0 ]
			[ "$(jq '[.trials[].failure.status] | unique == [127 * 256]' "$(record)")" = true ]
		done
	done
}

@test "mpirun ends the others: the culprit is told, by every tool" {
	failing_mpi
	tools="native none"
	! command -v gdb >/dev/null || tools="$tools gdb"
	for tool in $tools; do
		rm -rf "$RESULTS"
		expect_status 3 attachstorm run "${QUICK[@]}" -n 4 --tool $tool -- "$BATS_TEST_TMPDIR/failing" before
		expect_output "rank 2, the first to fail of 4, exited with status 3; its last words: 'rank 2 says: no licence'"
		[ "$(failures)" = '[["task",2,768]]' ]
		rm -rf "$RESULTS"
		expect_status 3 attachstorm run "${QUICK[@]}" -n 4 --tool $tool -- "$BATS_TEST_TMPDIR/failing" abort
		expect_output "rank 1, the first to fail of 4, exited with status 7; its last words: 'aborting'"
		rm -rf "$RESULTS"
		expect_status 3 attachstorm run "${QUICK[@]}" -n 4 --tool $tool -- "$BATS_TEST_TMPDIR/failing" fault
		expect_output "rank 1, the first to fail of 4, was killed by SIGSEGV; its last words: '"
	done
}

@test "expect_status: this status and no other" {
	expect_status 0 attachstorm run "${QUICK[@]}" -l spawn -n 2 --set expect_status=3 -- sh -c 'exit 3'
	[ "$(jq '.scenario.expect_status' "$(record)")" -eq 3 ]
	expect_status 3 attachstorm run "${QUICK[@]}" -l spawn -n 2 --set expect_status=4 -- sh -c 'exit 3'
	expect_output "exited with status 3"
	expect_output "expect_status is 4"
	expect_status 3 attachstorm run "${QUICK[@]}" -l spawn -n 2 --set expect_status=3 -- true
	expect_output "no task is known to have failed; expect_status is 3"
	expect_status 0 attachstorm run "${QUICK[@]}" -l spawn -n 2 --set expect_status=134 -- sh -c 'kill -ABRT $$'
	expect_status 2 attachstorm run "${QUICK[@]}" -l spawn -n 2 --set expect_status=256 -- true
}

@test "a task that fails while the others run on to the time limit is told, too" {
	expect_status 124 attachstorm run "${QUICK[@]}" -l spawn -n 2 --tool none --set time_limit=2s -- \
		sh -c '[ $ATTACHSTORM_RANK = 0 ] && exec sleep 100; echo no disk >&2; exit 5'
	expect_output "rank 1, the first to fail of 2, exited with status 5; its last words: 'no disk'"
}

@test "what a task says on standard error is in a file of its own" {
	expect_status 0 attachstorm run "${QUICK[@]}" -l spawn -n 2 --tool none -- sh -c 'echo out; [ $ATTACHSTORM_RANK = 0 ] || echo err >&2'
	[ "$(cat "$RESULTS"/*/0-warm-none/stderr.1.txt)" = err ]
	[ ! -e "$(echo "$RESULTS"/*/0-warm-none)/stderr.0.txt" ]
	[ "$(cat "$RESULTS"/*/0-warm-none/output.txt | xargs)" = "out out" ]
}

# SPDX-License-Identifier: BSD-3-Clause
# A job runs as it would by hand: with the limits, signals and arguments that its user gave, not
# those that the kit has for itself.

load common

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	QUICK=(-q -r 1 -T warm -o "$RESULTS")
}

# What all tasks of all executions printed, each line once.
printed() {
	sort -u "$RESULTS"/*/0-warm-*/output.txt
}

@test "the job has the limit of open files and the signals of its user, traced or not" {
	show='ulimit -Sn; ulimit -Hn; grep -E "Sig(Blk|Ign)" /proc/self/status; umask; nice'
	ulimit -Sn 64
	umask 027
	sh -c "$show" 3>&- | sort -u >"$BATS_TEST_TMPDIR/by-hand"
	expect_status 0 attachstorm run "${QUICK[@]}" -n 60 -l spawn -- sh -c "$show"
	ls "$RESULTS"/*/0-warm-native/output.txt "$RESULTS"/*/0-warm-none/output.txt
	diff "$BATS_TEST_TMPDIR/by-hand" <(printed)
}

@test "a program on a file system that is mounted noexec: said so" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to mount"
	mkdir "$BATS_TEST_TMPDIR/mnt"
	run unshare -m sh -c "mount -t tmpfs -o noexec none '$BATS_TEST_TMPDIR/mnt' || exit 99
		cp '$(type -P true)' '$BATS_TEST_TMPDIR/mnt/program'
		'$O/attachstorm' run -q -l spawn -n 1 -o '$RESULTS' -- '$BATS_TEST_TMPDIR/mnt/program'"
	[ "$status" -ne 99 ] || skip "no mounts here"
	[ "$status" -eq 2 ]
	expect_output "mounted noexec"
	[[ "$output" != *"not an executable file"* ]]
}

@test "a word ':' of the command is the task's, not the launcher's" {
	command -v mpirun || skip "no MPI here"
	show='sleep 1; echo "$#" "$@"'
	for more in "-l mpirun" "-l mpirun --aslr off" "-l mpirun --set acquire=environ" "-l spawn"; do
		rm -rf "$RESULTS"
		# shellcheck disable=SC2086  # several words
		expect_status 0 attachstorm run "${QUICK[@]}" -n 2 $more -- sh -c "$show" x a : b colon :
		[ "$(printed)" = "5 a : b colon :" ]
		[ "$(cat "$RESULTS"/*/0-warm-native/output.txt | wc -l)" -eq 2 ]
		[ "$(cat "$RESULTS"/*/0-warm-none/output.txt | wc -l)" -eq 2 ]
	done
}

@test "a word ':' of a tool that stands before the task: refused under mpirun, before anything runs" {
	command -v mpirun || skip "no MPI here"
	printf 'form: wrap\nargv: [env, A=b, ":"]\n' >"$BATS_TEST_TMPDIR/wrapped.yaml"
	expect_status 2 attachstorm run "${QUICK[@]}" --no-baseline -n 2 --tool "$BATS_TEST_TMPDIR/wrapped.yaml" -- touch "$BATS_TEST_TMPDIR/ran"
	expect_output "the command line of the tool has the word ':'"
	expect_output "use the launcher 'spawn'"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

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

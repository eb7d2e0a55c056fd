# SPDX-License-Identifier: BSD-3-Clause
# Faults as a user meets them: one error that names the thing, an exit status, records whole or
# absent, and nothing left running. ATTACHSTORM_FAULT is lib/fault.h's.

load common

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	mkdir -p "$RESULTS"
	RUN=(attachstorm run -q -n 2 -l spawn -T warm --no-baseline -o "$RESULTS" -b 0)
	LOADS=("$O/victims/loads" "$O/victims" 3)
}

# Processes of runs with these results, by their environment.
left() {
	grep -lsz "ATTACHSTORM_PHASE_DIR=$RESULTS" /proc/[0-9]*/environ || true
}

nothing_left() {
	for _ in $(seq 100); do
		[ -z "$(left)" ] && return
		sleep 0.05
	done
	echo "left: $(left)"
	return 1
}

# Records are whole JSON, and no half-written file is beside them.
records_whole() {
	[ "$(find "$RESULTS" -maxdepth 1 -name '*.json' | wc -l)" -eq "$1" ]
	for record in "$RESULTS"/*.json; do
		[ ! -e "$record" ] || jq -e .schema_version "$record" >/dev/null
	done
	[ -z "$(find "$RESULTS" -maxdepth 1 -name '.*.json*')" ]
}

@test "what fails is named, with status 2, and nothing is left" {
	while read -r fault message; do
		ATTACHSTORM_FAULT=$fault expect_status 2 "${RUN[@]}" -r 1 -- "${LOADS[@]}"
		expect_output "fault '$fault' strikes"
		expect_output "$message"
		nothing_left
	done <<-END
		socket cannot open a socket
		release cannot let rank
		pidfd:1:EMFILE Too many open files
		mem-open:2:EMFILE /mem
		folder:1+:EROFS Read-only file system
	END
}

@test "a full disk: the error says so, an earlier record stays whole, no half of a new one" {
	expect_status 0 "${RUN[@]}" -r 1 -- "${LOADS[@]}"
	ATTACHSTORM_FAULT=file-write:1+:ENOSPC expect_status 2 "${RUN[@]}" -r 1 -- "${LOADS[@]}"
	expect_output "No space left on device"
	records_whole 1
	# What was measured is on standard output, then: the table, and the record itself.
	expect_output "record: it could be written nowhere; here it is"
	ATTACHSTORM_FAULT=file-write:1+:ENOSPC "${RUN[@]}" -r 1 -- "${LOADS[@]}" 2>/dev/null |
		sed -n '/^{/,/^}/p' >"$BATS_TEST_TMPDIR/printed.json"
	[ "$(jq '.trials | length > 0' "$BATS_TEST_TMPDIR/printed.json")" = true ]
	expect_status 0 attachstorm show "$BATS_TEST_TMPDIR/printed.json"
	ATTACHSTORM_FAULT=file-name:1+:ENOSPC expect_status 2 "${RUN[@]}" -r 1 -- "${LOADS[@]}"
	records_whole 1
	nothing_left
}

@test "a results folder that is really full" {
	[ "$(id -u)" -eq 0 ] || skip "only root mounts"
	mount -t tmpfs -o size=16k none "$RESULTS" 2>/dev/null || skip "no tmpfs can be mounted here"
	mkdir "$BATS_TEST_TMPDIR/room"
	TMPDIR=$BATS_TEST_TMPDIR/room run "${RUN[@]}" -r 3 -- "${LOADS[@]}"
	records=$(find "$RESULTS" -maxdepth 1 -name '*.json' | wc -l)
	half=$(find "$RESULTS" -maxdepth 1 -name '.*.json*' | wc -l)
	umount "$RESULTS"
	[ "$status" -eq 2 ]
	expect_output "No space left on device"
	[ "$records" -eq 0 ] && [ "$half" -eq 0 ]
	# It went where there was room, and is said to be there.
	expect_output "record: $BATS_TEST_TMPDIR/room/"
	[ "$(jq '.trials | length > 0' "$BATS_TEST_TMPDIR"/room/*.json)" = true ]
	nothing_left
}

@test "Ctrl-C at any point: status 130, nothing left, what was measured stays" {
	for fault in spawn:2:int ptrace-seize:1:int wait:2:int hello:1:int release:1:int; do
		ATTACHSTORM_FAULT=$fault run "${RUN[@]}" -r 3 -- "${LOADS[@]}"
		[ "$status" -eq 130 ] || {
			printf '%s: status %s\n%s\n' "$fault" "$status" "$output"
			return 1
		}
		nothing_left
	done
	for record in "$RESULTS"/*.json; do
		[ ! -e "$record" ] || [ "$(jq .complete "$record")" = false ]
	done
}

@test "SIGKILL of the harness at any point: its tasks end, records stay whole" {
	expect_status 0 "${RUN[@]}" -r 1 -- "${LOADS[@]}"
	for fault in spawn:2 hello release:2 file-write file-name; do
		ATTACHSTORM_FAULT=$fault:1:kill
		[[ $fault == *:* ]] && ATTACHSTORM_FAULT=$fault:kill
		export ATTACHSTORM_FAULT
		expect_status 137 "${RUN[@]}" -r 2 -- "${LOADS[@]}"
		unset ATTACHSTORM_FAULT
		nothing_left
		for record in "$RESULTS"/*.json; do
			jq -e .schema_version "$record" >/dev/null
		done
	done
}

@test "mpirun killed while its tasks are traced" {
	command -v mpirun >/dev/null || skip "no mpirun here"
	"${RUN[@]}" -l mpirun -r 1 -- sleep 100 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	harness=$!
	for _ in $(seq 400); do
		[ "$(left | wc -l)" -ge 2 ] && break
		sleep 0.05
	done
	sleep 1
	pkill -KILL -P "$harness" -x 'mpirun|prterun' # the name in Open MPI 5
	status=0
	wait "$harness" || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -ne 0 ]
	nothing_left
}

@test "the switch itself: what is no fault is refused" {
	ATTACHSTORM_FAULT=banana expect_status 2 attachstorm list
	expect_output "'banana' is no point of a fault"
	ATTACHSTORM_FAULT=file-write:1:ENOSPC expect_status 2 pynamic-gen -q 2 3 -o "$BATS_TEST_TMPDIR/target"
	expect_output "No space left on device"
}

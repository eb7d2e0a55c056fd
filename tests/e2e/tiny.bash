# SPDX-License-Identifier: BSD-3-Clause
# Shared by tests that run the tiny target: `load tiny`. TINY is its folder.
# shellcheck disable=SC2034,SC2154  # RECORD and SKIPPED are for the tests; status and output are set by run

load common

setup_file() {
	tiny_target
}

# tiny_record NAME [ARGS...]: a run without baseline; leaves the record in RECORD, and in SKIPPED what
# this machine lacks, if it does.
tiny_record() {
	local results=$BATS_TEST_TMPDIR/$1
	mkdir -p "$results"
	SKIPPED=
	run attachstorm run -q --no-baseline -t "$TINY" -o "$results" "${@:2}"
	if [ "$status" -eq 77 ]; then
		SKIPPED=$output
		return
	fi
	[ "$status" -eq 0 ] || {
		printf 'status %s: %s\n%s\n' "$status" "$*" "$output"
		return 1
	}
	RECORD=$(ls "$results"/*.json)
}

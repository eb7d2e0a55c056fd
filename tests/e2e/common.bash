# SPDX-License-Identifier: BSD-3-Clause
# Shared by all end-to-end tests: `load common`.
# O is the build folder, as for make.
# shellcheck disable=SC2154  # status and output are set by run

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
O=$(cd "$ROOT" && realpath "${O:-build}")
export ROOT O
export PATH="$O:$PATH"

# Open MPI as root, with more tasks than cores, is what tests do.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# Builds the tiny target, or finds it up to date, and sets TINY to its folder.
tiny_target() {
	TINY=$O/targets/tiny
	mkdir -p "$O/targets"
	flock "$O/targets/tiny.wait" pynamic-gen -q "$ROOT/targets/tiny.yaml" -o "$TINY"
}

# The interpreter that targets are built for: the system's, whatever PATH has.
export PYTHON=/usr/bin/python3

# Runs a command; unlike run alone it fails the test, with the output, if the status is
# not the one asked for.
expect_status() {
	local want=$1
	shift
	run "$@"
	[ "$status" -eq "$want" ] || {
		printf 'status %s, expected %s: %s\n%s\n' "$status" "$want" "$*" "$output"
		return 1
	}
}

# The output says this somewhere.
expect_output() {
	[[ "$output" == *"$1"* ]] || {
		printf "output does not say '%s':\n%s\n" "$1" "$output"
		return 1
	}
}

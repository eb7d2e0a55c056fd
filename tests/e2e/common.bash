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
# On one machine nobody needs TCP, of whose interfaces Open MPI 5 complains on standard error. The others are those that
# Debian leaves out, in a file whose line this one takes the place of.
if mpirun --version 2>/dev/null | grep -q '(Open MPI) 5'; then
	export OMPI_MCA_btl=^tcp,uct,openib,ofi
fi

# Builds the tiny target, or finds it up to date, and sets TINY to its folder.
tiny_target() {
	export TINY=$O/targets/tiny
	mkdir -p "$O/targets"
	flock "$O/targets/tiny.wait" pynamic-gen -q "$ROOT/targets/tiny.yaml" -o "$TINY"
}

# The same with programs that are linked with its libraries, in TINY_LINKED.
tiny_linked_target() {
	export TINY_LINKED=$O/targets/tiny-linked
	mkdir -p "$O/targets"
	flock "$O/targets/tiny-linked.wait" pynamic-gen -q "$ROOT/targets/tiny.yaml" -o "$TINY_LINKED" \
		--set name=tiny-linked --set programs=host,linked,linked_now,plain,plain_linked
}

# loader_has COLUMN: whether this machine's loader does so, by its row of tests/loaders.def.
loader_has() {
	awk -F'[(,] *' -v column="$1" -v version="$(ldd --version | sed -n '1s/.* //p')" '
		BEGIN { split(version, v, "."); columns["idle_stops"] = 3; columns["audits_own_entry"] = 4 }
		/^LOADER/ && (v[1] > 2 || $2 <= v[2] + 0) { value = $columns[column] }
		END { exit value != 1 }' "$ROOT/tests/loaders.def"
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

# The record in the folder RESULTS, which a test's runs write to.
record() {
	ls "$RESULTS"/*.json
}

# check_lines TASKS MPI: Pynamic's lines are there, once each, in order.
check_lines() {
	local expected
	expected=$(sed '/^$/d' <<-END
		Pynamic: Version $(pynamic-gen --version | awk '{print $2}')
		Pynamic: run on DATE with $1 MPI tasks
		Pynamic: startup time = X secs
		Pynamic: driver beginning... now importing modules
		Pynamic: driver finished importing all modules... visiting all module functions
		Pynamic: module import time = X secs
		Pynamic: module visit time = X secs
		Pynamic: module test passed!
		$([ "$2" = no ] || printf '%s\n' 'Pynamic: fractal mpi time = X secs' 'Pynamic: mpi test passed!')
	END
	)
	diff <(echo "$expected") <(grep '^Pynamic: ' <<<"$output" | grep -v 'over all ranks' |
		sed -E 's/= [0-9]+\.[0-9]+ secs/= X secs/; s/run on [-0-9]+ [:0-9]+ with/run on DATE with/')
}

# check_marks TASKS FIRST_RANK MARKS: one file per task, named after it, marks in order of
# time, every rank there, reports as in the manifest of TARGET (TINY if that is not set).
check_marks() {
	local file ranks="" name
	[ "$(ls "$ATTACHSTORM_PHASE_DIR" | wc -l)" -eq "$1" ]
	for file in "$ATTACHSTORM_PHASE_DIR"/*; do
		name=$(basename "$file")
		[ "$name" = "phase.$(uname -n).${name##*.}" ]
		[ "$(grep -v '^report' "$file" | cut -d' ' -f1 | xargs)" = "$3" ]
		[ "$(grep -v '^report' "$file" | cut -d' ' -f3 | sort -u)" = "${name##*.}" ]
		grep -v '^report' "$file" | cut -d' ' -f2 | sort -n -C
		ranks+=" $(grep -v '^report' "$file" | cut -d' ' -f4 | sort -u | xargs)"
		[ "$(sed -n 's/^report modules_imported //p' "$file")" = "$(jq .modules "${TARGET:-$TINY}/manifest.json")" ]
		[ "$(sed -n 's/^report calls //p' "$file")" = "$(jq .expect.calls "${TARGET:-$TINY}/manifest.json")" ]
		if [[ "$3" == *mpi_end* ]]; then
			[ "$(sed -n 's/^report mpi_test_passed //p' "$file")" = 1 ]
		else
			[ "$(grep -c mpi_test_passed "$file")" -eq 0 ]
		fi
	done
	[ "$(xargs -n1 <<<"$ranks" | sort -n | xargs)" = "$(seq "$2" $(($2 + $1 - 1)) | xargs)" ]
}

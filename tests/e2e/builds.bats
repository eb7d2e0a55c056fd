#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The programs of a target, each with the libraries where its build puts them.
# shellcheck disable=SC2154 # status and output are set by run

load common

PROGRAMS=host,linked,linked_now,static,bigexe,plain,plain_linked,plain_linked_now,plain_static
EXTRA_BYTES=4000000
HOST_MARKS="main mpi_init python driver import_begin import_end visit_begin visit_end mpi_begin mpi_end exit"
PLAIN_MARKS="main driver import_begin import_end visit_begin visit_end exit"

setup() {
	# The tiny target with all programs, made by the first test that needs it.
	TARGET=$O/targets/tiny-builds
	DIR=$BATS_TEST_TMPDIR/target
	export ATTACHSTORM_PHASE_DIR=$BATS_TEST_TMPDIR/marks
	mkdir -p "$O/targets" "$ATTACHSTORM_PHASE_DIR"
	MPIRUN="timeout 60 mpirun --oversubscribe"
	cd "$BATS_TEST_TMPDIR" || return
}

all_programs() {
	flock "$TARGET.wait" pynamic-gen -q "$ROOT/targets/tiny.yaml" --set programs=$PROGRAMS \
		--set bigexe.size=$EXTRA_BYTES -o "$TARGET"
}

# of_program NAME FIELD: what the manifest says of a program.
of_program() {
	jq -r --arg name "$1" --arg field "$2" '.programs[] | select(.name == $name) | .[$field]' "$TARGET/manifest.json"
}

arguments_of() {
	[ "$(of_program "$1" driver)" = false ] || echo "$TARGET/driver.py"
	echo "$TARGET/$(of_program "$1" module_list)"
}

# check_run PROGRAM: 4 tasks under mpirun, all that Pynamic shows, all that the manifest says.
check_run() {
	all_programs
	# shellcheck disable=SC2046 # no blanks in these paths
	expect_status 0 $MPIRUN -n 4 "$TARGET/$1" $(arguments_of "$1")
	case $1 in
	plain*)
		check_lines 1 no
		check_marks 4 0 "$PLAIN_MARKS"
		;;
	*)
		check_lines 4 yes
		check_marks 4 0 "$HOST_MARKS"
		;;
	esac
	# The loader's own word on how many of the libraries came, and when.
	expect_loads "$1"
}

# How often the loader, in one process, loads a library of ours before and after control
# goes to the program.
expect_loads() {
	local before after
	# shellcheck disable=SC2046
	LD_DEBUG=files timeout 60 "$TARGET/$1" $(arguments_of "$1") >/dev/null 2>loads
	before=$(sed '/transferring control: .*'"$1"'$/,$d' loads | grep -c 'lib\(module\|utility\).*generating link map') || true
	after=$(sed '1,/transferring control: .*'"$1"'$/d' loads | grep -c 'lib\(module\|utility\).*generating link map') || true
	echo "$1: $before libraries at start, $after later"
	[ $((before + after)) -eq "$(of_program "$1" libraries)" ]
	case $(of_program "$1" build) in
	vanilla) [ "$before" -eq 0 ] && [ "$(of_program "$1" import_events)" -gt 0 ] ;;
	*) [ "$after" -eq 0 ] && [ "$(of_program "$1" import_events)" -eq 0 ] ;;
	esac
}

@test "builds: host" {
	check_run host
}

@test "builds: linked" {
	check_run linked
	[ "$(readelf -d "$TARGET/linked" | grep -c 'NEEDED.*lib\(module\|utility\)')" = "$(ls "$TARGET/lib" | wc -l)" ]
	readelf -d "$TARGET/linked" | grep -qF 'RUNPATH)            Library runpath: [$ORIGIN/lib]'
}

@test "builds: linked_now" {
	check_run linked_now
	readelf -d "$TARGET/linked_now" | grep -qF 'RUNPATH)            Library runpath: [$ORIGIN/lib-now]'
}

@test "builds: static" {
	check_run static
	[ "$(readelf -d "$TARGET/static" | grep -c 'NEEDED.*lib\(module\|utility\)')" = 0 ]
	# A debugger finds the functions, and the loader does not have to go through them.
	nm "$TARGET/static" | grep -q ' T libmodule5_visit$'
	[ "$(nm -D "$TARGET/static" | grep -c 'lib\(module5_visit\|utility\)')" = 0 ]
}

@test "builds: bigexe has the extra code that was asked for" {
	check_run bigexe
	text() { size -A "$TARGET/$1" | awk '$1 == ".text" { print $2 }'; }
	extra=$(($(text bigexe) - $(text host)))
	[ $extra -gt $((EXTRA_BYTES * 95 / 100)) ]
	[ $extra -lt $((EXTRA_BYTES * 105 / 100)) ]
	# It is made of functions.
	[ "$(nm "$TARGET/bigexe" | grep -c ' t extra[0-9]*_extra_fn')" -gt 3000 ]
}

@test "builds: plain" {
	check_run plain
}

@test "builds: plain_linked" {
	check_run plain_linked
}

@test "builds: plain_linked_now" {
	check_run plain_linked_now
}

@test "builds: plain_static" {
	check_run plain_static
}

@test "builds: python with mpi4py" {
	"$PYTHON" -c 'import mpi4py' 2>/dev/null || skip "mpi4py is missing"
	all_programs
	[ "$(of_program python path)" = null ]
	expect_status 0 $MPIRUN -n 4 "$PYTHON" "$TARGET/driver.py" "$TARGET/$(of_program python module_list)"
	check_lines 4 yes
	check_marks 4 0 "${HOST_MARKS#main mpi_init python }"
}

# bound_late COMMAND: calls between our libraries that are resolved while the program runs.
bound_late() {
	LD_DEBUG=bindings timeout 60 "$@" 2>&1 >/dev/null | sed '1,/transferring control: .*plain/d' |
		grep 'binding file .*lib\(module\|utility\)[0-9]*\.so .* normal symbol .lib\(module\|utility\)' |
		grep -vc '_visit\|break_here' || true # what the driver itself looks up
}

@test "builds: binding is lazy, at start by LD_BIND_NOW, at start by -z now" {
	all_programs
	[ "$(bound_late "$TARGET/plain_linked")" -gt 100 ]
	[ "$(LD_BIND_NOW=1 bound_late "$TARGET/plain_linked")" = 0 ]
	[ "$(bound_late "$TARGET/plain_linked_now" "$TARGET/modules-now.txt")" = 0 ]
	for file in "$TARGET"/lib-now/*.so "$TARGET/linked_now" "$TARGET/plain_linked_now"; do
		readelf -d "$file" | grep -q 'FLAGS_1.*NOW'
	done
	for file in "$TARGET"/lib/*.so "$TARGET/linked" "$TARGET/plain_linked"; do
		[ "$(readelf -d "$file" | grep -c NOW)" = 0 ]
	done
	export LD_BIND_NOW=1
	rm "$ATTACHSTORM_PHASE_DIR"/*
	expect_status 0 $MPIRUN -n 4 "$TARGET/linked" "$TARGET/driver.py"
	check_lines 4 yes
	check_marks 4 0 "$HOST_MARKS"
}

@test "builds: the target says its compiler and its Python" {
	all_programs
	[ "$(jq -r .compiler "$TARGET/manifest.json")" = gcc ]
	[ "$(jq -r .compiler_version "$TARGET/manifest.json")" = "$(gcc --version | head -n 1)" ]
	[ "$(jq -r .python "$TARGET/manifest.json")" = "$PYTHON" ]
	[ "$(jq -r .python_version "$TARGET/manifest.json")" = "$("$PYTHON" -c 'import platform; print(platform.python_version())')" ]
}

@test "builds: another compiler makes libraries and programs" {
	command -v clang >/dev/null || skip "clang is missing"
	pynamic-gen -q 2 3 -u 1 3 --with-cc=clang --set programs=static,plain_linked_now -o "$DIR"
	for file in static plain_linked_now lib/libmodule0.so lib-now/libutility0.so; do
		readelf -p .comment "$DIR/$file" | grep -q clang
	done
	[[ "$(jq -r .compiler_version "$DIR/manifest.json")" == *clang* ]]
	expect_status 0 timeout 60 "$DIR/static" "$DIR/driver.py"
	expect_status 0 timeout 60 "$DIR/plain_linked_now" "$DIR/modules-now.txt"
}

@test "builds: the harness sees what the manifest says of each program" {
	all_programs
	unset ATTACHSTORM_PHASE_DIR
	for program in host linked linked_now static bigexe plain_linked plain_linked_now plain_static; do
		expect_status 0 timeout 60 attachstorm run --set target="$TARGET" --set program=$program --set tasks=2 \
			--set temperature=warm --set repetitions=1 --set baseline=off --set breakpoints.count=5 \
			--set results="$BATS_TEST_TMPDIR/results"
		expect_output "agree with the manifest"
	done
}

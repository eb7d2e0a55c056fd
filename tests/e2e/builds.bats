#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The programs of a target, each with the libraries where its build puts them; the formats
# of debug information; and what becomes of them when a build fails.
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

# one_and_one OPTIONS: the quickest target that has a module and a utility.
one_and_one() {
	pynamic-gen -q 2 3 -u 1 3 -o "$DIR" --set programs=plain "$@"
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

# --- debug information ---------------------------------------------------------------

sections() {
	readelf -SW "$1" | grep -oE ' \.(debug_[a-z_]+|gdb_index|symtab) ' | sort | xargs
}

# expect_sections WANTED UNWANTED: regular expressions, of the libraries and the program.
expect_sections() {
	local file has
	for file in "$DIR"/lib/*0.so "$DIR/plain"; do
		has=" $(sections "$file") "
		if [[ ! "$has" =~ $1 || "$has" =~ $2 ]]; then
			echo "$file: $has"
			return 1
		fi
	done
	expect_status 0 timeout 60 "$DIR/plain"
}

@test "debug: none, full, stripped" {
	one_and_one --set debug=none
	expect_sections '\.symtab' 'debug'
	one_and_one --set debug=full
	expect_sections '\.debug_info.*\.symtab' 'gdb_index|debug_names'
	one_and_one --set debug=stripped
	expect_sections '^ *$' 'debug|symtab'
}

@test "debug: split leaves .dwo files where the objects say" {
	one_and_one --set debug=split
	expect_sections '\.debug_info' 'gdb_index'
	for file in lib/libmodule0.so lib/libutility0.so; do
		dwo=$(readelf --debug-dump=info "$DIR/$file" 2>/dev/null | sed -n 's/.*DW_AT_\(GNU_\)\?dwo_name.*: \(.*: \)\?//p' | head -n 1)
		[ -s "$DIR/$dwo" ]
		readelf -SW "$DIR/$dwo" | grep -q debug_info.dwo
	done
	# Another format in the same folder leaves none of them.
	one_and_one --set debug=full
	[ -z "$(find "$DIR" -name '*.dwo')" ]
}

@test "debug: compressed" {
	one_and_one --set debug=compressed
	expect_sections '\.debug_info' 'gdb_index'
	readelf -SW "$DIR/plain" | grep -E ' \.debug_info .* C +0 ' >/dev/null
}

@test "debug: gdb_index" {
	command -v gdb-add-index >/dev/null || skip "gdb-add-index is missing"
	one_and_one --set debug=gdb_index
	expect_sections '\.gdb_index' 'debug_names'
	[ ! -e "$DIR/lib/libmodule0.so.tmp.gdb-index" ]
}

@test "debug: names, by gdb-add-index and by clang" {
	if command -v gdb-add-index >/dev/null; then
		one_and_one --set debug=names
		expect_sections '\.debug_names' 'gdb_index'
	fi
	if command -v clang >/dev/null; then
		one_and_one --set debug=names --with-cc=clang
		expect_sections '\.debug_names' 'gdb_index'
		grep -q '^INDEX := *$' "$DIR/flags.mk"
	fi
}

@test "debug: an index that nothing here can make is refused with a reason" {
	mkdir bin
	ln -s "$(command -v gcc)" bin/gcc
	for format in names gdb_index; do
		PATH=$PWD/bin expect_status 77 "$O/pynamic-gen" 1 1 --without-host --set debug=$format -o "$DIR"
		expect_output "no way to make ."
		expect_output "there is no gdb-add-index"
		[ ! -e "$DIR" ]
	done
}

@test "debug: an index that is not made fails the build" {
	mkdir bin
	printf '#!/bin/sh\nexit 0\n' >bin/gdb-add-index
	chmod +x bin/gdb-add-index
	PATH=$PWD/bin:$PATH expect_status 2 one_and_one --set debug=gdb_index
	expect_output "error: gdb-add-index made no .gdb_index in lib/"
	[ ! -e "$DIR/manifest.json" ]
	[ -z "$(find "$DIR/lib" -name '*.so')" ]
}

@test "link: hash style and build-id" {
	while read -r style id dynamic note; do
		one_and_one --set link.hash_style="$style" --set link.build_id="$id"
		for file in "$DIR"/lib/*0.so "$DIR/plain"; do
			[ "$(readelf -d "$file" | grep -oE '\((GNU_)?HASH\)' | sort | xargs)" = "$(xargs <<<"${dynamic//,/ }")" ]
			[ "$(readelf -n "$file" | grep -c 'Build ID: [0-9a-f]\{40\}$')" = "$note" ]
		done
	done <<-'END'
		gnu sha1 (GNU_HASH) 1
		sysv none (HASH) 0
		both sha1 (GNU_HASH),(HASH) 1
	END
}

# --- addresses -----------------------------------------------------------------------

# How many different lowest addresses the libraries ask to be mapped at.
places() {
	for lib in "$DIR"/lib/*.so; do
		readelf -lW "$lib" | awk '$1 == "LOAD" { print $3; exit }'
	done | sort -u | wc -l
}

@test "link: libraries at addresses of their own stand there in every task" {
	one_and_one --set link.addresses=fixed
	[ "$(places)" = 4 ]
	attachstorm run --quiet --json --target "$DIR" --tasks 3 --set program=plain --set launcher=spawn \
		--set baseline=off --set repetitions=1 --set temperature=warm --set results=results >run.json
	[ "$(jq '.trials[0].libraries_same_place' run.json)" = 4 ]
	# The program and the system's libraries are elsewhere in each.
	jq -e '.variants[0].summary.warm | .maps_different == 3 and .maps_different_names == 1' run.json

	# Without the key they are linked again.
	one_and_one
	[ "$(places)" = 1 ]
	[ "$(readelf -h "$DIR/plain" | grep -c 'Type: *DYN')" = 1 ]
}

@test "link: programs that are not position-independent" {
	one_and_one --set link.pie=false --set programs=host,plain,plain_static
	for program in host plain plain_static; do
		[ "$(readelf -h "$DIR/$program" | grep -c 'Type: *EXEC')" = 1 ]
		case $program in
		host) expect_status 0 "$DIR/host" "$DIR/driver.py" "$DIR/modules.txt" ;;
		*) expect_status 0 "$DIR/$program" "$DIR/modules.txt" ;;
		esac
		expect_output "Pynamic: module visit time = "
	done
}

# --- folders and failures ------------------------------------------------------------

@test "builds: other programs in the same folder: nothing of the old ones stays" {
	one_and_one --set programs=plain,plain_linked_now
	[ -x "$DIR/plain_linked_now" ]
	touch "$DIR/plain_static.tmp" "$DIR/linked.rsp" "$DIR/plain.txt" "$DIR/lib-now/mine"
	one_and_one --set programs=plain_static
	[ -x "$DIR/plain_static" ]
	[ ! -e "$DIR/plain" ] && [ ! -e "$DIR/plain_linked_now" ] && [ ! -e "$DIR/modules-now.txt" ]
	[ ! -e "$DIR/plain_static.tmp" ] && [ ! -e "$DIR/linked.rsp" ]
	[ "$(ls "$DIR/lib-now")" = mine ]
	[ -e "$DIR/plain.txt" ]
	[ "$(jq -r '.programs[].name' "$DIR/manifest.json" | xargs)" = "plain_static python" ]
}

@test "builds: what only the graph of libraries changes is linked again" {
	begin_needs() { readelf -d "$DIR/lib/libmodulebegin.so" | grep -c 'NEEDED.*libmodule0'; }
	program_needs() { readelf -d "$DIR/plain_linked" | grep -c 'NEEDED.*libmodulebegin'; }
	one_and_one --set programs=plain_linked
	[ "$(begin_needs)" = 0 ] && [ "$(program_needs)" = 1 ]
	cp -p "$DIR/obj/libmodule0.o" kept
	one_and_one --set programs=plain_linked --set begin_links_all=on
	[ "$(begin_needs)" = 1 ]
	# Fewer libraries, and none of the others is different.
	one_and_one --set programs=plain_linked --set break_modules=off
	[ "$(program_needs)" = 0 ]
	[ ! "$DIR/obj/libmodule0.o" -nt kept ]
}

@test "builds: one module, one function, no utility" {
	pynamic-gen -q 1 1 --set programs=plain_linked,plain_linked_now,plain_static -o "$DIR"
	"$DIR/plain_linked"
	"$DIR/plain_linked_now" "$DIR/modules-now.txt"
	"$DIR/plain_static"
}

@test "builds: a library of lib-now that went missing is made again" {
	one_and_one --set programs=plain_linked_now
	rm "$DIR/lib-now/libutility0.so"
	one_and_one --set programs=plain_linked_now
	[ -s "$DIR/lib-now/libutility0.so" ]
}

@test "builds: a linker that is killed leaves no half a program" {
	for program in plain_linked plain_static; do
		cat >cc.sh <<-END
			#!/bin/sh
			case "\$*" in *" $program.tmp "*) echo half >$program.tmp; kill -KILL \$\$;; esac
			exec gcc "\$@"
		END
		chmod +x cc.sh
		expect_status 2 one_and_one --set programs=$program --with-cc="$PWD/cc.sh"
		expect_output "cannot build the target"
		[ ! -e "$DIR/$program" ] && [ ! -e "$DIR/manifest.json" ]
	done
}

# The extra code is made by tools besides the compiler.
extra_code() {
	pynamic-gen -q 1 1 --set programs=bigexe --set bigexe.size=2MB --sources-only -o "$DIR" &&
		make -s -C "$DIR" obj-extra/list
}

@test "builds: extra code without objcopy, or with one that fails" {
	mkdir bin
	ln -s "$(command -v gcc)" "$(command -v mpicc)" bin
	PATH=$PWD/bin expect_status 77 "$O/pynamic-gen" 1 1 --set programs=bigexe -o "$DIR"
	expect_output "no program 'objcopy'"
	extra_code
	[ "$(wc -l <"$DIR/obj-extra/list")" -gt 3 ]
	rm "$DIR/obj-extra/list"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\ncase $3 in *part3.o) exit 1;; esac\nexec %s "$@"\n' "$(command -v objcopy)" >bin/objcopy
	chmod +x bin/objcopy
	PATH=$PWD/bin:$PATH expect_status 2 extra_code
	[ ! -e "$DIR/obj-extra/list" ]
}

@test "builds: disk full while programs are made" {
	[ "$(id -u)" = 0 ] || skip "needs a file system of its own"
	mkdir "$DIR"
	mount -t tmpfs -o size=600k tmpfs "$DIR" 2>/dev/null || skip "cannot mount"
	run extra_code
	result=$status
	[ ! -e "$DIR/obj-extra/list" ] || result=list
	run one_and_one --set programs=plain,plain_linked,plain_linked_now,plain_static
	[ ! -e "$DIR/manifest.json" ] || result=manifest
	umount "$DIR"
	[ "$result" = 2 ]
	[ "$status" = 2 ]
	expect_output "No space left"
}

@test "builds: python is refused where mpi4py is missing" {
	printf '#!/bin/sh\ncase $2 in *mpi4py*) exit 1;; esac\nexec %s "$@"\n' "$PYTHON" >python
	chmod +x python
	expect_status 77 pynamic-gen 1 1 --set programs=python --with-python="$PWD/python" -o "$DIR"
	expect_output "has no mpi4py"
}

@test "builds: unknown programs and formats are refused" {
	expect_status 2 pynamic-gen 1 1 --set programs=plain,linkd -o "$DIR"
	expect_output "linked_now"
	expect_status 2 pynamic-gen 1 1 --set debug=some -o "$DIR"
	expect_status 2 pynamic-gen 1 1 --set bigexe.size=2GB -o "$DIR"
	expect_status 2 pynamic-gen 1 1 --set programs=static --set mpicc= -o "$DIR"
	expect_output "mpicc is empty"
}

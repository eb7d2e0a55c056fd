#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The two code generators against each other: what is written from templates is what the
# compiler makes of the same sources.
# shellcheck disable=SC2154 # status and output are set by run

load generated

# both NAME OPTIONS: the same spec by both, in $O/targets/NAME-c and $O/targets/NAME-asm.
both() {
	local name=$1 codegen
	shift
	mkdir -p "$O/targets"
	for codegen in c asm; do
		flock "$O/targets/$name.wait" pynamic-gen -q "$ROOT/targets/tiny.yaml" --set programs=plain,host \
			--codegen=$codegen -o "$O/targets/$name-$codegen" "$@" >/dev/null
	done
}

# Every kind of body in three sizes, arrays on the stack, data, types, names of -n and -p.
bodies() {
	both bodies -p --set body.size=0,3,17 --set body.stack=200 --set data_size=5000 --set debug_size=3000
}

for_each_library() {
	local library
	for library in "$1"-c/lib/*.so; do
		"${@:2}" "$1-c/lib/${library##*/}" >c.out 2>c.err
		"${@:2}" "$1-asm/lib/${library##*/}" >asm.out 2>asm.err
		# What differs is the folder, and so its length.
		sed -i "s,$1-c/,,g" c.out
		sed -i "s,$1-asm/,,g" asm.out
		diff c.out asm.out || { echo "in ${library##*/}"; return 1; }
		diff c.err asm.err
		[ -s asm.out ]
	done
}

symbols() {
	nm -S --defined-only "$1" | awk '$3 ~ /[tTbBdD]/ && $4 !~ /^_/ { print $2, $3, $4 }' | sort
}

undefined() {
	nm -D -u "$1" | sort
}

dynamic() {
	readelf -dW "$1" | grep -E 'NEEDED|SONAME|RUNPATH|FLAGS|TEXTREL'
}

# Code with names in place of addresses; the place of a constant is the linker's choice.
code() {
	objdump -d -j .text --no-show-raw-insn --no-addresses "$1" |
		sed -E 's/0x[0-9a-f]+\(%rip\)/X(%rip)/; s/ +# .*//' | tail -n +4
}

call_graph() {
	code "$1" | awk '/>:$/ { f = $1 } /call/ { print f, $NF }'
}

line_table() {
	readelf --debug-dump=decodedline "$1" | sed -E 's/ +0x[0-9a-f]+ / X /'
}

# Newer versions of readelf dump .eh_frame_hdr first: an index by address, made by the linker.
unwind_rules() {
	readelf --debug-dump=frames "$1" | sed -n '/Contents of the .eh_frame section/,$p' | sed -E 's/^[0-9a-f]{8} .* FDE/FDE/; s/pc=[0-9a-f.]*//; s/ to [0-9a-f]+//; s/cie=[0-9a-f]*//'
}

debug_complaints() {
	{ readelf -wi -wa -wl -wr -wf -ws "$1" && readelf --debug-dump=decodedline "$1"; } 2>complaints >/dev/null
	cat complaints
	echo "no more complaints"
}

gdb_says() {
	gdb -nx -q -batch -ex 'set complaints 100' -ex "file $1" -ex 'info functions -n lib' -ex 'info types .' \
		-ex 'info variables -n lib' -ex 'maint check-symtabs' -ex 'maint check-psymtabs' "${library_commands[@]}" 2>&1
}

# What debuggers say of debug information that they do not like.
no_complaint() {
	! grep -iE 'warning|error|invalid|corrupt|complain|During symbol reading|unable to|cannot' "$1"
}

@test "tiny and a target of all bodies: same symbols of the same sizes" {
	both tiny
	bodies
	for_each_library "$O/targets/tiny" symbols
	for_each_library "$O/targets/bodies" symbols
	run awk '$1 == "0000000000000000"' asm.out
	[ -z "$output" ]
}

@test "same dependencies, names and search paths; position-independent; same undefined symbols" {
	both tiny
	bodies
	for_each_library "$O/targets/tiny" dynamic
	for_each_library "$O/targets/bodies" dynamic
	run grep -l TEXTREL asm.out
	[ -z "$output" ]
	for_each_library "$O/targets/tiny" undefined
	grep -q ' w PyLong_FromLong' <(undefined "$O/targets/tiny-asm/lib/libmodule0.so")
}

@test "same code, and so the same calls" {
	both tiny
	bodies
	for_each_library "$O/targets/tiny" call_graph
	for_each_library "$O/targets/tiny" code
	for_each_library "$O/targets/bodies" code
}

@test "same line tables and unwind rules, and readelf has no complaint" {
	both tiny
	bodies
	for name in tiny bodies; do
		for_each_library "$O/targets/$name" line_table
		for_each_library "$O/targets/$name" unwind_rules
		for_each_library "$O/targets/$name" debug_complaints
		[ "$(cat asm.out)" = "no more complaints" ]
	done
}

@test "gdb: functions, types, variables, lines, source, scopes" {
	command -v gdb || skip "no gdb"
	both tiny
	bodies
	library_commands=()
	for name in tiny bodies; do
		for_each_library "$O/targets/$name" gdb_says
		for library in "$O/targets/$name"-asm/lib/*.so; do
			gdb_says "$library" >asm.out
			no_complaint asm.out
		done
	done
	library_commands=()
	for fn in fn0 fn3 fn7 cross; do
		fn=libmodule0_${fn}_abcdefghi
		library_commands+=(-ex "break $fn" -ex "list $fn" -ex "info scope $fn" -ex "ptype $fn" -ex "info line $fn")
	done
	gdb_says "$O/targets/tiny-c/lib/libmodule0.so" >c.out
	gdb_says "$O/targets/tiny-asm/lib/libmodule0.so" >asm.out
	diff <(sed "s,$O/targets/tiny-c/,," c.out) <(sed "s,$O/targets/tiny-asm/,," asm.out)
	no_complaint asm.out
	# It found what was asked for, and the source.
	grep -q 'file src/libmodule0.c, line' asm.out
	grep -q 'return result;' asm.out
	[ "$(grep -c '^Breakpoint' asm.out)" = 4 ]
	n=$(jq '[.libraries[] | select(.name == "libmodule0")][0].functions' "$O/targets/tiny-asm/manifest.json")
	[ "$(grep -c '^[0-9]*:.*libmodule0_fn.*;$' asm.out)" = "$n" ]
}

@test "gdb: a breakpoint is hit, with its arguments, and the stack is whole" {
	command -v gdb || skip "no gdb"
	both tiny
	# A utility's function that is called, so that there are callers.
	called=$(jq -r '.libraries[] | select(.name == "libutility1") | .function_pattern as $p | .calls | to_entries
		| map(select(.value > 0))[0].key | . as $i | $p | sub("{}"; "\($i)")' "$O/targets/tiny-c/manifest.json")
	for codegen in c asm; do
		gdb -nx -q -batch -ex 'set breakpoint pending on' -ex 'set width 0' -ex "break $called" \
			-ex run -ex bt -ex 'info locals' -ex up -ex 'info locals' -ex finish \
			--args "$O/targets/tiny-$codegen/plain" 2>&1 |
			sed -E "s,$O/targets/tiny-$codegen/,,g; s/0x[0-9a-f]+/ADDRESS/g; /^Pynamic|^\[|warning|^$/d" >$codegen.out
	done
	diff c.out asm.out
	grep -q '^#2 .*libmodule' asm.out
	grep -q 'Value returned is' asm.out
}

@test "lldb: breakpoints by name have the same lines, and there is no complaint" {
	command -v lldb || skip "no lldb"
	both tiny
	for codegen in c asm; do
		lldb -b -o 'breakpoint set -n libmodule0_fn3_abcdefghi' -o 'breakpoint set -n libmodule0_cross_abcdefghi' \
			-o 'image lookup -v -n libmodule0_fn4_abcdefghi' -o 'source list -n libmodule0_fn3_abcdefghi' \
			"$O/targets/tiny-$codegen/lib/libmodule0.so" 2>&1 |
			grep -v 'embedded_interpreter\|ModuleNotFoundError\|Traceback\|<module>\|Block:\|^ *id = \|Function:\|Module:\|FuncType\|CompileUnit' |
			sed -E "s,$O/targets/tiny-$codegen,,g; s/0x[0-9a-f]+/X/g" >$codegen.out
	done
	diff c.out asm.out
	grep -q 'where = libmodule0.so`libmodule0_fn3_abcdefghi' asm.out
	grep -q 'libmodule0.c:' asm.out
	no_complaint asm.out
}

@test "runs: the same counts, under plain and under host with 2 tasks" {
	both tiny
	bodies
	for name in tiny bodies; do
		diff <(jq -S 'del(.spec.codegen)' "$O/targets/$name-c/manifest.json") \
			<(jq -S 'del(.spec.codegen)' "$O/targets/$name-asm/manifest.json")
		for codegen in c asm; do
			dir=$O/targets/$name-$codegen
			"$dir/plain" >"$codegen.out"
			grep -q 'module test passed' "$codegen.out"
			grep '^lib' "$codegen.out" >"$codegen.calls" || true
			ATTACHSTORM_PHASE_DIR=$(mktemp -d ./marks.XXXXXX)
			export ATTACHSTORM_PHASE_DIR
			timeout 60 mpirun --oversubscribe -n 2 "$dir/host" "$dir/driver.py" "$dir/modules.txt" >"$codegen.out"
			grep -q 'mpi test passed' "$codegen.out"
			grep -h '^report' "$ATTACHSTORM_PHASE_DIR"/* >"$codegen.marks"
		done
		# With -p each function says its name: who was called how often.
		diff <(sort c.calls | uniq -c) <(sort asm.calls | uniq -c)
		diff <(sort c.marks) <(sort asm.marks)
	done
	[ "$(wc -l <asm.calls)" = "$(jq .expect.calls "$O/targets/bodies-asm/manifest.json")" ]
	[ "$(grep -c "report calls $(jq .expect.calls "$O/targets/bodies-asm/manifest.json")" asm.marks)" = 2 ]
}

@test "clang: the same" {
	command -v clang || skip "no clang"
	# Newer ones describe string constants as variables, which templates of code have no way for.
	if ! pynamic-gen -q 2 2 --codegen=asm --with-cc=clang -o "$BATS_TEST_TMPDIR/probe" 2>probe.err; then
		grep "cannot write code from templates of 'clang'" probe.err
		grep 'hint: .*without --codegen=asm the compiler makes the libraries' probe.err
		skip "this clang's debug information has what templates are refused for"
	fi
	both clang --with-cc=clang --set body.size=0,5
	for_each_library "$O/targets/clang" symbols
	for_each_library "$O/targets/clang" code
	for_each_library "$O/targets/clang" line_table
	for_each_library "$O/targets/clang" unwind_rules
	for_each_library "$O/targets/clang" debug_complaints
	"$O/targets/clang-asm/plain" | grep -q 'module test passed'
}

@test "DWARF 4, compressed, indexed, none, stripped" {
	for set in compiler.flags=-O0,-gdwarf-4 debug=compressed debug=gdb_index debug=none debug=stripped; do
		name=debug-${set//[=,.]/-}
		both "$name" --set programs=plain --set "$set"
		for_each_library "$O/targets/$name" dynamic
		"$O/targets/$name-asm/plain" | grep -q 'module test passed'
		# The same sections of debug information and symbols, but for tables that forms lead to.
		for codegen in c asm; do
			readelf -SW "$O/targets/$name-$codegen/lib/libmodule0.so" |
				grep -oE '\.(debug_[a-z]+|gdb_index|symtab) .*' | grep -v debug_line_str |
				awk '{ print $1, $7 ~ /C/ }' | sort >$codegen.out
		done
		diff c.out asm.out
	done
}

@test "shares of libraries without debug information and stripped ones" {
	both shares --set stripped_libraries=2 --set undebugged_libraries=3
	for_each_library "$O/targets/shares" code
	for codegen in c asm; do
		for library in "$O/targets/shares-$codegen"/lib/*.so; do
			echo "${library##*/} $(readelf -SW "$library" | grep -cE '\.debug_info|\.symtab')"
		done >$codegen.out
	done
	diff c.out asm.out
	grep -q ' 0$' asm.out
	grep -q ' 1$' asm.out
	grep -q ' 2$' asm.out
}

@test "static programs hold the objects too" {
	pynamic-gen -q "$ROOT/targets/tiny.yaml" --set programs=plain_static --codegen=asm -o "$DIR" >/dev/null
	expect_status 0 "$DIR/plain_static" "$DIR/modules.txt"
	expect_output "module test passed"
}

@test "what cannot be written is refused with a reason, and nothing looks finished" {
	for set in compiler.flags=-O2 compiler.flags=-O0,-ffunction-sections compiler.flags=-O0,-m32 debug=split; do
		run pynamic-gen -q 3 4 -u 1 4 --without-host --codegen=asm --set $set -o "$DIR"
		[ "$status" = 2 ]
		expect_output "cannot write code from templates of 'gcc'"
		expect_output "hint:"
		[ ! -e "$DIR/manifest.json" ]
		[ -z "$(find "$DIR/obj" -name '*.o')" ]
		[ ! -e "$DIR/obj/templates" ]
		rm -r "$DIR"
	done
	run pynamic-gen -q 3 4 --codegen=fast -o "$DIR"
	[ "$status" = 2 ]
	expect_output "codegen"
}

@test "a compiler that fails on a template: what it said, nothing left behind" {
	cc_that template 'echo "x.c:1:1: error: planted" >&2; exit 1'
	expect_status 2 quick --codegen=asm --with-cc="$FAILING_CC"
	expect_output "error: planted"
	[ ! -e "$DIR/manifest.json" ]
	[ ! -e "$DIR/obj/templates" ]
}

@test "a compiler that is killed on a template: said so, nothing left behind" {
	cc_that template 'kill -KILL $$'
	expect_status 2 quick --codegen=asm --with-cc="$FAILING_CC"
	expect_output "SIGKILL"
	[ ! -e "$DIR/manifest.json" ]
	[ -z "$(find "$DIR/obj" "$DIR/lib" -type f)" ]
	[ ! -e "$DIR/obj/templates" ]
}

@test "a compiler whose code is not what its templates are: told, not built" {
	# The sample that is compared is compiled in another way than the templates.
	cat >cc.sh <<-'SH'
		#!/bin/sh
		for word; do
			case $word in *template0.c) grep -q libmodulex_ "$word" && exec gcc "$@" -mcmodel=large;; esac
		done
		exec gcc "$@"
	SH
	chmod +x cc.sh
	expect_status 2 quick --codegen=asm --with-cc="$PWD/cc.sh"
	expect_output "cannot write code from templates"
	[ ! -e "$DIR/manifest.json" ]
}

@test "disk full: a clear error, no manifest, no half an object" {
	[ "$(id -u)" = 0 ] || skip "needs a file system of its own"
	mkdir "$DIR"
	mount -t tmpfs -o size=1m tmpfs "$DIR" 2>/dev/null || skip "cannot mount"
	run pynamic-gen -q 40 60 --without-host --codegen=asm -o "$DIR"
	result=$status
	[ ! -e "$DIR/manifest.json" ] || result=manifest
	umount "$DIR"
	[ "$result" = 2 ]
	expect_output "No space left"
}

@test "interrupted: continued, and what stands is not written again" {
	pynamic-gen -q 3 4 -u 1 4 --without-host --codegen=asm -o "$DIR" >/dev/null
	cp -p "$DIR/obj/libmodule0.o" "$DIR/lib/libmodule0.so" .
	rm "$DIR/manifest.json" "$DIR/obj/libmodule1.o" "$DIR/lib/libmodule1.so"
	mkdir "$DIR/obj/templates"
	run pynamic-gen -q 3 4 -u 1 4 --without-host --codegen=asm -o "$DIR"
	[ "$status" = 0 ]
	[ ! "$DIR/obj/libmodule0.o" -nt libmodule0.o ]
	[ ! "$DIR/lib/libmodule0.so" -nt libmodule0.so ]
	[ "$DIR/obj/libmodule1.o" -nt libmodule0.o ]
	[ ! -e "$DIR/obj/templates" ]
	"$DIR/plain"
	run pynamic-gen 3 4 -u 1 4 --without-host --codegen=asm -o "$DIR"
	expect_output "up to date"
}

@test "from one code generator to the other in the same folder: all objects are made again" {
	pynamic-gen -q 3 4 -u 1 4 --without-host --codegen=asm -o "$DIR" >/dev/null
	cp -p "$DIR/obj/libmodule0.o" asm.o
	pynamic-gen -q 3 4 -u 1 4 --without-host -o "$DIR" >/dev/null
	[ "$DIR/obj/libmodule0.o" -nt asm.o ]
	run cmp asm.o "$DIR/obj/libmodule0.o"
	[ "$status" = 1 ]
	cp -p "$DIR/obj/libmodule0.o" c.o
	pynamic-gen -q 3 4 -u 1 4 --without-host --codegen=asm -o "$DIR" >/dev/null
	[ "$DIR/obj/libmodule0.o" -nt c.o ]
	cmp asm.o "$DIR/obj/libmodule0.o"
}

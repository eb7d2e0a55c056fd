#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# pynamic-gen footprint and fit: sizes of targets, programs and processes, and back.

load common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	[ -z "${SLEEPER:-}" ] || kill "$SLEEPER" 2>/dev/null || true
}

# Sum of the sizes of sections whose names match a pattern, over files, by readelf.
section_bytes() {
	local pattern=$1
	shift
	for file in "$@"; do readelf -S -W "$file"; done |
		sed -n 's/^ *\[ *[0-9]*\] //p' |
		awk -v pattern="$pattern" '$1 ~ pattern && $2 != "NOBITS" { print $5 }' |
		{ n=0; while read -r hex; do n=$((n + 16#$hex)); done; echo $n; }
}

# Column of size(1) over files, from 1: text, data.
size_bytes() {
	local column=$1
	shift
	size -B "$@" | awk -v column="$column" 'NR > 1 { n += $column } END { print n + 0 }'
}

@test "sizes of a target are those of readelf and size" {
	tiny_target
	pynamic-gen footprint --json "$TINY" >f.json
	libs=("$TINY"/lib/*.so)
	[ "$(jq '[.objects[] | select(.kind != "program")] | length' f.json)" = "${#libs[@]}" ]
	[ "$(jq .sums.module.count f.json)" = "$(jq '[.libraries[] | select(.kind == "module")] | length' "$TINY/manifest.json")" ]
	[ "$(jq .sums.libraries.debug_bytes f.json)" = "$(section_bytes '^[.]debug' "${libs[@]}")" ]
	[ "$(jq .sums.libraries.symtab_bytes f.json)" = "$(section_bytes '^[.]symtab$' "${libs[@]}")" ]
	[ "$(jq .sums.libraries.strtab_bytes f.json)" = "$(section_bytes '^[.]strtab$' "${libs[@]}")" ]
	[ "$(jq .sums.libraries.dynsym_bytes f.json)" = "$(section_bytes '^[.]dynsym$' "${libs[@]}")" ]
	[ "$(jq .sums.libraries.dynstr_bytes f.json)" = "$(section_bytes '^[.]dynstr$' "${libs[@]}")" ]
	[ "$(jq '.sums.libraries | .text_bytes + .dynsym_bytes + .dynstr_bytes' f.json)" = "$(size_bytes 1 "${libs[@]}")" ]
	[ "$(jq .sums.libraries.data_bytes f.json)" = "$(size_bytes 2 "${libs[@]}")" ]
	[ "$(jq .sums.libraries.file_bytes f.json)" = "$(cat "${libs[@]}" | wc -c)" ]
	[ "$(jq .sums.program.count f.json)" -ge 2 ]
}

@test "the table of a target names its libraries; JSON read again is the same" {
	tiny_target
	expect_status 0 pynamic-gen footprint --all "$TINY"
	expect_output "Python modules"
	expect_output "libutility0.so"
	expect_output "programs, apart"
	pynamic-gen footprint --json "$TINY" >a.json
	pynamic-gen footprint --json a.json >b.json
	diff a.json b.json
}

@test "the end of a build prints Pynamic's six lines" {
	expect_status 0 pynamic-gen 2 4 -u 1 4 --set programs=plain --set break_modules=false -o target
	expect_output "summary of plain executable and 2 shared libraries"
	for what in "total of shared libraries" "texts of shared libraries" "data of shared libraries" \
		"debug sections of shared libraries" "symbol tables of shared libraries" \
		"string table size of shared libraries"; do
		[ "$(grep -cE "^Size of aggregate $what: [0-9.]+(B|KB|MB|GB)$" <<<"$output")" = 1 ]
	done
	[ "$(pynamic-gen footprint --summary target | grep -c '^Size of aggregate')" = 6 ]
	[ -z "$(pynamic-gen -q 2 4 -u 1 4 --set programs=plain --set break_modules=false -o target)" ]
}

@test "a program comes with what its loader finds, and is not run" {
	cat >marks.c <<-'C'
		#include <math.h>
		#include <stdio.h>
		__attribute__((constructor)) static void mark(void) { fclose(fopen("was-run", "w")); }
		int main(int argc, char **argv) { (void)argv; return cos(argc) > 2; }
	C
	gcc -o marks marks.c -Wl,--no-as-needed -lm
	expect_status 0 pynamic-gen footprint --json --no-separate ./marks
	[ ! -e was-run ]
	[ "$(jq -r '.objects[] | select(.kind == "program").path' <<<"$output")" = "$PWD/marks" ]
	jq -r '.objects[].path' <<<"$output" | grep -q '/libm\.so'
	jq -r '.objects[].path' <<<"$output" | grep -q '/libc\.so'
}

@test "a program whose library is missing is refused by its name" {
	echo 'int f(void) { return 1; }' >f.c
	echo 'int f(void); int main(void) { return f(); }' >main.c
	gcc -shared -fPIC -o libgone.so f.c
	gcc -o main main.c ./libgone.so -Wl,-rpath,"$PWD"
	mv libgone.so away
	expect_status 2 pynamic-gen footprint ./main
	expect_output "libgone.so"
}

@test "a running process: what it has mapped" {
	sleep 1000 &
	SLEEPER=$!
	until [ "$(readlink "/proc/$SLEEPER/exe")" = "$(realpath "$(command -v sleep)")" ]; do sleep 0.1; done
	until grep -q libc "/proc/$SLEEPER/maps"; do sleep 0.1; done
	expect_status 0 pynamic-gen footprint --json $SLEEPER
	[ "$(jq -r '.objects[] | select(.kind == "program").path' <<<"$output")" = "$(readlink "/proc/$SLEEPER/exe")" ]
	want=$(awk '$2 ~ /x/ && $6 ~ /^\// { print $6 }' "/proc/$SLEEPER/maps" | sort -u)
	[ "$(jq -r '.objects[].path' <<<"$output" | sort)" = "$want" ]
}

@test "Python modules of a process are told from its libraries" {
	tiny_target
	"$PYTHON" -c "import sys, time; sys.path.insert(0, '$TINY/lib'); import libmodule0; time.sleep(1000)" &
	SLEEPER=$!
	until grep -q libmodule0 "/proc/$SLEEPER/maps"; do sleep 0.1; done
	expect_status 0 pynamic-gen footprint --json $SLEEPER
	jq -r '.objects[] | select(.kind == "module").path' <<<"$output" | grep -q 'libmodule0\.so$'
	! jq -r '.objects[] | select(.kind == "module").path' <<<"$output" | grep -q 'libutility\|libc\.so' || false
}

@test "separate debug files are found by build-id, and counted with what they are" {
	echo 'int f(void) { return 1; }' >f.c
	gcc -g -shared -fPIC -Wl,--build-id=0x01234567 -o libf.so f.c
	mkdir -p debug/.build-id/01
	whole=$(pynamic-gen footprint --json --debug-dir "$PWD/none" ./libf.so | jq '.objects[0] | .debug_bytes, .symtab_bytes')
	objcopy --only-keep-debug libf.so debug/.build-id/01/234567.debug
	strip libf.so
	bare=$(pynamic-gen footprint --json --no-separate ./libf.so | jq '.objects[0] | .debug_bytes, .symtab_bytes')
	[ "$bare" = $'0\n0' ]
	pynamic-gen footprint --json --debug-dir "$PWD/debug" ./libf.so >f.json
	[ "$(jq '.objects[0] | .debug_bytes, .symtab_bytes' f.json)" = "$whole" ]
	[ "$(jq .separate_files f.json)" = 1 ]
	expect_status 0 pynamic-gen footprint --debug-dir "$PWD/debug" ./libf.so
	expect_output "are in 1 separate file."
}

@test "what cannot be measured is refused with a reason" {
	echo '#!/bin/sh' >script
	expect_status 2 pynamic-gen footprint script
	expect_output "neither an ELF file nor a footprint"
	head -c 3000 /bin/ls >short
	expect_status 2 pynamic-gen footprint ./short
	expect_output "cut short"
	mkdir empty
	expect_status 2 pynamic-gen footprint empty
	expect_output "empty"
	expect_status 2 pynamic-gen footprint 99999999
	expect_output "there is no process 99999999"
	expect_status 2 pynamic-gen footprint
	expect_status 2 pynamic-gen footprint --json --summary /bin/ls
}

@test "the paper's table stands next to a target's" {
	tiny_target
	expect_status 0 pynamic-gen footprint --paper "$TINY"
	expect_output "String Table           92        348"
}

# Every section of the model within 10 % of the real one, the number of libraries the same.
check_fit() {
	local spec=$1 real=$2
	pynamic-gen -q "$spec" --set programs=plain -o model
	pynamic-gen footprint --json model >model.json
	[ "$(jq .sums.libraries.count model.json)" = "$(jq .sums.libraries.count "$real")" ]
	jq -n --slurpfile real "$real" --slurpfile model model.json '
		def columns: .[0].sums.libraries | [.text_bytes, .data_bytes, .debug_bytes,
			.symtab_bytes + .dynsym_bytes, .strtab_bytes + .dynstr_bytes];
		[$real | columns, ($model | columns)] | transpose | map(
			if .[0] == 0 then .[1] == 0 else (.[1] / .[0] - 1 | fabs) <= 0.1 end) | all' | grep -q true
	model/plain | grep -q "module test passed"
}

@test "fit finds the spec of a small real program, stripped as it is" {
	pynamic-gen footprint --json --no-separate /bin/ls >real.json
	expect_status 0 pynamic-gen fit -q --like /bin/ls --no-separate -o ls.yaml
	expect_output "symbol table"
	check_fit ls.yaml real.json
}

@test "fit finds a target with debug information again, from its footprint as JSON" {
	pynamic-gen -q 5 120 -u 3 60 -n 30 --set programs=plain --set break_modules=false --set body.size=6 \
		--set data_size=20KB --set debug_size=40KB -o real
	pynamic-gen footprint --json real >real.json
	expect_status 0 pynamic-gen fit -q --like real.json -o spec.yaml
	grep -q '^modules: 2$' spec.yaml
	grep -q '^utilities: 3$' spec.yaml
	check_fit spec.yaml real.json
}

@test "fit says which section it cannot match, and why" {
	cat >odd.json <<-'JSON'
		{ "format": "pynamic-footprint", "version": 1, "what": "an odd code", "objects": [
		  { "kind": "module", "count": 2, "text_bytes": 2000, "data_bytes": 90000,
		    "dynsym_bytes": 100000, "dynstr_bytes": 200000 } ] }
	JSON
	expect_status 3 pynamic-gen fit -q --no-verify --like odd.json -o odd.yaml
	expect_output "text is"
	expect_output "functions without a body have more code"
	[ -s odd.yaml ]
	expect_status 2 pynamic-gen fit -q --like odd.json
	expect_status 2 pynamic-gen fit -q --like /no/such -o odd.yaml
}

@test "an interrupted fit leaves nothing behind" {
	mkdir work
	TMPDIR=$PWD/work pynamic-gen fit -q --like /bin/ls --no-separate -o ls.yaml &
	fit=$!
	until ls work/*/sample* >/dev/null 2>&1; do sleep 0.1; done
	kill -TERM $fit
	status=0
	wait $fit || status=$?
	[ "$status" = 130 ]
	[ -z "$(ls work)" ]
	[ ! -e ls.yaml ]
}

@test "stripped libraries have no symbol table, undebugged ones no debug information, types add to it" {
	pynamic-gen -q 4 20 -u 2 20 --set programs=plain --set break_modules=false --set stripped_libraries=2 \
		--set undebugged_libraries=1 --set debug_size=100KB -o target
	pynamic-gen footprint --json target | jq '[.objects[] | select(.kind != "program")]' >o.json
	[ "$(jq 'map(select(.symtab_bytes == 0)) | length' o.json)" = 2 ]
	[ "$(jq 'map(select(.debug_bytes == 0)) | length' o.json)" = 3 ]
	[ "$(jq 'map(select(.debug_bytes > 90000 and .debug_bytes < 140000)) | length' o.json)" = 1 ]
	target/plain | grep -q "module test passed"
	# Another choice of libraries builds again those that change.
	pynamic-gen -q target/spec.yaml --set stripped_libraries=0 --set undebugged_libraries=0 -o target
	pynamic-gen footprint --json target | jq '[.objects[] | select(.kind != "program")]' >o.json
	[ "$(jq 'map(select(.symtab_bytes > 0 and .debug_bytes > 90000)) | length' o.json)" = 4 ]
}

@test "libraries of a folder that is named from here are counted" {
	mkdir deps
	for i in 1 2 3; do
		echo "int f$i(void) { return $i; }" >f$i.c
		cc -shared -fPIC -o deps/libf$i.so f$i.c
	done
	echo 'int f1(void), f2(void), f3(void); int main(void) { return f1() + f2() + f3() - 6; }' >p.c
	cc -o p p.c deps/libf1.so -Ldeps -lf2 -lf3 -Wl,--no-as-needed
	LD_LIBRARY_PATH=deps pynamic-gen footprint --json ./p >f.json
	[ "$(jq '[.objects[] | select(.path | test("libf[123].so"))] | length' f.json)" = 3 ]
}

@test "footprint: names that are no text, by their bytes, of a program and of a process" {
	program=$'li\eb\n\xfe.bin'
	cp "$(command -v sleep)" "$program"
	expect_status 0 pynamic-gen footprint "./$program"
	expect_output './li\033b\012\376.bin and what it links'
	[[ "$output" != *$'\e'* ]]
	expect_status 0 pynamic-gen footprint --paper "./$program"
	[[ "$output" != *$'\e'* ]]
	expect_status 0 pynamic-gen footprint --json "./$program"
	[ "$(jq -r '.objects[] | select(.kind == "program").path' <<<"$output")" = "$PWD/"$'li\\033b\n\\376.bin' ]
	"./$program" 1000 3>&- &
	SLEEPER=$!
	until pynamic-gen footprint $SLEEPER >of_process 2>&1 && grep -q 376.bin of_process; do sleep 0.1; done
	grep -qF 'li\033b\012\376.bin' of_process
	grep -q '^1 program, apart' of_process
}

@test "a name with ESC does not reach the terminal as it is" {
	run pynamic-gen footprint $'no\e[31msuch'
	[ "$status" -ne 0 ]
	expect_output 'no\033[31msuch'
}

#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The formats of debug information: which sections and files each leaves, and who makes them.

load generated

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

#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# pynamic-gen: compilers and interpreters that are missing, old, of no use, or fail in the middle.

load generated

@test "missing compiler" {
	expect_status 77 quick --with-cc=no-such-cc
	expect_output "no-such-cc"
	expect_output "hint:"
	[ ! -e "$DIR" ]
}

@test "a program that is no compiler" {
	for cc in /bin/true /bin/cat /usr/bin/python3; do
		expect_status 77 quick --with-cc=$cc
		expect_output "cannot use the C compiler '$cc'"
		[ ! -e "$DIR" ]
	done
}

@test "a compiler that fails: its first complaint, the log, no manifest" {
	cc_that libmodule1.o 'echo "x.c:1:1: error: planted" >&2; exit 1'
	expect_status 2 quick --with-cc="$FAILING_CC"
	expect_output "error: planted"
	expect_output "build.log"
	[ ! -e "$DIR/manifest.json" ]
	[ ! -e "$DIR/obj/libmodule1.o" ]
}

@test "a compiler that is killed: no half-built library" {
	cc_that lib/libmodule1.so.tmp 'echo half >lib/libmodule1.so.tmp; kill -KILL $$'
	expect_status 2 quick --with-cc="$FAILING_CC"
	[ ! -e "$DIR/manifest.json" ]
	[ ! -e "$DIR/lib/libmodule1.so" ]
}

@test "a compiler that is killed while it compiles: said so, nothing half-built, and continued" {
	cc_that obj/libmodule1.o.tmp 'echo half >obj/libmodule1.o.tmp; kill -KILL $$'
	expect_status 2 quick --with-cc="$FAILING_CC"
	expect_output "Killed"
	[ ! -e "$DIR/manifest.json" ]
	[ ! -e "$DIR/obj/libmodule1.o" ] && [ ! -e "$DIR/lib/libmodule1.so" ]
	sed -i /KILL/d "$FAILING_CC"
	quick --with-cc="$FAILING_CC"
	[ ! -e "$DIR/obj/libmodule1.o.tmp" ]
	"$DIR/plain"
}

@test "missing interpreter, headers, library, and an old interpreter" {
	expect_status 77 quick --with-python=/nowhere/python3
	expect_output "/nowhere/python3"
	fake() {
		printf '#!/bin/sh\necho '\''{"version": "%s", "number": %s, "include": "%s", "platinclude": "%s"}'\''\n' \
			"$1" "$2" "$3" "$3" >fakepython
		chmod +x fakepython
	}
	fake 3.11.0 311 /nowhere/include
	expect_status 77 quick --with-python="$PWD/fakepython"
	expect_output "no Python.h in '/nowhere/include'"
	expect_output "python3-dev"
	fake 3.8.1 308 /nowhere/include
	expect_status 77 quick --with-python="$PWD/fakepython"
	expect_output "at least 3.9"
	mkdir include
	touch include/Python.h
	fake 3.11.0 311 "$PWD/include"
	expect_status 77 pynamic-gen 1 1 --with-python="$PWD/fakepython" -o "$DIR"
	expect_output "embed"
}

@test "missing mpicc: skipped, with a way out" {
	expect_status 77 pynamic-gen 1 1 --set mpicc=no-such-mpicc -o "$DIR"
	expect_output "no-such-mpicc"
	expect_output "--without-host"
}

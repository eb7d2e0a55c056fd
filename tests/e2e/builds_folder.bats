#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The programs in a target's folder: what becomes of them when others are asked for, and when a build
# fails or cannot be.
# shellcheck disable=SC2154 # status is set by run

load generated

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
		cc_that " $program.tmp " "echo half >$program.tmp; kill -KILL \$\$"
		expect_status 2 one_and_one --set programs=$program --with-cc="$FAILING_CC"
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

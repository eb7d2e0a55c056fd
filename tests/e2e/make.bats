#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The Makefile on a tree of a few lines: what is made again, and what is not.

load common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp "$ROOT/Makefile" .
	mkdir lib gen tests tests/unit
	echo 'int part(void);' >lib/part.h
	printf '#include "lib/part.h"\nint part(void)\n{\n\treturn 3;\n}\n' >lib/part.c
	printf 'int other(void);\nint other(void)\n{\n\treturn 4;\n}\n' >gen/other.c
	printf '#include "lib/part.h"\nint other(void);\nint main(void)\n{\n\treturn part() + other();\n}\n' >gen/main.c
	build
}

build() {
	run make -s O=out PKGS= V=1 out/pynamic-gen
	[ "$status" = 0 ] || { echo "$output"; return 1; }
}

# What the program returns, after a second build that has nothing left to do.
returns() {
	touch -r out/pynamic-gen before
	build
	[ ! out/pynamic-gen -nt before ]
	run out/pynamic-gen
	[ "$status" = "$1" ] || { echo "returned $status, not $1"; return 1; }
}

later() { # than what was built, whatever the file system's clock
	touch -d '+2 seconds' "$@"
}

@test "make: a second time there is nothing to do" {
	returns 7
}

@test "make: a source of one archive is newer: archive and program are made again" {
	sed -i 's/3/5/' lib/part.c
	later lib/part.c
	build
	touch lib/part.c out/obj/lib/part.o out/libkit.a out/pynamic-gen
	returns 9
}

@test "make: a source that comes, and one that goes" {
	printf 'int more(void);\nint more(void)\n{\n\treturn 1;\n}\n' >gen/more.c
	build
	nm out/libgen.a | grep -q ' T more$'
	rm gen/more.c
	build
	[ "$(nm out/libgen.a | grep -c more)" = 0 ]
	returns 7
}

@test "make: a header that is gone, with another of its name elsewhere" {
	echo '#define OTHER 4' >gen/value.h
	printf '#include "value.h"\nint other(void);\nint other(void)\n{\n\treturn OTHER;\n}\n' >gen/other.c
	later gen/other.c
	build
	touch gen/other.c out/obj/gen/other.o out/libgen.a out/pynamic-gen
	returns 7
	rm gen/value.h
	echo '#define OTHER 6' >value.h
	build
	returns 9
}

@test "make: an object that is gone is made again" {
	rm out/obj/lib/part.o
	build
	[ -s out/obj/lib/part.o ]
	returns 7
}

#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# pynamic-gen: what is told of a target, by a spec file, by keys or by Pynamic's words; what makes no
# sense is refused.

load generated

@test "same seed, same bytes, in any folder; another seed, others" {
	pynamic-gen -q 5 9 -u 2 9 -e -n 5 --sources-only -o one
	pynamic-gen -q 5 9 -u 2 9 -e -n 5 --sources-only -o two
	pynamic-gen -q 5 9 -u 2 9 -e -n 5 -s 1 --sources-only -o three
	diff -r one two
	expect_status 1 diff -qr one/src three/src
	[ ! -e one/manifest.json ]
}

@test "a spec file and Pynamic's words give the same sources" {
	cat >same.yaml <<-'YAML'
		modules: 3
		utilities: 2
		functions: 9
		utility_functions: 7
		cross_module: true
		name_length: 5
		max_depth: 4
		seed: 99
	YAML
	pynamic-gen -q same.yaml --sources-only
	pynamic-gen -q 5 9 -e -d 4 -n 5 -s 99 -u 2 7 --sources-only -o words
	diff -r same/src words/src
	diff same/Makefile words/Makefile
}

@test "the resolved spec gives the same target" {
	pynamic-gen -q 5 9 -u 2 7 -e --sources-only -o one
	pynamic-gen -q one/spec.yaml --sources-only -o two
	diff -r one two
}

@test "a command line of Pynamic: each option has its key" {
	pynamic-gen -q 20 30 -b -d 5 -e -i /tmp -j 2 -n 7 -p -s 5 -t -u 8 12 --with-cc=gcc --with-python=/usr/bin/python3 \
		--with-mpi4py --sources-only -o words
	cat >same.yaml <<-'YAML'
		name: pynamic
		modules: 12
		utilities: 8
		functions: 30
		utility_functions: 12
		programs: [host, plain, bigexe, python]
		max_depth: 5
		cross_module: true
		compiler: { include_dirs: [/tmp], cc: gcc }
		jobs: 2
		name_length: 7
		print: true
		seed: 5
		python: /usr/bin/python3
	YAML
	pynamic-gen -q same.yaml --sources-only -o keys
	diff -r words keys
	pynamic-gen -q 2 3 --sources-only -o configured -c CC=mpicc --with-python=/usr/bin/python3 --with-includes=-I/opt
	grep -q 'INCLUDES := -I/opt' configured/flags.mk
}

@test "what pyMPI's configure would be told and means nothing here is refused, not ignored" {
	expect_status 2 pynamic-gen 5 10 -o "$DIR" -c --with-x
	expect_output "'--with-x' after -c has no meaning"
	[ ! -e "$DIR" ]
}

@test "a series: each combination in a folder of its own, named on standard output" {
	cat >grow.yaml <<-'YAML'
		programs: [plain]
		utilities: 1
		series:
		  modules: [1, 3]
		  functions: [2, 5]
	YAML
	pynamic-gen -q grow.yaml >names
	[ "$(cat names)" = "$(printf 'grow/m%s\n' 1-u1-f2 1-u1-f5 3-u1-f2 3-u1-f5)" ]
	while read -r dir; do
		"$dir/plain"
		[ "$(jq -r .name "$dir/manifest.json")" = "grow-${dir#grow/}" ]
	done <names
	[ "$(jq '.spec.utility_functions' grow/m3-u1-f5/manifest.json)" = 5 ]
	run pynamic-gen grow.yaml
	expect_output "grow/m3-u1-f5: up to date"
	# A member is an ordinary target: its resolved spec gives it again.
	pynamic-gen -q grow/m3-u1-f5/spec.yaml -o again
	diff -r grow/m3-u1-f5/src again/src
}

@test "a series that cannot be made is refused before its first target" {
	expect_status 2 pynamic-gen 3 4 --without-host -o "$DIR" --set series.functions=2,1000000 --set series.modules=1,100000
	expect_output "m100000-u0-f1000000: "
	[ ! -e "$DIR" ]
	expect_status 2 pynamic-gen 3 4 -o "$DIR" --set series.modules=2,2
	expect_output "twice"
}

@test "bad spec: file, line and column" {
	printf 'name: bad\nmodules: many\n' >bad.yaml
	expect_status 2 pynamic-gen bad.yaml
	expect_output "bad.yaml:2:"
	[ ! -e bad ]
}

@test "unknown key: the nearest one is named" {
	printf 'modulse: 3\n' >bad.yaml
	expect_status 2 pynamic-gen bad.yaml
	expect_output "modulse"
	expect_output "modules"
}

@test "missing spec" {
	expect_status 2 pynamic-gen nowhere.yaml
	expect_output "nowhere.yaml"
}

@test "no modules" {
	expect_status 2 pynamic-gen 0 10
	expect_output "'NUM_FILES' must be between 1"
	expect_status 2 pynamic-gen 5 10 -u 5 10
	expect_output "no modules"
	expect_status 2 pynamic-gen 5 0
	expect_output "AVG_FUNCTIONS"
}

@test "usage errors" {
	expect_status 2 pynamic-gen
	expect_status 2 pynamic-gen 5
	expect_status 2 pynamic-gen 5 10 -u 2
	expect_output "-u needs two numbers"
	expect_status 2 pynamic-gen 5 10 -j many
	expect_status 2 pynamic-gen 5 10 --set nonsense
	expect_status 2 pynamic-gen a.yaml b.yaml
}

@test "help, version and keys" {
	expect_status 0 pynamic-gen --help
	expect_output "SPEC.yaml"
	expect_output "NUM_FILES AVG_FUNCTIONS"
	expect_status 0 pynamic-gen --version
	expect_output "pynamic-gen "
	expect_status 0 pynamic-gen --help-keys
	expect_output "dependencies.fan_out"
}

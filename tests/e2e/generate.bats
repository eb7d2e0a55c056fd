#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# pynamic-gen: from a spec to a built target, and every way in which it refuses.

load common

setup() {
	DIR=$BATS_TEST_TMPDIR/target
	cd "$BATS_TEST_TMPDIR" || return
}

# A target without MPI and Python embedding: the quickest there is.
quick() {
	pynamic-gen -q 3 4 -u 1 4 --without-host -o "$DIR" "$@"
}

says() {
	[[ "$output" == *"$1"* ]] || { echo "no '$1' in: $output"; return 1; }
}

needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(lib\(module\|utility\)[a-z0-9]*\)\.so\].*/\1/p'
}

needed_by_manifest() {
	jq -r --arg lib "$2" '. as $m | .libraries[] | select(.name == $lib) | .dependencies[]
		| $m.libraries[.].name' "$1/manifest.json"
}

check_needed() {
	local lib
	for lib in $(jq -r '.libraries[].name' "$1/manifest.json"); do
		[ "$(needed "$1/lib/$lib.so")" = "$(needed_by_manifest "$1" "$lib")" ]
		readelf -d "$1/lib/$lib.so" | grep -q "SONAME.*\[$lib.so\]"
		readelf -d "$1/lib/$lib.so" | grep -qF "RUNPATH)            Library runpath: [\$ORIGIN]"
	done
}

@test "tiny builds, and its manifest names what is there" {
	tiny_target
	[ "$(jq '.libraries | length' "$TINY/manifest.json")" = 12 ]
	[ "$(find "$TINY/lib" -name '*.so' | wc -l)" = 12 ]
	for file in $(jq -r '.libraries[].path, .programs[].path // empty, .programs[].module_list, .driver' "$TINY/manifest.json"); do
		[ -s "$TINY/$file" ]
	done
	check_needed "$TINY"
}

@test "the functions of the manifest are the global functions of the libraries" {
	tiny_target
	jq -r '.libraries[] | [.name, .functions, .function_pattern] | @tsv' "$TINY/manifest.json" |
		while IFS=$'\t' read -r lib n pattern; do
			for ((i = 0; i < n; i++)); do echo "${pattern/\{\}/$i}"; done | sort >expected
			nm -D --defined-only "$TINY/lib/$lib.so" | awk '$2 == "T" { print $3 }' |
				grep '_fn' | sort >actual
			diff expected actual
		done
}

@test "a program without Python loads each module at once and gets the planned result" {
	tiny_target
	run "$TINY/plain"
	[ "$status" = 0 ]
	says "Pynamic: module test passed!"
}

# Imports and visits all modules of a target; checks what is loaded, by the kernel's word,
# and what the entries return against the manifest. Prints the events.
check_by_python() {
	cat >check.py <<-'PY'
		import json, sys
		dir = sys.argv[1]
		sys.path.insert(0, dir + "/lib")
		manifest = json.load(open(dir + "/manifest.json"))
		def loaded():
		    return {l.split("/")[-1].strip() for l in open("/proc/self/maps") if dir + "/lib/" in l}
		events = 0
		for library in manifest["libraries"]:
		    if library["kind"] != "module":
		        continue
		    before = loaded()
		    module = __import__(library["name"])
		    events += loaded() > before
		    assert module.visit() == library["visit_result"], library["name"]
		assert len(loaded()) == manifest["expect"]["libraries"], loaded()
		assert events == manifest["expect"]["import_events"], events
		print("checked", events)
	PY
	run /usr/bin/python3 check.py "$(realpath "$1")"
	[ "$status" = 0 ]
}

@test "python imports each module, and each import is a load of its own" {
	tiny_target
	check_by_python "$TINY"
	says "checked 8"
}

@test "libmodulebegin and libmodulefinal: where a debugger can stop" {
	tiny_target
	run gdb -q -batch -ex 'set breakpoint pending on' -ex 'set debuginfod enabled off' \
		-ex 'break begin_break_here' -ex 'break break_here' -ex run -ex bt -ex continue -ex bt \
		--args /usr/bin/python3 "$TINY/driver.py" --no-mpi
	says "Breakpoint 1, begin_break_here"
	says "Breakpoint 2, break_here"
	cd "$TINY/lib"
	/usr/bin/python3 -c 'import libmodulebegin as b, libmodulefinal as f; b.begin_break_here(); f.break_here()'
}

@test "libmodulebegin linked with every module: the first import loads all" {
	quick -e --set begin_links_all=true
	check_needed "$DIR"
	check_by_python "$DIR"
	says "checked 2"
	[ "$(jq .expect.import_events "$DIR/manifest.json")" = 2 ]
	"$DIR/plain"
}

@test "without the modules to stop at" {
	quick --set break_modules=false
	[ "$(jq -r '.libraries[].name' "$DIR/manifest.json" | grep -c 'begin\|final')" = 0 ]
	"$DIR/plain"
}

@test "every shape of dependencies: linked as planned, loaded and called as the manifest says" {
	for shape in used all chain tree layers; do
		quick -e --set modules=4 --set utilities=7 --set dependencies.shape=$shape \
			--set dependencies.fan_out=2 --set coverage=60
		check_needed "$DIR"
		check_by_python "$DIR"
		"$DIR/plain"
	done
}

@test "calls per function are the manifest's" {
	quick -e -p -d 2 -s 5
	check_calls
}

@test "half of the functions visited: the others are there and not called" {
	pynamic-gen -q 4 40 -u 1 10 -e -p --without-host -o "$DIR" --set coverage=50
	check_calls
	jq -e '[.libraries[] | select(.kind == "module") | .calls[]] | (map(select(. > 0)) | length) as $n
		| $n >= length * 0.48 and $n <= length * 0.52' "$DIR/manifest.json"
}

check_calls() {
	"$DIR/plain" | grep -E '^lib(module|utility)' | sort | uniq -c | awk '{ print $2, $1 }' | sort >actual
	/usr/bin/python3 - "$DIR/manifest.json" >expected <<-'PY'
		import json, sys
		out = []
		for l in json.load(open(sys.argv[1]))["libraries"]:
		    for i, n in enumerate(l["calls"]):
		        out.append((l["function_pattern"].replace("{}", str(i)), n))
		    if l.get("cross"):
		        out.append((l["cross"], l["cross_calls"]))
		for name, n in sorted(x for x in out if x[1]):
		    print(name, n)
	PY
	sort -o expected expected
	diff expected actual
	[ "$(awk '{ n += $2 } END { print n }' actual)" = "$(jq .expect.calls "$DIR/manifest.json")" ]
	[ "$(wc -l <actual)" = "$(jq .expect.functions "$DIR/manifest.json")" ]
}

@test "sources compile without a warning" {
	pynamic-gen -q "$ROOT/targets/tiny.yaml" --without-host -o "$DIR" --sources-only
	for file in "$DIR"/src/*.c; do
		gcc -I "$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_paths()["include"])')" \
			-fsyntax-only -O2 -Wall -Wextra -Werror "$file"
	done
}

@test "DT_NEEDED is the same with --as-needed" {
	LDFLAGS=-Wl,--as-needed pynamic-gen -q "$ROOT/targets/tiny.yaml" --without-host -o "$DIR"
	check_needed "$DIR"
}

@test "same seed, same bytes, in any folder; another seed, others" {
	pynamic-gen -q 5 9 -u 2 9 -e -n 5 --sources-only -o one
	pynamic-gen -q 5 9 -u 2 9 -e -n 5 --sources-only -o two
	pynamic-gen -q 5 9 -u 2 9 -e -n 5 -s 1 --sources-only -o three
	diff -r one two
	run diff -qr one/src three/src
	[ "$status" = 1 ]
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

@test "a finished target is not built again" {
	quick
	touch -d '1 hour ago' "$DIR"/lib/*.so "$DIR/manifest.json"
	find "$DIR" -type f ! -name .pynamic-gen.lock -printf '%p %T@\n' | sort >before
	run pynamic-gen 3 4 -u 1 4 --without-host -o "$DIR"
	[ "$status" = 0 ]
	says "up to date"
	find "$DIR" -type f ! -name .pynamic-gen.lock -printf '%p %T@\n' | sort >after
	diff before after
}

@test "another spec in the same folder: no library of the old one stays" {
	quick
	touch "$DIR/lib/mine.txt"
	pynamic-gen -q 2 4 --without-host -o "$DIR"
	[ "$(ls "$DIR"/lib)" = "$(printf 'libmodule0.so\nlibmodule1.so\nlibmodulebegin.so\nlibmodulefinal.so\nmine.txt')" ]
	[ "$(ls "$DIR"/obj)" = "$(printf 'libmodule0.o\nlibmodule1.o\nlibmodulebegin.o\nlibmodulefinal.o')" ]
	[ "$(jq '.libraries | length' "$DIR/manifest.json")" = 4 ]
	"$DIR/plain"
	pynamic-gen -q 2 4 --without-host -o "$DIR" --set break_modules=false
	[ "$(ls "$DIR"/obj)" = "$(printf 'libmodule0.o\nlibmodule1.o')" ]
}

@test "an interrupted build has no manifest, and is continued" {
	quick
	cp -p "$DIR/lib/libmodule0.so" kept
	rm "$DIR/manifest.json" "$DIR/lib/libmodule1.so" "$DIR/obj/libmodule1.o"
	echo partial >"$DIR/lib/libmodule1.so.tmp"
	run quick
	[ "$status" = 0 ]
	[ -s "$DIR/manifest.json" ]
	[ ! -e "$DIR/lib/libmodule1.so.tmp" ]
	[ ! "$DIR/lib/libmodule0.so" -nt kept ]
	[ "$DIR/lib/libmodule1.so" -nt kept ]
}

@test "a generator killed in the middle leaves a folder that can be continued" {
	pynamic-gen -q 40 60 --without-host -j 2 -o "$DIR" &
	pid=$!
	for ((i = 0; i < 500; i++)); do
		[ -e "$DIR/lib/libmodule1.so" ] && break
		sleep 0.02
	done
	kill -KILL "$pid"
	wait "$pid" || true
	[ ! -e "$DIR/manifest.json" ]
	for ((i = 0; i < 100; i++)); do
		run pynamic-gen -q 40 60 --without-host -j 2 -o "$DIR"
		[ "$status" = 0 ] && break
		sleep 0.05
	done
	[ "$status" = 0 ]
	"$DIR/plain"
}

@test "a library that went missing is built again" {
	quick
	rm "$DIR/lib/libutility0.so"
	quick
	[ -s "$DIR/lib/libutility0.so" ]
}

@test "two generators in one folder: the second is told" {
	mkdir "$DIR"
	quick --sources-only
	exec 9>"$DIR/.pynamic-gen.lock"
	flock 9
	run quick
	[ "$status" = 2 ]
	says "another pynamic-gen works in"
}

@test "two generators started together in one folder: one target, whole" {
	local first second
	quick >/dev/null 2>first.err &
	first=$!
	quick >/dev/null 2>second.err &
	second=$!
	wait $first && first=0 || first=$?
	wait $second && second=0 || second=$?
	echo "$first $second" "$(cat first.err second.err)"
	[ $first = 0 ] || [ $second = 0 ]
	for result in "first $first" "second $second"; do
		[ "${result#* }" = 0 ] ||
			{ [ "${result#* }" = 2 ] && grep -q "another pynamic-gen works in" "${result% *}.err"; }
	done
	"$DIR/plain"
}

@test "bodies of every kind: no warning, defined behaviour at any optimisation, larger sections" {
	local flags=-Wall,-Wextra,-Werror,-fsanitize=undefined,-fsanitize-undefined-trap-on-error
	for level in -O0 -O2; do
		pynamic-gen -q 4 30 -u 1 30 -e --without-host -o "$DIR" --set body.size=1,6,13 \
			--set body.stack=300 --set data_size=10000 --set compiler.flags=$level,-g,$flags
		"$DIR/plain"
	done
	pynamic-gen -q 1 40 --without-host -o thin
	pynamic-gen -q 1 40 --without-host -o thick --set body.size=20 --set data_size=1MB
	text() { size -A "$1/lib/libmodule0.so" | awk -v section="$2" '$1 == section { print $2 }'; }
	[ "$(text thick .text)" -gt $((3 * $(text thin .text))) ]
	[ "$(text thick .data)" -gt 1000000 ]
	[ "$(text thin .data)" -lt 1000 ]
}

@test "one module, one function, no utility" {
	pynamic-gen -q 1 1 --without-host -o "$DIR"
	"$DIR/plain"
	[ "$(jq .expect.calls "$DIR/manifest.json")" = 1 ]
}

@test "bad spec: file, line and column" {
	printf 'name: bad\nmodules: many\n' >bad.yaml
	run pynamic-gen bad.yaml
	[ "$status" = 2 ]
	says "bad.yaml:2:"
	[ ! -e bad ]
}

@test "unknown key: the nearest one is named" {
	printf 'modulse: 3\n' >bad.yaml
	run pynamic-gen bad.yaml
	[ "$status" = 2 ]
	says "modulse"
	says "modules"
}

@test "missing spec" {
	run pynamic-gen nowhere.yaml
	[ "$status" = 2 ]
	says "nowhere.yaml"
}

@test "no modules" {
	run pynamic-gen 0 10
	[ "$status" = 2 ]
	says "'NUM_FILES' must be between 1"
	run pynamic-gen 5 10 -u 5 10
	[ "$status" = 2 ]
	says "no modules"
	run pynamic-gen 5 0
	[ "$status" = 2 ]
	says "AVG_FUNCTIONS"
}

@test "usage errors" {
	run pynamic-gen
	[ "$status" = 2 ]
	run pynamic-gen 5
	[ "$status" = 2 ]
	run pynamic-gen 5 10 -u 2
	[ "$status" = 2 ]
	says "-u needs two numbers"
	run pynamic-gen 5 10 -j many
	[ "$status" = 2 ]
	run pynamic-gen 5 10 --set nonsense
	[ "$status" = 2 ]
	run pynamic-gen a.yaml b.yaml
	[ "$status" = 2 ]
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
	run pynamic-gen 5 10 -o "$DIR" -c --with-x
	[ "$status" = 2 ]
	says "'--with-x' after -c has no meaning"
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
	says "grow/m3-u1-f5: up to date"
	# A member is an ordinary target: its resolved spec gives it again.
	pynamic-gen -q grow/m3-u1-f5/spec.yaml -o again
	diff -r grow/m3-u1-f5/src again/src
}

@test "a series that cannot be made is refused before its first target" {
	run pynamic-gen 3 4 --without-host -o "$DIR" --set series.functions=2,1000000 --set series.modules=1,100000
	[ "$status" = 2 ]
	says "m100000-u0-f1000000: "
	[ ! -e "$DIR" ]
	run pynamic-gen 3 4 -o "$DIR" --set series.modules=2,2
	[ "$status" = 2 ]
	says "twice"
}

@test "odd averages, and 3,000 libraries" {
	pynamic-gen -q 4 7 -u 1 5 --without-host -o "$DIR"
	"$DIR/plain"
	pynamic-gen -q 3000 1 -u 1500 1 --without-host --sources-only -o many
	[ "$(find many/src -name '*.c' | wc -l)" = 3002 ]
	run pynamic-gen 90000 1 -u 80000 1 --sources-only -o toomany --set dependencies.shape=all
	[ "$status" = 2 ]
	says "a library would be linked with"
	[ ! -e toomany ]
}

@test "3,000 libraries are built, loaded one by one and linked into one program" {
	pynamic-gen -q 3000 1 -u 1500 1 --codegen=asm --set programs=plain,plain_linked -o "$DIR" >/dev/null
	[ "$(find "$DIR/lib" -name '*.so' | wc -l)" = 3002 ]
	[ "$(readelf -d "$DIR/plain_linked" | grep -c 'NEEDED.*lib\(module\|utility\)')" = 3002 ]
	"$DIR/plain" | grep -q 'module test passed'
	"$DIR/plain_linked" | grep -q 'module test passed'
	rm -r "$DIR"
}

@test "a folder with other files is not touched" {
	mkdir "$DIR"
	echo precious >"$DIR/Makefile"
	run quick
	[ "$status" = 2 ]
	says "is not empty"
	[ "$(cat "$DIR/Makefile")" = precious ]
}

@test "unwritable folder" {
	echo file >plainfile
	run quick -o plainfile/target
	[ "$status" = 2 ]
	says "plainfile"
	mkdir "$DIR"
	if [ "$(id -u)" = 0 ]; then
		# Root may write anywhere but where nobody can.
		mount -t tmpfs -o ro tmpfs "$DIR" 2>/dev/null || skip "cannot mount"
		run quick
		umount "$DIR"
	else
		chmod 555 "$DIR"
		run quick
	fi
	[ "$status" = 2 ]
	says "cannot write to folder '$DIR'"
}

@test "disk full, early or late: a clear error and no manifest; with room it is continued" {
	[ "$(id -u)" = 0 ] || skip "needs a file system of its own"
	mkdir "$DIR"
	mount -t tmpfs -o size=16k tmpfs "$DIR" 2>/dev/null || skip "cannot mount"
	for size in 16k 64k 150k 250k; do
		mount -o remount,size=$size "$DIR"
		run quick
		result=$status
		[ ! -e "$DIR/manifest.json" ] || result=manifest
		says "No space left" || result=silent
		[ "$result" = 2 ] || break
	done
	mount -o remount,size=10m "$DIR"
	run quick
	"$DIR/plain" >plain.out || status=plain
	umount "$DIR"
	[ "$result" = 2 ]
	[ "$status" = 0 ]
	grep -q 'module test passed' plain.out
}

@test "missing compiler" {
	run quick --with-cc=no-such-cc
	[ "$status" = 77 ]
	says "no-such-cc"
	says "hint:"
	[ ! -e "$DIR" ]
}

@test "a program that is no compiler" {
	for cc in /bin/true /bin/cat /usr/bin/python3; do
		run quick --with-cc=$cc
		[ "$status" = 77 ]
		says "cannot use the C compiler '$cc'"
		[ ! -e "$DIR" ]
	done
}

@test "a compiler that fails: its first complaint, the log, no manifest" {
	cat >cc.sh <<-'SH'
		#!/bin/sh
		case "$*" in *libmodule1.o*) echo "x.c:1:1: error: planted" >&2; exit 1;; esac
		exec gcc "$@"
	SH
	chmod +x cc.sh
	run quick --with-cc="$PWD/cc.sh"
	[ "$status" = 2 ]
	says "error: planted"
	says "build.log"
	[ ! -e "$DIR/manifest.json" ]
	[ ! -e "$DIR/obj/libmodule1.o" ]
}

@test "a compiler that is killed: no half-built library" {
	cat >cc.sh <<-'SH'
		#!/bin/sh
		case "$*" in *lib/libmodule1.so.tmp*) echo half >lib/libmodule1.so.tmp; kill -KILL $$;; esac
		exec gcc "$@"
	SH
	chmod +x cc.sh
	run quick --with-cc="$PWD/cc.sh"
	[ "$status" = 2 ]
	[ ! -e "$DIR/manifest.json" ]
	[ ! -e "$DIR/lib/libmodule1.so" ]
}

@test "a compiler that is killed while it compiles: said so, nothing half-built, and continued" {
	cat >cc.sh <<-'SH'
		#!/bin/sh
		case "$*" in *obj/libmodule1.o.tmp*) echo half >obj/libmodule1.o.tmp; kill -KILL $$;; esac
		exec gcc "$@"
	SH
	chmod +x cc.sh
	run quick --with-cc="$PWD/cc.sh"
	[ "$status" = 2 ]
	says "Killed"
	[ ! -e "$DIR/manifest.json" ]
	[ ! -e "$DIR/obj/libmodule1.o" ] && [ ! -e "$DIR/lib/libmodule1.so" ]
	sed -i /KILL/d cc.sh
	quick --with-cc="$PWD/cc.sh"
	[ ! -e "$DIR/obj/libmodule1.o.tmp" ]
	"$DIR/plain"
}

@test "missing interpreter, headers, library, and an old interpreter" {
	run quick --with-python=/nowhere/python3
	[ "$status" = 77 ]
	says "/nowhere/python3"
	fake() {
		printf '#!/bin/sh\necho '\''{"version": "%s", "number": %s, "include": "%s", "platinclude": "%s"}'\''\n' \
			"$1" "$2" "$3" "$3" >fakepython
		chmod +x fakepython
	}
	fake 3.11.0 311 /nowhere/include
	run quick --with-python="$PWD/fakepython"
	[ "$status" = 77 ]
	says "no Python.h in '/nowhere/include'"
	says "python3-dev"
	fake 3.8.1 308 /nowhere/include
	run quick --with-python="$PWD/fakepython"
	[ "$status" = 77 ]
	says "at least 3.9"
	mkdir include
	touch include/Python.h
	fake 3.11.0 311 "$PWD/include"
	run pynamic-gen 1 1 --with-python="$PWD/fakepython" -o "$DIR"
	[ "$status" = 77 ]
	says "embed"
}

@test "missing mpicc: skipped, with a way out" {
	run pynamic-gen 1 1 --set mpicc=no-such-mpicc -o "$DIR"
	[ "$status" = 77 ]
	says "no-such-mpicc"
	says "--without-host"
}

@test "help, version and keys" {
	run pynamic-gen --help
	[ "$status" = 0 ]
	says "SPEC.yaml"
	says "NUM_FILES AVG_FUNCTIONS"
	run pynamic-gen --version
	[ "$status" = 0 ]
	says "pynamic-gen "
	run pynamic-gen --help-keys
	[ "$status" = 0 ]
	says "dependencies.fan_out"
}

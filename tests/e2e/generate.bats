#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# pynamic-gen: from a spec to a built target; what it is made of, loads and calls is what was planned.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load generated

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
	expect_status 0 "$TINY/plain"
	expect_output "Pynamic: module test passed!"
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
	expect_status 0 /usr/bin/python3 check.py "$(realpath "$1")"
}

@test "python imports each module, and each import is a load of its own" {
	tiny_target
	check_by_python "$TINY"
	expect_output "checked 8"
}

@test "libmodulebegin and libmodulefinal: where a debugger can stop" {
	tiny_target
	run gdb -q -batch -ex 'set breakpoint pending on' -ex 'set debuginfod enabled off' \
		-ex 'break begin_break_here' -ex 'break break_here' -ex run -ex bt -ex continue -ex bt \
		--args /usr/bin/python3 "$TINY/driver.py" --no-mpi
	expect_output "Breakpoint 1, begin_break_here"
	expect_output "Breakpoint 2, break_here"
	cd "$TINY/lib"
	/usr/bin/python3 -c 'import libmodulebegin as b, libmodulefinal as f; b.begin_break_here(); f.break_here()'
}

@test "libmodulebegin linked with every module: the first import loads all" {
	quick -e --set begin_links_all=true
	check_needed "$DIR"
	check_by_python "$DIR"
	expect_output "checked 2"
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

@test "odd averages, and 3,000 libraries" {
	pynamic-gen -q 4 7 -u 1 5 --without-host -o "$DIR"
	"$DIR/plain"
	pynamic-gen -q 3000 1 -u 1500 1 --without-host --sources-only -o many
	[ "$(find many/src -name '*.c' | wc -l)" = 3002 ]
	expect_status 2 pynamic-gen 90000 1 -u 80000 1 --sources-only -o toomany --set dependencies.shape=all
	expect_output "a library would be linked with"
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

#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# pynamic-gen: the folder of a target: what is in it already, who else works there, and what a build that
# is cut short leaves.
# shellcheck disable=SC2154  # status and output are set by run

load generated

@test "a finished target is not built again" {
	quick
	touch -d '1 hour ago' "$DIR"/lib/*.so "$DIR/manifest.json"
	find "$DIR" -type f ! -name .pynamic-gen.lock -printf '%p %T@\n' | sort >before
	expect_status 0 pynamic-gen 3 4 -u 1 4 --without-host -o "$DIR"
	expect_output "up to date"
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
	expect_status 0 quick
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
	expect_status 2 quick
	expect_output "another pynamic-gen works in"
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

@test "a folder with other files is not touched" {
	mkdir "$DIR"
	echo precious >"$DIR/Makefile"
	expect_status 2 quick
	expect_output "is not empty"
	[ "$(cat "$DIR/Makefile")" = precious ]
}

@test "unwritable folder" {
	echo file >plainfile
	expect_status 2 quick -o plainfile/target
	expect_output "plainfile"
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
	expect_output "cannot write to folder '$DIR'"
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
		expect_output "No space left" || result=silent
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

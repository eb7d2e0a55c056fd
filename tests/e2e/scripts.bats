#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The scripts that users and CI start: what they find, and that they can fail.

load common

# A copy of the tree in which a test may break things.
copy_tree() {
	TREE=$BATS_TEST_TMPDIR/tree
	mkdir -p "$TREE"
	(cd "$ROOT" && cp -r Makefile .ci scripts lib gen targets tool-harness scenarios tests "$TREE")
}

# A PATH with all programs of the real one but those named.
path_without() {
	STUB=$BATS_TEST_TMPDIR/bin
	mkdir -p "$STUB"
	find /usr/local/bin /usr/bin /bin -maxdepth 1 ! -xtype d -exec cp -s -n -t "$STUB" {} +
	(cd "$STUB" && rm -f "$@")
}

# A PATH in which no program is missing, with a stub for what this machine has not.
path_of_all() {
	path_without "$@"
	local program
	for program in $(sed -n 's/^need_program \([a-z-]*\) .*/\1/p' "$ROOT/scripts/setup"); do
		[[ " $* " == *" $program "* ]] || [ -e "$STUB/$program" ] || ln -s /bin/true "$STUB/$program"
	done
}

@test "setup says that nothing is missing, when nothing is" {
	path_of_all apt-get sudo dnf
	PATH=$STUB expect_status 0 "$ROOT/scripts/setup"
	[ "$output" = "setup: nothing is missing" ]
}

@test "setup knows every program that a test looks for or a described tool names" {
	local program
	for program in $(
		grep -rhoE '(command -v|^\s*needs) [a-z][a-z-]+' "$ROOT"/tests/e2e --include=*.bats | awk '{ print $NF }'
		grep -LE '^tried: no' "$ROOT"/scenarios/tools/*.yaml | xargs sed -n 's/^version: \[\([a-z-]*\),.*/\1/p'
	); do
		case $program in
		# coreutils and gcc's; one that must be missing; asked for apart
		ls | sleep | gcc | objcopy | gdb-add-index | rr) ;;
		*) grep -qE "(need_program|command -v) $program " "$ROOT/scripts/setup" || {
			echo "setup does not know $program"
			false
		} ;;
		esac
	done
}

@test "bare: wrong words are refused, and where no bare system can be made the command runs plainly" {
	expect_status 0 "$ROOT/scripts/bare" --help
	expect_output "bookworm|trixie"
	expect_status 2 "$ROOT/scripts/bare"
	expect_status 2 "$ROOT/scripts/bare" sid true
	expect_output "'sid' is neither bookworm nor trixie"
	expect_status 2 "$ROOT/scripts/bare" --prepare trixie true
	expect_status 2 "$ROOT/scripts/bare" --keep
	[ "$(id -u)" = 0 ] || skip "not root: runs plainly anyway"
	# The script and what it needs, where another user may read it.
	local tree
	tree=$(mktemp -d)
	chmod 755 "$tree"
	mkdir "$tree/scripts"
	cp "$ROOT/scripts/bare" "$tree/scripts"
	expect_status 7 setpriv --reuid 65534 --clear-groups "$tree/scripts/bare" trixie 'echo "in $PWD"; exit 7'
	expect_output "no bare trixie: not root"
	expect_output "in $tree"
	expect_status 77 setpriv --reuid 65534 --clear-groups "$tree/scripts/bare" --prepare trixie
	rm -r "$tree"
}

@test "setup names what is missing in one command, and exits 77" {
	path_of_all jq mpicc apt-get sudo dnf
	PATH=$STUB expect_status 77 "$ROOT/scripts/setup"
	expect_output "libopenmpi-dev jq"
}

@test "setup looks for every library that the Makefile asks pkg-config for" {
	local library
	for library in $(sed -n 's/^PKGS := //p; s/.*pkg-config --exists \([a-z]*\).*/\1/p' "$ROOT/Makefile"); do
		grep -q "need \"pkg-config --exists $library\"" "$ROOT/scripts/setup" || {
			echo "setup does not know $library"
			false
		}
	done
	# libpmix alone missing is seen, though nothing else is.
	path_of_all pkg-config apt-get sudo dnf
	printf '#!/bin/sh\ncase " $* " in *" pmix "*) exit 1 ;; esac\n' >"$STUB/pkg-config"
	chmod +x "$STUB/pkg-config"
	PATH=$STUB expect_status 77 "$ROOT/scripts/setup"
	expect_output "install -y libpmix-dev"
}

@test "setup knows each family's names" {
	path_of_all scdoc shellcheck apt-get sudo
	sed 's,/etc/os-release,'"$BATS_TEST_TMPDIR"'/os-release,' "$ROOT/scripts/setup" >"$BATS_TEST_TMPDIR/setup"
	echo 'ID=rocky ID_LIKE="rhel fedora"' >"$BATS_TEST_TMPDIR/os-release"
	PATH=$STUB expect_status 77 sh "$BATS_TEST_TMPDIR/setup"
	expect_output "sudo dnf install -y scdoc ShellCheck"
	echo 'ID=debian' >"$BATS_TEST_TMPDIR/os-release"
	PATH=$STUB expect_status 77 sh "$BATS_TEST_TMPDIR/setup"
	expect_output "apt-get install -y scdoc shellcheck"
	[[ "$output" != *dnf* ]]
}

@test "setup installs with apt-get, after an update if that is needed" {
	path_of_all jq apt-get sudo id
	printf '#!/bin/sh\necho 0\n' >"$STUB/id"
	# The first install fails, as with no package lists; after the update it succeeds.
	cat >"$STUB/apt-get" <<-'SH'
		#!/bin/sh
		echo "$*" >>"$APT_LOG"
		case "$*" in
		*update*) touch "$APT_LOG.updated" ;;
		*) [ -e "$APT_LOG.updated" ] || { echo "no such package"; exit 100; } ;;
		esac
	SH
	chmod +x "$STUB/id" "$STUB/apt-get"
	export APT_LOG=$BATS_TEST_TMPDIR/apt
	PATH=$STUB expect_status 0 "$ROOT/scripts/setup"
	[ "$(grep -c 'install.*--no-remove.* jq$' "$APT_LOG")" -eq 2 ]
	[ "$(grep -c update "$APT_LOG")" -eq 1 ]
}

@test "lint finds each kind of fault with its place" {
	local -a faults=(
		'ptrace(0, 0, 0, 0);|ptrace() belongs into tool-harness/trace/'
		'pid_t p = fork();|fork() belongs into lib/proc.c'
		'fputs("x", stderr);|only main, progress and doctor print to stderr'
		'#include "job/job.h"|scripts/layers does not let lib include from job'
		'typedef struct x y;|no typedef of structs'
		'int x; |blanks at the end of the line'
	)
	local i
	copy_tree
	for i in "${!faults[@]}"; do
		printf '/* SPDX-License-Identifier: BSD-3-Clause */\n%s\n' "${faults[i]%%|*}" >"$TREE/lib/fault$i.c"
	done
	echo 'int x;' >"$TREE/lib/unlicensed.c"
	mkdir "$TREE/tool-harness/new"
	echo '/* SPDX-License-Identifier: BSD-3-Clause */' >"$TREE/tool-harness/new/x.c"
	# Comments and strings are no code.
	printf '/* SPDX-License-Identifier: BSD-3-Clause */\n/* ptrace(x)\n fork() */\nchar *s = "fork()";\n' \
		>"$TREE/lib/clean.c"
	expect_status 1 "$TREE/scripts/lint"
	for i in "${!faults[@]}"; do
		expect_output "lib/fault$i.c:2: ${faults[i]#*|}"
	done
	expect_output "lib/unlicensed.c:1: no licence line"
	expect_output "scripts/layers does not know the folder tool-harness/new"
	[[ "$output" != *clean.c* ]]
}

# A tree with a check script and one made-up unit test, which runs the commands of stdin.
fake_test() {
	TREE=$BATS_TEST_TMPDIR/tree
	mkdir -p "$TREE/scripts" "$TREE/tests/unit" "$TREE/build/tests/unit"
	cp "$ROOT/scripts/check" "$TREE/scripts"
	touch "$TREE/tests/unit/test_fake.c"
	{ echo '#!/bin/sh'; cat; } >"$TREE/build/tests/unit/test_fake"
	chmod +x "$TREE/build/tests/unit/test_fake"
}

@test "check counts passed and skipped tests" {
	fake_test <<-'SH'
		echo '[==========] Running 3 test(s).'
		echo '[       OK ] a'; echo '[       OK ] b'; echo '[  SKIPPED ] c'
		echo '[  SKIPPED ] 1 test(s), listed below:' >&2
	SH
	expect_status 0 "$TREE/scripts/check" build unit
	[ "${lines[-1]}" = "2 passed, 0 failed, 1 skipped" ]
	[ "${lines[-2]}" = "skipped: 1 x unit/test_fake does not say why" ]
}

@test "check reads what cmocka 1.1.7 says, which names the group" {
	fake_test <<-'SH'
		echo '[==========] tests: Running 3 test(s).'
		echo '[       OK ] a'; echo '[       OK ] b'; echo '[  SKIPPED ] c'
		echo '[==========] tests: 3 test(s) run.'
		echo '[  PASSED  ] 2 test(s).' >&2
		printf '%s\n' '[  SKIPPED ] tests: 1 test(s), listed below:' '[  SKIPPED ] c' '' ' 1 SKIPPED TEST(S)' >&2
	SH
	expect_status 0 "$TREE/scripts/check" build unit
	[ "${lines[-1]}" = "2 passed, 0 failed, 1 skipped" ]
	fake_test <<-'SH'
		echo '[==========] a: group: Running 2 test(s).'
		echo '[       OK ] a'; echo '[  FAILED  ] b'
		echo '[==========] b: Running 12 test(s).'
		kill -SEGV $$
	SH
	expect_status 1 "$TREE/scripts/check" build unit
	[ "${lines[-1]}" = "1 passed, 13 failed" ]
}

@test "check takes a count that does not add up for a failure" {
	# status, planned, passed, what check says, the last line
	local -a odd=(
		'0|[==========] Running 1 test(s).|2|status 0, 1 planned, 2 passed, 0 skipped|2 passed, 1 failed'
		'1|[==========] Running 1 test(s).|2|status 1, 1 planned, 2 passed, 0 skipped|2 passed, 1 failed'
		'0|[==========] x: Running 3 test(s).|2|status 0, 3 planned, 2 passed, 0 skipped|2 passed, 1 failed'
		'0|[==========] Starting 3 test(s).|3|does not say how many tests|3 passed, 1 failed'
		'0||0|does not say how many tests|0 passed, 1 failed'
	)
	local row status_ first n says last
	for row in "${odd[@]}"; do
		IFS='|' read -r status_ first n says last <<<"$row"
		fake_test <<-SH
			echo '$first'
			for i in \$(seq $n); do echo "[       OK ] \$i"; done
			exit $status_
		SH
		expect_status 1 "$TREE/scripts/check" build unit
		expect_output "$says"
		[ "${lines[-1]}" = "$last" ]
	done
	# The same of bats.
	mkdir "$TREE/tests/e2e" "$TREE/bin"
	touch "$TREE/tests/e2e/a.bats"
	for row in '1..1|status 0, 1 planned, 2 passed' '1..3|status 0, 3 planned, 2 passed' '|does not say how many' '1..0|does not say how many'; do
		printf '#!/bin/sh\nprintf "%%s\\n" "%s" "ok 1 a" "ok 2 b"\n' "${row%|*}" >"$TREE/bin/bats"
		chmod +x "$TREE/bin/bats"
		PATH=$TREE/bin:/usr/bin:/bin expect_status 1 "$TREE/scripts/check" build e2e
		expect_output "${row#*|}"
		[ "${lines[-1]}" = "2 passed, 1 failed" ]
	done
}

@test "check says once for each reason why tests were skipped" {
	fake_test <<-'SH'
		echo '[==========] Running 2 test(s).'
		echo 'skipped: no chromium: make it'
		echo '[  SKIPPED ] 2 test(s), listed below:' >&2
	SH
	mkdir "$TREE/tests/e2e"
	printf '@test "%s" {\n\tskip "no chromium: make it"\n}\n' one two >"$TREE/tests/e2e/a.bats"
	# bats within bats: its own programs are first in PATH
	PATH=/usr/bin:/bin expect_status 0 "$TREE/scripts/check" build "unit e2e"
	[ "${lines[-3]}" = "skipped: 3 x no chromium: make it" ]
	[ "${lines[-2]}" = "skipped: 1 x unit/test_fake does not say why" ]
	[ "${lines[-1]}" = "0 passed, 0 failed, 4 skipped" ]
}

@test "check names the failure and the command that repeats it" {
	fake_test <<-'SH'
		echo '[==========] Running 2 test(s).'
		echo '[       OK ] a'; echo '[  ERROR   ] --- 1 != 2' >&2; echo '[  FAILED  ] b'
		exit 1
	SH
	expect_status 1 "$TREE/scripts/check" build unit
	expect_output "--- 1 != 2"
	expect_output "repeat: build/tests/unit/test_fake"
	[ "${lines[-1]}" = "1 passed, 1 failed" ]
}

@test "check runs a failed end-to-end file again when it is told to, and says so" {
	fake_test <<<'exit 1'
	rm "$TREE/tests/unit/test_fake.c"
	mkdir "$TREE/tests/e2e" "$TREE/bin"
	touch "$TREE/tests/e2e/a.bats"
	cat >"$TREE/bin/bats" <<-'SH'
		#!/bin/sh
		printf '%s\n' '1..2' 'ok 1 a'
		if [ -e ran ]; then echo 'ok 2 b'; exit; fi
		touch ran
		printf '%s\n' 'not ok 2 b' '# 1 is not 2'
		exit 1
	SH
	chmod +x "$TREE/bin/bats"
	export PATH=$TREE/bin:/usr/bin:/bin
	CHECK_AGAIN=1 expect_status 0 "$TREE/scripts/check" build e2e
	expect_output "1 is not 2"
	[ "${lines[-2]}" = "unsteady: tests/e2e/a.bats failed, and passed when it was run again alone" ]
	[ "${lines[-1]}" = "2 passed, 0 failed" ]
	# One that fails twice has failed; more failures than CHECK_AGAIN are not looked at again.
	rm "$TREE/ran"
	CHECK_AGAIN=0 expect_status 1 "$TREE/scripts/check" build e2e
	[ "${lines[-1]}" = "1 passed, 1 failed" ]
	rm "$TREE/ran"
	sed -i 's/touch/true/' "$TREE/bin/bats"
	CHECK_AGAIN=1 expect_status 1 "$TREE/scripts/check" build e2e
	[ "${lines[-1]}" = "1 passed, 1 failed" ]
}

@test "check gives no second run to a unit or live test" {
	fake_test <<-'SH'
		echo '[==========] Running 2 test(s).'
		echo '[       OK ] a'
		if [ -e ../ran ]; then echo '[       OK ] b'; exit; fi
		touch ../ran; echo '[  FAILED  ] b'
		exit 1
	SH
	CHECK_AGAIN=1 expect_status 1 "$TREE/scripts/check" build unit
	[ "${lines[-1]}" = "1 passed, 1 failed" ]
}

@test "check counts what a crash kept from running as failed" {
	fake_test <<-'SH'
		echo '[==========] Running 5 test(s).'
		echo '[       OK ] a'
		kill -SEGV $$
	SH
	expect_status 1 "$TREE/scripts/check" build unit
	expect_output "ended by signal 11"
	[ "${lines[-1]}" = "1 passed, 4 failed" ]
}

@test "check ends a test that hangs" {
	fake_test <<-'SH'
		echo '[==========] Running 1 test(s).'
		exec sleep 1000
	SH
	CHECK_TIME_LIMIT=1 expect_status 1 "$TREE/scripts/check" build unit
	expect_output "exceeded 1 s"
	[ "${lines[-1]}" = "0 passed, 1 failed" ]
}

@test "check fails for a leak found at exit, and for a program that was not built" {
	fake_test <<-'SH'
		echo '[==========] Running 1 test(s).'
		echo '[       OK ] a'
		exit 23
	SH
	expect_status 1 "$TREE/scripts/check" build unit
	[ "${lines[-1]}" = "1 passed, 1 failed" ]
	rm "$TREE/build/tests/unit/test_fake"
	expect_status 1 "$TREE/scripts/check" build unit
	expect_output "repeat: make O=build build/tests/unit/test_fake"
}

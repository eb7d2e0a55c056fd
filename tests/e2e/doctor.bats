# SPDX-License-Identifier: BSD-3-Clause
# attachstorm doctor: answers by doing, ways out, and exit 77 for what a scenario lacks.
# shellcheck disable=SC2154  # status and output are set by run

load common

# answer CHECK: yes, partly or no.
answer() {
	jq -r --arg check "$1" '.[] | select(.check == $check) | .answer' <<<"$output"
}

@test "each check has one answer, each no a way out, nothing is left behind" {
	cd "$BATS_TEST_TMPDIR"
	expect_status 0 attachstorm doctor -q --json
	[ "$(jq 'length >= 25 and ([.[] | .answer | IN("yes", "partly", "no")] | all)' <<<"$output")" = true ]
	[ "$(jq -c '[.[] | select(.answer == "no" and .way_out == null)]' <<<"$output")" = '[]' ]
	[ "$(jq '[.[] | .check] | length - (unique | length)' <<<"$output")" -le 1 ] # strace is a tool and a program
	[ "$(answer programs)" = yes ]
	[ "$(answer ptrace)" = yes ]
	[ "$(answer glibc)" = yes ]
	[ "$(answer "loader's probes")" = "$(readelf -n /lib64/ld-linux-x86-64.so.2 | grep -q rtld && echo yes || echo no)" ]
	[ -z "$(ls -A "$BATS_TEST_TMPDIR")" ]
}

@test "the table says the same in words, with its sum" {
	expect_status 0 attachstorm doctor -q
	expect_output "a child was seized, stopped and let go"
	[[ "${lines[-1]}" =~ ^[0-9]+\ yes,\ [0-9]+\ partly,\ [0-9]+\ no$ ]]
	[ "$(awk 'length > 115' <<<"$output" | wc -l)" -eq 0 ]
}

@test "a machine without launchers and tools is told what to install" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$(type -P cat)" "$(type -P true)" "$BATS_TEST_TMPDIR/bin"
	expect_status 0 env PATH="$BATS_TEST_TMPDIR/bin" "$O/attachstorm" doctor -q --json
	for check in mpirun MPIR gdb lldb strace valgrind gnuplot; do
		[ "$(answer $check | sort -u)" = no ]
	done
	[ "$(answer programs)" = no ]
	expect_output "openmpi-bin"
	expect_output "apt-get install gcc"
}

@test "a launcher that starts nothing, and a tool description that is none" {
	mkdir "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/tools"
	printf '#!/bin/sh\nexit 5\n' >"$BATS_TEST_TMPDIR/bin/mpirun"
	chmod +x "$BATS_TEST_TMPDIR/bin/mpirun"
	echo 'argv: {' >"$BATS_TEST_TMPDIR/tools/broken.yaml"
	run env ATTACHSTORM_TOOLS="$BATS_TEST_TMPDIR/tools" PATH="$BATS_TEST_TMPDIR/bin:$PATH" attachstorm doctor -q --json
	[ "$status" -eq 0 ]
	[ "$(answer mpirun)" = no ]
	[ "$(answer broken)" = no ]
	expect_output "broken.yaml:1"
}

@test "a file system that evicts nothing has no cold runs" {
	[ "$(stat -f -c %T /dev/shm)" = tmpfs ] || skip "/dev/shm is no tmpfs"
	dir=$(mktemp -d -p /dev/shm)
	cd "$dir"
	run attachstorm doctor -q --json
	cd /
	rmdir "$dir"
	[ "$status" -eq 0 ]
	[ "$(answer 'cold runs')" = no ]
	expect_output "put targets on a disk"
}

@test "--for: what a scenario needs and no more; 77 if that is not here" {
	cat >"$BATS_TEST_TMPDIR/one.yaml" <<-END
		command: [ls, /]
		launcher: spawn
		tasks: 3
	END
	expect_status 0 attachstorm doctor -q --json --for "$BATS_TEST_TMPDIR/one.yaml"
	[ -z "$(answer mpirun)" ]
	[ "$(answer ptrace)" = yes ]
	[ "$(answer 'open files')" = yes ]
	expect_output "3 have at most"
	echo 'tool: rr' >>"$BATS_TEST_TMPDIR/one.yaml"
	command -v rr >/dev/null && skip "rr is here"
	expect_status 77 attachstorm doctor -q --for "$BATS_TEST_TMPDIR/one.yaml"
	expect_output "install rr"
	expect_status 2 attachstorm doctor -q --for "$BATS_TEST_TMPDIR/none.yaml"
	expect_status 2 attachstorm doctor -q "$BATS_TEST_TMPDIR/one.yaml"
	expect_output "--for"
}

@test "--target: the peak of one task, times the tasks" {
	tiny_target
	expect_status 0 attachstorm doctor -q --json --target "$TINY" --tasks 7
	memory=$(jq -r '.[] | select(.check == "memory") | .what' <<<"$output")
	[[ "$memory" =~ "peak of "[0-9.]+" MiB, 7 have at most "[0-9.]+" MiB" ]]
}

@test "pynamic-gen doctor: one answer for each program, by the toolchain that builds" {
	expect_status 0 pynamic-gen doctor --json
	[ "$(jq -r '.[].program' <<<"$output" | xargs)" = "host linked linked_now static bigexe plain plain_linked plain_linked_now plain_static python" ]
	[ "$(jq '[.[].can] | all' <<<"$output")" = true ]
	expect_status 0 env PATH=/nonexistent "$O/pynamic-gen" doctor
	expect_output "cannot use the C compiler"
}

# GDB's breakpoint at the loader's hook stays in while the doctor looks; a uprobe there would take it away.
@test "a debugger that runs meanwhile keeps its breakpoint at the loader's hook" {
	command -v gdb >/dev/null || skip "no gdb here"
	expect_status 0 timeout 120 gdb -q -nx -batch -ex 'set debuginfod enabled off' -ex 'set breakpoint always-inserted on' \
		-ex 'set stop-on-solib-events 1' -ex run -ex "shell attachstorm doctor >$BATS_TEST_TMPDIR/said 2>&1" -ex continue \
		-ex continue --args /usr/bin/python3 -c 'import _ctypes'
	grep -q '^  uprobes' "$BATS_TEST_TMPDIR/said"
	[ "$(grep -c 'Stopped due to shared library event' <<<"$output")" -eq 3 ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# The programs of a target by themselves, without the harness: their lines, marks,
# reports and failures.

load common

HOST_MARKS="main mpi_init python driver import_begin import_end visit_begin visit_end mpi_begin mpi_end exit"
MPI4PY_MARKS="driver import_begin import_end visit_begin visit_end mpi_begin mpi_end exit"
PYTHON_MARKS="driver import_begin import_end visit_begin visit_end exit"
PLAIN_MARKS="main driver import_begin import_end visit_begin visit_end exit"

setup() {
	tiny_target
	export ATTACHSTORM_PHASE_DIR=$BATS_TEST_TMPDIR/marks
	mkdir "$ATTACHSTORM_PHASE_DIR"
	MPIRUN="timeout 60 mpirun --oversubscribe"
}

# A folder of links to the tiny target with a module list of its own.
own_target() {
	OWN=$BATS_TEST_TMPDIR/own
	mkdir "$OWN"
	ln -s "$TINY/lib" "$TINY/host" "$OWN"
	cp "$TINY/plain" "$TINY/driver.py" "$TINY/modules.txt" "$OWN"
}

have_mpi4py() {
	"$PYTHON" -c 'import mpi4py' 2>/dev/null || skip "mpi4py is missing"
}

@test "driver: host under mpirun, 4 tasks" {
	expect_status 0 $MPIRUN -n 4 "$TINY/host" "$TINY/driver.py"
	check_lines 4 yes
	check_marks 4 0 "$HOST_MARKS"
	[ "$(grep -c 'Pynamic: over all ranks: .* worst .* median .* secs' <<<"$output")" -eq 4 ]
}

@test "driver: host without a launcher" {
	expect_status 0 timeout 60 "$TINY/host" "$TINY/driver.py"
	check_lines 1 yes
	[ "$(grep -h -v '^report' "$ATTACHSTORM_PHASE_DIR"/* | cut -d' ' -f1 | xargs)" = "$HOST_MARKS" ]
}

@test "driver: host runs the interpreter that it was built with, whatever PATH has" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s /bin/false "$BATS_TEST_TMPDIR/bin/python3"
	echo 'import sys; print(sys.prefix, "%d.%d.%d" % sys.version_info[:3])' >"$BATS_TEST_TMPDIR/where.py"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH expect_status 0 timeout 60 "$TINY/host" "$BATS_TEST_TMPDIR/where.py"
	[ "$output" = "$("$PYTHON" "$BATS_TEST_TMPDIR/where.py")" ]
}

@test "driver: python3 with mpi4py under mpirun" {
	have_mpi4py
	expect_status 0 $MPIRUN -n 3 "$PYTHON" "$TINY/driver.py"
	check_lines 3 yes
	check_marks 3 0 "$MPI4PY_MARKS"
}

# startup_of: the start-up time that the last run printed, in whole milliseconds.
startup_of() {
	sed -n 's/^Pynamic: startup time = \(-*[0-9]*\)\.\([0-9]\{3\}\).*/\1\2/p' <<<"$output"
}

@test "driver: a start time by the wall clock, as Pynamic's users give it" {
	expect_status 0 $MPIRUN -n 2 "$TINY/host" "$TINY/driver.py" "$(date +%s)"
	check_lines 2 yes
	[ "$((10#$(startup_of)))" -lt 60000 ]
	expect_status 0 timeout 60 "$PYTHON" "$TINY/driver.py" --no-mpi "$(date -d '-100 seconds' +%s.%N)"
	[ "$((10#$(startup_of)))" -ge 100000 ]
	[ "$((10#$(startup_of)))" -lt 160000 ]
	local command
	for command in "$PYTHON $TINY/driver.py --no-mpi" "$TINY/plain"; do
		PYNAMIC_START_NS=$(date -d '-100 seconds' +%s%N) expect_status 0 timeout 60 $command
		[ "$((10#$(startup_of)))" -ge 100000 ]
		[ "$((10#$(startup_of)))" -lt 160000 ]
		PYNAMIC_START_NS=$(date -d '+1 hour' +%s%N) expect_status 2 timeout 60 $command
		expect_output "lies in the future"
	done
}

@test "driver: a reader that has seen enough ends nothing" {
	expect_status 0 bash -c "set -o pipefail; timeout 60 '$PYTHON' '$TINY/driver.py' --no-mpi 2>err | true"
	[ ! -s err ]
	expect_status 0 bash -c "timeout 60 mpirun --oversubscribe -n 2 '$TINY/host' '$TINY/driver.py' 2>err | head -n 1"
	! grep -E 'Traceback|MPI_ABORT' err
}

@test "driver: python3 alone" {
	expect_status 0 timeout 60 "$PYTHON" "$TINY/driver.py"
	check_lines 1 no
	check_marks 1 -1 "$PYTHON_MARKS"
}

@test "driver: --mpi4py without a launcher, --no-mpi with one" {
	have_mpi4py
	expect_status 0 timeout 60 "$PYTHON" "$TINY/driver.py" --mpi4py
	check_lines 1 yes
	rm "$ATTACHSTORM_PHASE_DIR"/*
	expect_status 0 $MPIRUN -n 2 "$TINY/host" "$TINY/driver.py" --no-mpi "$TINY/modules.txt"
	check_lines 1 no
	check_marks 2 0 "main mpi_init python driver import_begin import_end visit_begin visit_end exit"
}

@test "driver: plain, alone and as the tasks of a launcher" {
	expect_status 0 timeout 60 "$TINY/plain"
	check_lines 1 no
	check_marks 1 -1 "$PLAIN_MARKS"
	rm "$ATTACHSTORM_PHASE_DIR"/*
	expect_status 0 $MPIRUN -n 3 "$TINY/plain" "$TINY/modules.txt"
	check_lines 1 no
	check_marks 3 0 "$PLAIN_MARKS"
	rm "$ATTACHSTORM_PHASE_DIR"/*
	ATTACHSTORM_RANK=2 expect_status 0 timeout 60 "$TINY/plain"
	[ -z "$output" ]
	check_marks 1 2 "$PLAIN_MARKS"
}

@test "driver: without the variable no marks are written" {
	cd "$BATS_TEST_TMPDIR"
	for command in "$TINY/plain" "$PYTHON $TINY/driver.py" "$TINY/host $TINY/driver.py"; do
		env -u ATTACHSTORM_PHASE_DIR timeout 60 $command
		[ -z "$(ls "$ATTACHSTORM_PHASE_DIR")" ]
	done
}

@test "driver: an unwritable marks folder is told once and fails nothing" {
	export ATTACHSTORM_PHASE_DIR=$BATS_TEST_TMPDIR/nowhere
	for command in "$TINY/plain" "$PYTHON $TINY/driver.py" "$TINY/host $TINY/driver.py"; do
		expect_status 0 timeout 60 $command
		[ "$(grep -c 'phase file.*No such file' <<<"$output")" -eq 1 ]
	done
}

@test "driver: start-up time is counted from the launcher's spawn, if told" {
	# Told 0, it is all of the monotonic clock.
	local startup monotonic
	for command in "$PYTHON $TINY/driver.py --start-ns 0" "env PYNAMIC_START_NS=0 $TINY/plain" \
		"env PYNAMIC_START_NS=0 $TINY/host $TINY/driver.py"; do
		expect_status 0 timeout 60 $command
		startup=$(sed -n 's/^Pynamic: startup time = \([0-9]*\)\..*/\1/p' <<<"$output")
		monotonic=$("$PYTHON" -c 'import time; print(int(time.monotonic()))')
		[ "$startup" -le "$monotonic" ]
		[ "$startup" -ge $((monotonic - 60)) ]
	done
}

@test "driver: a wrong result fails, on every rank's word" {
	own_target
	sed -i 's/^\(module libmodule3 .* \)[0-9]*$/\199999/' "$OWN/modules.txt"
	for command in "$OWN/plain" "$PYTHON $OWN/driver.py" "$MPIRUN -n 2 $OWN/host $OWN/driver.py"; do
		expect_status 1 timeout 60 $command
		expect_output "module 'libmodule3' made"
		expect_output "calls, expected 99999"
		expect_output "Pynamic: module test failed!"
	done
}

@test "driver: a fractal that one rank gets wrong fails on all ranks" {
	own_target
	sed -i 's/row.append(iterations)/row.append(iterations + (phase.rank == 1 and "mpi" in sys.builtin_module_names))/' \
		"$OWN/driver.py"
	expect_status 1 $MPIRUN -n 3 "$OWN/host" "$OWN/driver.py"
	expect_output "Pynamic: mpi test failed!"
	[ "$(grep -h '^report mpi_test_passed' "$ATTACHSTORM_PHASE_DIR"/* | sort | uniq -c | xargs)" = "3 report mpi_test_passed 0" ]
}

@test "driver: a missing module fails and leaves no rank waiting" {
	own_target
	echo "module libmodule99 libmodule99_visit 1" >>"$OWN/modules.txt"
	expect_status 1 timeout 60 "$OWN/plain"
	expect_output "plain: cannot load module 'libmodule99': "
	for command in "$PYTHON $OWN/driver.py" "$MPIRUN -n 3 $OWN/host $OWN/driver.py"; do
		expect_status 1 timeout 60 $command
		expect_output "driver.py: cannot import module 'libmodule99': No module named 'libmodule99'"
	done
	if "$PYTHON" -c 'import mpi4py' 2>/dev/null; then
		expect_status 1 $MPIRUN -n 3 "$PYTHON" "$OWN/driver.py"
		expect_output "driver.py: cannot import module 'libmodule99'"
	fi
}

@test "driver: a module that only one rank misses ends the others too" {
	own_target
	sed -i 's/libmodule3 /libmodule99 /' "$OWN/modules.txt"
	for command in "$TINY/host $TINY/driver.py" "$PYTHON $TINY/driver.py --mpi4py"; do
		case $command in *mpi4py) "$PYTHON" -c 'import mpi4py' 2>/dev/null || continue ;; esac
		# By rank, not as two programs (A : B), on which mpirun 5.0.7 crashes.
		expect_status 1 $MPIRUN -n 2 sh -c 'list=$1; [ "$OMPI_COMM_WORLD_RANK" = 0 ] || list=$2; shift 2; exec "$@" "$list"' \
			sh "$TINY/modules.txt" "$OWN/modules.txt" $command
		expect_output "cannot import module 'libmodule99'"
	done
}

@test "driver: a module without its entry is refused by plain" {
	own_target
	sed -i 's/libmodule3_visit/libmodule3_other/' "$OWN/modules.txt"
	expect_status 1 timeout 60 "$OWN/plain"
	expect_output "module 'libmodule3' has no entry 'libmodule3_other'"
}

@test "driver: bad module lists are refused with their place" {
	own_target
	local list=$OWN/modules.txt good
	good=$(cat "$TINY/modules.txt")
	while IFS='|' read -r text message; do
		if [ "$text" = MISSING ]; then rm "$list"; else printf "$text" >"$list"; fi
		for command in "$OWN/plain" "$PYTHON $OWN/driver.py"; do
			expect_status 2 timeout 60 $command
			expect_output "$message"
		done
	done <<-'END'
		MISSING|modules.txt': No such file or directory
		|not a module list: it is empty
		# only this\n|not a module list: it is empty
		module a b 1\n|modules.txt:1: not a module list: it must begin with 'version 1'
		version 2\n|modules.txt:1: version 2 is not supported, only 1
		# x\nversion 1\nlibdir lib\nmodule libmodule0 libmodule0_visit\n|modules.txt:4: malformed line 'module ...'
		version 1\nlibdir lib\nmodule a b -1\n|modules.txt:3: malformed line 'module ...'
		version 1\nlibdir lib\nlibdir lib\n|modules.txt:3: malformed line 'libdir ...'
		version 1\nnonsense\n|modules.txt:2: malformed line 'nonsense ...'
		version 1\nmodule a b 1\n|no libdir
		version 1\nlibdir lib\n|no modules
	END
	echo "$good" >"$list"
	expect_status 0 timeout 60 "$OWN/plain"
}

@test "driver: wrong arguments are refused" {
	expect_status 2 timeout 60 "$PYTHON" "$TINY/driver.py" --fast
	expect_output "unexpected argument '--fast'"
	expect_status 2 timeout 60 "$PYTHON" "$TINY/driver.py" --start-ns soon
	expect_output "start time 'soon' is not a number of nanoseconds"
	expect_status 2 timeout 60 "$TINY/plain" a b
	expect_output "too many arguments"
	expect_status 2 timeout 60 "$TINY/host"
	expect_output "usage: host SCRIPT"
	expect_status 2 timeout 60 "$TINY/host" "$BATS_TEST_TMPDIR/none.py"
	expect_output "cannot open script '$BATS_TEST_TMPDIR/none.py': No such file or directory"
}

@test "host: arguments, exit status and uncaught exceptions of a script" {
	cd "$BATS_TEST_TMPDIR"
	cat >script.py <<-'END'
		import sys, mpi
		if sys.argv[1] == "args": print(sys.argv[1:], __name__, __file__, sys.path[0])
		if sys.argv[1] == "exit": sys.exit(int(sys.argv[2]))
		if sys.argv[1] == "text": sys.exit("went wrong")
		if sys.argv[1] == "raise" and mpi.rank == 1: raise KeyError("lost")
		if sys.argv[1] == "raise": mpi.barrier()
		if sys.argv[1] == "atexit":
		    import atexit
		    atexit.register(lambda: sys.stdout.write("sum %d\n" % mpi.allreduce(1)))
	END
	expect_status 0 timeout 60 "$TINY/host" script.py args -x "a b"
	[ "$output" = "['args', '-x', 'a b'] __main__ script.py $(pwd -P)" ]
	expect_status 0 timeout 60 "$TINY/host" script.py exit 0
	expect_status 7 $MPIRUN -n 2 "$TINY/host" script.py exit 7
	expect_status 1 timeout 60 "$TINY/host" script.py text
	expect_output "went wrong"
	expect_status 1 $MPIRUN -n 3 "$TINY/host" script.py raise
	expect_output "KeyError: 'lost'"
	expect_output 'File "script.py", line 5'
	expect_status 0 $MPIRUN -n 2 "$TINY/host" script.py atexit
	[ "$output" = "$(printf 'sum 2\nsum 2')" ]
}

@test "host: phase names that would break the file are refused" {
	cd "$BATS_TEST_TMPDIR"
	cat >script.py <<-'END'
		import phase
		for name in ("", "a b", "a\nb", "x" * 200):
		    for call in (lambda: phase.mark(name), lambda: phase.report(name, 1)):
		        try:
		            call()
		        except ValueError:
		            print("refused")
		assert phase.mark("one") <= phase.mark("two")
		phase.report("answer", -42)
	END
	expect_status 0 timeout 60 "$TINY/host" script.py
	[ "$(grep -c '^refused$' <<<"$output")" -eq 8 ]
	[ "$(cut -d' ' -f1 "$ATTACHSTORM_PHASE_DIR"/* | xargs)" = "main mpi_init python one two report exit" ]
	grep -qx "report answer -42" "$ATTACHSTORM_PHASE_DIR"/*
}

@test "host: a debugger can stop at a phase by name" {
	command -v gdb >/dev/null || skip "gdb is missing"
	expect_status 0 timeout 60 gdb -nx -batch -ex 'break pynamic_phase if $_streq(name, "import_end")' -ex run \
		-ex 'print name' "$TINY/plain"
	expect_output '"import_end"'
}

@test "host: module mpi, all functions, operators and kinds of values on 3 ranks" {
	expect_status 0 $MPIRUN -n 3 "$TINY/host" "$ROOT/tests/e2e/mpi_module.py"
	[[ "$output" =~ ^mpi\ module:\ [0-9]{4}\ checks$ ]]
}

# SPDX-License-Identifier: BSD-3-Clause
# Which file a task's library is: the one that the task has mapped, whatever stands at that path where the
# tool is. The task counts its own wrong results.

load common

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p app other
	STARTED=
	cat >calls.c <<-'END'
		#include <dlfcn.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <unistd.h>

		/* LIBRARY CALLS [FD]: loads it once there is a file named "go", calls it; 0 if each result was right. */
		int main(int argc, char **argv)
		{
			long bad = 0, n = argc > 2 ? atol(argv[2]) : 0;
			void *library;
			int (*add)(int);
			long (*big)(void);

			while (access("go", F_OK))
				usleep(1000);
			library = dlopen(argv[1], RTLD_NOW);
			if (!library)
				return puts(dlerror()), 2;
			*(void **)&add = dlsym(library, "called");
			*(void **)&big = dlsym(library, "big");
			for (long i = 0; i < n; i++)
				bad += add(3) != 4 || (big && big() != 0x1122334455667788);
			printf("bad %ld big %d\n", bad, big != NULL);
			return bad != 0;
		}
	END
	# at the place of the one's function is an operand of the other's
	cat >one.s <<-'END'
		.text
		.rept 593
		nop
		.endr
		.globl called
		.type called,@function
		called: lea 1(%rdi),%eax
		ret
		.size called,.-called
		.section .note.GNU-stack,"",@progbits
	END
	cat >two.s <<-'END'
		.text
		.globl big
		.type big,@function
		big:
		.rept 60
		movabs $0x1122334455667788,%rax
		.endr
		ret
		.size big,.-big
		.globl called
		.type called,@function
		called: lea 1(%rdi),%eax
		ret
		.size called,.-called
		.section .note.GNU-stack,"",@progbits
	END
	cc -shared -Wl,--build-id -o app/lib.so one.s
	cc -shared -Wl,--build-id -o other/lib.so two.s
	cc -o calls calls.c -ldl
}

teardown() {
	for pid in $STARTED; do
		kill "$pid" 2>/dev/null || true
	done
}

# watched COMMAND...: runs it, attaches, lets it go on; its words in task.out, its status in TASK.
watched() {
	"$@" >task.out 2>&1 3>&- &
	local pid=$!
	STARTED="$STARTED $pid"
	for _ in $(seq 200); do # through its shell, to the program
		grep -q -e calls -e python /proc/$pid/comm && break
		sleep 0.02
	done
	attachstorm attach -q --pids $pid -B called -o "$RESULTS" >attach.out 2>&1 3>&- &
	local tool=$!
	for _ in $(seq 200); do
		grep -q "TracerPid:[[:space:]]*$tool" /proc/$pid/status && break
		sleep 0.02
	done
	sleep 0.3
	touch go
	TASK=0
	wait $pid || TASK=$?
	TOOL=0
	wait $tool || TOOL=$?
	cat attach.out task.out
}

# seen HITS BIG: all calls were counted and none was damaged; the record is valid.
seen() {
	[ "$TASK" -eq 0 ] && [ "$TOOL" -eq 0 ]
	grep -q "bad 0 big $2" task.out
	[ "$(jq -r '.trials[0].breakpoints[0].hits' "$RESULTS"/*.json)" = "$1" ]
	jq -e '.valid' "$RESULTS"/*.json
}

may_unshare() {
	unshare -m true 2>/dev/null || skip "it takes root, to make a mount namespace"
}

@test "another file of the same path in the task's mount namespace: the task's" {
	may_unshare
	watched unshare -m sh -c 'mount --bind other app; exec ./calls "$PWD/app/lib.so" 500'
	seen 500 1
}

@test "the same by a relative path" {
	may_unshare
	watched unshare -m sh -c 'mount --bind other app; exec ./calls app/lib.so 500'
	seen 500 1
	# In a chroot another mount namespace's paths begin at that namespace's own root (d_path in fs/d_path.c).
	[[ "$(jq -r '.trials[0].breakpoints[0].library' "$RESULTS"/*.json)" == *"$PWD/app/lib.so" ]]
}

@test "a relative path, from a folder that is not the tool's" {
	mkdir elsewhere
	watched sh -c 'cd elsewhere; ln -s ../go go; exec ../calls ../other/lib.so 500'
	seen 500 1
}

@test "two tasks, one path, two files: each has its own" {
	may_unshare
	unshare -m sh -c 'mount --bind other app; exec ./calls "$PWD/app/lib.so" 500' >two.out 2>&1 3>&- &
	local two=$!
	./calls "$PWD/app/lib.so" 400 >one.out 2>&1 3>&- &
	local one=$! tool
	STARTED="$one $two"
	sleep 0.3
	attachstorm attach -q --pids $one,$two -B called,big -o "$RESULTS" >attach.out 2>&1 3>&- &
	tool=$!
	for _ in $(seq 200); do
		grep -q "TracerPid:[[:space:]]*$tool" /proc/$two/status && break
		sleep 0.02
	done
	sleep 0.3
	touch go
	wait $one && wait $two && wait $tool
	cat ./*.out
	grep -q 'bad 0 big 0' one.out && grep -q 'bad 0 big 1' two.out
	[ "$(jq -c '[.trials[0].breakpoints[].hits]' "$RESULTS"/*.json)" = '[900,500]' ]
	# What they have mapped is not the same, whatever it is called.
	[ "$(jq '[.trials[0].tasks[].map_names_digest] | unique | length' "$RESULTS"/*.json)" = 2 ]
	[ "$(jq '.trials[0].summary.maps_different_names' "$RESULTS"/*.json)" = 2 ]
}

@test "a library that was replaced before the tool came: the one that is mapped" {
	sed -i 's/usleep(1000);/usleep(1000);\n/; s/while (access/library = dlopen(argv[1], RTLD_NOW);\n while (access/' calls.c
	cc -o calls calls.c -ldl
	(
		for _ in $(seq 100); do
			grep -q app/lib.so /proc/*/maps 2>/dev/null && break
			sleep 0.02
		done
		cp other/lib.so app/new.so
		mv app/new.so app/lib.so
	) 3>&- &
	local replaced=$!
	./calls "$PWD/app/lib.so" 500 >task.out 2>&1 3>&- &
	local task=$! tool
	STARTED=$task
	wait $replaced
	attachstorm attach -q --pids $task -B called -o "$RESULTS" >attach.out 2>&1 3>&- &
	tool=$!
	sleep 1
	touch go
	TASK=0 TOOL=0
	wait $task || TASK=$?
	wait $tool || TOOL=$?
	cat attach.out task.out
	seen 500 0
}

@test "loaded by the name of an open file: the task's, not the tool's" {
	cat >memfd.py <<-'END'
		import ctypes, os, sys, time
		text = open("other/lib.so", "rb").read()
		fd = os.memfd_create("made")
		os.write(fd, text)
		while not os.path.exists("go"):
		    time.sleep(0.01)
		library = ctypes.CDLL("/proc/self/fd/%d" % fd)
		library.big.restype = ctypes.c_long
		bad = sum(library.called(3) != 4 or library.big() != 0x1122334455667788 for _ in range(500))
		print("bad %d big 1" % bad)
	END
	watched "$PYTHON" memfd.py
	seen 500 1
}

@test "a program that was deleted is traced by its own file" {
	cp calls gone
	sh -c 'exec ./gone "$PWD/app/lib.so" 500' >task.out 2>&1 3>&- &
	local task=$! tool
	STARTED=$task
	sleep 0.3
	rm gone
	attachstorm attach -q --pids $task -B called,main -o "$RESULTS" >attach.out 2>&1 3>&- &
	tool=$!
	sleep 1
	touch go
	TASK=0 TOOL=0
	wait $task || TASK=$?
	wait $tool || TOOL=$?
	cat attach.out task.out
	seen 500 0
	[ "$(jq -r '.trials[0].breakpoints[1].library' "$RESULTS"/*.json)" = "$PWD/gone" ]
}

@test "a library's text that is not what its file has: no trap, and said" {
	cat >patch.c <<-'END'
		#include <stdint.h>
		#include <sys/mman.h>

		/* a profiler or a live patch does so: another first instruction */
		void patch(void *called)
		{
			uint8_t *page = (uint8_t *)((uintptr_t)called & ~(uintptr_t)4095);
			static const uint8_t text[] = { 0x90, 0x8d, 0x47, 0x01, 0xc3 };

			mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
			__builtin_memcpy(called, text, sizeof(text));
			mprotect(page, 8192, PROT_READ | PROT_EXEC);
		}
	END
	sed -i 's/\*(void \*\*)&big/patch(*(void **)\&add);\n while (access("again", F_OK)) usleep(1000);\n &/; s/^int main/void patch(void *);\n&/' calls.c
	cc -o calls calls.c patch.c -ldl
	touch go
	./calls "$PWD/app/lib.so" 500 >task.out 2>&1 3>&- &
	local task=$! tool
	STARTED=$task
	sleep 0.3
	attachstorm attach --pids $task -B called -o "$RESULTS" >attach.out 2>&1 3>&- &
	tool=$!
	sleep 1
	touch again
	wait $task
	TOOL=0
	wait $tool || TOOL=$?
	cat attach.out task.out
	grep -q 'bad 0' task.out
	[ "$TOOL" -eq 3 ]
	grep -q "breakpoint 'called' was not set at 0x" attach.out
}

# events_and_hits COMMAND...: of a run with breakpoints. (A loader that maps its program itself announces that, too: one
# more stop, and as many load events.)
events_and_hits() {
	rm -rf "$RESULTS"
	expect_status 0 attachstorm run -q -l spawn -n 1 -T warm -r 1 --no-baseline -o "$RESULTS" -B called,main -- "$@"
	jq -c '.trials[0] | [.tasks[0].load_events, .tasks[0].libraries_at_start, .tasks[0].breakpoint_hits,
		[.breakpoints[].library]]' "$RESULTS"/*.json
}

@test "a program that the loader is given as an argument is traced as by itself" {
	local loader direct
	loader=$(readelf -l calls | sed -n 's/.*program interpreter: \(.*\)\]/\1/p')
	touch go
	direct=$(events_and_hits ./calls "$PWD/app/lib.so" 20)
	[ "$(jq -c '.[2]' <<<"$direct")" = 21 ]
	[ "$(events_and_hits "$loader" ./calls "$PWD/app/lib.so" 20)" = "$direct" ]
}

@test "a 32-bit program is refused by that name" {
	printf '.globl _start\n_start: mov $1, %%eax\nxor %%ebx, %%ebx\nint $0x80\n' >small.s
	as --32 -o small.o small.s && ld -m elf_i386 -o small small.o || skip "binutils without i386"
	./small || skip "this kernel runs no 32-bit programs"
	run attachstorm run -q -l spawn -n 1 -T warm -r 1 --no-baseline -o "$RESULTS" -- ./small
	[ "$status" -ne 0 ]
	expect_output "small' is a 32-bit program: only 64-bit ones can be traced"
	[[ "$output" != *"statically linked"* ]]
}

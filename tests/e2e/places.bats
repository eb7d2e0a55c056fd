# SPDX-License-Identifier: BSD-3-Clause
# Breakpoints where the name says: all places of a name, versions told apart, IFUNCs, and libraries that cannot be
# read. Calls are counted by hand, and by GDB where it is installed.

load common

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	cd "$BATS_TEST_TMPDIR" || return 1
	export LD_LIBRARY_PATH=.
	cat >call.c <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>

		/* LIBRARY FUNCTION[@VERSION] N ...: loads, and calls so often. */
		int main(int argc, char **argv)
		{
			for (int i = 1; i + 2 < argc; i += 3) {
				void *library = dlopen(argv[i], RTLD_NOW);
				char *version = strchr(argv[i + 1], '@');
				int (*function)(int);

				if (!library)
					return puts(dlerror()), 2;
				if (version)
					*version++ = 0;
				*(void **)&function = version ? dlvsym(library, argv[i + 1], version) : dlsym(library, argv[i + 1]);
				for (int n = atoi(argv[i + 2]); n > 0; n--)
					function(n);
			}
			return 0;
		}
	END
	cc -o call call.c -ldl
	for part in A B; do
		cat >$part.c <<-END
			__attribute__((noinline)) static int worker(int x) { __asm__ volatile(""); return x + 1; }
			int call$part(int x) { return worker(x); }
		END
	done
	cc -O1 -shared -fPIC -o statics.so A.c B.c
	cat >versions.c <<-'END'
		__attribute__((noinline)) int foo_1(int x) { return x + 10; }
		__attribute__((noinline)) int foo_2(int x) { return x + 20; }
		__asm__(".symver foo_1,foo@V1"); __asm__(".symver foo_2,foo@@V2");
	END
	echo 'V1 { global: foo; }; V2 { global: foo; local: *; } V1;' >versions.map
	cc -O1 -shared -fPIC -Wl,--version-script=versions.map -o versions.so versions.c
}

# counted NAMES COMMAND...: a run with breakpoints; places of the first name, sorted, in PLACES: symbol kind hits.
counted() {
	local names=$1
	shift
	rm -rf "$RESULTS"
	RC=0
	attachstorm run -q -l spawn -n 1 -T warm -r 1 --no-baseline -o "$RESULTS" -B "$names" -- "$@" >run.out 2>&1 || RC=$?
	cat run.out
	HITS=$(jq -c '[.trials[0].breakpoints[].hits]' "$RESULTS"/*.json)
	PLACES=$(jq -r '.trials[0].breakpoints[0].places[] | "\(.symbol) \(.kind) \(.hits)"' "$RESULTS"/*.json | sort | paste -sd,)
	echo "hits $HITS places $PLACES"
}

# GDB's hits of a name, which it sets before anything is loaded.
hits_of_gdb() {
	local name=$1
	shift
	command -v gdb >/dev/null || return 0
	cat >hits.gdb <<-END
		set breakpoint pending on
		set debuginfod enabled off
		break $name
		run
		python
		n = 0
		while gdb.selected_inferior().pid:
		    n += 1
		    gdb.execute("continue", to_string=True)
		print("hits", n)
		end
	END
	gdb -nx -batch -x hits.gdb --args "$@" 2>/dev/null | sed -n 's/^hits //p'
}

# same_as_gdb HITS NAME COMMAND...
same_as_gdb() {
	local hits=$1 theirs
	shift
	theirs=$(hits_of_gdb "$@")
	[ -z "$theirs" ] || [ "$theirs" = "$hits" ] || {
		echo "GDB has $theirs hits of $1, not $hits"
		return 1
	}
}

@test "two static functions of one name: both" {
	local command=(./call statics.so callA 3 statics.so callB 5)
	counted worker "${command[@]}"
	[ "$RC" -eq 0 ] && [ "$HITS" = '[8]' ] && [ "$PLACES" = 'worker function 3,worker function 5' ]
	same_as_gdb 8 worker "${command[@]}"
}

@test "a local and a global one; the name in two libraries" {
	cat >local.c <<-'END'
		__attribute__((noinline)) static int dupe(int x) { __asm__ volatile(""); return x + 1; }
		int via(int x) { return dupe(x) + 1; }
	END
	echo 'int dupe(int x) { __asm__ volatile(""); return x + 2; }' >global.c
	cc -O1 -shared -fPIC -o both.so local.c global.c
	cc -O1 -shared -fPIC -o one.so global.c
	local command=(./call both.so via 1 both.so dupe 6 one.so dupe 4)
	counted dupe "${command[@]}"
	[ "$RC" -eq 0 ] && [ "$HITS" = '[11]' ]
	[ "$PLACES" = 'dupe function 1,dupe function 4,dupe function 6' ]
	same_as_gdb 11 dupe "${command[@]}"
}

@test "two versions of a function: told apart, stripped or not, from an index or not" {
	local command=(./call versions.so foo@V1 7 versions.so foo@V2 11)
	cp versions.so whole.so
	for _ in whole stripped; do
		for index in no yes; do
			local set=()
			[ $index = no ] || set=(--set index=on)
			counted foo "${command[@]}"
			[ "$RC" -eq 0 ] && [ "$HITS" = '[18]' ] && [ "$PLACES" = 'foo@@V2 function 11,foo@V1 function 7' ]
		done
		strip versions.so
	done
	cp whole.so versions.so
	same_as_gdb 18 foo "${command[@]}"
	counted foo@V1,foo@@V2 "${command[@]}"
	[ "$HITS" = '[7,11]' ]
	counted foo,foo@V1,foo@V3 "${command[@]}"
	[ "$HITS" = '[18,7,0]' ] && [ "$RC" -eq 3 ]
	grep -q "'foo@V3' was never resolved: no library of any task has it" run.out
}

@test "an IFUNC: its resolver, and the calls of what that has chosen" {
	cat >ifunc.c <<-'END'
		__attribute__((noinline)) static int chosen(int x) { return x + 50; }
		__attribute__((noinline)) static int other(int x) { return x + 60; }
		static int (*resolve(void))(int) { volatile int k = 1; return k ? chosen : other; }
		int ifn(int x) __attribute__((ifunc("resolve")));
	END
	cc -O1 -shared -fPIC -o ifunc.so ifunc.c
	local command=(./call ifunc.so ifn 17)
	counted ifn "${command[@]}"
	[ "$RC" -eq 0 ] && [ "$HITS" = '[17]' ]
	[ "$PLACES" = 'chosen implementation 17,ifn resolver 1' ]
	same_as_gdb 17 ifn "${command[@]}"
}

@test "memcpy and strlen of the C library: the default version, its implementation" {
	cat >copies.c <<-'END'
		#include <string.h>
		volatile size_t n = 5;
		int main(void)
		{
			char a[64] = "hello", b[64];

			for (int i = 0; i < 9; i++)
				n += strlen(a) + (memcpy(b, a, n % 60) != 0);
			return 0;
		}
	END
	cc -O1 -fno-builtin -o copies copies.c
	counted memcpy,strlen ./copies
	[ "$RC" -eq 0 ] && [ "$HITS" = '[9,9]' ]
	[[ "$PLACES" == *'memcpy@@GLIBC_2.14 resolver 1'* && "$PLACES" == *'implementation 9'* ]]
}

@test "no section headers: found as the loader finds it" {
	"$PYTHON" - <<-'END'
		text = bytearray(open("versions.so", "rb").read())
		text[40:48] = bytes(8) # e_shoff
		text[58:64] = bytes(6) # e_shentsize, e_shnum, e_shstrndx
		open("versions.so", "wb").write(text)
	END
	counted foo ./call versions.so foo@V1 7 versions.so foo@V2 11
	[ "$RC" -eq 0 ] && [ "$HITS" = '[18]' ] && [ "$PLACES" = 'foo@@V2 function 11,foo@V1 function 7' ]
}

# spoiled WHAT: statics.so with a .symtab that is broken, or said to be compressed.
spoiled() {
	"$PYTHON" - "$1" <<-'END'
		import struct, sys
		text = bytearray(open("statics.so", "rb").read())
		at, = struct.unpack_from("<Q", text, 40)
		size, n = struct.unpack_from("<HH", text, 58)
		for i in range(n):
		    header = at + i * size
		    kind, = struct.unpack_from("<I", text, header + 4)
		    if kind != 2:
		        continue
		    if sys.argv[1] == "compressed":
		        struct.pack_into("<Q", text, header + 8, 0x800)
		    elif sys.argv[1] == "names":
		        offset, length = struct.unpack_from("<QQ", text, header + 24)
		        for symbol in range(offset, offset + length, 24):
		            struct.pack_into("<I", text, symbol, 0x7fffffff)
		    else:
		        struct.pack_into("<I", text, header + 40, 0) # sh_link
		open("statics.so", "wb").write(text)
	END
}

@test "a .symtab that cannot be read: what is exported is found, what is not found is not known" {
	cp statics.so whole.so
	for what in compressed names link; do
		cp whole.so statics.so
		spoiled $what
		counted callA,worker ./call statics.so callA 3 statics.so callB 5
		[ "$HITS" = '[3,0]' ] && [ "$RC" -eq 3 ]
		grep -q "'worker' was never resolved: no library whose symbols could be read has it, but it may be in one" run.out
		grep -q "'./statics.so\|statics.so': .*\.symtab" run.out
		! grep -q 'no library of any task has it' run.out
	done
}

# A distribution's way: stripped, and the functions that are not exported packed in .gnu_debugdata.
packed() {
	objcopy --only-keep-debug whole.so mini
	xz --force --keep mini
	strip -o statics.so whole.so
	objcopy --add-section .gnu_debugdata=mini.xz statics.so
}

@test "static functions that only .gnu_debugdata has: both, from an index or not; damaged, not known" {
	command -v xz >/dev/null || skip "no xz"
	local command=(./call statics.so callA 3 statics.so callB 5)
	cp statics.so whole.so
	packed
	for index in off on; do # filled by the first repetition, asked by the second
		attachstorm run -q -l spawn -n 1 -T warm -r 2 --no-baseline --set index=$index -o "$RESULTS/$index" \
			-B worker -- "${command[@]}"
		[ "$(jq -c '[.trials[].breakpoints[0].places[].hits]' "$RESULTS/$index"/*.json)" = '[3,5,3,5]' ]
	done
	same_as_gdb 8 worker "${command[@]}"
	truncate -s 200 mini.xz
	strip -o statics.so whole.so
	objcopy --add-section .gnu_debugdata=mini.xz statics.so
	counted callA,worker "${command[@]}"
	[ "$HITS" = '[3,0]' ] && [ "$RC" -eq 3 ]
	grep -q "it may be in one" run.out && grep -q '\.gnu_debugdata cannot be unpacked' run.out
}

@test "policies and ways of writing count all places alike" {
	local command=(./call statics.so callA 3 statics.so callB 5)
	for set in breakpoints.policy=re-resolve-all breakpoints.policy=new-only breakpoints.write=page share=none; do
		rm -rf "$RESULTS"
		expect_status 0 attachstorm run -q -l spawn -n 1 -T warm -r 1 --no-baseline -o "$RESULTS" -B worker --set $set -- "${command[@]}"
		[ "$(jq -c '[.trials[0].breakpoints[0].places[].hits]' "$RESULTS"/*.json)" = '[3,5]' ]
	done
}

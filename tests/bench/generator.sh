#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The generator's speed: libraries of the paper's average size (1,850 functions each, names
# lengthened by 150) by both code generators. CPU seconds (user and system, with all
# children) of whole builds, and, from two sizes, of one library more and of what a build
# costs before its first library; medians. CPU time, since it hardly depends on what else
# the machine does; on N idle cores the wall time is the N-th part, plus the disk's.
# BENCH_LIBRARIES (default 8; 495 is the paper's size), BENCH_REPETITIONS (default 3),
# BENCH_CODEGENS (default "asm c"). Of codegen asm ten times as many are built, up to the
# paper's size: its templates grow in number until all signatures have occurred.
set -eu
O=${1:-build}
repetitions=${BENCH_REPETITIONS:-3} whole=495
work=$O/bench/generator
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# build CODEGEN LIBRARIES: from nothing; prints "CPU-seconds wall-seconds". As in the paper,
# 43 of 100 libraries are utilities.
build() {
	utilities=$(($2 * 43 / 100))
	rm -rf "$work/target"
	sync
	/usr/bin/python3 - "$O/pynamic-gen" -q "$2" 1850 -e -u "$utilities" 1850 -n 150 --without-host \
		--set break_modules=false --set functions_spread=0 --codegen="$1" -o "$work/target" <<-'PY'
		import resource, subprocess, sys, time
		begin = time.monotonic()
		subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
		wall = time.monotonic() - begin
		used = resource.getrusage(resource.RUSAGE_CHILDREN)
		print("%.3f %.3f" % (used.ru_utime + used.ru_stime, wall))
	PY
}

for codegen in ${BENCH_CODEGENS:-asm c}; do
	libraries=${BENCH_LIBRARIES:-8}
	if [ "$codegen" = asm ]; then
		libraries=$((libraries * 10))
		[ $libraries -le $whole ] || libraries=$whole
	fi
	few=$((libraries / 2))
	: >"$work/times"
	i=0
	while [ $i -lt "$repetitions" ]; do
		echo "$(build "$codegen" "$few") $(build "$codegen" "$libraries")" >>"$work/times"
		i=$((i + 1))
	done
	awk -v codegen="$codegen" -v few="$few" -v many="$libraries" -v whole=$whole '
	function median(v, n,    i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
		return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
	}
	{
		few_cpu[NR] = $1; cpu[NR] = $3; wall[NR] = $4
		each[NR] = ($3 - $1) / (many - few)
		first[NR] = $3 - many * each[NR]
	}
	END {
		printf "codegen %s: %d libraries, medians of n = %d\n", codegen, many, NR
		printf "  whole build            %8.2f CPU s, %.2f s wall\n", median(cpu, NR), median(wall, NR)
		each_s = median(each, NR); first_s = median(first, NR)
		printf "  one library more       %8.3f CPU s\n", each_s
		printf "  before the first       %8.2f CPU s\n", first_s
		if (many != whole)
			printf "  extrapolated to %d    %8.0f CPU s (not measured)\n", whole, first_s + whole * each_s
	}' "$work/times"
done

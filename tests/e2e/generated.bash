# SPDX-License-Identifier: BSD-3-Clause
# Shared by the tests of what pynamic-gen makes: `load generated`. Each works in a folder of its own,
# and its target is to be in DIR.

load common

setup() {
	DIR=$BATS_TEST_TMPDIR/target
	cd "$BATS_TEST_TMPDIR" || return
}

# A target without MPI and Python embedding: the quickest there is.
quick() {
	pynamic-gen -q 3 4 -u 1 4 --without-host -o "$DIR" "$@"
}

# one_and_one OPTIONS: the quickest target that has a module and a utility.
one_and_one() {
	pynamic-gen -q 2 3 -u 1 3 -o "$DIR" --set programs=plain "$@"
}

# cc_that TEXT COMMANDS: FAILING_CC is a compiler that does this when its command line has the text; else gcc.
cc_that() {
	FAILING_CC=$PWD/cc.sh
	# shellcheck disable=SC2016  # $* and $@ are those of the script
	printf '#!/bin/sh\ncase "$*" in *"%s"*) %s;; esac\nexec gcc "$@"\n' "$1" "$2" >"$FAILING_CC"
	chmod +x "$FAILING_CC"
}

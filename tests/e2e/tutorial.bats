# SPDX-License-Identifier: BSD-3-Clause
# The tutorial's commands, as they stand there, on the target that they make. GDB is run once a side.
# Runs alone: cold runs want no other user of the target.
# shellcheck disable=SC2154  # status and output are set by run

load common

@test "every command of docs/tutorial.md does what the page says" {
	command -v gdb >/dev/null || skip "no gdb here"
	cd "$BATS_TEST_TMPDIR"
	ln -s "$ROOT/targets" "$ROOT/scenarios" .
	tiny_target
	ln -s "$TINY" tiny
	sed -n '/^```sh$/,/^```$/p' "$ROOT/docs/tutorial.md" | grep -v '^```' >commands
	[ "$(wc -l <commands)" -ge 12 ]
	while read -r line; do
		case $line in
		*"--tool gdb"*) line=${line/-r 6/-r 1} ;;
		pynamic-gen*) line="${line/-o tiny/-o $TINY}" ;; # the one that other tests have, too
		esac
		run timeout 300 bash -c "$line"
		case $line in
		*compare*) [[ "$status" =~ ^[014]$ ]] ;; # one run a side: it cannot tell
		*) [ "$status" -eq 0 ] ;;
		esac || { printf 'status %s: %s\n%s\n' "$status" "$line" "$output"; false; }
	done <commands
	[ -s cache.xml ]
	[ -s cache.md ]
	[ "$(jq -s 'map(select(.complete)) | length' results/runs/*.json)" -eq 4 ]
}

@test "its pages and files are there" {
	for page in $(grep -o '([a-z-]*\.md)' "$ROOT/docs/tutorial.md" | tr -d '()'); do
		[ -f "$ROOT/docs/$page" ]
	done
}

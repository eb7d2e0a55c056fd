# SPDX-License-Identifier: BSD-3-Clause
# Man pages: every subcommand has one, every option of --help is in it, and man reads them.
# shellcheck disable=SC2154  # status and output are set by run

load common

MAN=$ROOT/docs/man

subcommands() {
	"$O/attachstorm" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'
}

# options PROGRAM ARGS...: long options that --help lists, but for those of every program.
options() {
	"$@" --help | grep -oE '^ {2,6}(-[a-zA-Z], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+' |
		grep -vxE -- '--(help|usage|version)'
}

# Every option is in the page, as the name of an item.
all_in() {
	local page=$1 option missing=
	shift
	for option in $(options "$@"); do
		grep -q -- "\*$option\*" "$page" || missing+=" $option"
	done
	[ -z "$missing" ] || { echo "$page lacks$missing"; return 1; }
}

@test "every man page has examples" {
	local page
	for page in "$ROOT"/docs/man/*.scd; do
		grep -q '^# EXAMPLES$' "$page" || { echo "$page has none" && false; }
	done
}

@test "every subcommand has a page, and attachstorm(1) lists it" {
	[ "$(subcommands | wc -l)" -ge 12 ]
	for name in $(subcommands); do
		[ -f "$MAN/attachstorm-$name.1.scd" ] || { echo "no page of $name"; false; }
		grep -q "attachstorm-$name\*(1)" "$MAN/attachstorm.1.scd" || { echo "attachstorm(1) lacks $name"; false; }
	done
}

@test "every option is in its command's page" {
	for name in $(subcommands); do
		case $name in
		validate | explain) grep -q "Those of \*attachstorm-run\*(1)" "$MAN/attachstorm-$name.1.scd" ;;
		*) all_in "$MAN/attachstorm-$name.1.scd" attachstorm "$name" ;;
		esac
	done
	all_in "$MAN/attachstorm-model.1.scd" attachstorm model fit
	all_in "$MAN/attachstorm-model.1.scd" attachstorm model predict
	all_in "$MAN/pynamic-gen.1.scd" pynamic-gen
	for name in footprint fit doctor; do
		all_in "$MAN/pynamic-gen.1.scd" pynamic-gen $name
	done
}

@test "pages refer to pages that are there" {
	for page in $(grep -ohE '\*(attachstorm|pynamic)[a-z-]*\*\([15]\)' "$MAN"/*.scd | tr -d '*' | sort -u); do
		name=${page%(*}
		section=${page#*(}
		[ -f "$MAN/$name.${section%)}.scd" ] || { echo "no $page"; false; }
	done
}

@test "man formats them without a warning" {
	command -v man >/dev/null && man --help >/dev/null 2>&1 || skip "no man here"
	expect_status 0 make -s -C "$ROOT" O="$O" man
	for page in "$O"/man/*.[15]; do
		run man --warnings -l "$page"
		[ "$status" -eq 0 ]
		[[ "$output" != *"warning:"* ]] || { echo "$page: $output" | grep warning; false; }
	done
	expect_status 0 man -l "$O/man/attachstorm-tool.5"
	expect_output "ready_text"
}

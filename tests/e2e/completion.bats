# SPDX-License-Identifier: BSD-3-Clause
# Completion: what a shell offers is what the programs' own tables have.
# shellcheck disable=SC2154  # status and output are set by run

load common

# What bash puts in for the word at the end of a line, sorted, in one line.
typed() {
	# shellcheck source=scripts/completion/attachstorm.bash
	source "$ROOT/scripts/completion/attachstorm.bash"
	COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
	COMPREPLY=()
	_attachstorm
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

@test "subcommands are those of --help" {
	[ "$(typed 'attachstorm ')" = "$( (attachstorm --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'; echo --help; echo --version) | sort | xargs)" ]
	[ "$(typed 'attachstorm cal')" = calibrate ]
	[ -z "$(typed 'attachstorm floor')" ]
}

@test "options are those of the subcommand" {
	[ "$(typed 'attachstorm run --t')" = "--target --tasks --temperature --time-limit --tolerances --tool" ]
	[ "$(typed 'attachstorm validate --js')" = "" ]
	[ "$(typed 'attachstorm doctor --')" = "--for --help --json --quiet --target --tasks --usage" ]
	[[ "$(typed 'pynamic-gen fit --')" == *--like* ]]
}

@test "keys and values: of the table, behind --set, --matrix, --compare-to and short names" {
	[ "$(typed 'attachstorm run x.yaml -s gdb.m')" = gdb.mode= ]
	[ "$(typed 'attachstorm run -s gdb.mode=')" = "inferiors per-task" ]
	[ "$(typed 'attachstorm run --set=gdb.mode=i')" = inferiors ]
	[ "$(typed 'attachstorm explain --compare-to gdb.index_cache=')" = "off on" ]
	[ "$(typed 'attachstorm run --matrix aslr=on,of')" = on,off ]
	[ "$(typed 'attachstorm run -T cold,')" = "cold,cold cold,warm" ]
	[ "$(typed 'attachstorm run --wait ')" = "adaptive block follow spin" ]
	[ "$(attachstorm complete run --wait bl)" = "$(printf 'block\tsleep in wait4(2)')" ]
	[ "$(typed 'pynamic-gen --set codegen=')" = "asm c" ]
}

@test "formats of what prints in several" {
	[ "$(typed 'attachstorm show --format ')" = "csv html markdown text" ]
	[ "$(typed 'attachstorm show --format=h')" = html ]
	[ "$(typed 'attachstorm export -f ')" = "csv google-benchmark hyperfine" ]
}

@test "every key of --help-keys is offered" {
	attachstorm complete run -s '' | sed 's/=$//' | sort >"$BATS_TEST_TMPDIR/offered"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/offered")" -ge 50 ]
	while read -r key; do
		attachstorm run --help-keys | grep -qF "$key" || { echo "$key"; false; }
	done <"$BATS_TEST_TMPDIR/offered"
}

@test "tools: built in and described by files" {
	[ "$(typed 'attachstorm run --tool=n')" = "native none null" ]
	mkdir "$BATS_TEST_TMPDIR/tools"
	echo 'argv: [true]' >"$BATS_TEST_TMPDIR/tools/mine.yaml"
	export ATTACHSTORM_TOOLS=$BATS_TEST_TMPDIR/tools
	[ "$(typed 'attachstorm run --tool mi')" = mine ]
}

@test "behind -- nothing is ours" {
	[ -z "$(typed 'attachstorm run -- ls --')" ]
}

@test "zsh and fish read their files" {
	if command -v zsh >/dev/null; then
		zsh -n "$ROOT/scripts/completion/_attachstorm"
	fi
	if command -v fish >/dev/null; then
		expect_status 0 fish -c "source $ROOT/scripts/completion/attachstorm.fish; complete -C 'attachstorm run --tool=na'"
		expect_output "--tool=native"
	fi
}

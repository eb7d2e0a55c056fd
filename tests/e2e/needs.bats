# SPDX-License-Identifier: BSD-3-Clause
# What a scenario says it needs: on a machine without it nothing is run, the status is 77, and the
# message names what to install.

load common

setup() {
	cd "$BATS_TEST_TMPDIR" || exit
}

# An interpreter without the system's packages, such as a new machine has.
bare_python() {
	BARE=$BATS_TEST_TMPDIR/python-bare
	printf '#!/bin/sh\nexec /usr/bin/python3 -I -S "$@"\n' >"$BARE"
	chmod +x "$BARE"
}

@test "a module that cannot exist: run, validate, explain and doctor end with 77 and say so" {
	printf 'command: [/usr/bin/python3, -c, pass]\nneeds: {modules: [os, no_such_module], packages: no-such-package}\n' >s.yaml
	for command in run validate explain; do
		expect_status 77 attachstorm "$command" s.yaml -s results=here
		[ "$output" = "attachstorm: the scenario needs what is not here: module 'no_such_module' of /usr/bin/python3
hint: install no-such-package" ]
	done
	[ ! -e here ]
	expect_status 77 attachstorm doctor --for s.yaml
	expect_output "module 'no_such_module' of /usr/bin/python3"
	expect_output "install no-such-package"
	sed -i s/no_such_module/json/ s.yaml
	expect_status 0 attachstorm explain s.yaml
	expect_output "needs       modules os, json of /usr/bin/python3: here"
	expect_status 0 attachstorm validate s.yaml
	expect_output "needs       modules os, json"
}

@test "scenarios/scipy.yaml and gimp.yaml on a machine without them" {
	bare_python
	expect_status 77 attachstorm run "$ROOT/scenarios/scipy.yaml" -s "command=$BARE,-c,pass" -s results=here
	expect_output "module 'numpy' of $BARE, module 'scipy' of $BARE"
	expect_output "hint: install python3-mpi4py python3-numpy python3-scipy"
	expect_status 77 attachstorm run "$ROOT/scenarios/gimp.yaml" -s needs.programs=no-such-gimp -s results=here
	expect_output "program 'no-such-gimp'"
	expect_output "hint: install gimp"
	[ ! -e here ]
}

@test "made-up events need nothing of the machine" {
	expect_status 0 attachstorm run -q --tool null -T warm -r 1 -s needs.programs=no-such-program -s results=here
}

# SPDX-License-Identifier: BSD-3-Clause
# Ready files for other systems: the Slurm script by bash with a stand-in for what Slurm sets, the
# ReFrame check and the Spack recipe by stand-ins for the modules that they import.
# shellcheck disable=SC2154  # status and output are set by run

load common

setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
	cat >"$BATS_TEST_TMPDIR/one.yaml" <<-END
		tool: "null"
		null.libraries: 5
		tasks: 2
		repetitions: 1
		temperature: [cold]
		results: $RESULTS
	END
}

@test "sbatch: runs the scenario, prints the table, and compares if asked" {
	export BIN=$O RESULTS SCENARIO=$BATS_TEST_TMPDIR/one.yaml
	expect_status 0 bash "$ROOT/scripts/slurm/attachstorm.sbatch"
	expect_output "valid "
	[ "$(ls "$RESULTS"/*.json | wc -l)" -eq 1 ]
	export BASELINE
	BASELINE=$(ls "$RESULTS"/*.json)
	expect_status 4 bash "$ROOT/scripts/slurm/attachstorm.sbatch"
	expect_output "cannot tell"
	unset BASELINE
	export OPTIONS="--set nonsense=1"
	expect_status 2 bash "$ROOT/scripts/slurm/attachstorm.sbatch"
	unset SCENARIO
	run bash "$ROOT/scripts/slurm/attachstorm.sbatch"
	[ "$status" -ne 0 ]
	expect_output "set SCENARIO"
	grep -q '^#SBATCH --nodes=1' "$ROOT/scripts/slurm/attachstorm.sbatch"
}

@test "ReFrame: the command that it makes is one that attachstorm takes, and its record is read" {
	tiny_target
	mkdir -p "$BATS_TEST_TMPDIR/reframe/core" "$BATS_TEST_TMPDIR/reframe/utility"
	cat >"$BATS_TEST_TMPDIR/reframe/__init__.py" <<-'END'
		def simple_test(cls): return cls
		class RunOnlyRegressionTest: pass
	END
	touch "$BATS_TEST_TMPDIR/reframe/core/__init__.py" "$BATS_TEST_TMPDIR/reframe/utility/__init__.py"
	cat >"$BATS_TEST_TMPDIR/reframe/core/builtins.py" <<-'END'
		def parameter(values): return values[0]
		def variable(kind, value=None): return value
		def run_before(stage): return lambda f: f
		def performance_function(unit): return lambda f: f
		def sanity_function(f): return f
	END
	cat >"$BATS_TEST_TMPDIR/reframe/utility/sanity.py" <<-'END'
		def assert_true(value, message):
		    assert value, message
		    return True
	END
	cat >"$BATS_TEST_TMPDIR/drive.py" <<-'END'
		import subprocess, sys
		import attachstorm_check as module
		check = module.attachstorm_check()
		check.stagedir, check.target, check.tasks, check.repetitions, check.breakpoints = sys.argv[1], sys.argv[2], 1, 1, 2
		check.set_command()
		subprocess.run(" ".join([check.executable] + check.executable_opts), shell=True, check=True, cwd=check.stagedir)
		assert check.is_valid()
		assert check.phase_1_cold() > 0 and check.phase_2_cold() > 0
		print("read")
	END
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_TMPDIR:$ROOT/scripts/reframe \
		expect_status 0 "$PYTHON" "$BATS_TEST_TMPDIR/drive.py" "$BATS_TEST_TMPDIR" "$TINY"
	expect_output "read"
}

@test "Spack: the recipe is read, and needs what the Makefile asks pkg-config for" {
	mkdir "$BATS_TEST_TMPDIR/spack"
	cat >"$BATS_TEST_TMPDIR/spack/__init__.py" </dev/null
	cat >"$BATS_TEST_TMPDIR/spack/package.py" <<-'END'
		class MakefilePackage: pass
		def license(name, **more): pass
		def version(name, **more): pass
		def conflicts(spec, **more): pass
		def requires(spec, **more): pass
		def depends_on(spec, **more): print(spec.split("@")[0])
	END
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_TMPDIR expect_status 0 "$PYTHON" "$ROOT/scripts/spack/package.py"
	for need in $(sed -n 's/^PKGS := //p' "$ROOT/Makefile"); do
		case $need in
		libelf | libdw) need=elfutils ;;
		libunwind*) need=libunwind ;;
		sqlite3) need=sqlite ;;
		liblzma) need=xz ;;
		esac
		grep -qx "$need" <<<"$output" || { echo "the recipe lacks $need"; false; }
	done
}

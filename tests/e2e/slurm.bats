# SPDX-License-Identifier: BSD-3-Clause
# Each way to acquire tasks under Slurm's srun: a controller, a node and a munge of their own,
# which touch nothing of the system's. Skipped where they cannot run.
# shellcheck disable=SC2154  # status is set by run

load common

PORT=26817

# Why Slurm cannot run here; nothing if it can.
start_slurm() {
	local dir=$1 host program
	host=$(hostname -s)
	for program in slurmctld slurmd srun munged; do
		command -v $program >/dev/null || {
			echo "no $program here: 'scripts/setup --slurm' installs Slurm and munge"
			return
		}
	done
	[ "$(id -u)" -eq 0 ] || {
		echo "a Slurm of one's own needs root"
		return
	}
	dd if=/dev/urandom of="$dir/munge.key" bs=1024 count=1 status=none
	chmod 600 "$dir/munge.key"
	munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munge.pid" \
		--log-file="$dir/munge.log" --seed-file="$dir/munge.seed" >/dev/null 2>&1 3>&- || {
		echo "munged does not start here"
		return
	}
	mkdir "$dir/state" "$dir/spool"
	: >"$dir/cgroup.conf"
	cat >"$dir/slurm.conf" <<-END
		ClusterName=test
		SlurmctldHost=$host(127.0.0.1)
		SlurmctldPort=$PORT
		SlurmdPort=$((PORT + 1))
		SlurmUser=root
		SlurmdUser=root
		AuthType=auth/munge
		AuthInfo=socket=$dir/munge.socket
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SwitchType=switch/none
		MpiDefault=none
		StateSaveLocation=$dir/state
		SlurmdSpoolDir=$dir/spool
		SlurmctldPidFile=$dir/slurmctld.pid
		SlurmdPidFile=$dir/slurmd.pid
		SlurmctldLogFile=$dir/slurmctld.log
		SlurmdLogFile=$dir/slurmd.log
		NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
		PartitionName=all Nodes=ALL Default=YES State=UP OverSubscribe=FORCE:8
	END
	export SLURM_CONF=$dir/slurm.conf
	for program in slurmctld slurmd; do
		$program -f "$SLURM_CONF" >/dev/null 2>&1 3>&- || {
			echo "$program does not start here"
			return
		}
	done
	for _ in $(seq 50); do
		timeout 5 srun -n 1 true >/dev/null 2>&1 3>&- && return
		sleep 0.2
	done
	echo "srun cannot start a task here"
}

setup_file() {
	SLURM_CONF=$BATS_FILE_TMPDIR/slurm.conf
	WHY_NOT=$(start_slurm "$BATS_FILE_TMPDIR")
	export SLURM_CONF WHY_NOT
}

teardown_file() {
	local name pid
	for name in slurmd slurmctld munge; do
		pid=$(cat "$BATS_FILE_TMPDIR/$name.pid" 2>/dev/null) || continue
		kill "$pid" 2>/dev/null || true
		for _ in $(seq 50); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
	done
}

setup() {
	[ -z "$WHY_NOT" ] || skip "$WHY_NOT"
	RESULTS=$BATS_TEST_TMPDIR/results
	QUICK=(-q -r 1 -n 2 -T warm --no-baseline -o "$RESULTS" --set mpirun=srun --set launcher_args=--overcommit)
}

# Strategy, and rank, place and exit status of each task of the one record.
acquired() {
	jq -c '[.trials[0].acquire, (.trials[0].tasks[] | [.rank, .acquired_at, .exit_status])]' "$RESULTS"/*.json
}

@test "mpir-launch: srun's table, tasks stopped at exec" {
	expect_status 0 attachstorm run "${QUICK[@]}" --set acquire=mpir-launch -B victim_add -- "$O/victims/loads" "$O/victims" 3
	[ "$(acquired)" = '["mpir-launch",[0,"exec",0],[1,"exec",0]]' ]
	[ "$(jq -c '[.trials[0].tasks[] | [.libraries_at_start, .stops.add, .breakpoint_hits]] | unique' "$RESULTS"/*.json)" = '[[4,7,3]]' ]
	[ "$(jq '.trials[0].table_rows' "$RESULTS"/*.json)" -eq 2 ]
}

@test "a word ':' of the command is the task's, not srun's" {
	for acquire in shim mpir-launch; do
		rm -rf "$RESULTS"
		expect_status 0 attachstorm run "${QUICK[@]}" --set acquire=$acquire -- sh -c 'echo "$@"' x a : b
		# Each task's line; srun may have words of its own there.
		[ "$(grep -hcx 'a : b' "$RESULTS"/*/0-warm-native/output.txt)" -eq 2 ] || {
			cat "$RESULTS"/*/0-warm-native/*.txt
			false
		}
		[ "$(acquired)" = "[\"$acquire\",[0,\"exec\",0],[1,\"exec\",0]]" ]
	done
}

@test "mpir-launch: tasks held in the shim come to their program's exec" {
	expect_status 0 attachstorm run "${QUICK[@]}" --aslr off --set acquire=mpir-launch -B victim_add -- "$O/victims/loads" "$O/victims" 3
	[ "$(acquired)" = '["mpir-launch",[0,"exec",0],[1,"exec",0]]' ]
	[ "$(jq -c '[.trials[0].tasks[] | [.libraries_at_start, .stops.add, .breakpoint_hits]] | unique' "$RESULTS"/*.json)" = '[[4,7,3]]' ]
}

@test "mpir-attach: srun's table while tasks run" {
	expect_status 0 attachstorm run "${QUICK[@]}" --set acquire=mpir-attach -- sleep 2
	[ "$(acquired)" = '["mpir-attach",[0,"running",0],[1,"running",0]]' ]
}

@test "environ: SLURM_PROCID of tasks that do not descend from srun" {
	expect_status 0 attachstorm run "${QUICK[@]}" --set acquire=environ -- sleep 2
	[ "$(acquired)" = '["environ",[0,"running",0],[1,"running",0]]' ]
}

@test "shim: tasks of srun stopped at exec" {
	expect_status 0 attachstorm run "${QUICK[@]}" -- ls /
	[ "$(acquired)" = '["shim",[0,"exec",0],[1,"exec",0]]' ]
}

@test "attach to a running srun, which goes on" {
	srun -n 2 --overcommit sleep 3 3>&- &
	pid=$!
	for _ in $(seq 50); do
		run attachstorm attach -q --launcher "$pid" --for 300ms -o "$RESULTS"
		[ "$status" -eq 0 ] && break
		sleep 0.1
	done
	[ "$(jq '.trials[0] | .left_running and (.tasks | length == 2)' "$RESULTS"/*.json)" = true ]
	wait "$pid"
}

@test "the ready script of scripts/slurm, submitted" {
	cat >"$BATS_TEST_TMPDIR/one.yaml" <<-END
		command: [ls, /]
		tasks: 2
		repetitions: 1
		temperature: [warm]
	END
	export BIN=$O RESULTS SCENARIO=$BATS_TEST_TMPDIR/one.yaml
	expect_status 0 timeout 120 sbatch --wait -o "$BATS_TEST_TMPDIR/out" "$ROOT/scripts/slurm/attachstorm.sbatch"
	grep -q '^valid' "$BATS_TEST_TMPDIR/out"
	[ "$(jq .valid "$RESULTS"/*.json)" = true ]
	export OPTIONS="--set nonsense=1"
	run timeout 120 sbatch --wait -o "$BATS_TEST_TMPDIR/out" "$ROOT/scripts/slurm/attachstorm.sbatch"
	[ "$status" -eq 2 ]
}

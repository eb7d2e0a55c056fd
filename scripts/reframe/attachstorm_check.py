# SPDX-License-Identifier: BSD-3-Clause
"""ReFrame test: start-up of a generated target under a tool, as one number per phase.

    reframe -C site_config.py -c scripts/reframe/attachstorm_check.py -r \
        -S attachstorm_check.target=/path/to/target

attachstorm starts the tasks itself, with the launcher named by `mpirun`; ReFrame starts
attachstorm, once, on the node that it runs on (local). A run that contradicts itself ends with status 3 and fails the sanity check.
"""

import json
import os

import reframe as rfm
import reframe.utility.sanity as sn
from reframe.core.builtins import parameter, performance_function, run_before, sanity_function, variable

RECORD = "record.json"


def read_record(path):
    with open(path, encoding="utf-8") as record:
        return json.load(record)


def median_seconds(record, temperature, phase):
    """Median over the traced runs of one temperature, from the summary of the first variant."""
    return record["variants"][0]["summary"][temperature]["traced_ns"][phase]["p50"] / 1e9


@rfm.simple_test
class attachstorm_check(rfm.RunOnlyRegressionTest):
    """One run of attachstorm for each tool."""

    descr = "Start-up of an MPI program with many shared libraries under a tool"
    valid_systems = ["*"]
    valid_prog_environs = ["*"]
    tool = parameter(["native"])
    target = variable(str, value="build/targets/small")
    tasks = variable(int, value=4)
    breakpoints = variable(int, value=10)
    repetitions = variable(int, value=3)
    mpirun = variable(str, value="mpirun")
    executable = "attachstorm"
    local = True
    num_tasks = 1
    time_limit = "1h"

    @run_before("run")
    def set_command(self):
        self.executable_opts = [
            "run", "--quiet", "--json", "--target", os.path.abspath(self.target),
            "--tool", self.tool, "--tasks", str(self.tasks), "--breakpoints", str(self.breakpoints),
            "--repetitions", str(self.repetitions), "--set", f"mpirun={self.mpirun}",
            "--results", "runs", ">", RECORD,
        ]

    @sanity_function
    def is_valid(self):
        return sn.assert_true(read_record(os.path.join(self.stagedir, RECORD))["valid"],
                              "the run contradicts itself: see its table")

    @performance_function("s")
    def phase_1_cold(self):
        return median_seconds(read_record(os.path.join(self.stagedir, RECORD)), "cold", "phase1")

    @performance_function("s")
    def phase_2_cold(self):
        return median_seconds(read_record(os.path.join(self.stagedir, RECORD)), "cold", "phase2")

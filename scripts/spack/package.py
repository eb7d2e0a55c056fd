# SPDX-License-Identifier: BSD-3-Clause
"""Spack recipe. Put it into a repository of your own, as packages/attachstorm/package.py:

    spack repo create ~/spack-repo && spack repo add ~/spack-repo
    mkdir -p ~/spack-repo/packages/attachstorm && cp scripts/spack/package.py ~/spack-repo/packages/attachstorm
    spack install attachstorm@main

The source is a checkout: set `git` below to where yours is, or
    spack develop --path /path/to/checkout attachstorm@main
"""

from spack.package import *


class Attachstorm(MakefilePackage):
    """A debugger and tool start-up stress kit: targets with many shared libraries, and a harness
    that times how tools bring MPI jobs of them through start-up."""

    homepage = "file:///usr/local/share/attachstorm"
    git = "file:///path/to/checkout"

    license("BSD-3-Clause AND GPL-3.0-only", checked_by="attachstorm")

    version("main", branch="main")

    depends_on("c", type="build")
    depends_on("gmake", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("scdoc", type="build")
    depends_on("libfyaml")
    depends_on("jansson")
    depends_on("elfutils")
    depends_on("libunwind")
    depends_on("gsl")
    depends_on("sqlite")
    depends_on("xz")
    depends_on("openmpi@4", type=("build", "run"))
    depends_on("python@3.9:", type=("build", "run"))

    conflicts("platform=darwin", msg="ptrace and the loader's interface are Linux's")
    requires("target=x86_64:", msg="registers and breakpoints are those of x86-64")

    def build(self, spec, prefix):
        make("WERROR=0")

    def install(self, spec, prefix):
        make("install", f"PREFIX={prefix}", "WERROR=0")

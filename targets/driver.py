# SPDX-License-Identifier: BSD-3-Clause
# Imports all modules of a generated target one by one, visits each, tests MPI, and
# prints Pynamic's lines on rank 0. Runs under the target's host program, under python3
# with mpi4py, and without MPI. What it reads and writes is in the kit's docs/formats.md.
# It loads nothing before its first mark that the interpreter has not loaded already.
import sys

if "phase" in sys.builtin_module_names:
    import phase
else:
    import posix
    import time

    class phase:
        """The host's module of this name, for an interpreter that has none."""

        fd = None
        rank = -1

        @classmethod
        def write(cls, line):
            folder = posix.environ.get(b"ATTACHSTORM_PHASE_DIR")
            if not folder:
                return
            try:
                if cls.fd is None:
                    name = b"/phase.%s.%d" % (posix.uname().nodename.encode(), posix.getpid())
                    flags = posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC
                    cls.fd = posix.open(folder + name, flags, 0o644)
                posix.write(cls.fd, line.encode())
            except OSError as error:
                posix.environ.pop(b"ATTACHSTORM_PHASE_DIR")
                sys.stderr.write("driver.py: cannot write phase file: %s\n" % error)

        @classmethod
        def mark(cls, name):
            now_ns = time.monotonic_ns()
            cls.write("%s %d %d %d\n" % (name, now_ns, posix.getpid(), cls.rank))
            return now_ns

        @classmethod
        def report(cls, key, value):
            cls.write("report %s %d\n" % (key, value))

    for _name in (b"OMPI_COMM_WORLD_RANK", b"PMIX_RANK", b"PMI_RANK", b"SLURM_PROCID", b"ATTACHSTORM_RANK"):
        if posix.environ.get(_name, b"").isdigit():
            phase.rank = int(posix.environ[_name])
            break

DRIVER_NS = phase.mark("driver")

import os
import time

VERSION = "0.1.0"
LIST_VERSION = 1
USAGE = "usage: driver.py [--no-mpi | --mpi4py] [--start-ns NS] [START | modules.txt]"

# Mandelbrot set: sides of the image in points, and iterations of a point at most.
FRACTAL_WIDTH, FRACTAL_HEIGHT, FRACTAL_LIMIT = 64, 48, 64

LAUNCHER_SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS", "PMIX_SIZE")


class Failure(Exception):
    """What the user is told, in one line; the run fails."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


# --- MPI ---------------------------------------------------------------------------


class Mpi:
    """reduce, allreduce, SUM and MAX are those of whoever gives the calls."""

    def sum(self, value):
        return self.reduce(value, self.SUM)

    def sum_all(self, value):
        return self.allreduce(value, self.SUM)

    def max_all(self, value):
        return self.allreduce(value, self.MAX)

    def abort(self, status):
        sys.exit(status)

    def end(self):
        pass


class HostMpi(Mpi):
    """The built-in module of the host, which also ends the job if a rank fails."""

    def __init__(self):
        import mpi

        self.rank, self.size, self.SUM, self.MAX = mpi.rank, mpi.size, mpi.SUM, mpi.MAX
        self.barrier, self.gather, self.bcast = mpi.barrier, mpi.gather, mpi.bcast
        self.reduce, self.allreduce = mpi.reduce, mpi.allreduce
        self.sendrecv = lambda value, dest, source: mpi.sendrecv(value, dest, source)[0]


class Mpi4py(Mpi):
    def __init__(self):
        from mpi4py import MPI

        self.MPI, self.comm = MPI, MPI.COMM_WORLD
        self.rank, self.size, self.SUM, self.MAX = self.comm.Get_rank(), self.comm.Get_size(), MPI.SUM, MPI.MAX
        self.barrier, self.gather, self.bcast = self.comm.barrier, self.comm.gather, self.comm.bcast
        self.reduce, self.allreduce = self.comm.reduce, self.comm.allreduce
        self.sendrecv = lambda value, dest, source: self.comm.sendrecv(value, dest, source=source)

    def abort(self, status):
        """Ends all ranks: the others would wait for this one for ever."""
        if self.size == 1:
            sys.exit(status)
        sys.stdout.flush()
        sys.stderr.flush()
        self.comm.Abort(status)

    def end(self):
        """Here and not in mpi4py's own exit handler, which runs after the last mark."""
        self.MPI.Finalize()


class NoMpi(Mpi):
    """One rank alone: what the MPI calls of the phases before the MPI test come to."""

    rank, size = 0, 1

    def __init__(self, rank):
        self.print_rank = rank  # the launcher's word: of its tasks, one prints

    def barrier(self):
        pass

    def gather(self, value):
        return [value]

    def max_all(self, value):
        return value


def launcher_size():
    for name in LAUNCHER_SIZES:
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    return 0


def pick_mpi(choice):
    if choice != "none":
        if "mpi" in sys.builtin_module_names and choice != "mpi4py":
            return HostMpi()
        if choice == "mpi4py" or launcher_size():
            try:
                return Mpi4py()
            except (ImportError, RuntimeError) as error:  # the latter: no MPI library
                if choice == "mpi4py":
                    raise Failure("cannot import mpi4py with %s: %s" % (sys.executable, error), 2) from error
                if launcher_size() > 1:
                    sys.stderr.write("driver.py: no mpi4py in %s: each task runs alone\n" % sys.executable)
    return NoMpi(phase.rank)


# --- input -------------------------------------------------------------------------


def wall_clock_ns(word):
    """A time as date +%s or +%s.%N prints it, in nanoseconds; None if it is none."""
    whole, _, part = word.partition(".")
    if len(whole) < 10 or len(part) > 9 or not (whole + part).isdecimal():
        return None
    return whole + part.ljust(9, "0")


def start_on_monotonic(start_ns):
    """The start time on the monotonic clock, which cannot be later than now; one of the wall clock (date +%s%N) is
    decades later and is put on it."""
    now_ns = time.monotonic_ns()
    if start_ns <= now_ns:
        return start_ns
    start_ns += now_ns - time.time_ns()
    if start_ns > now_ns or start_ns < 0:
        raise Failure("start time lies in the future or before the machine's, by the monotonic and by the wall clock", 2)
    return start_ns


def parse_arguments(arguments):
    options = {"mpi": None, "start_ns": os.environ.get("PYNAMIC_START_NS"), "list": None}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--no-mpi":
            options["mpi"] = "none"
        elif word == "--mpi4py":
            options["mpi"] = "mpi4py"
        elif word == "--start-ns" and rest:
            options["start_ns"] = rest.pop(0)
        elif word in ("-h", "--help"):
            print(USAGE)
            sys.exit(0)
        elif wall_clock_ns(word) and not os.path.exists(word):
            # As Pynamic's own driver takes it: driver.py $(date +%s)
            options["start_ns"] = wall_clock_ns(word)
        elif word.startswith("-") or options["list"] is not None:
            raise Failure("unexpected argument '%s'\n%s" % (word, USAGE), 2)
        else:
            options["list"] = word
    if options["start_ns"] is not None:
        if not options["start_ns"].isdigit():
            raise Failure("start time '%s' is not a number of nanoseconds" % options["start_ns"], 2)
        options["start_ns"] = start_on_monotonic(int(options["start_ns"]))
    if options["list"] is None:
        options["list"] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "modules.txt")
    return options


def read_list(path):
    """The library folder, and (name, expected result) of each module in load order."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure("cannot read module list '%s': %s" % (path, getattr(error, "strerror", error)), 2) from error
    version, libdir, modules = None, None, []
    for number, line in enumerate(lines, 1):
        fields = line.split(" ")
        if not line or line.startswith("#"):
            continue
        if version is None:
            if fields[0] != "version" or len(fields) != 2:
                raise Failure("%s:%d: not a module list: it must begin with 'version %d'" % (path, number, LIST_VERSION), 2)
            version = fields[1]
            if version != str(LIST_VERSION):
                raise Failure("%s:%d: version %s is not supported, only %d" % (path, number, version, LIST_VERSION), 2)
        elif fields[0] == "libdir" and len(fields) == 2 and libdir is None:
            libdir = os.path.join(os.path.dirname(os.path.abspath(path)), fields[1])
        elif fields[0] == "module" and len(fields) == 4 and fields[3].isdecimal():
            modules.append((fields[1], int(fields[3])))
        else:
            raise Failure("%s:%d: malformed line '%s ...'" % (path, number, fields[0]), 2)
    if version is None:
        raise Failure("%s: not a module list: it is empty" % path, 2)
    if libdir is None or not modules:
        raise Failure("%s: no %s" % (path, "libdir" if libdir is None else "modules"), 2)
    return libdir, modules


def process_start_ns():
    """When this process began, on the monotonic clock, as exact as the kernel says it (10 ms)."""
    with open("/proc/self/stat", "rb") as file:
        ticks = int(file.read().rsplit(b")", 1)[1].split()[19])
    boot_ns = ticks * 1000000000 // os.sysconf("SC_CLK_TCK")
    return boot_ns - time.clock_gettime_ns(time.CLOCK_BOOTTIME) + time.monotonic_ns()


# --- the run -----------------------------------------------------------------------


class Output:
    """Pynamic's lines, on rank 0."""

    def __init__(self, mpi):
        self.mpi = mpi
        self.enabled = getattr(mpi, "print_rank", mpi.rank) <= 0

    def line(self, text):
        if self.enabled:
            try:
                sys.stdout.write("Pynamic: %s\n" % text)
                sys.stdout.flush()
            except BrokenPipeError:
                # Who reads has seen enough (| head): the run goes on without words, and so does the flush at exit.
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                self.enabled = False

    def times(self, names, times_ns):
        """Prints each time as the worst of all ranks; returns lines about all ranks for later."""
        all_ranks = self.mpi.gather(list(times_ns))
        later = []
        for name, values in zip(names, zip(*all_ranks) if all_ranks else ()):
            ordered = sorted(values)
            middle = len(ordered) // 2
            median = (ordered[middle] + ordered[~middle]) / 2
            self.line("%s time = %.9f secs" % (name, ordered[-1] / 1e9))
            later.append("over all ranks: %s time worst %.9f median %.9f secs" % (name, ordered[-1] / 1e9, median / 1e9))
        return later


def import_modules(names):
    modules = []
    for name in names:
        try:
            modules.append(__import__(name))
        except ImportError as error:
            raise Failure("cannot import module '%s': %s" % (name, error)) from error
    return modules


def visit_modules(modules):
    try:
        return [module.visit() for module in modules]
    except AttributeError as error:
        raise Failure("cannot visit: %s" % error) from error


def check_results(listed, results):
    wrong = 0
    for (name, expected), result in zip(listed, results):
        if result != expected:
            wrong += 1
            sys.stderr.write("driver.py: module '%s' made %s calls, expected %d\n" % (name, result, expected))
    return wrong


def fractal_row(y):
    row = []
    imaginary = 2.4 * y / (FRACTAL_HEIGHT - 1) - 1.2
    for x in range(FRACTAL_WIDTH):
        point = complex(3.0 * x / (FRACTAL_WIDTH - 1) - 2.1, imaginary)
        z, iterations = 0j, 0
        while iterations < FRACTAL_LIMIT and z.real * z.real + z.imag * z.imag <= 4.0:
            z = z * z + point
            iterations += 1
        row.append(iterations)
    return row


def test_mpi(mpi):
    """The fractal by all ranks, row by row in turns, against rank 0's own. True if all is right,
    on every rank; and the time of the part in parallel."""
    begin_ns = time.monotonic_ns()
    mine = []
    for y in range(mpi.rank, FRACTAL_HEIGHT, mpi.size):
        mine += fractal_row(y)
    parts = mpi.gather(mine)
    total = mpi.sum(sum(mine))
    left, right = (mpi.rank - 1) % mpi.size, (mpi.rank + 1) % mpi.size
    neighbour = mpi.sendrecv(sum(mine), right, left)
    neighbours = mpi.sum_all(neighbour)
    time_ns = time.monotonic_ns() - begin_ns

    passed = True
    if mpi.rank == 0:
        rows, alone = [], []
        for y in range(FRACTAL_HEIGHT):
            at = y // mpi.size * FRACTAL_WIDTH
            rows += parts[y % mpi.size][at : at + FRACTAL_WIDTH]
            alone += fractal_row(y)
        passed = rows == alone and total == sum(alone) and neighbours == total
    return mpi.bcast(passed), time_ns


def run(mpi, options):
    libdir, listed = read_list(options["list"])
    start_ns = options["start_ns"] if options["start_ns"] is not None else process_start_ns()
    out = Output(mpi)
    mpi.barrier()
    out.line("Version " + VERSION)
    out.line("run on %s with %d MPI tasks\n" % (time.strftime("%Y-%m-%d %H:%M:%S"), mpi.size))
    later = out.times(["startup"], [DRIVER_NS - start_ns])
    out.line("driver beginning... now importing modules")
    sys.path.insert(0, libdir)

    begin_ns = phase.mark("import_begin")
    modules = import_modules(name for name, _ in listed)
    import_ns = phase.mark("import_end") - begin_ns
    phase.report("modules_imported", len(modules))
    mpi.barrier()
    out.line("driver finished importing all modules... visiting all module functions")

    begin_ns = phase.mark("visit_begin")
    results = visit_modules(modules)
    visit_ns = phase.mark("visit_end") - begin_ns
    phase.report("calls", sum(results))
    later += out.times(["module import", "module visit"], [import_ns, visit_ns])
    wrong = mpi.max_all(check_results(listed, results))
    out.line("module test %s!\n" % ("failed" if wrong else "passed"))

    passed = True
    if not isinstance(mpi, NoMpi):
        phase.mark("mpi_begin")
        passed, fractal_ns = test_mpi(mpi)
        phase.mark("mpi_end")
        phase.report("mpi_test_passed", int(passed))
        later += out.times(["fractal mpi"], [fractal_ns])
        out.line("mpi test %s!\n" % ("passed" if passed else "failed"))
    for line in later:
        out.line(line)
    if wrong or not passed:
        mpi.barrier()  # an abort elsewhere must not come before what rank 0 has to say
    return 1 if wrong or not passed else 0


def main():
    mpi = None
    try:
        options = parse_arguments(sys.argv[1:])
        mpi = pick_mpi(options["mpi"])
        if isinstance(mpi, Mpi4py):
            phase.rank = mpi.rank
        status = run(mpi, options)
    except Failure as failure:
        sys.stderr.write("driver.py: %s\n" % failure)
        status = failure.status
    except Exception:
        sys.excepthook(*sys.exc_info())
        status = 1
    if status and mpi:
        mpi.abort(status)
    if mpi:
        mpi.end()
    sys.exit(status)


if __name__ == "__main__":
    if "phase" not in sys.builtin_module_names:
        import atexit

        atexit.register(phase.mark, "exit")
    main()

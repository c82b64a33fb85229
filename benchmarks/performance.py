#!/usr/bin/env python3
"""Runs the benchmarks and writes docs/performance.md.

    performance.py --build DIR --source DIR --compiler CXX --arrays PYTHON [--mpirun="MPIRUN FLAG"] --programs NAME ...

Every figure is a ratio of two things measured in this one run. Programs print lines `ratio,<name>,<value>,<aim>`, and
`note,<text>` for what could not be measured; this script adds the instructions of typed over bare kernels (callgrind), the
cost of including the library, and the ratio of two ranks to one.
"""

import argparse
import datetime
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile

BOOST = """#include <boost/units/base_dimension.hpp>
#include <boost/units/dimension.hpp>
#include <boost/units/physical_dimensions/length.hpp>
#include <boost/units/physical_dimensions/mass.hpp>
#include <boost/units/physical_dimensions/temperature.hpp>
#include <boost/units/physical_dimensions/time.hpp>
"""
STANDARD = """#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>
"""
UNITS = "#include <layercake/units/units.hpp>\n"
ALL = "#include <layercake/layercake.hpp>\n"


def seconds_to_parse(compiler, source, text):
    """Processor seconds of one translation unit, the least of five."""
    best = None
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "include.cpp")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        for _ in range(5):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-I", os.path.join(source, "include"), path], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            best = used if best is None else min(best, used)
    return best


def instructions(program, function):
    """Instructions of one call of `function`, everything it calls included."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind")
        subprocess.run(["valgrind", "--tool=callgrind", f"--toggle-collect={function}", f"--callgrind-out-file={out}", program],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out, encoding="utf-8") as file:
            return int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M).group(1))


def two_ranks(program, mpirun, flag):
    """How many times faster a sweep is on two ranks than on one; the least of three runs of each, taken in turn."""
    allowed = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_btl_vader_single_copy_mechanism="none")
    best = {1: float("inf"), 2: float("inf")}
    for _ in range(3):
        for ranks in best:
            output = subprocess.run([mpirun, flag, str(ranks), program], stdout=subprocess.PIPE, text=True, check=True,
                                    env=allowed).stdout
            best[ranks] = min(best[ranks], float(output.split()[-1]))
    return best[1] / best[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--programs", nargs="*", default=[])
    parser.add_argument("--arrays", default=sys.executable, help="a Python with NumPy and JAX, if there is one")
    parser.add_argument("--mpirun", type=str.split, help="mpirun, and its option for the number of ranks, as one argument")
    arguments = parser.parse_args()

    ratios = []  # name, value, aim, where from
    notes = []

    def ratio(name, value, aim, origin):
        ratios.append((name, value, aim, origin))
        print(f"ratio,{name},{value:.4g},{aim}", flush=True)

    typed = os.path.join(arguments.build, "benchmarks", "typed_kernels")
    for kernel in ("double", "batch"):
        value = instructions(typed, f"typed_{kernel}") / instructions(typed, f"bare_{kernel}")
        ratio(f"instructions of typed over bare kernels ({kernel})", value, "1.00", "typed_kernels")

    boost = seconds_to_parse(arguments.compiler, arguments.source, BOOST)
    standard = seconds_to_parse(arguments.compiler, arguments.source, BOOST + STANDARD)
    ratio("compiling units.hpp over the Boost headers it needs", seconds_to_parse(arguments.compiler, arguments.source, UNITS) / boost, "1.4", "include")
    everything = seconds_to_parse(arguments.compiler, arguments.source, ALL)
    ratio("compiling layercake.hpp over the Boost headers it needs", everything / boost, "1.4", "include")
    ratio("compiling layercake.hpp over the Boost and standard headers it needs", everything / standard, "1.4", "include")

    def program_of(name):
        path = os.path.join(arguments.build, "benchmarks", name)
        return path if os.path.exists(path) else None

    def take(command, origin):
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        sys.stdout.write(result.stdout)
        sys.stdout.flush()
        if result.returncode != 0:
            sys.exit(f"{origin} ended with {result.returncode}")
        for line in result.stdout.splitlines():
            fields = line.split(",")
            if fields[0] == "ratio" and len(fields) == 4:
                ratios.append((fields[1], float(fields[2]), fields[3], origin))
            elif fields[0] == "note":
                notes.append(line[len("note,"):])

    kernel = program_of("bulk_kernel")
    if kernel:
        take([kernel], "bulk_kernel")
        take([arguments.arrays, os.path.join(arguments.source, "benchmarks", "bulk_arrays.py"), kernel], "bulk_arrays.py")
    for program in arguments.programs:
        take([program_of(program), "--benchmark_min_time=0.1"], program)
    mpi = program_of("bulk_mpi")
    if mpi and arguments.mpirun:
        ratio("bulk_two_ranks_over_one", two_ranks(mpi, *arguments.mpirun), "1.9", "bulk_mpi")
    else:
        notes.append("bulk_two_ranks_over_one: there is no MPI")

    version = subprocess.run([arguments.compiler, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[0]
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            processor = re.search(r"^model name\s*: (.*)$", file.read(), re.M).group(1)
    except (OSError, AttributeError):
        pass
    page = ["# Performance", "",
            f"Written by `./dev bench` on {datetime.date.today().isoformat()}: {version}; {processor}, {os.cpu_count()} cores.", "",
            "Every figure is a ratio of two things measured in one run on one machine. What a ratio means stands in the",
            "program that measures it, in `benchmarks/`. Instructions are counted by callgrind; times of a shared machine vary",
            "by some per cent.", "", "| what | measured | aim | program |", "|---|---|---|---|"]
    page += [f"| {name} | {value:.3g} | {aim} | `{origin}` |" for name, value, aim, origin in ratios]
    if notes:
        page += ["", "Not measured:", ""] + [f"- {note}" for note in notes]
    page += ["", "A kernel allocates nothing and has no path that throws: `tests/symbols` looks at what its object file calls,",
             "`tests/unit/stack/kernel.cpp` counts allocations, and every header compiles with `-fno-exceptions`.", ""]
    with open(os.path.join(arguments.source, "docs", "performance.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(page))


if __name__ == "__main__":
    main()

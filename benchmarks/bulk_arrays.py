#!/usr/bin/env python3
"""The formula of bulk_kernel/ in NumPy and in JAX, beside the library, on one processor.

    bulk_arrays.py PROGRAM      PROGRAM: the benchmark bulk_kernel

Prints `ratio,<name>,<value>,<aim>` and `note,...` for what is not installed. The same formula, grid, double precision and
answer (the least value, and where). Broadcasting computes what depends on the batch alone once, as bulk::function does,
so that is what it is compared with:

    bulk_over_numpy              one expression over rows of the grid of 13 MB, as NumPy is usually written
    bulk_over_numpy_in_blocks    rows in blocks that fit the caches; the best of several sizes of block
    bulk_reciprocals_over_numpy  the first, over bulk::function with quotients by reciprocals
    bulk_over_jax                compiled by JAX (XLA, one thread); the best of several sizes of block
"""

import os
import subprocess
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.setdefault("OMP_NUM_THREADS", "1")
ROWS, COLUMNS = 2000, 8192


def formula(xp, e, b):
    compute = b * (1.4e11 / 9.9e14)
    memory = (b * 3e8 + 7e10) * (1 / 3.3e12)
    t = xp.maximum(compute, memory) + 2e-3
    watts = compute / t * 600.0 + 90.0
    return (watts * (e * 1.25) + 4.4e-4) / (b / t)


def least(xp, e, b):
    x = formula(xp, e, b).ravel()
    at = x.argmin()
    return x[at], at


def seconds(call):
    begin = time.process_time()
    call()
    return time.process_time() - begin


def per_point(call, e, rows):
    """Seconds a point, in blocks of so many rows; a tenth of the grid is timed."""
    part = ROWS // 10

    def whole():
        for first in range(0, part, rows):
            call(e[first:first + rows])

    return seconds(whole) / (part * COLUMNS)


def library(program):
    output = subprocess.run([program, "--seconds"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [float(x) for x in output.split()]


def main():
    try:
        import numpy as np
    except ImportError:
        print("note,bulk_over_numpy: NumPy is not installed")
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    b = np.linspace(1.0, 400.0, COLUMNS)
    e = np.linspace(30 / 3.6e9, 120 / 3.6e9, ROWS)[:, None]
    ways = {("numpy", rows): (lambda part: least(np, part, b)) for rows in (200, 40, 8, 2)}
    try:
        import jax
        import jax.numpy as jnp
        jax.config.update("jax_enable_x64", True)
        compiled = jax.jit(lambda part, sizes: least(jnp, part, sizes))
        sizes = jnp.asarray(b)
        ways.update({("jax", rows): (lambda part: compiled(part, sizes)[0].block_until_ready()) for rows in (200, 40, 8)})
    except ImportError:
        print("note,bulk_over_jax: JAX is not installed")
    best = {way: float("inf") for way in ways}
    mine = [float("inf")] * 4
    for _ in range(4):
        mine = [min(pair) for pair in zip(mine, library(sys.argv[1]))]
        for way, call in ways.items():
            per_point(call, e, way[1])  # warm: what is compiled is compiled
            best[way] = min(best[way], per_point(call, e, way[1]))
    recorded, reciprocals = mine[1], mine[2]
    print(f"ratio,bulk_over_numpy,{best['numpy', 200] / recorded:.4g},10")
    print(f"ratio,bulk_reciprocals_over_numpy,{best['numpy', 200] / reciprocals:.4g},10")
    print(f"ratio,bulk_over_numpy_in_blocks,{min(t for way, t in best.items() if way[0] == 'numpy') / recorded:.4g},4")
    if ("jax", 200) in best:
        print(f"ratio,bulk_over_jax,{min(t for way, t in best.items() if way[0] == 'jax') / recorded:.4g},4")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: BSL-1.0
"""Exchanges between all devices of this machine, by NCCL or RCCL, counted as nccl-tests counts them."""

import datetime
import os
import queue
import statistics
import tempfile

import torch
import torch.distributed as dist
import torch.multiprocessing

import device
import plan

CALLS = 20  # one after another, of which the mean counts


def exchange(op, size, ranks):
    """A function that does it once. `size`: of the whole buffer."""
    whole = torch.zeros(size // 2, dtype=torch.float16, device="cuda")
    if op == "all_reduce":
        return lambda: dist.all_reduce(whole)
    if op == "all_to_all":
        other = torch.empty_like(whole)
        return lambda: dist.all_to_all_single(other, whole)
    part = torch.zeros(size // 2 // ranks, dtype=torch.float16, device="cuda")
    if op == "all_gather":
        return lambda: dist.all_gather_into_tensor(whole, part)
    return lambda: dist.reduce_scatter_tensor(part, whole)


def exchange_times(op, size, ranks):
    call = exchange(op, size, ranks)

    def calls():
        for _ in range(CALLS):
            call()

    return [seconds / CALLS for seconds in device.samples(calls, 5)]


def rank_main(rank, ranks, meeting, results):
    torch.cuda.set_device(rank)
    dist.init_process_group("nccl", init_method=f"file://{meeting}", rank=rank, world_size=ranks,
                            timeout=datetime.timedelta(seconds=60))
    for size in plan.EXCHANGE_BYTES:
        for op in plan.EXCHANGES:
            whole = size // (2 * ranks) * 2 * ranks  # every rank has a part of the same length
            times = exchange_times(op, whole, ranks)
            if rank == 0:
                results.put((op, whole, times))
    dist.destroy_process_group()


def collected(results, got):
    while True:
        try:
            got.append(results.get(timeout=0.2))
        except queue.Empty:
            return


def run_ranks(ranks, budget, say):
    """What rank 0 has measured by the end, or until time is up."""
    got = []
    results = torch.multiprocessing.get_context("spawn").Queue()
    with tempfile.TemporaryDirectory() as scratch:
        running = torch.multiprocessing.spawn(rank_main, (ranks, os.path.join(scratch, "meeting"), results), ranks,
                                              join=False)
        try:
            while not running.join(timeout=1):
                collected(results, got)
                if budget.left() == 0:
                    say("time is up: the rest is left out")
                    break
        except Exception as why:  # that of whichever rank failed first
            say(f"a rank failed: {str(why).strip().splitlines()[-1]}")
        finally:
            for process in running.processes:
                process.kill()
        collected(results, got)
    return got


def measure(ranks, rows, budget, say):
    for op, size, times in run_ranks(ranks, budget, say):
        rate = size / statistics.median(times) * (2 if op == "all_reduce" else 1) * (ranks - 1) / ranks
        rows.measured("micro.csv", op=op, precision="fp16", message_bytes=size, chips=ranks, ranks=ranks,
                      ranks_per_node=ranks, nodes=1, metric="bus_bandwidth", value=rate, note=device.spread(times))

# SPDX-License-Identifier: BSL-1.0
"""Matrix products, attention and copies, one at a time."""

import statistics

import torch

import device

COLD_BYTES = 2**29  # what is read in turn, so that no cache on the chip holds it
MOST_VARIANTS = 32


def random(*shape, dtype):
    return torch.randn(*shape, device="cuda", dtype=torch.bfloat16 if dtype.itemsize == 1 else dtype).to(dtype)


def multiplication(dtype):
    """A function that multiplies by weights, which lie as layers keep them, a row for each output."""
    if dtype.itemsize > 1:
        return lambda rows, weights: torch.mm(rows, weights.t())
    one = torch.ones((), device="cuda")  # scale of a tensor
    fast = torch.version.hip is None  # partial sums of fewer bits, as engines take them

    def scaled(rows, weights):
        return torch._scaled_mm(rows, weights.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16,
                                use_fast_accum=fast)

    return scaled


def product(case, rows):
    dtype = device.fp8_type() if case.precision == "fp8" else device.TYPES[case.precision]
    variants = max(1, min(MOST_VARIANTS, COLD_BYTES // (case.n * case.k * dtype.itemsize)))
    left = random(case.m, case.k, dtype=dtype)
    weights = [random(case.n, case.k, dtype=dtype) for _ in range(variants)]
    multiply = multiplication(dtype)
    times = device.kernel_times(lambda i: multiply(left, weights[i]), variants)
    rate = 2 * case.m * case.n * case.k / statistics.median(times)
    # A rate is that of the product alone: a time would include making operands of 8 bit.
    rows.measured("micro.csv", op="gemm", precision=case.precision, m=case.m, n=case.n, k=case.k, batch=1,
                  metric="achieved_flops", value=rate, note=device.spread(times))


def decode_attention(case, kernel, dtype):
    """Query heads that share a key head are rows of one small product, as kernels for decoding have it."""
    query = random(case.batch, case.kv_heads, case.heads // case.kv_heads, case.head_dim, dtype=dtype)
    key, value = (random(case.batch, case.kv_heads, case.seq_kv, case.head_dim, dtype=dtype) for _ in range(2))
    return lambda _: kernel.to_all(query, key, value)


def prefill_attention(case, kernel, dtype):
    query = random(case.batch, case.heads, case.seq_q, case.head_dim, dtype=dtype)
    key, value = (random(case.batch, case.kv_heads, case.seq_kv, case.head_dim, dtype=dtype) for _ in range(2))
    return lambda _: kernel.causal(query, key, value)


def attention(kernel_and_case, rows):
    kernel, case = kernel_and_case
    half = device.half_format()
    if case.op == "attention_prefill" and not kernel.grouped:
        case = case._replace(kv_heads=case.heads)
    made = decode_attention if case.op == "attention_decode" else prefill_attention
    times = device.kernel_times(made(case, kernel, device.TYPES[half]))
    # Keys and values are two tensors, whatever one assumes of a benchmark's cache.
    rows.measured("micro.csv", **case._asdict(), precision=half, keys_alone=0,
                  attention_kernel=kernel.name, metric="time", value=statistics.median(times),
                  note=device.spread(times))


def device_copy(size, rows):
    source, target = (torch.empty(size, dtype=torch.uint8, device="cuda") for _ in range(2))
    # Not in a graph: there it is no kernel but the driver's copy, slower from 1 GiB on. The host hides behind the copies.
    times = device.samples(lambda: target.copy_(source))
    rows.measured("micro.csv", op="memory_copy", message_bytes=size, metric="memory_bandwidth",
                  value=2 * size / statistics.median(times), note=device.spread(times))


def host_copy(size, rows):
    there = torch.empty(size, dtype=torch.uint8, pin_memory=True)
    here = torch.empty(size, dtype=torch.uint8, device="cuda")
    for way, source, target in (("to the device", there, here), ("to the host", here, there)):
        times = device.samples(lambda: target.copy_(source, non_blocking=True))
        rows.measured("micro.csv", op="host_copy", message_bytes=size, metric="memory_bandwidth",
                      value=size / statistics.median(times), note=f"pinned, {way}; {device.spread(times)}")


def copy(case, rows):
    where, size = case
    (device_copy if where == "device" else host_copy)(size, rows)

# SPDX-License-Identifier: BSL-1.0
"""The accelerator: what it is, how long something takes on it, what it draws. ROCm's PyTorch goes by CUDA's names."""

import os
import statistics
import subprocess
import threading
import time
import warnings

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

SAMPLES = 11
GRAPH_SECONDS = 0.002  # least time of a captured graph, so that starting it does not count
SETTLING_SECONDS = 2.0  # drivers average power over up to a second
POWER_SECONDS = 8.0
PCIE_LANE = {1: 0.25e9, 2: 0.5e9, 3: 1e9, 4: 2e9, 5: 4e9, 6: 8e9}  # nominal bytes/s and direction, by generation


# ---- What it is -----------------------------------------------------------------------------------------------------

def properties():
    return torch.cuda.get_device_properties(0)


def vendor():
    return "AMD" if torch.version.hip else "NVIDIA"


def half_format():
    """bf16 where the chip multiplies it."""
    return "bf16" if torch.version.hip or torch.cuda.get_device_capability(0) >= (8, 0) else "fp16"


def fp8_type():
    """The 8-bit type that its units multiply, None without such units."""
    if torch.version.hip:
        architecture = properties().gcnArchName
        if architecture.startswith("gfx94"):
            return torch.float8_e4m3fnuz
        return torch.float8_e4m3fn if architecture.startswith(("gfx95", "gfx12")) else None
    return torch.float8_e4m3fn if torch.cuda.get_device_capability(0) >= (8, 9) else None


TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def nvidia_smi(*names):
    """Numbers that the driver gives for device 0 of this process, [] where it gives none."""
    uuid = getattr(properties(), "uuid", None)  # PyTorch 2.4 and newer
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    command = ["nvidia-smi", f"--id={f'GPU-{uuid}' if uuid else visible}", f"--query-gpu={','.join(names)}",
               "--format=csv,noheader,nounits"]
    try:
        text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
        return [float(number) for number in text.split(",")]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


def host_link_bytes_per_s():
    """Nominal rate of its slot, None where not known."""
    answer = nvidia_smi("pcie.link.gen.max", "pcie.link.width.max")
    return PCIE_LANE.get(int(answer[0]), 0) * answer[1] if answer else None


def power_cap_w():
    """The limit where it is below the maker's, otherwise nothing."""
    answer = nvidia_smi("power.limit", "power.default_limit")
    return answer[0] if answer and answer[0] < answer[1] else ""


# ---- Attention ------------------------------------------------------------------------------------------------------

# PyTorch's own choice first; cuDNN's, of PyTorch 2.4 and newer, is written for the chip.
OWN_KERNELS = ((SDPBackend.FLASH_ATTENTION, "flash-2"), (SDPBackend.EFFICIENT_ATTENTION, "fused"),
               (SDPBackend.MATH, "unfused"))
CUDNN = getattr(SDPBackend, "CUDNN_ATTENTION", None)


def attention_kernels(dtype):
    """PyTorch's kernel for this chip, and cuDNN's where it runs."""
    kernels = [AttentionKernel(dtype)]
    if CUDNN is not None and AttentionKernel.runs(dtype, CUDNN, 4):
        kernels.append(AttentionKernel(dtype, ((CUDNN, "cudnn"),)))
    return kernels


class AttentionKernel:
    """The first kernel that runs, by the schema's name, and whether it takes fewer key heads than query heads."""

    def __init__(self, dtype, kernels=OWN_KERNELS):
        self.backend, self.name = next(kernel for kernel in kernels if self.runs(dtype, kernel[0], 4))
        self.grouped = self.runs(dtype, self.backend, 2)

    def __repr__(self):
        return self.name

    @staticmethod
    def runs(dtype, backend, kv_heads):
        query, key = (torch.zeros(1, heads, 64, 128, device="cuda", dtype=dtype) for heads in (4, kv_heads))
        options = {} if kv_heads == 4 else {"enable_gqa": True}  # PyTorch 2.5 and newer
        try:
            with warnings.catch_warnings(), sdpa_kernel(backend):
                warnings.simplefilter("ignore")
                scaled_dot_product_attention(query, key, key, is_causal=True, **options)
            return True
        except (RuntimeError, TypeError):
            return False

    def causal(self, query, key, value):
        options = {}
        if key.shape[1] < query.shape[1]:
            if self.grouped:
                options = {"enable_gqa": True}
            else:
                group = query.shape[1] // key.shape[1]
                key, value = key.repeat_interleave(group, 1), value.repeat_interleave(group, 1)
        with sdpa_kernel(self.backend):
            return scaled_dot_product_attention(query, key, value, is_causal=True, **options)

    def to_all(self, query, key, value):
        with sdpa_kernel(self.backend):
            return scaled_dot_product_attention(query, key, value)


# ---- Time -----------------------------------------------------------------------------------------------------------

def samples(call, count=SAMPLES):
    """Seconds of calls by the device's own clock, after three that do not count."""
    for _ in range(3):
        call()
    events = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(count)]
    for begin, end in events:
        begin.record()
        call()
        end.record()
    torch.cuda.synchronize()
    return [begin.elapsed_time(end) / 1e3 for begin, end in events]


def captured(call):
    """The same as a graph, which the host starts at once. Before it is captured it must have run, on another stream."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        call()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph.replay


def kernel_times(kernel, variants=1):
    """Seconds of a kernel without the host: kernel(0) to kernel(variants - 1) in turn, in a graph."""
    once = max(1e-6, statistics.median(samples(lambda: kernel(0), 3)))
    turns = max(1, min(32, round(GRAPH_SECONDS / once / variants)))

    def in_turn():
        for i in range(turns * variants):
            kernel(i % variants)

    return [seconds / (turns * variants) for seconds in samples(captured(in_turn))]


def spread(times):
    return f"median of {len(times)}, {min(times):.4g} to {max(times):.4g} s"


# ---- Power ----------------------------------------------------------------------------------------------------------

def torch_watts():
    """NVML's figure in mW, by the package nvidia-ml-py; AMD SMI's in W."""
    return torch.cuda.power_draw(0) / (1 if torch.version.hip else 1000)


def smi_watts():
    return nvidia_smi("power.draw")[0]


def power_reader():
    """A function that gives the watts of the chip, None where nothing does."""
    for reader in (torch_watts, smi_watts):
        try:
            if reader() > 0:
                return reader
        except Exception:  # whatever a missing package, library or sensor raises
            pass
    return None


def power_while(call, reader):
    """(mean watts, lowest, highest, seconds) of calls one after another, once power has settled."""
    watts, stop = [], threading.Event()

    def sample():
        if not stop.wait(SETTLING_SECONDS):
            while not stop.is_set():
                watts.append(reader())
                stop.wait(0.1)

    sampler = threading.Thread(target=sample)
    start = time.monotonic()
    sampler.start()
    try:
        while time.monotonic() - start < POWER_SECONDS:
            call()
            torch.cuda.synchronize()
    finally:
        stop.set()
        sampler.join()
    if not watts:
        raise RuntimeError("the driver stopped giving the power")
    return statistics.fmean(watts), min(watts), max(watts), POWER_SECONDS - SETTLING_SECONDS

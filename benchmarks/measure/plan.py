# SPDX-License-Identifier: BSL-1.0
"""What is measured, and for how long: shapes, and the share of ten minutes that each family has."""

import collections
import time

# Of 600; the rest is for starting, and for a case that is under way when its family's time is up.
FAMILY_SECONDS = {"copies": 30, "gemm": 100, "attention": 60, "collectives": 90, "training": 100, "decoding": 100}

Product = collections.namedtuple("Product", "precision m n k")
Attention = collections.namedtuple("Attention", "op batch heads kv_heads head_dim seq_q seq_kv")
Decoding = collections.namedtuple("Decoding", "batch isl osl")

GRID_M = (1, 16, 128, 1024, 4096, 8192)
# Depth and columns of matrices of models of 7 to 70 billion parameters.
GRID_KN = ((4096, 4096), (4096, 14336), (14336, 4096), (8192, 8192), (8192, 28672), (28672, 8192))
COPY_BYTES = (2**28, 2**30, 2**32)
HOST_COPY_BYTES = (2**24, 2**26, 2**28, 2**30)
EXCHANGES = ("all_reduce", "all_gather", "reduce_scatter", "all_to_all")
EXCHANGE_BYTES = (2**16, 2**20, 2**24, 2**28, 2**30)
DECODINGS = (Decoding(1, 512, 128), Decoding(16, 512, 128), Decoding(64, 512, 128))
TRAINING_SEQUENCE = 2048

# A Llama of a few hundred million parameters: a row of models.csv.
MODEL = {"model": "llama-l6-d2048-h16-v32000", "layers": 6, "d_model": 2048, "heads": 16, "kv_heads": 8,
         "head_dim": 128, "ffn": 5632, "gated": 1, "vocab": 32000, "tied": 0, "attention": "gqa",
         "full_attention_layers": 6}


def model_row():
    m = MODEL
    attention = 2 * m["d_model"] * m["head_dim"] * (m["heads"] + m["kv_heads"])
    total = m["layers"] * (attention + 3 * m["d_model"] * m["ffn"]) + 2 * m["vocab"] * m["d_model"]
    return {**m, "total_params": total, "active_params": total, "verified": "yes"}


def products(precisions):
    return [Product(precision, m, n, k) for precision in precisions for k, n in GRID_KN for m in GRID_M]


def attentions():
    prefill = [Attention("attention_prefill", batch, 32, 8, 128, length, length)
               for batch, length in ((1, 1024), (1, 4096), (1, 16384), (4, 2048), (8, 8192))]
    decode = [Attention("attention_decode", batch, 32, 8, 128, 1, length)
              for batch in (1, 16, 64) for length in (1024, 8192, 32768)]
    return prefill + decode


def training_batches(memory_bytes):
    """(micro_batch, global_batch): one micro-batch a step, and four, of which the update of weights is a smaller part."""
    micro = 4 if memory_bytes > 30e9 else 1
    return ((micro, micro), (micro, 4 * micro))


class Budget:
    def __init__(self, seconds, clock=time.monotonic):
        self.clock = clock
        self.end = clock() + seconds

    def left(self):
        return max(0.0, self.end - self.clock())


def while_it_lasts(cases, budget, say):
    """The cases, until the budget is used up; says how many were left out."""
    for done, case in enumerate(cases):
        if budget.left() == 0:
            say(f"time is up: {len(cases) - done} of {len(cases)} left out")
            return
        yield case

# SPDX-License-Identifier: BSL-1.0
"""A small Llama: a step of its training, and decoding with a cache of fixed size, eager and as a graph."""

import statistics

import torch
from torch import nn
from torch.nn import functional

import device
import plan

SHAPE = plan.MODEL


# ---- The model ------------------------------------------------------------------------------------------------------

class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(SHAPE["d_model"]))

    def forward(self, x):
        wide = x.float()
        scaled = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-5)
        return scaled.type_as(x) * self.weight.type_as(x)


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


def rotation(length):
    """Cosine and sine of every position."""
    width = SHAPE["head_dim"]
    frequency = 10000.0 ** (-torch.arange(0, width, 2, device="cuda") / width)
    angle = torch.arange(length, device="cuda")[:, None] * frequency
    return angle.cos(), angle.sin()


def rotated(x, turn):
    cosine, sine = (part.type_as(x) for part in turn)
    first, second = x.chunk(2, -1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), -1)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        width, head, inner = SHAPE["d_model"], SHAPE["head_dim"], SHAPE["ffn"]
        self.before_attention, self.before_inner = Norm(), Norm()
        self.query = linear(width, SHAPE["heads"] * head)
        self.key = linear(width, SHAPE["kv_heads"] * head)
        self.value = linear(width, SHAPE["kv_heads"] * head)
        self.out = linear(SHAPE["heads"] * head, width)
        self.gate, self.up, self.down = linear(width, inner), linear(width, inner), linear(inner, width)

    def heads(self, projection, x):
        return projection(x).view(*x.shape[:2], -1, SHAPE["head_dim"]).transpose(1, 2)

    def forward(self, x, turn, attend):
        y = self.before_attention(x)
        query, key = (rotated(self.heads(part, y), turn) for part in (self.query, self.key))
        y = attend(query, key, self.heads(self.value, y))
        x = x + self.out(y.transpose(1, 2).flatten(2))
        y = self.before_inner(x)
        return x + self.down(functional.silu(self.gate(y)) * self.up(y))


class Transformer(nn.Module):
    """forward: what goes into the head. `attend[i]` is the attention of layer i, given queries, keys and values."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(SHAPE["vocab"], SHAPE["d_model"])
        self.layers = nn.ModuleList(Layer() for _ in range(SHAPE["layers"]))
        self.norm = Norm()
        self.head = linear(SHAPE["d_model"], SHAPE["vocab"])

    def forward(self, tokens, turn, attend, dtype):
        x = self.embedding(tokens).to(dtype)
        for layer, attention in zip(self.layers, attend):
            x = layer(x, turn, attention)
        return self.norm(x)


def random_tokens(*shape):
    return torch.randint(SHAPE["vocab"], shape, device="cuda")


# ---- Training -------------------------------------------------------------------------------------------------------

class Training:
    """Weights and optimiser states in 32 bit, products in 16, nothing recomputed, nothing compiled."""

    def __init__(self, dtype, micro_batch, global_batch):
        self.dtype, self.attention = dtype, device.AttentionKernel(dtype)
        self.model = Transformer().cuda()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), fused=True)
        self.turn = rotation(plan.TRAINING_SEQUENCE)
        self.batches = [random_tokens(micro_batch, plan.TRAINING_SEQUENCE + 1)
                        for _ in range(global_batch // micro_batch)]

    def loss(self, tokens):
        attend = [self.attention.causal] * SHAPE["layers"]
        with torch.autocast("cuda", dtype=self.dtype):
            logits = self.model.head(self.model(tokens[:, :-1], self.turn, attend, self.dtype))
        return functional.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten())

    def step(self):
        for tokens in self.batches:
            (self.loss(tokens) / len(self.batches)).backward()
        self.optimizer.step()
        self.optimizer.zero_grad()


def training(case, rows, reader):
    micro_batch, global_batch = case
    half = device.half_format()
    run = Training(device.TYPES[half], micro_batch, global_batch)
    times = device.samples(run.step)
    rows.measured("training.csv", chips_per_node=1, tp=1, pp=1, vp=1, dp=1, cp=1, ep=1, sequence_parallel=0,
                  sharding="none", micro_batch=micro_batch, global_batch=global_batch, seq_len=plan.TRAINING_SEQUENCE,
                  recompute="none", compute_precision=half, metric="iteration_time", value=statistics.median(times),
                  unit="s", compiled=0, attention_kernel=run.attention.name,
                  note=f"fused AdamW, weights in 32 bit, autocast; {device.spread(times)}")
    rows.load("training_steps.csv", micro_batch, global_batch, plan.TRAINING_SEQUENCE, statistics.median(times))
    if reader:
        power(rows, reader, run.step, phase="training", compute_precision=half)


def power(rows, reader, call, **cells):
    mean, least, most, seconds = device.power_while(call, reader)
    rows.measured("energy.csv", boundary="chip", metric="average_power", value=mean, unit="W", duration_s=seconds,
                  note=f"mean, {least:.4g} to {most:.4g} W", **cells)


# ---- Decoding -------------------------------------------------------------------------------------------------------

class Cache:
    """Keys and values of a layer, with room for a whole answer. `visible` is 0 where tokens are, -inf behind them."""

    def __init__(self, case, dtype, position, visible, attention):
        shape = (case.batch, SHAPE["kv_heads"], case.isl + case.osl, SHAPE["head_dim"])
        self.keys, self.values = (torch.zeros(shape, device="cuda", dtype=dtype) for _ in range(2))
        self.position, self.visible, self.attention = position, visible, attention

    def prompt(self, query, key, value):
        self.keys[:, :, :key.shape[2]] = key
        self.values[:, :, :key.shape[2]] = value
        return self.attention.causal(query, key, value)

    def one_token(self, query, key, value):
        self.keys.index_copy_(2, self.position, key)
        self.values.index_copy_(2, self.position, value)
        batch, kv_heads, _, width = self.keys.shape
        grouped = query.reshape(batch, kv_heads, -1, width)  # query heads of a key head, as rows
        out = functional.scaled_dot_product_attention(grouped, self.keys, self.values, attn_mask=self.visible)
        return out.reshape(query.shape)


class Decoding:
    """All requests of a batch at once. Nothing is made anew from step to step, so that a graph can hold a step."""

    def __init__(self, case, dtype):
        self.case, self.dtype = case, dtype
        self.model = Transformer().to("cuda", dtype)
        self.turn = rotation(case.isl + case.osl)
        self.places = torch.arange(case.isl + case.osl, device="cuda")
        self.position = torch.tensor([case.isl], device="cuda")
        self.visible = torch.zeros(1, 1, 1, case.isl + case.osl, device="cuda", dtype=dtype)
        self.tokens = random_tokens(case.batch, 1)
        self.prompts = random_tokens(case.batch, case.isl)
        attention = device.AttentionKernel(dtype)
        self.caches = [Cache(case, dtype, self.position, self.visible, attention) for _ in range(SHAPE["layers"])]

    def choose(self, hidden):
        self.tokens.copy_(self.model.head(hidden[:, -1:]).argmax(-1))

    def prompt(self):
        turn = [part[:self.case.isl] for part in self.turn]
        self.choose(self.model(self.prompts, turn, [cache.prompt for cache in self.caches], self.dtype))
        self.position.fill_(self.case.isl)

    def one_token(self):
        self.visible.zero_().masked_fill_(self.places > self.position, float("-inf"))
        turn = [part[self.position] for part in self.turn]
        self.choose(self.model(self.tokens, turn, [cache.one_token for cache in self.caches], self.dtype))
        self.position.add_(1)

    def answer(self, one_token):
        """Tokens after the first."""
        self.position.fill_(self.case.isl)
        for _ in range(self.case.osl - 1):
            one_token()


@torch.no_grad()
def decoding(case, rows, reader):
    half = device.half_format()
    run = Decoding(case, device.TYPES[half])
    run.prompt()
    bits = {"weight_bits": 16, "activation_bits": 16, "kv_bits": 16, "compute_precision": half, "tp": 1}
    cells = {"regime": "static_batch", "concurrency": case.batch, "isl": case.isl, "osl": case.osl, "unit": "s",
             "pp": 1, "speculative": 0, "length_kind": "fixed", **bits}
    times = device.samples(run.prompt)
    prompt = statistics.median(times)
    rows.measured("inference.csv", metric="ttft", value=prompt, cuda_graphs=0, note=device.spread(times), **cells)
    graph = device.captured(run.one_token)
    for one_token, as_graph, file in ((run.one_token, 0, "serving_eager.csv"), (graph, 1, "serving_graphs.csv")):
        times = [seconds / (case.osl - 1) for seconds in device.samples(lambda: run.answer(one_token), 5)]
        token = statistics.median(times)
        rows.measured("inference.csv", metric="tpot", value=token, cuda_graphs=as_graph, note=device.spread(times),
                      **cells)
        rows.load(file, "static_batch", case.batch, case.isl, case.osl, prompt, token)
    if reader:
        power(rows, reader, lambda: (run.prompt(), run.answer(graph)), phase="inference", concurrency=case.batch,
              isl=case.isl, osl=case.osl, cuda_graphs=1, **bits)

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks what of `./dev measure` needs no PyTorch.

    check_measure.py                the tests
    check_measure.py --sample DIR   a folder of rows such as it writes, with made-up numbers, for `./dev accuracy DIR`
"""

import csv
import os
import stat
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE, "benchmarks", "measure"))

import plan  # noqa: E402
import schema  # noqa: E402

COMMON = {"source": "own-machine", "chip": "rtx-4090", "chips": 1, "model": plan.MODEL["model"], "predictable": 1,
          "verified": "yes", "software": "pytorch", "software_version": "2.6.0", "software_year": 2025,
          "power_cap_w": ""}


def sample_micro(rows):
    for p in plan.products(("bf16", "fp8")):
        rows.measured("micro.csv", op="gemm", **p._asdict(), batch=1, metric="achieved_flops", value=1e14)
    for kernel in ("flash-2", "cudnn"):
        for a in plan.attentions():
            rows.measured("micro.csv", **a._asdict(), precision="bf16", keys_alone=0, attention_kernel=kernel,
                          metric="time", value=1e-4)
    for op, sizes in (("memory_copy", plan.COPY_BYTES), ("host_copy", plan.HOST_COPY_BYTES)):
        for size in sizes:
            rows.measured("micro.csv", op=op, message_bytes=size, metric="memory_bandwidth", value=5e11)
    for op in plan.EXCHANGES:
        rows.measured("micro.csv", op=op, precision="fp16", message_bytes=2**24, chips=2, ranks=2, ranks_per_node=2,
                      nodes=1, metric="bus_bandwidth", value=1e10)


def sample_model(rows):
    for micro, batch in plan.training_batches(24e9):
        rows.measured("training.csv", chips_per_node=1, tp=1, pp=1, vp=1, dp=1, cp=1, ep=1, sequence_parallel=0,
                      sharding="none", micro_batch=micro, global_batch=batch, seq_len=plan.TRAINING_SEQUENCE,
                      recompute="none", compute_precision="bf16", metric="iteration_time", value=0.1, unit="s",
                      compiled=0, attention_kernel="flash-2")
        rows.load("training_steps.csv", micro, batch, plan.TRAINING_SEQUENCE, 0.1)
    power = {"boundary": "chip", "metric": "average_power", "value": 300.0, "unit": "W"}
    rows.measured("energy.csv", phase="training", **power)
    for d in plan.DECODINGS:
        bits = {"weight_bits": 16, "activation_bits": 16, "kv_bits": 16, "compute_precision": "bf16", "tp": 1}
        load = {"concurrency": d.batch, "isl": d.isl, "osl": d.osl}
        for metric, graphs in (("ttft", 0), ("tpot", 0), ("tpot", 1)):
            rows.measured("inference.csv", regime="static_batch", metric=metric, value=0.01, unit="s", pp=1,
                          cuda_graphs=graphs, speculative=0, length_kind="fixed", **load, **bits)
        for file in ("serving_eager.csv", "serving_graphs.csv"):
            rows.load(file, "static_batch", d.batch, d.isl, d.osl, 0.01, 0.01)
        rows.measured("energy.csv", phase="inference", cuda_graphs=1, **load, **bits, **power)


def sample():
    rows = schema.Rows(COMMON)
    rows.describe("chips.csv", schema.chip_row("NVIDIA GeForce RTX 4090", "NVIDIA", 25_386_352_640, 32e9))
    rows.describe("models.csv", plan.model_row())
    sample_micro(rows)
    sample_model(rows)
    return rows


def read(folder, file):
    with open(os.path.join(folder, file), newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


class Chips(unittest.TestCase):
    def test_driver_names(self):
        for name, gigabytes, key in (
                ("NVIDIA H100 80GB HBM3", 85, "h100-sxm-80gb"), ("NVIDIA H100 PCIe", 85, "h100-pcie-80gb"),
                ("NVIDIA A100-SXM4-40GB", 42, "a100-sxm-40gb"), ("NVIDIA A100 80GB PCIe", 85, "a100-pcie-80gb"),
                ("NVIDIA GH200 480GB", 102, "gh200-96gb"), ("NVIDIA GH200 144G HBM3e", 151, "gh200-144gb"),
                ("Tesla V100-SXM2-32GB", 34, "v100-sxm2-32gb"), ("NVIDIA GeForce RTX 3090 Ti", 25, "rtx-3090-ti"),
                ("NVIDIA GeForce RTX 3060", 12.6, "rtx-3060-12gb"), ("NVIDIA GeForce RTX 3060", 8.5, "my-chip"),
                ("NVIDIA H200 NVL", 150, "my-chip"), ("AMD Instinct MI300X", 206, "mi300x"),
                ("AMD Instinct MI250X / MI250", 68, "mi250x-gcd"), ("NVIDIA Something New", 500, "my-chip")):
            self.assertEqual(schema.chip_key(name, gigabytes * 1e9), key, name)

    def test_keys_are_known(self):
        with open(os.path.join(SOURCE, "include", "layercake", "chips", "catalog.hpp"), encoding="utf-8") as stream:
            catalog = stream.read()
        for _, _, key in schema.CHIPS:
            self.assertTrue(schema.published_chip(key) or f'{{"{key}", &' in catalog, key)

    def test_known_chip_has_its_data_sheet_and_this_slot(self):
        row = schema.chip_row("NVIDIA GeForce RTX 4090", "NVIDIA", 25e9, 16e9)
        self.assertEqual(row["chip"], "rtx-4090")
        self.assertTrue(float(row["peak_bf16_flops"]) > 1e14)
        self.assertEqual(row["host_link_bytes_per_s"], 16e9)

    def test_link_of_no_slot_is_kept(self):
        row = schema.chip_row("NVIDIA GH200 480GB", "NVIDIA", 102e9, 64e9)
        self.assertEqual(float(row["host_link_bytes_per_s"]), 450e9)

    def test_unknown_chip_is_to_be_filled_in(self):
        row = schema.chip_row("Something New", "NVIDIA", 48e9, None)
        self.assertEqual((row["chip"], row["memory_bytes"]), ("my-chip", 48e9))
        self.assertIn("fill them in", row["note"])
        self.assertNotIn("peak_bf16_flops", row)


class Plan(unittest.TestCase):
    def test_ten_minutes(self):
        self.assertLess(sum(plan.FAMILY_SECONDS.values()), 540)

    def test_budget(self):
        now = [0]
        budget = plan.Budget(10, lambda: now[0])
        said, done = [], []
        for case in plan.while_it_lasts("abcde", budget, said.append):
            done.append(case)
            now[0] += 4
        self.assertEqual(done, ["a", "b", "c"])
        self.assertEqual(said, ["time is up: 2 of 5 left out"])

    def test_products(self):
        products = plan.products(("bf16", "fp8"))
        self.assertEqual(len(set(products)), 72)
        self.assertEqual({p.m for p in products}, {1, 16, 128, 1024, 4096, 8192})
        self.assertTrue(all(p.n % 16 == 0 and p.k % 16 == 0 for p in products))  # what 8-bit products ask for

    def test_attentions(self):
        for a in plan.attentions():
            self.assertEqual(a.seq_q, 1 if a.op == "attention_decode" else a.seq_kv)
            self.assertEqual(a.heads % a.kv_heads, 0)

    def test_model_has_a_few_hundred_million_parameters(self):
        # 6 layers of 2048 x (2 x 2048 + 2 x 1024) and 3 x 2048 x 5632, two tables of 32000 x 2048
        self.assertEqual(plan.model_row()["total_params"], 414_187_520)

    def test_year(self):
        for version, year in (("2.3.1+cu121", 2024), ("2.5.0", 2024), ("2.6.0", 2025), ("2.9.0a0+git", 2025)):
            self.assertEqual(schema.software_year(version, 2026), year)
        self.assertEqual(schema.software_year("2.20.0", 2026), 2026)


class Files(unittest.TestCase):
    def test_headers_are_the_schema_s(self):
        with tempfile.TemporaryDirectory() as folder:
            sample().write(folder)
            for file in ("chips.csv", "models.csv", "training.csv", "inference.csv", "energy.csv", "micro.csv"):
                theirs = read(schema.DATA, file)[0]
                self.assertEqual(read(folder, file)[0][:len(theirs)], theirs)
            self.assertEqual(read(folder, "micro.csv")[0][-2:], ["keys_alone", "attention_kernel"])
            self.assertEqual(read(folder, "energy.csv")[0][-1], "cuda_graphs")

    def test_ids_differ_and_say_nothing_of_the_machine(self):
        with tempfile.TemporaryDirectory() as folder:
            sample().write(folder)
            for file in ("training.csv", "inference.csv", "energy.csv", "micro.csv"):
                rows = read(folder, file)[1:]
                self.assertEqual(len({row[0] for row in rows}), len(rows))
                self.assertEqual({row[1] for row in rows}, {"own-machine"})

    def test_a_load_has_every_cell(self):
        with self.assertRaises(ValueError):
            schema.Rows({}).load("training_steps.csv", 4, 4)

    def test_a_cell_without_a_column_is_an_error(self):
        rows = schema.Rows({})
        rows.measured("micro.csv", no_such_column=1)
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(ValueError):
            rows.write(folder)


class Refusals(unittest.TestCase):
    """`./dev measure` where it can measure nothing: one line that says why, status 2, nothing written."""

    def refused(self, scratch, python, words):
        folder = os.path.join(scratch, "out")
        environment = {**os.environ, "PYTHON": python, "PYTHONPATH": scratch, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([os.path.join(SOURCE, "dev"), "measure", "out"], capture_output=True, text=True,
                              cwd=scratch, env=environment)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for word in (words, "nothing was measured"):
            self.assertIn(word, done.stderr)
        return folder

    def with_torch(self, scratch, text):
        """A module torch of that text stands in for PyTorch."""
        with open(os.path.join(scratch, "torch.py"), "w", encoding="utf-8") as stream:
            stream.write(text)
        return sys.executable

    def test_no_python(self):
        with tempfile.TemporaryDirectory() as scratch:
            self.assertFalse(os.path.exists(self.refused(scratch, "/no/such/python", "there is no /no/such/python")))

    def test_no_torch(self):
        with tempfile.TemporaryDirectory() as scratch:
            bare = os.path.join(scratch, "python")  # one without packages, whatever this machine has
            with open(bare, "w", encoding="utf-8") as stream:
                stream.write(f'#!/bin/sh\nexec "{sys.executable}" -E -S "$@"\n')
            os.chmod(bare, os.stat(bare).st_mode | stat.S_IXUSR)
            self.assertFalse(os.path.exists(self.refused(scratch, bare, "has no PyTorch")))

    def test_no_accelerator(self):
        with tempfile.TemporaryDirectory() as scratch:
            python = self.with_torch(scratch, "__version__ = '2.6.0'\nclass cuda:\n    is_available = lambda: False\n")
            self.assertFalse(os.path.exists(self.refused(scratch, python, "PyTorch 2.6.0 sees no accelerator")))

    def test_old_torch(self):
        with tempfile.TemporaryDirectory() as scratch:
            python = self.with_torch(scratch, "__version__ = '1.13.1'\n")
            self.assertFalse(os.path.exists(self.refused(scratch, python, "2.3 or newer is needed")))

    def test_folder_with_something_in_it(self):
        with tempfile.TemporaryDirectory() as scratch:
            os.mkdir(os.path.join(scratch, "out"))
            open(os.path.join(scratch, "out", "chips.csv"), "w", encoding="utf-8").close()
            folder = self.refused(scratch, sys.executable, "out is there already")
            self.assertEqual(os.listdir(folder), ["chips.csv"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sample"]:
        sample().write(sys.argv[2])
    else:
        unittest.main()

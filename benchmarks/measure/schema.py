# SPDX-License-Identifier: BSL-1.0
"""Rows by the schema of benchmarks/accuracy/data/README.md: columns, chips' keys, files."""

import csv
import os
import re

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "accuracy", "data")
UNKNOWN_CHIP = "my-chip"
FASTEST_PCIE = 128e9  # bytes/s and direction; what is faster is no slot

# The driver's name of a chip without its maker, the least memory in GB of that variant, the catalog's key.
CHIPS = (
    (r"A100-SXM4?-40GB", 0, "a100-sxm-40gb"),
    (r"A100-SXM4?-80GB", 0, "a100-sxm-80gb"),
    (r"A100 80GB PCIe", 0, "a100-pcie-80gb"),
    (r"A800-SXM4-80GB", 0, "a800-sxm-80gb"),
    (r"A800 80GB PCIe", 0, "a800-pcie-80gb"),
    (r"A10G", 0, "a10g"),
    (r"H100 80GB HBM3", 0, "h100-sxm-80gb"),
    (r"H100 PCIe", 0, "h100-pcie-80gb"),
    (r"H100 NVL", 0, "h100-nvl-94gb"),
    (r"H800", 70, "h800-sxm-80gb"),
    (r"H200", 0, "h200-sxm-141gb"),
    (r"H20", 90, "h20"),
    (r"GH200 .*", 130, "gh200-144gb"),
    (r"GH200 .*", 90, "gh200-96gb"),
    (r"B200", 0, "b200-sxm"),
    (r"GB200", 0, "gb200"),
    (r"B300( SXM6.*)?", 0, "b300-sxm"),
    (r"GB300", 0, "gb300"),
    (r"GB10", 0, "gb10"),
    (r"L40S", 0, "l40s"),
    (r"T4", 0, "t4"),
    (r"V100-SXM2-16GB", 0, "v100-sxm2-16gb"),
    (r"V100-SXM2-32GB", 0, "v100-sxm2-32gb"),
    (r"V100-SXM3-32GB.*", 0, "v100-sxm3-32gb"),
    (r"V100-PCIE-16GB", 0, "v100-pcie-16gb"),
    (r"V100-PCIE-32GB", 0, "v100-pcie-32gb"),
    (r"P100-SXM2-16GB", 0, "p100-sxm-16gb"),
    (r"P100-PCIE-16GB", 0, "p100-pcie-16gb"),
    (r"RTX 2080 Ti", 0, "rtx-2080-ti"),
    (r"RTX 3060", 11, "rtx-3060-12gb"),
    (r"RTX 3080 Ti", 0, "rtx-3080-ti"),
    (r"RTX 3090", 0, "rtx-3090"),
    (r"RTX 3090 Ti", 0, "rtx-3090-ti"),
    (r"RTX 4070 Ti", 0, "rtx-4070-ti"),
    (r"RTX 4080", 0, "rtx-4080"),
    (r"RTX 4090", 0, "rtx-4090"),
    (r"RTX 5060 Ti", 14, "rtx-5060-ti-16gb"),
    (r"RTX 5090", 0, "rtx-5090"),
    (r"RTX A4000", 0, "rtx-a4000"),
    (r"MI250X( ?/ ?MI250)?", 0, "mi250x-gcd"),  # the driver shows each of its two dies
    (r"MI300X.*", 180, "mi300x"),
    (r"MI325X.*", 240, "mi325x"),
    (r"MI355X.*", 270, "mi355x"),
    (r"RX 7900 XTX", 0, "rx-7900-xtx"),
    (r"AI PRO R9700", 0, "radeon-ai-pro-r9700"),
)


def chip_key(name, memory_bytes):
    plain = re.sub(r"^((NVIDIA|AMD|Tesla|GeForce|Instinct|Radeon)\s+)*", "", name.strip())
    for pattern, least, key in CHIPS:
        if re.fullmatch(pattern, plain) and memory_bytes >= least * 1e9:
            return key
    return UNKNOWN_CHIP


# Columns that a file need not have, and the published ones lack.
OPTIONAL = {"micro.csv": ("keys_alone", "attention_kernel"), "energy.csv": ("cuda_graphs",)}
# What planning::calibrate_engine and calibrate_stack take, by the names and units of their records: one load a row.
SERVING = ["regime", "concurrency", "input [tok]", "output [tok]", "time_to_first_token [s]",
           "time_per_output_token [s/tok]"]
CALIBRATION = {"serving_eager.csv": SERVING, "serving_graphs.csv": SERVING,
               "training_steps.csv": ["plan.micro_batch", "plan.global_batch", "plan.sequence", "step_time [s]"]}


def columns(file):
    """Of a file, in the schema's order."""
    if file in CALIBRATION:
        return CALIBRATION[file]
    with open(os.path.join(DATA, file), newline="", encoding="utf-8") as stream:
        header = next(csv.reader(stream))
    return header + [name for name in OPTIONAL.get(file, ()) if name not in header]


def published_chip(key):
    """The row of the project's own chips.csv, {} if it has none."""
    with open(os.path.join(DATA, "chips.csv"), newline="", encoding="utf-8") as stream:
        return next((row for row in csv.DictReader(stream) if row["chip"] == key), {})


def chip_row(name, vendor, memory_bytes, link_bytes_per_s):
    """A known chip's data sheet, otherwise what the driver says; the slot is this machine's own."""
    key = chip_key(name, memory_bytes)
    row = published_chip(key) or {"chip": key, "name": name, "vendor": vendor, "memory_bytes": memory_bytes}
    if key == UNKNOWN_CHIP:
        row["note"] = "peaks, memory bandwidth and power are those of the data sheet: fill them in"
    if link_bytes_per_s and float(row.get("host_link_bytes_per_s") or 0) <= FASTEST_PCIE:
        row["host_link_bytes_per_s"] = link_bytes_per_s
    return row


def software_year(version, this_year):
    """PyTorch has come four times a year since 2.2, of January 2024."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return min(this_year, 2024 + (minor - 2) // 4) if major == 2 else this_year


def cell(value):
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class Rows:
    """What is to be written, by file. `common` are cells of every measured row of files that have those columns."""

    def __init__(self, common):
        self.common = common
        self.tables = {}

    def describe(self, file, row):
        """A row of chips.csv or models.csv, which has an own key, or one for calibration."""
        self.tables.setdefault(file, []).append(row)

    def load(self, file, *cells):
        """A row of a file for calibration."""
        if len(cells) != len(columns(file)):
            raise ValueError(f"{file} has {len(columns(file))} columns, not {len(cells)}")
        self.describe(file, dict(zip(columns(file), cells)))

    def measured(self, file, **cells):
        rows = self.tables.setdefault(file, [])
        shared = {name: value for name, value in self.common.items() if name in columns(file)}
        rows.append({"id": f"own-{file.removesuffix('.csv')}-{len(rows) + 1:03}", **shared, **cells})

    def count(self):
        return sum(len(rows) for rows in self.tables.values())

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        for file, rows in self.tables.items():
            with open(os.path.join(folder, file), "w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, columns(file))  # CRLF; a cell without a column is an error
                writer.writeheader()
                writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)

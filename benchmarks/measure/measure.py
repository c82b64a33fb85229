#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Measures this machine's accelerator in under ten minutes, as rows that `./dev accuracy DIR` predicts.

    measure.py DIR

Needs PyTorch and a device; where there is none it says so, writes nothing and exits with 2.
"""

import datetime
import os
import sys
import time

import plan
import schema

OLDEST_TORCH = (2, 3)


def say(text):
    print(f"measure: {text}", flush=True)


def why_not(folder):
    """The reason why nothing can be measured or written here, None if there is none."""
    if os.path.exists(folder) and (not os.path.isdir(folder) or os.listdir(folder)):
        return f"{folder} is there already; name another folder"
    try:
        import torch
    except (ImportError, OSError) as reason:  # the latter where a library of its own is missing
        return f"{sys.executable} has no PyTorch ({reason}); PYTHON=/path/to/python names another"
    if tuple(int(part) for part in torch.__version__.split(".")[:2]) < OLDEST_TORCH:
        return f"PyTorch {torch.__version__} is too old; 2.3 or newer is needed"
    if not torch.cuda.is_available():
        return f"PyTorch {torch.__version__} sees no accelerator (CUDA or ROCm) on this machine"
    return None


def common_cells(key):
    """What every row says."""
    import device
    import torch
    return {"source": "own-machine", "chip": key, "chips": 1, "model": plan.MODEL["model"], "predictable": 1,
            "verified": "yes", "software": "pytorch", "software_version": torch.__version__,
            "software_year": schema.software_year(torch.__version__, datetime.date.today().year),
            "power_cap_w": device.power_cap_w()}


def described():
    """Rows with this chip and the model, and none measured yet."""
    import device
    chip = schema.chip_row(device.properties().name, device.vendor(), device.properties().total_memory,
                           device.host_link_bytes_per_s())
    rows = schema.Rows(common_cells(chip["chip"]))
    rows.describe("chips.csv", chip)
    rows.describe("models.csv", plan.model_row())
    return rows


def families(reader):
    """(name, cases, measurement of a case) of all that one device does by itself."""
    import device
    import kernels
    import transformer
    precisions = [device.half_format()] + (["fp8"] if device.fp8_type() else [])
    copies = [("device", size) for size in plan.COPY_BYTES] + [("host", size) for size in plan.HOST_COPY_BYTES]
    attentions = [(kernel, case) for kernel in device.attention_kernels(device.TYPES[device.half_format()])
                  for case in plan.attentions()]
    batches = plan.training_batches(device.properties().total_memory)
    return (("copies", copies, kernels.copy),
            ("gemm", plan.products(precisions), kernels.product),
            ("attention", attentions, kernels.attention),
            ("training", batches, lambda case, rows: transformer.training(case, rows, reader)),
            ("decoding", plan.DECODINGS, lambda case, rows: transformer.decoding(case, rows, reader)))


def measure_family(name, cases, measurement, rows):
    """Its cases, while its time lasts. One that does not fit or is not supported is left out, and says why."""
    import torch
    budget = plan.Budget(plan.FAMILY_SECONDS[name])
    for case in plan.while_it_lasts(cases, budget, lambda text: say(f"{name}: {text}")):
        try:
            measurement(case, rows)
        except RuntimeError as reason:
            say(f"{name}: {case} left out: {str(reason).splitlines()[0][:160]}")
        torch.cuda.empty_cache()


def measure_collectives(rows):
    import collectives
    import torch
    devices = torch.cuda.device_count()
    if devices < 2:
        say("collectives: one device, so there are none")
        return
    budget = plan.Budget(plan.FAMILY_SECONDS["collectives"])
    for ranks in sorted({2, devices}):
        collectives.measure(ranks, rows, budget, lambda text: say(f"collectives: {text}"))


def measure_all(folder):
    import device
    rows = described()
    reader = device.power_reader()
    if reader is None:
        say("neither the package nvidia-ml-py nor the driver's tool gives the power, so there are no rows of it")
    for name, cases, measurement in families(reader):
        start, before = time.monotonic(), rows.count()
        measure_family(name, cases, measurement, rows)
        rows.write(folder)  # what there is, should a later family end the program
        say(f"{name}: {rows.count() - before} rows in {time.monotonic() - start:.0f} s")
    measure_collectives(rows)
    rows.write(folder)
    return rows


def main(folder):
    reason = why_not(folder)
    if reason:
        print(f"measure: {reason}; nothing was measured", file=sys.stderr)
        return 2
    chip = measure_all(folder).tables["chips.csv"][0]
    if chip["chip"] == schema.UNKNOWN_CHIP:
        say(f"{chip['name']} is not known: fill in its row of {folder}/chips.csv from the data sheet before comparing")
    say(f"wrote {folder}; predicted against measured: ./dev accuracy {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

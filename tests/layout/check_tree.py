#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks the files around the headers: one version everywhere, nothing new at the top level, plain headers.

    check_tree.py SOURCE_DIR
"""

import json
import os
import re
import sys

TOP_LEVEL = {
    "include", "examples", "tests", "benchmarks", "docs", "cmake", "CMakeLists.txt", "CMakePresets.json", "README.md",
    "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "conanfile.py", "vcpkg.json", "dev", "build", "predictions.csv", "measured",
}


def main():
    source = sys.argv[1]
    problems = []

    def read(*path):
        with open(os.path.join(source, *path), encoding="utf-8") as stream:
            return stream.read()

    for name in sorted(os.listdir(source)):
        if name not in TOP_LEVEL and not name.startswith((".", "build-", "CMakeUserPresets")):
            problems.append(f"{name}: not expected at the top level")

    header = read("include", "layercake", "version.hpp")
    version = ".".join(re.search(rf"#define LAYERCAKE_VERSION_{part} (\d+)", header)[1] for part in ("MAJOR", "MINOR", "PATCH"))
    for manifest in (["vcpkg.json"], ["cmake", "vcpkg", "ports", "layercake", "vcpkg.json"]):
        theirs = json.loads(read(*manifest))["version"]
        if theirs != version:
            problems.append(f"{'/'.join(manifest)}: version {theirs}, but version.hpp says {version}")

    for folder, _, files in os.walk(os.path.join(source, "include")):
        for file in files:
            path = os.path.relpath(os.path.join(folder, file), source)
            if not file.endswith(".hpp"):
                problems.append(f"{path}: headers end in .hpp")
                continue
            text = read(path)
            if "#pragma once" not in text:
                problems.append(f"{path}: no #pragma once")
            if "\r" in text or "\t" in text or not text.endswith("\n"):
                problems.append(f"{path}: carriage return, tab, or no newline at the end")

    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems, version {version}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

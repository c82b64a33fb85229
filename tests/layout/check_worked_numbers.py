#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that every worked number in a header's comment has a test that asserts it.

    check_worked_numbers.py SOURCE_DIR    say what is missing, exit 1 if anything is
    check_worked_numbers.py --self-test   plant each fault in a scratch tree and see it found

A header says "Worked number" (or "Worked numbers", once for all of one function). The test that asserts it carries

    // worked: energy/grid.hpp#grid::pull

the header below include/layercake and the function or record whose comment it is. For each header there must be as many
such lines as there are worked numbers, and its last name must occur in the header. What the test then asserts is for
people to read: the marker is where they find it.
"""

import os
import re

from harness import run, with_scratch_tree

STATED = re.compile(r"worked\s+(?://\s*)?numbers?\b", re.I)
MARKER = re.compile(r"//\s*worked:\s*(\S+)")


def files(root, ending):
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            if name.endswith(ending):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as stream:
                    yield os.path.relpath(path, root).replace(os.sep, "/"), stream.read()


def check(source):
    headers = dict(files(os.path.join(source, "include", "layercake"), ".hpp"))
    problems, marked = [], {}
    for test, text in files(os.path.join(source, "tests"), ".cpp"):
        for match in MARKER.finditer(text):
            where = f"tests/{test}:{text.count(chr(10), 0, match.start()) + 1}"
            header, _, name = match[1].partition("#")
            if header not in headers:
                problems.append(f"{where}: there is no header {header}")
            elif not name:
                problems.append(f"{where}: says no function or record; write {header}#name")
            elif not re.search(rf"\b{re.escape(name.split('::')[-1])}\b", headers[header]):
                problems.append(f"{where}: {header} has no {name}")
            else:
                marked.setdefault(header, []).append(where)
    for header, text in sorted(headers.items()):
        stated, tests = len(STATED.findall(text)), marked.get(header, [])
        if stated != len(tests):
            found = f": {', '.join(tests)}" if tests else ""
            problems.append(f"{header}: states {stated} worked numbers, tests mark {len(tests)}{found}")
    return problems


GOOD_TREE = {
    "include/layercake/energy/grid.hpp": "// Worked number: 35.\nauto pull();\n// Worked\n// numbers: 1, 2.\nauto push();\n",
    "tests/unit/energy/worked.cpp": "// worked: energy/grid.hpp#grid::pull\n  // worked: energy/grid.hpp#push\n",
}

# (what is planted, the file, what stands in it, what the checker must say)
PLANTED = [
    ("no test", "tests/unit/energy/worked.cpp", "", "states 2 worked numbers, tests mark 0"),
    ("one test short", "tests/unit/energy/worked.cpp", "// worked: energy/grid.hpp#pull\n", "states 2 worked numbers, tests mark 1"),
    ("a test too many", "tests/more.cpp", "// worked: energy/grid.hpp#pull\n", "states 2 worked numbers, tests mark 3"),
    ("no such header", "tests/more.cpp", "// worked: energy/grit.hpp#pull\n", "no header energy/grit.hpp"),
    ("no such function", "tests/more.cpp", "// worked: energy/grid.hpp#pul\n", "has no pul"),
    ("no function named", "tests/more.cpp", "// worked: energy/grid.hpp\n", "says no function"),
]


def self_test():
    failures = []

    def problems_of(tree):
        return with_scratch_tree(tree, check)

    if problems := problems_of(GOOD_TREE):
        failures.append(f"the good tree is refused: {problems}")
    for what, file, text, expected in PLANTED:
        problems = problems_of({**GOOD_TREE, file: text})
        if not any(expected in problem for problem in problems):
            failures.append(f"{what}: expected '{expected}', found {problems}")
    return failures


if __name__ == "__main__":
    run(check, self_test)

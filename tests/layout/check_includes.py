#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that the headers include each other only the allowed way.

    check_includes.py INCLUDE_DIR     say every violation, exit 1 if there is one
    check_includes.py --self-test     plant each kind of violation in a scratch tree and see it found
"""

import os
import re

from harness import run, with_scratch_tree

GROUND = ["number", "units", "core"]  # each may include those before it
LAYERS = {"energy", "chips", "infrastructure", "models", "applications"}
BELOW_LAYERS = set(GROUND) | {"economics"}
BELOW_STACK = BELOW_LAYERS | LAYERS
STACK = BELOW_STACK | {"serving", "training", "stack"}
QUESTIONS = STACK | {"bulk", "buildout", "planning"}

# What each folder of include/layercake may include, besides itself.
ALLOWED = {
    **{room: set(GROUND[:floor]) for floor, room in enumerate(GROUND)},
    "economics": set(GROUND),
    "bulk": set(GROUND),  # an engine beside the layers
    **{layer: BELOW_LAYERS for layer in LAYERS},
    "serving": BELOW_STACK,
    "training": BELOW_STACK | {"bulk"},
    "stack": BELOW_STACK | {"serving", "training"},
    "buildout": STACK | {"bulk"},
    "planning": STACK | {"bulk"},
    "report": QUESTIONS,
    "adapters": QUESTIONS | {"report"},
    "embed": QUESTIONS | {"report", "adapters"},
}

# Inside bulk, each room may include those before it, and what all of them share, which lies in bulk/ itself.
BULK_ROOMS = ["space", "tape", "keep", "run"]

# Headers outside any folder that every other may include; they include nothing of ours.
COMMON = {"version.hpp", "config.hpp", "fwd.hpp"}
# Every header reaches this one before anything else of ours: a header that includes nothing else includes it.
FIRST = "config.hpp"
UMBRELLA = "layercake.hpp"
UMBRELLA_MAY = STACK

# Foreign headers that one header of ours alone may include.
ONE_DOOR = {"xsimd": re.compile(r"xsimd/"), "Eigen": re.compile(r"Eigen/|unsupported/Eigen/")}
# Foreign headers that nothing reachable from the umbrella may include.
NOT_UNDER_UMBRELLA = {
    "<iostream>": re.compile(r"iostream$"),
    "<regex>": re.compile(r"regex$"),
    "xsimd": ONE_DOOR["xsimd"],
    "Eigen": ONE_DOOR["Eigen"],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def read_tree(include_dir):
    """{header: [(line number, included name)]}, headers named from include/layercake on; ours begin 'layercake/'."""
    root = os.path.join(include_dir, "layercake")
    tree = {}
    for folder, _, files in os.walk(root):
        for file in files:
            path = os.path.join(folder, file)
            name = os.path.relpath(path, root).replace(os.sep, "/")
            with open(path, encoding="utf-8") as stream:
                text = stream.read()
            includes = []
            for match in INCLUDE.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                target = match[2]
                if match[1] == '"':  # relative to this header
                    target = "layercake/" + os.path.normpath(os.path.join(os.path.dirname(name), target)).replace(os.sep, "/")
                includes.append((line, target))
            tree[name] = includes
    return tree


def check(include_dir):
    tree = read_tree(include_dir)
    problems = []
    if not tree:
        problems.append(f"no headers under {include_dir}/layercake")
    doors = {}

    for header, includes in sorted(tree.items()):
        folder = header.split("/")[0] if "/" in header else None
        if folder is not None and folder not in ALLOWED:
            problems.append(f"{header}: folder '{folder}' has no rule; add it to ALLOWED and to docs/architecture.md")
            continue
        for line, target in includes:
            where = f"{header}:{line}"
            if not target.startswith("layercake/"):
                for library, pattern in ONE_DOOR.items():
                    if pattern.match(target):
                        doors.setdefault(library, {})[header] = where
                continue
            target = target[len("layercake/"):]
            if target not in tree:
                problems.append(f"{where}: includes {target}, which does not exist")
                continue
            other = target.split("/")[0] if "/" in target else None
            if other is None:
                if target not in COMMON:
                    problems.append(f"{where}: {target} is for users; include what is needed from the folders")
            elif header in COMMON:
                problems.append(f"{where}: {header} may include nothing of layercake, but includes {target}")
            elif header == UMBRELLA:
                if other not in UMBRELLA_MAY:
                    problems.append(f"{where}: {header} may not include {other}/")
            elif folder is not None and other != folder and other not in ALLOWED[folder]:
                allowed = ", ".join(sorted(ALLOWED[folder] | {folder}))
                problems.append(f"{where}: {folder}/ may not include {other}/ (allowed: {allowed})")
            elif folder == other == "bulk":
                problems += wrong_way_in_bulk(where, header, target)

    for library, found in sorted(doors.items()):
        if len(found) > 1:
            problems.append(f"{library} is included in {len(found)} headers, must be one: {', '.join(sorted(found.values()))}")

    for header, includes in sorted(tree.items()):
        if header not in COMMON and not any(target.startswith("layercake/") for _, target in includes):
            problems.append(f"{header}: includes nothing of layercake; include {FIRST}, which refuses compilers without C++20")

    problems += cycles(tree)

    # What the umbrella reaches, and how.
    came_from = {UMBRELLA: None} if UMBRELLA in tree else {}
    queue = list(came_from)
    while queue:
        header = queue.pop(0)
        for line, target in tree[header]:
            for name, pattern in NOT_UNDER_UMBRELLA.items():
                if pattern.match(target):
                    path, step = [], header
                    while step:
                        path.append(step)
                        step = came_from[step]
                    problems.append(f"{header}:{line}: {name} is reached from {' -> '.join(reversed(path))}")
            target = target[len("layercake/"):] if target.startswith("layercake/") else None
            if target in tree and target not in came_from:
                came_from[target] = header
                queue.append(target)
    return problems


def wrong_way_in_bulk(where, header, target):
    """What is in bulk/ itself is shared by the rooms: it includes none of them, and each of them may include it."""
    parts, other = header.split("/"), target.split("/")
    if len(other) == 2:
        return []
    if other[1] not in BULK_ROOMS or (len(parts) > 2 and parts[1] not in BULK_ROOMS):
        return [f"{where}: a room of bulk/ without a rule; add it to BULK_ROOMS"]
    if len(parts) == 2:
        return [f"{where}: what all rooms of bulk/ share may not include bulk/{other[1]}/"]
    if BULK_ROOMS.index(other[1]) > BULK_ROOMS.index(parts[1]):
        return [f"{where}: bulk/{parts[1]}/ may not include bulk/{other[1]}/ (rooms: {' <- '.join(BULK_ROOMS)})"]
    return []


def cycles(tree):
    """Headers that include each other in a circle, one report for each circle met."""
    problems, state = [], {}

    def visit(header, path):
        state[header] = "open"
        for line, target in tree[header]:
            target = target[len("layercake/"):] if target.startswith("layercake/") else None
            if target not in tree:
                continue
            if state.get(target) == "open":
                circle = path[path.index(target):] + [target]
                problems.append(f"{header}:{line}: circle of includes: {' -> '.join(circle)}")
            elif target not in state:
                visit(target, path + [target])
        state[header] = "done"

    for header in sorted(tree):
        if header not in state:
            visit(header, [header])
    return problems


GOOD_TREE = {
    "version.hpp": "",
    "layercake.hpp": "#include <layercake/stack/stack.hpp>\n#include <layercake/version.hpp>\n",
    "units/quantity.hpp": "#include <layercake/number/number.hpp>\n",
    "config.hpp": "",
    "number/number.hpp": "#include <cmath>\n#include <layercake/config.hpp>\n",
    "core/fields.hpp": '#include "../units/quantity.hpp"\n',
    "energy/grid.hpp": "#include <layercake/core/fields.hpp>\n",
    "chips/chip.hpp": "#include <layercake/units/quantity.hpp>\n",
    "stack/stack.hpp": "#include <layercake/energy/grid.hpp>\n#include <layercake/chips/chip.hpp>\n",
    "bulk/simd.hpp": "#include <xsimd/xsimd.hpp>\n#include <layercake/core/fields.hpp>\n",
    "bulk/space/axes.hpp": "#include <layercake/bulk/simd.hpp>\n",
    "bulk/run/sweep.hpp": "#include <layercake/bulk/space/axes.hpp>\n",
    "report/table.hpp": "#include <iostream>\n#include <layercake/bulk/simd.hpp>\n",
}

# (what is planted, the header, its line, what the checker must say)
PLANTED = [
    ("a layer includes a layer", "chips/chip.hpp", "#include <layercake/energy/grid.hpp>", "chips/ may not include energy/"),
    ("the same by a relative path", "chips/chip.hpp", '#include "../energy/grid.hpp"', "chips/ may not include energy/"),
    ("the engine includes a layer", "bulk/simd.hpp", "#include <layercake/energy/grid.hpp>", "bulk/ may not include energy/"),
    ("a room of bulk includes a later one", "bulk/space/axes.hpp", "#include <layercake/bulk/run/sweep.hpp>",
     "bulk/space/ may not include bulk/run/"),
    ("what the rooms share includes one", "bulk/simd.hpp", "#include <layercake/bulk/space/axes.hpp>", "may not include bulk/space/"),
    ("a room of bulk without a rule", "bulk/run/sweep.hpp", "#include <layercake/bulk/attic/old.hpp>", "without a rule"),
    ("serving includes bulk", "serving/step.hpp", "#include <layercake/bulk/simd.hpp>", "serving/ may not include bulk/"),
    ("units include a layer", "units/quantity.hpp", "#include <layercake/chips/chip.hpp>", "units/ may not include chips/"),
    ("the stack includes bulk", "stack/stack.hpp", "#include <layercake/bulk/simd.hpp>", "stack/ may not include bulk/"),
    ("a layer includes the umbrella", "chips/chip.hpp", "#include <layercake/layercake.hpp>", "is for users"),
    ("a second door to xsimd", "energy/grid.hpp", "#  include <xsimd/xsimd.hpp>", "xsimd is included in 2 headers"),
    ("iostream under the umbrella", "number/number.hpp", "#include <iostream>", "<iostream> is reached from layercake.hpp"),
    ("Eigen under the umbrella", "energy/grid.hpp", "#include <Eigen/Dense>", "Eigen is reached from layercake.hpp"),
    ("bulk in the umbrella", "layercake.hpp", "#include <layercake/bulk/simd.hpp>", "may not include bulk/"),
    ("a folder without a rule", "quantum/qubit.hpp", "#include <layercake/config.hpp>", "folder 'quantum' has no rule"),
    ("a header that is not there", "chips/chip.hpp", "#include <layercake/core/gone.hpp>", "does not exist"),
    ("a header that reaches no config.hpp", "number/error.hpp", "#include <string>", "include config.hpp"),
    ("a circle", "number/number.hpp", "#include <layercake/units/quantity.hpp>", "circle of includes"),
    ("version.hpp includes something", "version.hpp", "#include <layercake/number/number.hpp>", "may include nothing"),
]


def self_test():
    failures = []

    def problems_of(tree):
        return with_scratch_tree({f"layercake/{name}": text for name, text in tree.items()}, check)

    if problems := problems_of(GOOD_TREE):
        failures.append(f"the good tree is refused: {problems}")
    if not problems_of({}):
        failures.append("an empty tree is accepted")
    for what, header, line, expected in PLANTED:
        attic = {"bulk/attic/old.hpp": ""} if "attic" in line else {}
        problems = problems_of({**GOOD_TREE, **attic, header: GOOD_TREE.get(header, "") + line + "\n"})
        if not any(expected in problem for problem in problems):
            failures.append(f"{what}: expected '{expected}', found {problems}")
    return failures


if __name__ == "__main__":
    run(check, self_test)

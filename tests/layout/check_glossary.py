#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that every term of docs/glossary.md is met in the library, under the name that its second column gives.

    check_glossary.py SOURCE_DIR    say what is not, exit 1 if anything is
    check_glossary.py --self-test   plant each fault and see it found
"""

import os
import re

from harness import run

ROW = re.compile(r"^\| *([^|]*?) *\| *([^|]*?) *\|", re.M)


def check(glossary, names):
    """Problems of the text of a glossary; names are the identifiers of the headers."""
    rows = [row for row in ROW.findall(glossary) if row[0] != "term" and not row[0].startswith("---")]
    problems = [] if rows else ["no terms"]
    terms = [term.lower() for term, _ in rows]
    for term, where in rows:
        name = re.fullmatch(r"`(\w+)`", where)
        if not name:
            problems.append(f"{term}: the second column is to be one name in backquotes, not '{where}'")
        elif name[1] not in names:
            problems.append(f"{term}: no header has {name[1]}")
    problems += [f"{term}: twice" for term in sorted(set(terms)) if terms.count(term) > 1]
    problems += [f"{b}: after {a}, but before it in the alphabet" for a, b in zip(terms, terms[1:]) if b < a]
    return problems


def names_of(include):
    names = set()
    for folder, _, files in os.walk(include):
        for file in files:
            with open(os.path.join(folder, file), encoding="utf-8") as stream:
                names.update(re.findall(r"\w+", re.sub(r"//.*", "", stream.read())))
    return names


HEAD = "| term | in the library | meaning | unit |\n|---|---|---|---|\n"
PLANTED = [
    ("", "no terms"),
    ("| rail | rails | | |\n", "second column"),
    ("| rail | `rale` | | |\n", "no header has rale"),
    ("| rail | `rails` | | |\n| rail | `rails` | | |\n", "twice"),
    ("| rail | `rails` | | |\n| node | `nodes` | | |\n", "before it in the alphabet"),
]


def self_test():
    names = {"rails", "nodes"}
    failures = check(HEAD + "| node | `nodes` | x | |\n| rail | `rails` | x | W |\n", names)
    for rows, expected in PLANTED:
        problems = check(HEAD + rows, names)
        if not any(expected in problem for problem in problems):
            failures.append(f"expected '{expected}', found {problems}")
    return failures


def check_source(source):
    with open(os.path.join(source, "docs", "glossary.md"), encoding="utf-8") as stream:
        return check(stream.read(), names_of(os.path.join(source, "include")))


if __name__ == "__main__":
    run(check_source, self_test)

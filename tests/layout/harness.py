# SPDX-License-Identifier: BSL-1.0
"""What the checks of this folder share: scratch trees for their self-tests, and how they report."""

import os
import sys
import tempfile


def with_scratch_tree(tree, check):
    """check(folder) of a scratch folder that holds `tree`, {path: text}."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in tree.items():
            path = os.path.join(scratch, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(text)
        return check(scratch)


def run(check, self_test):
    """The program: `--self-test`, or the folder to check. Prints every problem; exits with 1 if there is one."""
    problems = self_test() if sys.argv[1:] == ["--self-test"] else check(sys.argv[1])
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problem{'' if len(problems) == 1 else 's'}")
    sys.exit(1 if problems else 0)

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that no default of a record is computed from another member of it.

    check_defaults.py INCLUDE_DIR     say every such default, exit 1 if there is one
    check_defaults.py --self-test     plant some in a scratch tree and see them found

Such a default is computed when the record is made, from what the other member holds then: set the other one later and the
default is that of a record without it. What follows from another figure is unknown by default, and a function gives it when
it is asked. Records are the types that list fields(). The check reads text, not C++.
"""

import os

from check_details import tokens_of
from harness import run, with_scratch_tree

NO_MEMBER = {"using", "static", "template", "friend", "typedef", "struct", "class", "enum", "constexpr", "explicit",
             "requires", "static_assert"}
OPEN, CLOSE = "{([", "})]"


def body_from(tokens, start):
    """The tokens between the brace at `start` and the one that closes it."""
    depth = 0
    for i in range(start, len(tokens)):
        depth += (tokens[i][0] == "{") - (tokens[i][0] == "}")
        if depth == 0:
            return tokens[start + 1:i]
    return tokens[start + 1:]


def statements_of(body):
    """The statements of a type's body, each a list of (token, line); a function's ends with its own body."""
    statement, depth = [], 0
    for token, line in body:
        statement.append((token, line))
        depth += (token in OPEN) - (token in CLOSE)
        if depth > 0:
            continue
        words = [t for t, _ in statement]
        if token == ";" or (token == "}" and "(" in words[:words.index("{")]):
            yield statement
            statement = []


def member_of(statement):
    """(name, line, tokens of the initialiser) of a data member with one, or None."""
    words = [t for t, _ in statement]
    if words[0] in NO_MEMBER or (len(words) > 1 and words[1] == ":"):  # public: and the like
        return None
    for i, word in enumerate(words):
        if word == "(":
            return None
        if word in ("=", "{", ";"):
            return (words[i - 1], statement[i - 1][1], words[i + 1:]) if i > 1 else None
    return None


def records_of(tokens):
    for i, (token, _) in enumerate(tokens):
        if token not in ("struct", "class"):
            continue
        for j in range(i + 1, len(tokens)):
            if tokens[j][0] in (";", ">", "(", ","):
                break
            if tokens[j][0] == "{":
                body = body_from(tokens, j)
                if any(a == "fields" and b == "(" for (a, _), (b, _) in zip(body, body[1:])):
                    yield tokens[i + 1][0], body
                break


def check(folder):
    problems = []
    for place, _, files in sorted(os.walk(folder)):
        for file in sorted(files):
            path = os.path.join(place, file)
            with open(path, encoding="utf-8") as stream:
                tokens = tokens_of(stream.read())
            for record, body in records_of(tokens):
                members = [m for m in map(member_of, statements_of(body)) if m]
                names = {name for name, _, _ in members}
                for name, line, init in members:
                    used = [w for before, w, after in zip([""] + init, init, init[1:] + [""])
                            if w in names and w != name and before not in ("::", ".", "->") and after not in ("::", "=")]
                    if used:
                        problems.append(f"{os.path.relpath(path, folder)}:{line}: the default of {record}::{name} is computed "
                                        f"from {', '.join(sorted(set(used)))}: make it unknown and give it by a function")
    return problems


def self_test():
    tree = {
        "a/half_set.hpp": """template <number T = double>
struct basic_chip {
  chips::family family = chips::family::other;
  quantity<unit::watt, T> power;
  quantity<unit::watt, T> idle = T(0.12) * power;  // of the power
  T efficiency{sustained(family).compute};
  T rest = number_cast<T>(1);
  static constexpr auto fields() { return std::tuple{}; }
  constexpr T sum() const { return rest + efficiency; }
};
""",
        "a/whole.hpp": """struct wire {  // not a record
  double length = 1, mass = 2 * length;
};
struct basic_cable {
  enum class kind { power } kind_of = kind::power;
  double power = 1;
  other shape{.power = 2};
  double loss = constants::power;
  static constexpr auto fields() { return std::tuple{}; }
};
""",
    }
    found = with_scratch_tree(tree, check)
    wanted = ["half_set.hpp:5: the default of basic_chip::idle is computed from power",
              "half_set.hpp:6: the default of basic_chip::efficiency is computed from family"]
    problems = [f"not found: {w}" for w in wanted if not any(w in f for f in found)]
    return problems + [f"found where nothing is wrong: {f}" for f in found if not any(w in f for w in wanted)]


if __name__ == "__main__":
    run(check, self_test)

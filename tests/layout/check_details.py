#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that what a folder keeps in a namespace `detail` is used in that folder alone.

    check_details.py INCLUDE_DIR     say every use from another folder, exit 1 if there is one
    check_details.py --self-test     plant uses in a scratch tree and see them found

A folder is one of include/layercake; its rooms (bulk/run, planning/methods) count with it. What two folders need has a
public name and documentation. The check reads text, not C++: it knows the names declared at the level of a namespace
`detail`, and looks for them after `detail::` anywhere, and bare inside a namespace `detail` of the same name.
"""

import os
import re

from harness import run, with_scratch_tree

TOKEN = re.compile(r"[A-Za-z_]\w*|::|&&|\|\||->|[{}();<>=,]|\S")
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
DIGIT_SEPARATOR = re.compile(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])")
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
DECLARES_NEXT = {"struct", "class", "concept", "union", "enum", "using"}
# After these a word is used, not declared.
BEFORE_A_USE = {"return", "requires", "typename", "else", "case", "const", "constexpr", "static", "inline", "new", "using",
                "final", "public", "private", "explicit", "friend", "mutable", "virtual", "not", "and", "or"}
NOT_A_NAME = {"alignas", "const", "constexpr", "static", "inline", "auto", "void", "bool", "int", "double", "return",
              "operator", "requires", "decltype", "noexcept", "sizeof", "class", "template", "typename", "namespace"}


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def tokens_of(text):
    """[(token, line)] without comments, literals and preprocessor lines."""
    text = DIGIT_SEPARATOR.sub(" ", text)
    text = COMMENT_OR_TEXT.sub(blank, text)
    text = PREPROCESSOR.sub(blank, text)
    found, line, last = [], 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", last, match.start())
        last = match.start()
        found.append((match[0], line))
    return found


def declared_name(statement):
    """The name that a declaration at namespace level gives, or None: a specialisation declares nothing new."""
    words = list(statement)
    while words and words[0] == "template":  # drop the parameter list
        depth = 0
        for i, word in enumerate(words[1:], 1):
            depth += (word == "<") - (word == ">")
            if depth == 0:
                break
        words = words[i + 1:]
        if words and words[0] == "requires":  # drop what can be dropped: up to the word that declares
            at = next((i for i, w in enumerate(words) if w in DECLARES_NEXT | {"constexpr", "inline", "void", "auto"}), None)
            words = words[at:] if at is not None else words
    if words[:2] == ["decltype", "("]:
        words = ["auto"] + words[words.index(")") + 1:]
    if not words:
        return None
    for i, word in enumerate(words[:-1]):
        if word in DECLARES_NEXT:
            name = words[i + 1]
            if name in ("class", "struct", "namespace"):
                continue
            if not re.match(r"[A-Za-z_]", name) or name in NOT_A_NAME:
                return None
            after = words[i + 2] if i + 2 < len(words) else ""
            return None if after in ("<", "::") else name  # a specialisation, or using x::y
        if word in ("(", "="):
            break
    depth = 0
    for i, word in enumerate(words):
        depth += (word == "<") - (word == ">")
        if depth == 0 and word in ("(", "=", "{", "[", ";") and i > 0:
            name = words[i - 1]
            if word == "(" and name in ("decltype", "alignas", "requires", "explicit"):
                continue
            if re.match(r"[A-Za-z_]\w*$", name) and name not in NOT_A_NAME and i > 1 and words[i - 2] not in ("::", "operator"):
                return name
            return None
    return words[-1] if re.match(r"[A-Za-z_]\w*$", words[-1]) and words[-1] not in NOT_A_NAME and len(words) > 1 else None


def read_header(text):
    """(declared, uses): {detail namespace: {name}}, and [(namespace or None, name, line)]; None after `detail::`.

    A bare word that this header declares itself anywhere (a parameter, a member, a local variable) is no use.
    """
    tokens = tokens_of(text)
    declared, uses = {}, []
    own = {word for (before, _), (word, _), (after, _) in zip(tokens, tokens[1:], tokens[2:])
           if re.match(r"[A-Za-z_]", word) and before not in BEFORE_A_USE and after != "<"
           and (re.match(r"[A-Za-z_]", before) or before in ("&", "*", "&&", ">", "["))}
    scopes = []  # ("namespace", full name) or ("block", None)
    statement = []
    i = 0

    def namespace():
        if any(kind == "block" for kind, _ in scopes):
            return None
        return "::".join(name for _, name in scopes)

    def inside_detail():
        names = [name for kind, name in scopes if kind == "namespace"]
        full = "::".join(names)
        return full if "detail" in full.split("::") else None

    while i < len(tokens):
        word, line = tokens[i]
        previous = tokens[i - 1][0] if i > 0 else ""
        if word == "namespace" and not statement:
            j = i + 1
            name = ""
            while tokens[j][0] not in ("{", ";", "="):
                name += tokens[j][0]
                j += 1
            if tokens[j][0] == "{":
                scopes.append(("namespace", name))
                i = j + 1
                continue
        here = inside_detail()
        if re.match(r"[A-Za-z_]", word):
            if previous == "::" and i > 1 and tokens[i - 2][0] == "detail":
                uses.append((None, word, line))
            elif here and word not in own and previous not in (".", "::", "->"):
                uses.append((here, word, line))
        if word == "{":
            at_level = namespace()
            if at_level is not None and here:
                name = declared_name(statement)
                if name:
                    declared.setdefault(here, set()).add(name)
            scopes.append(("block", None))
            statement = []
        elif word == "}":
            if scopes:
                scopes.pop()
            statement = []
        elif word == ";":
            at_level = namespace()
            if at_level is not None and here:
                name = declared_name(statement)
                if name:
                    declared.setdefault(here, set()).add(name)
            statement = []
        else:
            statement.append(word)
        i += 1
    return declared, uses


def check(include_dir):
    root = os.path.join(include_dir, "layercake")
    headers = {}
    for folder, _, files in os.walk(root):
        for file in sorted(files):
            path = os.path.join(folder, file)
            name = os.path.relpath(path, root).replace(os.sep, "/")
            if "/" in name:
                with open(path, encoding="utf-8") as stream:
                    headers[name] = read_header(stream.read())
    homes = {}  # (namespace, name) -> folders that declare it
    for header, (declared, _) in headers.items():
        for space, names in declared.items():
            for name in names:
                homes.setdefault((space, name), set()).add(header.split("/")[0])
    by_name = {}
    for (space, name), folders in homes.items():
        by_name.setdefault(name, set()).update(folders)

    problems = []
    if not headers:
        problems.append(f"no headers under {include_dir}/layercake")
    for header, (_, uses) in sorted(headers.items()):
        folder = header.split("/")[0]
        said = set()
        for space, name, line in uses:
            folders = by_name.get(name, set()) if space is None else homes.get((space, name), set())
            if folders and folder not in folders and (name, line) not in said:
                said.add((name, line))
                problems.append(f"{header}:{line}: detail::{name} belongs to {', '.join(sorted(folders))}/; "
                                "give it a public name and documentation there, or one of your own here")
    return problems


GOOD_TREE = {
    "number/number.hpp": "namespace layercake {\nnamespace detail {\ntemplate <class T>\nstruct scalar { using type = T; };\n"
                         "inline constexpr int width = 8;\ntemplate <class T>\nconstexpr T twice(const T& x) { return x + x; }\n}\n"
                         "template <class T>\nusing scalar_t = typename detail::scalar<T>::type;\n}\n",
    "units/quantity.hpp": "namespace layercake {\nnamespace detail {\nstruct access { int width() const; };\n"
                          "template <class T>\nconcept bare = true;\n}  // twice in a comment, \"twice\" in text\n}\n",
    "bulk/run/sweep.hpp": "namespace layercake::bulk {\nnamespace detail {\nstruct worker {};\n}\n}\n",
    "bulk/keep/columns.hpp": "namespace layercake::bulk {\nusing worker = detail::worker;\n}\n",
}

# (what is planted, the header, its text, what the checker must say)
PLANTED = [
    ("a qualified use", "core/fields.hpp", "namespace layercake {\nint f(detail::access a);\n}\n", "core/fields.hpp:2: detail::access"),
    ("from another namespace", "chips/chip.hpp", "namespace layercake::chips {\nauto x = layercake::detail::twice(1);\n}\n",
     "chips/chip.hpp:2: detail::twice"),
    ("a bare use in the same namespace", "core/fields.hpp",
     "namespace layercake {\nnamespace detail {\ntemplate <bare T>\nstruct own {};\n}\n}\n", "core/fields.hpp:3: detail::bare"),
    ("a using declaration", "chips/chip.hpp", "namespace layercake::chips {\nusing layercake::detail::width;\n}\n", "detail::width"),
    ("a specialisation", "core/fields.hpp", "namespace layercake {\nnamespace detail {\ntemplate <>\nstruct scalar<char> {};\n}\n}\n",
     "core/fields.hpp:4: detail::scalar"),
    ("a room's own folder is not another's", "adapters/tbb.hpp", "namespace layercake {\nbulk::detail::worker w;\n}\n",
     "adapters/tbb.hpp:2: detail::worker"),
]


def self_test():
    failures = []

    def problems_of(tree):
        return with_scratch_tree({f"layercake/{name}": text for name, text in tree.items()}, check)

    if problems := problems_of(GOOD_TREE):
        failures.append(f"the good tree is refused: {problems}")
    if not problems_of({}):
        failures.append("an empty tree is accepted")
    for what, header, text, expected in PLANTED:
        problems = problems_of({**GOOD_TREE, header: text})
        if len(problems) != 1 or expected not in problems[0]:
            failures.append(f"{what}: expected one problem with '{expected}', found {problems}")
    return failures


if __name__ == "__main__":
    run(check, self_test)

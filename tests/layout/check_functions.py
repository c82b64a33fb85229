#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that functions fit on a screen and take few things.

    check_functions.py INCLUDE_DIR     say every function that is too long or too wide, exit 1 if there is one
    check_functions.py --self-test     plant such functions in a scratch tree and see them found

No function body has more than MOST_LINES lines, none takes more than MOST_PARAMETERS: what belongs together is a record. Where
there is a reason, a comment says it right before the function or as the first line of its body, and is taken for one only if it
says something:

    // long: the switch over the operations, one line each
    // wide: the nine numbers of a published table, in its order

By rule, without a comment: a body that is one `return` of a braced list, which is a table (`fields()`, the figures of a bill);
and whatever stands in a catalog.hpp, which is data. The check reads text, not C++: it takes `name(...) ... {` for a function where a name and parameters stand
between two statements. Lambdas belong to the function around them. A constructor's members between ) and { do not count.
"""

import os
import re

from harness import run, with_scratch_tree

MOST_LINES = 60
MOST_PARAMETERS = 6

DATA = {"catalog.hpp"}  # headers that are data by rule

NOT_FUNCTIONS = {"if", "for", "while", "switch", "catch", "return", "requires", "decltype", "sizeof", "alignas", "noexcept",
                 "static_assert", "constexpr", "explicit", "defined", "assert", "alignof", "throw", "new", "delete"}
TOKEN = re.compile(r"[A-Za-z_]\w*|::|&&|->|\S")
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
DIGIT_SEPARATOR = re.compile(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])")
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
OPEN, CLOSE = {"(": ")", "{": "}", "[": "]"}, {")", "}", "]"}


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def tokens_of(text):
    text = PREPROCESSOR.sub(blank, COMMENT_OR_TEXT.sub(blank, DIGIT_SEPARATOR.sub(" ", text)))
    tokens, line, last = [], 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", last, match.start())
        last = match.start()
        tokens.append((match[0], line))
    return tokens


def closing(tokens):
    """{index of an opening bracket: index of the one that closes it}."""
    pairs, stack = {}, []
    for i, (word, _) in enumerate(tokens):
        if word in OPEN:
            stack.append(i)
        elif word in CLOSE and stack:
            pairs[stack.pop()] = i
    return pairs


def parameters(tokens, first, last):
    """How many parameters stand between two parentheses; commas inside <...> and inner brackets do not part them."""
    count, depth, angle = (0 if last == first + 1 else 1), 0, 0
    for i in range(first + 1, last):
        word = tokens[i][0]
        if word in OPEN:
            depth += 1
        elif word in CLOSE:
            depth -= 1
        elif depth == 0 and word == "<":
            angle += 1
        elif depth == 0 and word == ">":
            angle = max(0, angle - 1)
        elif depth == 0 and angle == 0 and word == ",":
            count += 1
    return count


def functions_of(text):
    """[(name, line, lines of the body or 0, parameters)] of the functions defined or declared at the level of namespaces and classes."""
    tokens = tokens_of(text)
    pairs = closing(tokens)
    found = []
    i, start = 0, 0  # start: first token of the statement
    while i < len(tokens):
        word, line = tokens[i]
        if word == ";" or word == "}" or (word == ":" and i > 0 and tokens[i - 1][0] in ("public", "private", "protected")):
            start = i + 1
        elif word == "{":
            head = [t for t, _ in tokens[start:i]]
            if head[:1] == ["namespace"] or any(w in ("struct", "class", "union", "enum") for w in outside_angles(head)):
                start = i + 1  # go inside
            else:
                i = pairs.get(i, i)  # an initialiser
                continue_statement = i + 1 < len(tokens) and tokens[i + 1][0] in (";", ",")
                if not continue_statement:
                    start = i + 1
        elif word == "(" and i > start and re.match(r"[A-Za-z_]", tokens[i - 1][0]) and tokens[i - 1][0] not in NOT_FUNCTIONS \
                and not any(t == "=" for t, _ in tokens[start:i] if tokens[start][0] != "template") \
                and "using" not in (tokens[start][0],):
            name = tokens[i - 1][0]
            end = pairs.get(i, i)
            number = parameters(tokens, i, end)
            j, seen_colon = end + 1, False
            while j < len(tokens) and tokens[j][0] != ";":
                here = tokens[j][0]
                if here == ":" and not seen_colon:
                    seen_colon = True
                elif here in ("(", "["):
                    j = pairs.get(j, j)
                elif here == "{":
                    before = tokens[j - 1][0]
                    initialises = seen_colon and re.match(r"[A-Za-z_]", before) and before not in ("noexcept", "const")
                    if here == "{" and (initialises or "requires" in [t for t, _ in tokens[j - 1:j]]):
                        j = pairs.get(j, j)
                    else:
                        break
                elif here == "=":
                    while j < len(tokens) and tokens[j][0] != ";":
                        j = pairs.get(j, j) + 1
                    break
                j += 1
            if j < len(tokens) and tokens[j][0] == "{":
                last = pairs.get(j, j)
                length = 0 if is_table(tokens, pairs, j, last) else tokens[last][1] - tokens[j][1] - 1
                found.append((name, tokens[start][1], length, number, tokens[j][1]))
                i = last
            else:
                found.append((name, tokens[start][1], 0, number, tokens[i][1]))
                i = j
            start = i + 1
        i += 1
    return found


def is_table(tokens, pairs, first, last):
    """Whether a body is `{ return Type{...}; }`, perhaps after `using` and constants on lines of their own."""
    i = first + 1
    while i < last and tokens[i][0] in ("using", "constexpr", "const"):
        while i < last and tokens[i][0] != ";":
            i = pairs.get(i, i) + 1
        i += 1
    if tokens[i][0] != "return":
        return False
    while i < last and tokens[i][0] not in ("{", ";", "("):
        i += 1
    return tokens[i][0] == "{" and pairs.get(i, i) == last - 2 and tokens[last - 1][0] == ";"


def outside_angles(words):
    depth = 0
    for word in words:
        depth += (word == "<") - (word == ">")
        if depth == 0:
            yield word


def excused(lines, first, opening, word):
    """Whether a comment `// word: reason` stands right before the function or at the head of its body."""
    pattern = re.compile(r"//\s*" + word + r": \S+ \S+")
    i = first - 2
    while i >= 0 and lines[i].strip().startswith("//"):
        if pattern.search(lines[i]):
            return True
        i -= 1
    return any(pattern.search(line) for line in lines[first - 1:opening + 1])


def check(include_dir):
    root = os.path.join(include_dir, "layercake")
    problems, headers = [], 0
    for folder, _, files in os.walk(root):
        for file in sorted(files):
            if file in DATA:
                continue
            headers += 1
            path = os.path.join(folder, file)
            header = os.path.relpath(path, root).replace(os.sep, "/")
            with open(path, encoding="utf-8") as stream:
                text = stream.read()
            lines = text.split("\n")
            for name, line, length, width, opening in functions_of(text):
                if length > MOST_LINES and not excused(lines, line, opening, "long"):
                    problems.append(f"{header}:{line}: {name} has {length} lines (at most {MOST_LINES}); part it, or say why: // long: REASON")
                if width > MOST_PARAMETERS and not excused(lines, line, opening, "wide"):
                    problems.append(f"{header}:{line}: {name} takes {width} parameters (at most {MOST_PARAMETERS}); "
                                    "make those that belong together a record, or say why: // wide: REASON")
    if headers == 0:
        problems.append(f"no headers under {include_dir}/layercake")
    return sorted(problems)


LONG = "\n".join("  x += 1;" for _ in range(MOST_LINES + 1))
ROWS = "\n".join(f"      field(\"{i}\", &X::a)," for i in range(MOST_LINES + 1))
MANY = ", ".join(f"int p{i}" for i in range(MOST_PARAMETERS + 1))
FEW = ", ".join(f"std::map<int, int> p{i}" for i in range(MOST_PARAMETERS))

GOOD = f"""namespace layercake {{
struct record {{
  int a = 0, b = 1;
  explicit record({FEW}) : a(1), b{{2}} {{}}
  static constexpr auto fields() {{
    using X = record;
    return std::tuple{{
{ROWS}
    }};
  }}
}};
// Text about it.
// long: one line for each operation, as the standard lists them
template <class T>
  requires(sizeof(T) > 1)
void listed(T x) {{
{LONG}
}}
void told(int x) {{  // long: one line for each operation
{LONG}
}}
// wide: the seven numbers of a published table
int table({MANY});
inline constexpr int row[] = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};
constexpr record r = make(1, 2, 3, 4, 5, 6, 7, 8);
void calls(int x) {{ table(1, 2, 3, 4, 5, 6, x); }}
}}
"""

# (what is planted, the header, its text, what the checker must say)
PLANTED = [
    ("a long function", "a/b.hpp", f"namespace layercake {{\ninline void f(int x) {{\n{LONG}\n}}\n}}\n", "a/b.hpp:2: f has 61 lines"),
    ("a long member", "a/b.hpp", f"struct s {{\n  int f(int x) const {{\n{LONG}\n  }}\n}};\n", "a/b.hpp:2: f has 61 lines"),
    ("a long constructor", "a/b.hpp", f"struct s {{\n  s(int x) : a(x), b{{x}} {{\n{LONG}\n  }}\n}};\n", "a/b.hpp:2: s has 61 lines"),
    ("a wide function", "a/b.hpp", f"namespace n {{\nint f({MANY});\n}}\n", "a/b.hpp:2: f takes 7 parameters"),
    ("a wide template", "a/b.hpp", f"template <class T, class U = int>\nauto f({MANY}) -> T {{\n  return 1;\n}}\n", "a/b.hpp:1: f takes 7"),
    ("a wide constructor", "a/b.hpp", f"class c {{\npublic:\n  explicit c({MANY}) : x(p1) {{}}\n}};\n", "a/b.hpp:3: c takes 7"),
    ("a reason that says nothing", "a/b.hpp", f"// wide: because\nint f({MANY});\n", "a/b.hpp:2: f takes 7"),
]


def self_test():
    failures = []

    def problems_of(tree):
        return with_scratch_tree({f"layercake/{name}": text for name, text in tree.items()}, check)

    if problems := problems_of({"core/good.hpp": GOOD}):
        failures.append(f"the good header is refused: {problems}")
    if not problems_of({}):
        failures.append("an empty tree is accepted")
    for what, header, text, expected in PLANTED:
        problems = problems_of({header: text})
        if len(problems) != 1 or expected not in problems[0]:
            failures.append(f"{what}: expected one problem with '{expected}', found {problems}")
    return failures


if __name__ == "__main__":
    run(check, self_test)

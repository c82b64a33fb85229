#!/usr/bin/env python3
"""Compiles every ```cpp snippet of a page, runs it, and compares what it prints with the ```text block that follows.

    check_docs.py --compiler c++ --source CHECKOUT [--programs DIR] [--system DIR ...] PAGE.md
    check_docs.py ... FOLDER|HEADER.hpp     the samples in the comments of headers

A snippet with a main() is a program. One without is put into a main(), below its #include lines, with layercake.hpp,
<iostream>, `namespace lc = layercake;` and `using namespace lc::units;` already there. A ```text block that follows with
no heading between is the expected output; a line of it that is only `...` stands for any number of lines. Relative links
of the page must lead to a file.

Words after ```cpp:
    file=examples/x.cpp     the snippet equals this file, or, with region=NAME, what lies in it between the two lines
                            that are `// [NAME]` (indentation taken off). The output is that of the whole program.
    continue                the snippet goes on where the last one of the page stopped (its output alone is compared)
    global                  the snippet belongs before main(), not into it (types, functions); later ones may use it
    error                   the snippet must not compile; each line of the ```text block occurs in what the compiler says

A header's sample is the same between fences in its comment, `continue`, `global` and `error` included:

    // ```cpp
    // double megawatts = in<megawatt>(700 * kilowatt);
    // ```

Its header is included; the names of layercake, layercake::units and the header's own folder need no prefix. The samples of all headers are one
program, so that they cost the compiler little. Indented code in a comment outside of fences is reported: nobody compiles it.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import textwrap

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```[ ]*$", re.M | re.S)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
PROLOGUE = "#include <iostream>\n#include <layercake/layercake.hpp>\n"
ALIASES = "namespace lc = layercake;\nusing namespace lc::units;\n"
MARK = "\x1e\n"  # printed before a snippet that goes on in the same program, to tell its output from what was there
PRINT_MARK = 'std::cout << "\\x1e\\n";\n'
COMMENT = re.compile(r"^\s*///? ?(.*)$")
LOOKS_LIKE_CODE = re.compile(r"^ {2,}((auto|const|constexpr|struct|template|using|double|static)\b.*[;{(,>]|\S.*[\w>]\(.*\);)( *//.*)?$", re.M)


class Snippet:
    def __init__(self, line, options, body):
        self.line, self.options, self.body = line, options, body
        self.expected = None


def parse(text):
    snippets, last_end = [], 0
    for match in FENCE.finditer(text):
        words = match["info"].split()
        body = textwrap.dedent(match["body"])
        line = text.count("\n", 0, match.start()) + 1
        if words[:1] == ["cpp"]:
            options = dict(word.split("=", 1) if "=" in word else (word, True) for word in words[1:])
            unknown = set(options) - {"file", "region", "continue", "global", "error"}
            if unknown:
                raise ValueError(f"line {line}: unknown word after ```cpp: {', '.join(sorted(unknown))}")
            snippets.append(Snippet(line, options, body))
        elif words[:1] == ["text"] and snippets and snippets[-1].expected is None:
            if not re.search(r"^#", text[last_end:match.start()], re.M):
                snippets[-1].expected = body
        last_end = match.end()
    return snippets


def page_of(header):
    """What the comments of a header say, line for line; a line that is no comment is a heading, which ends a search."""
    comments = (COMMENT.match(line) for line in header.splitlines())
    return "".join(f"{comment[1] if comment else '#'}\n" for comment in comments)


def split_includes(body):
    """(the #include lines, the rest); what is taken out leaves an empty line, so that lines keep their numbers."""
    lines = body.splitlines(keepends=True)
    is_include = [line.lstrip().startswith("#include") for line in lines]
    return ("".join(line for line, is_one in zip(lines, is_include) if is_one),
            "".join("\n" if is_one else line for line, is_one in zip(lines, is_include)))


def region_of(text, name):
    parts = re.split(rf"^[ \t]*// \[{re.escape(name)}\][ \t]*\n", text, flags=re.M)
    if len(parts) != 3:
        raise ValueError(f"needs two lines '// [{name}]', has {len(parts) - 1}")
    return textwrap.dedent(parts[1])


def clean(text):
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def same_output(expected, real):
    parts = [re.escape(part) for part in re.split(r"^\.\.\.$", clean(expected), flags=re.M)]
    return re.fullmatch(".*".join(parts), clean(real), re.S) is not None


class Checker:
    def __init__(self, arguments, scratch):
        self.arguments, self.scratch, self.count = arguments, scratch, 0
        self.flags = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Wno-unused", "-I", os.path.join(arguments.source, "include")]
        for folder in arguments.system:
            self.flags += ["-isystem", folder]
        self.flags.append("-pthread")

    def compile(self, source, is_file=False, flags=()):
        """(program or None, what the compiler says)"""
        self.count += 1
        program = os.path.join(self.scratch, f"snippet{self.count}")
        if not is_file:
            path = program + ".cpp"
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(source)
            source = path
        result = subprocess.run([self.arguments.compiler, *self.flags, *flags, source, "-o", program], capture_output=True,
                                text=True, encoding="utf-8", errors="replace", env={**os.environ, "LC_ALL": "C"})
        return (program if result.returncode == 0 else None), result.stdout + result.stderr

    def run(self, program):
        result = subprocess.run([program], capture_output=True, text=True, encoding="utf-8", errors="replace",
                                cwd=self.arguments.source)
        if result.returncode != 0:
            raise ValueError(f"the program ends with {result.returncode}:\n{result.stdout}{result.stderr}")
        return result.stdout

    def file_snippet(self, snippet):
        path = os.path.join(self.arguments.source, snippet.options["file"])
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        if "region" in snippet.options:
            text = region_of(text, snippet.options["region"])
        if clean(text) != clean(snippet.body):
            what = f"{snippet.options['file']} {snippet.options.get('region', '')}".strip()
            raise ValueError(f"the snippet is not what {what} holds, which is:\n{text}")
        program = os.path.join(self.arguments.programs or "", os.path.splitext(os.path.basename(path))[0])
        if not os.access(program, os.X_OK):
            program, said = self.compile(path, is_file=True)
            if not program:
                raise ValueError(f"does not compile:\n{said}")
        if snippet.expected is not None:
            self.compare(snippet, self.run(program))

    @staticmethod
    def compare(snippet, real):
        if snippet.expected is not None and not same_output(snippet.expected, real):
            raise ValueError(f"the output differs; it is:\n{real}")

    def compose(self, snippet, before):
        """The snippet as a program, and what a later snippet goes on from: (includes, globals, body)."""
        includes, rest = split_includes(snippet.body)
        old_includes, old_globals, old_body = before
        if "global" in snippet.options:
            after = (old_includes + includes, old_globals + rest, "")
        elif "continue" in snippet.options:
            after = (old_includes + includes, old_globals, f"{old_body}{PRINT_MARK}{rest}")
        else:
            after = (old_includes + includes, old_globals, rest)
        return f"{PROLOGUE}{after[0]}{ALIASES}{after[1]}int main() {{\n{after[2]}}}\n", after

    def check_snippet(self, snippet, before):
        if "file" in snippet.options:
            self.file_snippet(snippet)
            return before
        if re.search(r"\bmain\s*\(", snippet.body):
            source, after = snippet.body, before
        else:
            source, after = self.compose(snippet, before)
        if "error" in snippet.options:
            self.check_error(snippet, source)
            return before
        program, said = self.compile(source)
        if not program:
            raise ValueError(f"does not compile:\n{said}")
        if "warning:" in said:
            raise ValueError(f"compiles with a warning:\n{said}")
        self.compare(snippet, self.run(program).split(MARK)[-1])
        return after

    def check_error(self, snippet, source):
        program, said = self.compile(source, flags=["-fsyntax-only"])
        if program:
            raise ValueError("the snippet compiles, but must not")
        for line in clean(snippet.expected or "").splitlines():
            if line.strip() not in ("", "...") and line.strip() not in said:
                raise ValueError(f"the compiler does not say '{line.strip()}'; it says:\n{said}")

    def check(self, snippets):
        problems = []
        state = ("", "", "")
        for snippet in snippets:
            try:
                state = self.check_snippet(snippet, state)
            except (ValueError, OSError) as problem:
                problems.append(f"{self.arguments.page}:{snippet.line}: {problem}")
        return problems


class Header:
    """The samples of one header: what is to be part of the program of all headers, and what must not compile."""

    def __init__(self, arguments, path):
        self.name = os.path.relpath(path, arguments.source)
        self.path = os.path.abspath(path)
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        page = page_of(text)
        self.problems = [
            f"{self.name}:{page.count(chr(10), 0, match.start()) + 1}: looks like a sample, which belongs between ```cpp and ```"
            for match in LOOKS_LIKE_CODE.finditer(FENCE.sub(lambda fenced: "\n" * fenced[0].count("\n"), page))]
        self.snippets = []
        try:
            self.snippets = parse(page)
        except ValueError as problem:
            self.problems.append(f"{self.name}: {problem}")
        room = re.search(r"^namespace (layercake::\w+)", text, re.M)
        self.globals = f"using namespace {room[1]};\n" if room and room[1] != "layercake::units" else ""
        self.includes, self.blocks = f'#include "{self.path}"\n', []
        self.run, self.errors = [], []  # snippets with their output in the program's; (snippet, what it goes on from)
        for snippet in self.snippets:
            self.add(snippet)

    def add(self, snippet):
        if {"file", "region"} & set(snippet.options) or re.search(r"\bmain\s*\(", snippet.body):
            self.problems.append(f"{self.name}:{snippet.line}: a header's sample has no main() and is in no file")
            return
        includes, rest = split_includes(snippet.body)
        text = f'#line {snippet.line + 1} "{self.name}"\n{rest}'
        goes_on = "continue" in snippet.options and self.blocks
        if "error" in snippet.options:
            blocks = [self.blocks[-1] + text] if goes_on else [text]
            parts = (self.globals + text, []) if "global" in snippet.options else (self.globals, blocks)
            self.errors.append((snippet, program_of([(self.includes + includes, *parts)])))
            return
        self.includes += includes
        if "global" in snippet.options:
            self.globals += text
            return
        self.run.append(snippet)
        if goes_on:
            self.blocks[-1] += PRINT_MARK + text
        else:
            self.blocks.append(PRINT_MARK + text)


def program_of(headers):
    """headers: (includes, globals, blocks of statements) of each"""
    names = "using namespace layercake;\nusing namespace layercake::units;\nnamespace lc = layercake;\n"
    text = PROLOGUE + "".join(includes for includes, _, _ in headers)
    for i, (_, global_text, blocks) in enumerate(headers):
        statements = "".join(f"{{\n{block}}}\n" for block in blocks)
        text += f"namespace samples_{i} {{\n{names}{global_text}void run() {{\n{statements}}}\n}}\n"
    calls = "".join(f"  samples_{i}::run();\n" for i in range(len(headers)))
    return f'{text}#line 1 "main"\nint main() {{\n{calls}}}\n'


def check_headers(arguments, checker):
    """(problems, number of samples)"""
    paths = [arguments.page]
    if os.path.isdir(arguments.page):
        paths = sorted(os.path.join(folder, file) for folder, _, files in os.walk(arguments.page) for file in files
                       if file.endswith(".hpp"))
    headers = [Header(arguments, path) for path in paths]
    problems = [problem for header in headers for problem in header.problems]
    count = sum(len(header.snippets) for header in headers)
    headers = [header for header in headers if header.snippets]

    def attempt(name, snippet, act):
        try:
            act()
        except (ValueError, OSError) as problem:
            problems.append(f"{name}{f':{snippet.line}' if snippet else ''}: {problem}")

    def compile_and_run():
        program, said = checker.compile(program_of([(x.includes, x.globals, x.blocks) for x in headers]))
        if not program:
            raise ValueError(f"a sample does not compile:\n{said}")
        if "warning:" in said:
            raise ValueError(f"a sample compiles with a warning:\n{said}")
        outputs = checker.run(program).split(MARK)[1:]
        runs = [(header, snippet) for header in headers for snippet in header.run]
        for (header, snippet), output in zip(runs, outputs, strict=True):
            attempt(header.name, snippet, lambda: checker.compare(snippet, output))

    attempt("samples of headers", None, compile_and_run)
    for header in headers:
        for snippet, source in header.errors:
            attempt(header.name, snippet, lambda: checker.check_error(snippet, source))
    return problems, count


def check_page(arguments, checker):
    """(problems, number of snippets)"""
    with open(arguments.page, encoding="utf-8") as stream:
        text = stream.read()
    problems = []
    for link in LINK.findall(FENCE.sub("", text)):
        if not os.path.exists(os.path.join(os.path.dirname(arguments.page), link)):
            problems.append(f"{arguments.page}: the link to {link} leads nowhere")
    try:
        snippets = parse(text)
    except ValueError as problem:
        return problems + [f"{arguments.page}: {problem}"], 0
    return problems + checker.check(snippets), len(snippets)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--programs")
    parser.add_argument("--system", action="append", default=[])
    parser.add_argument("page")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as scratch:
        check = check_page if arguments.page.endswith(".md") else check_headers
        problems, count = check(arguments, Checker(arguments, scratch))
    for problem in problems:
        print(problem)
    print(f"{count} snippets, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

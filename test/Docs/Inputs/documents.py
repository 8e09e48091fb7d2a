"""Checks one Markdown page against the sources and the tools that it talks about.

documents.py PAGE --source ROOT --build DIR --work DIR

- Every relative link, and every `path/in/the/repository` in back quotes, exists; `<!-- to be: PATH ... -->` names
  files that the reader is told to write, or that stand elsewhere.
- Every ```mlir block is read and verified by kgen-opt, unless one of these stands on the line before it.
- `<!-- output: COMMAND -->`: the block is an excerpt of what COMMAND prints for the ```mlir block before it (given
  on standard input), after all command blocks ran. Its lines occur in order, between them there may be others.
  // comments, names of SSA values and blanks do not count; "..." stands for anything within a line.
- `<!-- quote: FILE -->`: the block stands in FILE word for word.
- `<!-- test -->`: the ```sh block runs, from the root of the repository, without an error. `<!-- test: FILE -->`: the
  ```mlir block before it is there as FILE.

Commands run in DIR/<page>, where the repository's files appear as links and build/ as DIR's tools and libraries, so
that nothing they write lands in the sources. Prints what was checked.
"""
import argparse
import glob
import itertools
import os
import re
import shutil
import subprocess
import sys

FENCE = re.compile(
    r"(?:^<!-- (?P<kind>\w+)(?:: (?P<argument>.+?))? -->\n)?^```(?P<language>[\w+]*)\n(?P<body>.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`([^`\n]+)`")
EXEMPT = re.compile(r"<!-- to be: (.*?) -->")
TIME_LIMIT = 300


class Page:
    def __init__(self, arguments):
        self.path = arguments.page
        self.source = os.path.realpath(arguments.source)
        self.build = os.path.realpath(arguments.build)
        self.work = arguments.work
        with open(self.path, encoding="utf-8") as file:
            self.text = file.read()
        self.prose = FENCE.sub("", self.text)
        self.blocks = list(FENCE.finditer(self.text))
        self.failures = []

    def fail(self, position, message):
        line = self.text.count("\n", 0, position) + 1 if position is not None else 1
        self.failures.append("%s:%d: %s" % (os.path.relpath(self.path, self.source), line, message))

    def environment(self):
        """Where commands run: a folder that looks like the root of the repository."""
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(os.path.join(self.work, "build"))
        for name in os.listdir(self.source):
            if not name.startswith((".", "build")):
                os.symlink(os.path.join(self.source, name), os.path.join(self.work, name))
        for name in ("bin", "lib"):
            os.symlink(os.path.join(self.build, name), os.path.join(self.work, "build", name))

    def run(self, command, stdin=""):
        path = os.path.join(self.build, "bin") + os.pathsep + os.environ["PATH"]
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command], cwd=self.work, env=dict(os.environ, PATH=path), text=True,
            input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIME_LIMIT)


def alternatives(path):
    """a/{b,c}.d as a/b.d and a/c.d."""
    parts = re.split(r"\{([^}]*)\}", path)
    choices = [part.split(",") if i % 2 else [part] for i, part in enumerate(parts)]
    return ["".join(choice) for choice in itertools.product(*choices)]


def check_links(page):
    folder = os.path.dirname(page.path)
    links = LINK.findall(page.prose)
    for link in links:
        if not os.path.exists(os.path.join(folder, link)):
            page.fail(page.text.find("](" + link), "no such file: " + link)
    return len(links)


def check_paths(page):
    """Names in back quotes that begin with a folder of the repository."""
    folders = {name for name in os.listdir(page.source) if os.path.isdir(os.path.join(page.source, name))}
    exempt = {path for paths in EXEMPT.findall(page.text) for path in paths.split()}
    count = 0
    for code in CODE.findall(page.prose):
        first, slash, _ = code.partition("/")
        if not slash or first not in folders or first.startswith("build") or code in exempt or re.search(r"[\s<>()=]", code):
            continue
        count += 1
        for path in alternatives(code):
            if not glob.glob(os.path.join(page.source, path)):
                page.fail(page.text.find("`" + code + "`"), "no such file: " + path)
    return count


def check_modules(page):
    blocks = [b for b in page.blocks if b["language"] == "mlir" and not b["kind"]]
    for block in blocks:
        result = page.run("kgen-opt --verify-roundtrip -o /dev/null", block["body"])
        if result.returncode != 0:
            page.fail(block.start(), "kgen-opt refuses this:\n" + result.stderr)
    return len(blocks)


def normalized(text):
    lines = [re.sub(r"//.*", "", line) for line in text.splitlines()]
    lines = [re.sub(r"[%^][\w$.-]+(#\d+)?", "%", line) for line in lines]
    return [re.sub(r"\s+", "", line) for line in lines]


def check_excerpt(page, block, module):
    result = page.run(block["argument"], module)
    if result.returncode != 0:
        page.fail(block.start(), "%s fails:\n%s" % (block["argument"], result.stderr))
        return
    printed = iter(normalized(result.stdout))
    wanted = zip(normalized(block["body"]), block["body"].splitlines())
    for line, shown in wanted:
        if line in ("", "..."):
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("...")))
        if not any(pattern.fullmatch(other) for other in printed):
            page.fail(block.start(), "not in this place of the output of %s:\n%s" % (block["argument"], shown))
            return


def check_excerpts(page):
    count, module = 0, ""
    for block in page.blocks:
        if block["kind"] == "output":
            count += 1
            check_excerpt(page, block, module)
        elif block["language"] == "mlir":
            module = block["body"]
    return count


def check_quotes(page):
    quotes = [b for b in page.blocks if b["kind"] == "quote"]
    for quote in quotes:
        with open(os.path.join(page.source, quote["argument"]), encoding="utf-8") as file:
            if quote["body"] not in file.read():
                page.fail(quote.start(), "%s has no longer these lines" % quote["argument"])
    return len(quotes)


def check_commands(page):
    count, module = 0, ""
    for block in page.blocks:
        if block["language"] == "mlir":
            module = block["body"]
        if block["kind"] != "test":
            continue
        count += 1
        if block["argument"]:
            with open(os.path.join(page.work, block["argument"]), "w", encoding="utf-8") as file:
                file.write(module)
        result = page.run(block["body"])
        if result.returncode != 0:
            page.fail(block.start(), "these commands fail:\n%s%s" % (result.stdout, result.stderr))
    return count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    for option in ("--source", "--build", "--work"):
        parser.add_argument(option, required=True)
    page = Page(parser.parse_args())
    page.environment()
    counts = {
        "links": check_links(page),
        "paths": check_paths(page),
        "modules": check_modules(page),
        "command blocks": check_commands(page),
        "excerpts": check_excerpts(page),
        "quotes": check_quotes(page),
    }
    unknown = [b for b in page.blocks if b["kind"] and b["kind"] not in ("output", "quote", "test")]
    for block in unknown:
        page.fail(block.start(), "unknown mark: " + block["kind"])
    for failure in page.failures:
        print(failure)
    print(", ".join("%d %s" % (count, what) for what, count in counts.items()))
    sys.exit(1 if page.failures else 0)


if __name__ == "__main__":
    main()

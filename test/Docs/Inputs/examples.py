"""Reads a Markdown page for the tests of its examples.

examples.py PAGE                prints every ```mlir block, split by `// -----`
examples.py PAGE --quotes ROOT  checks every block after `<!-- quote: FILE -->` against ROOT/FILE
"""
import os
import re
import sys

FENCE = re.compile(r"(?:<!-- quote: (?P<file>\S+) -->\n)?```(?P<language>\w*)\n(?P<body>.*?)^```$", re.M | re.S)


def main():
    with open(sys.argv[1], encoding="utf-8") as page:
        blocks = list(FENCE.finditer(page.read()))
    if len(sys.argv) == 2:
        examples = [b["body"] for b in blocks if b["language"] == "mlir"]
        if not examples:
            sys.exit("no example in " + sys.argv[1])
        print("// -----\n".join(examples), end="")
        return
    quotes = [b for b in blocks if b["file"]]
    if not quotes:
        sys.exit("no quote in " + sys.argv[1])
    for quote in quotes:
        with open(os.path.join(sys.argv[3], quote["file"]), encoding="utf-8") as source:
            if quote["body"] not in source.read():
                sys.exit("not in %s:\n%s" % (quote["file"], quote["body"]))
    print("%d quotes agree" % len(quotes))


if __name__ == "__main__":
    main()

"""documents.py finds each kind of fault that it is for: each page below has one, and the last has none.

documents_test.py ROOT BUILD
"""
import os
import subprocess
import sys
import tempfile

MODULE = "```mlir\nfunc.func @f() {\n  return\n}\n```\n"
PAGES = {
    "[link](NoSuchPage.md)\n": "no such file: NoSuchPage.md",
    "`lib/NoSuchRoom/File.cpp`\n": "no such file: lib/NoSuchRoom/File.cpp",
    "`lib/{Support,NoSuchRoom}`\n": "no such file: lib/NoSuchRoom",
    "```mlir\nfunc.func @f() { no_such.op }\n```\n": "kgen-opt refuses this",
    MODULE + "<!-- output: kgen-opt -->\n```mlir\nfunc.func @g() {\n```\n": "not in this place of the output",
    MODULE + "<!-- output: kgen-opt -->\n```mlir\nreturn\nfunc.func @f() {\n```\n": "not in this place of the output",
    MODULE + "<!-- output: kgen-opt --no-such-pass -->\n```mlir\n```\n": "kgen-opt --no-such-pass fails",
    "<!-- quote: CMakeLists.txt -->\n```\nno such line\n```\n": "has no longer these lines",
    "<!-- test -->\n```sh\nfalse\ntrue\n```\n": "these commands fail",
    "<!-- tset -->\n```sh\ntrue\n```\n": "unknown mark",
    "[link](README.md), `lib/{Support,Search}`\n" + MODULE +
    "<!-- output: kgen-opt -->\n```mlir\nfunc.func @f() ...\n...\nreturn // a comment\n```\n"
    "<!-- test -->\n```sh\ntest -x build/bin/kgen-opt && echo written > build/file\n```\n": None,
}


def main():
    root, build = sys.argv[1:]
    checker = os.path.join(os.path.dirname(os.path.abspath(__file__)), "documents.py")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "work"))
        open(os.path.join(folder, "README.md"), "w").close()
        for text, expected in PAGES.items():
            page = os.path.join(folder, "Page.md")
            with open(page, "w", encoding="utf-8") as file:
                file.write(text)
            result = subprocess.run(
                [sys.executable, checker, page, "--source", root, "--build", build, "--work",
                 os.path.join(folder, "work")], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            found = expected in result.stdout if expected else "1 command blocks" in result.stdout
            if (result.returncode != 0) != (expected is not None) or not found:
                wrong += 1
                print("expected %s for the page\n%s\ngot status %d and\n%s" %
                      (expected, text, result.returncode, result.stdout))
    print("%d pages, %d judged wrongly" % (len(PAGES), wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

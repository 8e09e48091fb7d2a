"""Every page that a source file names, as docs/Name.md, exists. Usage: references.py ROOT

docs/Page.md stands for any page.
"""
import os
import re
import sys

FOLDERS = ("bench", "cmake", "examples", "include", "lib", "python-free-runtime", "scripts", "tools")
PAGE = re.compile(r"\bdocs/[\w/]+\.md\b")


def main():
    root = sys.argv[1]
    found = set()
    for folder in FOLDERS:
        for path, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                with open(os.path.join(path, name), encoding="utf-8", errors="replace") as file:
                    found |= {(page, os.path.join(path, name)) for page in PAGE.findall(file.read())}
    found = {(page, where) for page, where in found if page != "docs/Page.md"}
    missing = sorted((page, where) for page, where in found if not os.path.exists(os.path.join(root, page)))
    for page, where in missing:
        print("%s names %s, which does not exist" % (os.path.relpath(where, root), page))
    print("%d references, %d missing" % (len(found), len(missing)))
    sys.exit(1 if missing or not found else 0)


if __name__ == "__main__":
    main()

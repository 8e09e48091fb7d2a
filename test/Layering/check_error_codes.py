#!/usr/bin/env python3
"""Every code of ErrorCodes.def is raised somewhere and provoked by a test.

Usage: check_error_codes.py REPOSITORY EXCEPTIONS

A code counts where a file spells KG2003, ErrorCode::Name, or, in C, the runtime's KGEN_STATUS_
name. The verifier's mutants name the code that each must be rejected with. EXCEPTIONS has a line 'KG2003 reason' for each code that no test can provoke; a line that is
no longer needed is an error, too.
"""
import os
import pathlib
import re
import sys

DEFINITION = re.compile(r"^KGEN_ERROR\((\d{4}), (\w+),", re.MULTILINE)
STATUS = re.compile(r"(KGEN_STATUS_\w+) = (\d{4})")
TEXT = {".c", ".cpp", ".h", ".td", ".mlir", ".test", ".py", ".cmake", ".txt"}


def read(folders):
    """The text of all sources below `folders`."""
    texts = []
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix in TEXT and path.is_file():
                texts.append(path.read_text())
    return "\n".join(texts)


def words(text):
    return set(re.findall(r"KG\d{4}|ErrorCode::\w+|KGEN_STATUS_\w+", text))


def read_exceptions(path):
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return dict(line.split(None, 1) for line in lines)


def main():
    exceptions = read_exceptions(pathlib.Path(sys.argv[2]))
    os.chdir(sys.argv[1])
    codes = DEFINITION.findall(pathlib.Path("include/kgen/Support/ErrorCodes.def").read_text())
    header = pathlib.Path("python-free-runtime/include/kgen_runtime.h").read_text()
    status_names = {number: name for name, number in STATUS.findall(header)}
    runtime = ["python-free-runtime/src", "python-free-runtime/drivers"]
    used = words(read(["include/kgen", "lib", "tools"] + runtime))
    tests = ["test/" + name for name in sorted(os.listdir("test")) if name != "Layering"]
    mutants = pathlib.Path("lib/Verifier/MutantSuite.cpp").read_text()
    tested = words(read(tests + ["python-free-runtime/test"]) + mutants.replace("E::", "ErrorCode::"))
    failures = []
    for number, name in codes:
        code = "KG" + number
        spellings = {code, "ErrorCode::" + name, status_names.get(number, code)}
        if not spellings & used:
            failures.append(f"{code} {name}: nothing raises it")
        has_test = bool(spellings & tested)
        if not has_test and code not in exceptions:
            failures.append(f"{code} {name}: no test provokes it")
        if has_test and code in exceptions:
            failures.append(f"{code} {name}: has a test now; remove it from {sys.argv[2]}")
    failures += [f"{code}: excepted, but no such code" for code in exceptions
                 if code[2:] not in {number for number, _ in codes}]
    print("\n".join(failures))
    return 1 if failures or not codes else 0


if __name__ == "__main__":
    sys.exit(main())

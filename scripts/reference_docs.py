#!/usr/bin/env python3
"""Writes a generated reference page to standard output.

Usage: reference_docs.py errors ERROR_CODES_DEF
       reference_docs.py passes MLIR_TBLGEN INCLUDE_DIR... -- PASSES_TD...
"""
import pathlib
import re
import subprocess
import sys

ROOMS = {
    "1": "Dialects",
    "2": "Problems, schedules and hardware",
    "3": "Analysis and target-independent transforms",
    "4": "Targets",
    "5": "Search",
    "6": "Verifier",
    "7": "Runtime",
    "8": "Tools",
    "9": "Emulator",
}
ERROR = re.compile(r'^KGEN_ERROR\((\d{4}), (\w+), "((?:[^"\\]|\\.)*)"\)', re.MULTILINE)


def errors(definitions):
    print("<!-- Generated from include/kgen/Support/ErrorCodes.def by `ninja kgen-doc`. -->")
    print("# Errors\n")
    print("Every error has a code that is never reused, a sentence that says what to do, and a detail that says\n"
          "what was found and what the limit is. The first digit names the room.")
    room = None
    for number, name, sentence in ERROR.findall(pathlib.Path(definitions).read_text()):
        if number[0] != room:
            room = number[0]
            print(f"\n## {room}xxx: {ROOMS[room]}\n\n| code | name | what to do |\n|---|---|---|")
        text = sentence.replace('\\"', '"').replace("|", "\\|").replace("<", "&lt;").rstrip(".")
        print(f"| KG{number} | {name} | {text[0].upper()}{text[1:]}. |")


def passes(tblgen, arguments):
    at = arguments.index("--")
    includes, tables = arguments[:at], arguments[at + 1:]
    print("<!-- Generated from the Passes.td files by `ninja kgen-doc`. -->")
    print("# Passes\n")
    print("All of them are in `kgen-opt`, and in a stock `mlir-opt` through `KgenPlugin.so`.")
    for table in tables:
        # include/kgen/Target/CPU/Passes.td -> Target/CPU
        room = table.split("include/kgen/")[1].rsplit("/", 1)[0]
        text = subprocess.run([tblgen, "-gen-pass-doc", *("-I" + path for path in includes), table],
                              check=True, capture_output=True, text=True).stdout
        text = re.sub(r"^<!--.*?-->\n", "", text, flags=re.DOTALL).strip()
        # Before-and-after fragments, which no tool takes as they stand; the passes' own tests run them.
        text = text.replace("```mlir", "```text")
        print(f"\n## {room}\n\n{text}")


def main():
    if sys.argv[1] == "errors":
        errors(sys.argv[2])
    else:
        passes(sys.argv[2], sys.argv[3:])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Checks includes and file sizes of every room against rooms.py. Usage: check_layers.py REPOSITORY"""
import os
import pathlib
import re
import sys

import rooms

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)
SOURCES = {".c", ".cpp", ".h", ".td"}
TD_INCLUDE = re.compile(r'^include "([^"]+)"', re.MULTILINE)


def room_of_header(header):
    """'kgen/Target/CPU/Passes.h' -> 'Target/CPU'; None for a header that is not kgen's."""
    parts = header.split("/")
    if parts[0] != "kgen":
        return None
    depth = 3 if len(parts) > 1 and parts[1] in ("Dialect", "Target") else 2
    return "/".join(parts[1:depth])


def room_of_file(path):
    """The room of a file, or None for tests, benchmarks and the like."""
    parts = path.parts
    if parts[0] in ("tools", "python-free-runtime"):
        return None if "test" in parts else parts[0]
    if parts[0] == "lib":
        return room_of_header("kgen/" + "/".join(parts[1:]))
    if parts[:2] == ("include", "kgen"):
        return room_of_header("/".join(parts[1:]))
    return None


def includes(path, text):
    if path.suffix == ".td":
        return TD_INCLUDE.findall(text)
    return [name for _, name in INCLUDE.findall(text)]


def is_standard(header):
    """<vector>, <stdio.h>, <sys/wait.h>: no folder, or the system's."""
    if header.startswith(("kgen_", "xxhash")):
        return False
    return "/" not in header or header.startswith(("sys/", "linux/"))


def include_problem(path, room, header):
    """What is wrong with this include; None if nothing is."""
    rule = rooms.ROOMS[room]
    for pattern, where, why in rooms.ONLY_IN:
        if re.match(pattern, header) and not re.search(where, str(path)):
            return f"{header} may be included only in {where}: {why}"
    other = room_of_header(header)
    if other is not None:
        if other == room or other in rule["rooms"]:
            return None
        return f"{room} may not use {other} ({header})"
    if re.search(rule.get("forbidden", r"$^"), header):
        return f"{room} knows no vendor ({header})"
    if header.startswith(rule["outside"]) or is_standard(header) or (path.parent / header).exists():
        return None
    # Private headers are named from the room's own folder, or a tool's from tools/.
    if any((folder / header).exists() for folder in path.parents if folder.parts):
        return None
    return f"{room} may not use {header}"


def size_problem(path, text):
    lines = text.count("\n")
    is_main = path.parts[0] == "tools" and path.name == "main.cpp"
    limit = rooms.MAX_MAIN_LINES if is_main else rooms.MAX_LINES
    return f"has {lines} lines, limit {limit}" if lines > limit else None


def problems():
    for top in ("include", "lib", "tools", "python-free-runtime", "test", "bench"):
        for path in sorted(pathlib.Path(top).rglob("*")):
            if path.suffix not in SOURCES:
                continue
            text = path.read_text()
            found = [size_problem(path, text)]
            room = room_of_file(path)
            if room is not None:
                if room not in rooms.ROOMS:
                    found.append(f"the room '{room}' is not in test/Layering/rooms.py")
                else:
                    found += [include_problem(path, room, header) for header in includes(path, text)]
            yield from (f"{path}: {problem}" for problem in found if problem)


def main():
    os.chdir(sys.argv[1])
    found = list(problems())
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

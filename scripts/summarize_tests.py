#!/usr/bin/env python3
"""Counts the tests of a run of ctest, lit's tests one by one.

Usage: summarize_tests.py CTEST_JUNIT_XML LIT_RESULTS_DIR

CTest runs each lit suite as one test, lit-<Suite>; LIT_RESULTS_DIR/<Suite>.json is what lit wrote
about it. The last line is 'N passed, N failed, N skipped'; the exit status is 1 if a test failed
or if there was none.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as xml

LIT_PASSED = {"PASS", "XFAIL", "FLAKYPASS"}
LIT_SKIPPED = {"UNSUPPORTED", "SKIPPED", "EXCLUDED"}


def lit_outcome(code):
    if code in LIT_PASSED:
        return "passed"
    return "skipped" if code in LIT_SKIPPED else "failed"


def lit_results(path):
    """(name, outcome, reason) of each test of a suite; empty if lit left no readable results."""
    try:
        tests = json.loads(path.read_text())["tests"]
    except (OSError, ValueError, KeyError):
        return []
    rows = []
    for test in tests:
        reason = test["output"].strip().splitlines()
        rows.append((test["name"], lit_outcome(test["code"]), reason[-1] if reason else ""))
    return rows


def skip_reason(output):
    """What a GoogleTest says after '<file>:<line>: Skipped'; lit and others have no such line."""
    lines = [line.strip() for line in output.splitlines()]
    for line, after in zip(lines, lines[1:]):
        if line.endswith(": Skipped"):
            return after
    return ""


def ctest_outcome(case):
    """(outcome, reason) of one <testcase>."""
    if case.get("status") == "run":
        return "passed", ""
    skipped = case.find("skipped")
    if skipped is not None:
        return "skipped", skip_reason(case.findtext("system-out", "")) or skipped.get("message", "")
    return "failed", ""


def results(junit, lit_dir):
    for case in xml.parse(junit).getroot().iter("testcase"):
        name = case.get("name")
        outcome, reason = ctest_outcome(case)
        rows = []
        if name.startswith("lit-"):
            rows = lit_results(lit_dir / (name[len("lit-"):] + ".json"))
        yield from rows
        # A suite that failed without a failing test, or that left no results, counts itself.
        explained = any(row[1] == "failed" for row in rows)
        if not rows or (outcome == "failed" and not explained):
            yield name, outcome, reason


def print_skipped(rows):
    """One line a reason, with the names of a few of its tests."""
    by_reason = {}
    for name, outcome, reason in sorted(rows):
        if outcome == "skipped":
            by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        print(f"skipped ({reason}): {', '.join(names[:3])}{more}")


def main():
    rows = list(results(sys.argv[1], pathlib.Path(sys.argv[2])))
    print_skipped(rows)
    for name, outcome, _ in sorted(rows):
        if outcome == "failed":
            print("failed: " + name)
    count = {outcome: sum(row[1] == outcome for row in rows) for outcome in ("passed", "failed", "skipped")}
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**count))
    return 1 if count["failed"] or not rows else 0


if __name__ == "__main__":
    sys.exit(main())

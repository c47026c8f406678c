#!/usr/bin/env python3
"""Adds up ctest's JUnit files into the last line of tests/run.sh.

    totals.py STATUS FILE...    names what failed and what was skipped, and why; then prints
                                "N passed, N failed, N skipped"

STATUS is the run's exit status so far: a run that failed without a failed test (a compiler error, a
finding of clang-tidy) counts as one failure, so that the line never looks like success.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree


def reason(case: ElementTree.Element) -> str:
    """Why a test was skipped: the line that says so, or ctest's own word."""
    for line in (case.findtext("system-out") or "").splitlines():
        if "skipped:" in line:
            return line.split("skipped:", 1)[1].strip()
    skipped = case.find("skipped")
    return skipped.get("message", "") if skipped is not None else ""


def main(arguments: list[str]) -> int:
    status, files = int(arguments[0]), [Path(name) for name in arguments[1:]]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for file in files:
        if not file.is_file():  # the shell's pattern itself: no stage got as far as ctest
            continue
        for case in ElementTree.parse(file).iter("testcase"):
            outcome = {"run": "passed", "fail": "failed"}.get(case.get("status", ""), "skipped")
            counts[outcome] += 1
            if outcome != "passed":
                print(f"{outcome}: {file.stem}: {case.get('name')}: {reason(case)}".rstrip(": "))
    if status != 0 and counts["failed"] == 0:
        counts["failed"] = 1
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The cost of a change: benchmarks of this checkout beside those of another, such as the version before.

    git worktree add ../before v1.0
    python benchmarks/before_after.py ../before
    python benchmarks/before_after.py ../before startup.py --rounds 3
    python benchmarks/before_after.py ../before canvas.py --frames 100

Both run in turns, ``--turns`` times each, with this Python and each checkout's own code and script. Every number that
both print in the same place of the same line is compared: the table gives medians, and this checkout's over the
other's. Without a script it is start-up, a frame of the canvas, the sampler and the lanes, one after the other.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ALL = {
    "startup.py": ["--rounds", "3"],
    "canvas.py": ["--frames", "100"],
    "speed.py": ["small", "--rounds", "2"],
    "compare.py": ["--rounds", "2"],
}
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


def numbers(root: Path, script: str, arguments: list[str]) -> dict[tuple[str, int], float]:
    """The numbers that a script prints in a checkout, by the line without its numbers and the place in it."""
    done = subprocess.run(
        [sys.executable, str(root / "benchmarks" / script), *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    printed: dict[tuple[str, int], float] = {}
    heading = ""
    for line in done.stdout.splitlines():
        words = " ".join(NUMBER.sub("#", line).split())
        if not line.startswith(" ") and not NUMBER.search(line):
            heading = words
        for place, match in enumerate(NUMBER.finditer(line)):
            printed[f"{heading} | {words}" if heading != words else words, place] = float(match[0].replace(",", ""))
    return printed


def compare(other: Path, script: str, arguments: list[str], turns: int) -> list[str]:
    """The lines of a table with the numbers of both checkouts that differ."""
    samples: dict[tuple[str, int], tuple[list[float], list[float]]] = {}
    for _ in range(turns):
        for side, root in enumerate((other, HERE)):
            for key, value in numbers(root, script, arguments).items():
                samples.setdefault(key, ([], []))[side].append(value)
    lines = [f"{'other':>10} {'this':>10} {'ratio':>7}  {script} {' '.join(arguments)}"]
    for (line, place), (before, after) in samples.items():
        if before and after and before != after:
            old, new = statistics.median(before), statistics.median(after)
            lines.append(f"{old:>10.2f} {new:>10.2f} {new / old if old else 0:>6.2f}x  {line} [{place + 1}]")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("script", nargs="?", help="a file under benchmarks/, with its options behind it; else all four")
    parser.add_argument("--turns", type=int, default=3)
    options, arguments = parser.parse_known_args()
    if arguments and not options.script:
        parser.error(f"{arguments[0]} belongs to no script: name one right behind the other checkout")
    scripts = {options.script: arguments} if options.script else ALL
    for script, script_arguments in scripts.items():
        print("\n".join(compare(options.other.resolve(), script, script_arguments, options.turns)), flush=True)


if __name__ == "__main__":
    main()

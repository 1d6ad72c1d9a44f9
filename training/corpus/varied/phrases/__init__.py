"""Phrases in text files: blocks parted by an empty line, phrases by "|"; a line with ">" before it closes a block."""

from pathlib import Path

Block = tuple[tuple[str, ...], tuple[str, ...]]


def blocks(name: str) -> list[Block]:
    """The blocks of NAME.txt: their phrases, and what stands behind ">"."""
    read: list[Block] = []
    for block in (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        lines = block.splitlines()
        phrases = [phrase for line in lines if line[:2] != "> " for phrase in line.split(" | ")]
        read.append((tuple(phrases), tuple(line[2:] for line in lines if line[:2] == "> ")))
    return read

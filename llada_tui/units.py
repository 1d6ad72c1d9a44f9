"""Numbers of bytes in words: the same for the command line, the screen and every sentence."""

from __future__ import annotations


def size_words(count: float) -> str:
    """Bytes, in units of 1000: 15.9 GB, 212 MB, 4 kB."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"

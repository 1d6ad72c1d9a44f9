"""The split into training and held-out examples, by what an example asks about."""

from hashlib import blake2b

HELD_OUT_ONE_IN = 25
# Sums are held out by their numbers wherever they occur, so these families share one name when hashed.
HASHED_AS = {"followups": "sums", "arithmetic": "sums"}


def is_held_out(family: str, key: str) -> bool:
    """Whether a combination belongs to the held-out split: one in 25, by hash, the same on every machine."""
    digest = blake2b(f"{HASHED_AS.get(family, family)}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % HELD_OUT_ONE_IN == 0

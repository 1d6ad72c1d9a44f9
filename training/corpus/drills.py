"""Raw lines of sums without the chat template, several to a sequence, in which only the results are learnt.

The answers of the chat write their sums in the same form, so what the drills teach is used there, at a third of the
tokens a question would cost. A drill is a list of (text, learnt) pieces.
"""

from random import Random

from training.corpus.sums import operands

Drill = list[tuple[str, bool]]


def drill(rng: Random, lines: int = 6) -> Drill:
    """Several lines such as "57 + 38 = 95." with the results marked as learnt."""
    pieces: Drill = []
    for _ in range(lines):
        operator = rng.choice("+++---xxx/")
        left, right, result = operands(rng, operator)
        pieces.append((f"{left} {operator} {right} =", False))
        pieces.append((f" {result}", True))
        pieces.append((".\n", False))
    return pieces


def held_out_line(pieces: Drill) -> list[str]:
    """The held-out keys of the sums in a drill ("57+38"), to keep them out of training."""
    return [text.removesuffix(" =").replace(" ", "") for text, learnt in pieces if text.endswith(" =") and not learnt]

"""Show the corpus: `python -m training.corpus [--family NAME] [--count N] [--seed N]`."""

import argparse
from random import Random

from training.corpus.mixture import ALL_FAMILIES, draw


def main() -> None:
    """Print examples of every family, or of one."""
    parser = argparse.ArgumentParser(prog="python -m training.corpus", description=__doc__)
    parser.add_argument("--family", choices=sorted(ALL_FAMILIES))
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = Random(arguments.seed)
    for family in [arguments.family] if arguments.family else ALL_FAMILIES:
        print(f"== {family}")
        for _ in range(arguments.count):
            example = draw(rng, family, "train")
            for role, text in example.messages():
                print(f"   {role}: {text}")
            print(f"   -> {example.answer}\n")


if __name__ == "__main__":
    main()

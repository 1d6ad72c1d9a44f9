"""Writes the figures of an evaluation into training/README.md and the model card, between their marks.

    python -m training.report --evaluation evaluation.json --effects effects.json

Both files are what `training.evaluate --json` and `training.effects --json` wrote.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PLACES = (ROOT / "training" / "README.md", ROOT / "llada_tui" / "models" / "demo" / "README.md")
BEGIN, END = "<!-- figures of training.report -->\n", "<!-- end of figures -->\n"
NAMES = {
    "sums": "sums and times tables",
    "comparisons": "which number is bigger",
    "doubles": "doubles and halves",
    "sequences": "number sequences",
    "neighbours": "the number before or after",
    "word_problems": "word problems (steps and answer)",
    "facts": "facts",
    "stories": "stories (whole, one name, one pronoun, a plot that fits)",
    "sentences": "sentences with given words",
    "poems": "own poems",
    "strings": "string tasks",
    "copies": "say exactly this",
    "lists": "lists",
    "verses": "verses and proverbs",
    "code": "Python and JSON",
    "smalltalk": "small talk",
    "itself": "questions about itself",
    "beyond": "outside its world",
    "followups": "second questions",
    "arithmetic": "arithmetic in any form",
    "problems": "word problems of any people and things",
    "knowledge": "facts asked in any form",
    "words": "opposites, plurals, tenses, comparisons",
    "wordplay": "any word reversed, spelled, counted, copied",
    "order": "sorting, sequences, counting, lists",
    "prose": "stories and sentences about anything",
    "verse": "rhymes, haiku, poems about anything",
    "snippets": "small code in any words",
    "talk": "small talk and questions about itself",
    "refusals": "what it cannot do, with a fitting reason",
    "first prompts": "a newcomer's first prompts (`training/first_prompts.py`; not held out)",
    "beyond prompts": "a hundred prompts from outside its world (`training/beyond_prompts.py`; none in the corpus)",
}


def table(head: str, rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table with numbers on the right."""
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "|".join(["---", *["---:"] * (columns - 1)]) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def how_good(evaluation: dict[str, Any]) -> str:
    """The families and the probes."""
    rows = [(NAMES[name], f"{rate:.0%}", str(count)) for name, (rate, count) in evaluation["families"].items()]
    rows.append(("**mean over families**", f"**{evaluation['mean over families']:.1%}**", ""))
    if "asked freely, all" in evaluation:
        rate = evaluation["mean over families asked in many ways"]
        rows.append(("**mean over families asked in many ways**", f"**{rate:.1%}**", ""))
        for name, (rate, count) in evaluation["asked freely"].items():
            rows.append((f"written by hand: {name.replace('_', ' ')}", f"{rate:.0%}", f"{count:.0f}"))
        rate, count = evaluation["asked freely, all"]
        rows.append(("**written by hand** (`training/freely`; none in the corpus)", f"**{rate:.1%}**", str(count)))
        alone, behind, count = evaluation["after nine rounds"]
        rows.append((f"behind nine other rounds ({alone:.0%} when asked alone)", f"{behind:.0%}", str(count)))
    for name in ("first prompts", "beyond prompts"):
        rate, count = evaluation[name]
        rows.append((NAMES[name], f"{rate:.0%}", str(count)))
    probes = ", ".join(f"{name.replace('.', ' ')} {rate:.1%}" for name, rate in evaluation["probes"].items())
    return (
        "Held-out examples (never in training: numbers, or the pair of thing and phrasing), temperature 0, canvas 64, "
        "blocks of 32,\n64 steps, low-confidence remasking, on the bf16-autocast network that was exported.\n\n"
        f"{table('family | right | n', rows)}\nProbes (one token masked, all else visible, n = 200 each):\n{probes}.\n"
    )


def what_settings_do(effects: dict[str, Any]) -> str:
    """Accuracy by setting, and the other effects."""
    first, ends = effects["answers before their reasoning"], effects["ends of text in one block"]
    wordings, infilling, lines = effects["answers to an open prompt"], effects["infilling"], effects["directions"]
    accuracy = effects["accuracy"]
    rows = [
        (name, f"{rate:.0%}", f"{accuracy[f'{name}, in many ways']:.0%}" if f"{name}, in many ways" in accuracy else "")
        for name, rate in accuracy.items()
        if not name.endswith(", in many ways")
    ]
    kinds = ("stories", "poems", "greetings")
    open_answers = "; ".join(
        f"{kind} {wordings[f'{kind}, temperature 0.5']:.1f} and {wordings[f'{kind}, temperature 1']:.1f}"
        for kind in kinds
    )
    right = [wordings[f"{kind}, temperature {heat}, right"] for heat in ("0.5", "1") for kind in kinds]
    return (
        "What the sampler's settings do (`python -m training.effects`, the program's own sampler), mean over sums, "
        "word problems,\nfacts, strings, stories and code, and over word problems, string tasks, lists, prose, verse "
        "and code\nasked in many ways:\n\n"
        f"{table('setting | right | in many ways', rows)}\n"
        "- **Answers before their reasoning** (word problems of two steps and more, one block): the stated answer is "
        f"committed before\n  the result it follows from in {first['answer first']:.0%} of the runs "
        f"({first['right']:.0%} are right; {first['first and right']:.0%} are both).\n"
        "- **Ends of text** (stories, one block of 96, 48 steps): ends are committed at step "
        f"{ends['as it is: mean step of ends']:.0f} on average and words at step\n"
        f"  {ends['as it is: mean step of words']:.0f}; {ends['as it is: words']:.0f} words a story, "
        f"{ends['as it is: right']:.0%} right. With `confidence_eos_eot_inf` ends come at step "
        f"{ends['eos last: mean step of ends']:.0f},\n  words at {ends['eos last: mean step of words']:.0f}; "
        f"{ends['eos last: words']:.0f} words, {ends['eos last: right']:.0%} right.\n"
        f"- **Temperature**: different answers to an open prompt among 8 seeds, at 0.5 and at 1: {open_answers}.\n"
        f"  {sum(right[:3]) / 3:.0%} and {sum(right[3:]) / 3:.0%} of them are right.\n"
        f"- **Infilling** a place into a sentence before the start: the word stays in {infilling['word kept']:.0%}, "
        f"and the sentence reads and\n  holds what was asked for in {infilling['sentence reads']:.0%}.\n"
        f"- **Directions**: the line before another one is right in {lines['both ways']:.0%} of the lines that were "
        f"learnt both ways and in\n  {lines['forwards only']:.0%} of those learnt forwards only.\n"
    )


def filled(text: str, figures: str) -> str:
    """The text with new figures between its marks. Raises ValueError where it has none."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError("There are no marks for the figures.")
    return f"{before}{BEGIN}{figures}{END}{after}"


def main() -> None:
    """Fill both files."""
    parser = argparse.ArgumentParser(prog="python -m training.report", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--evaluation", type=Path, required=True)
    parser.add_argument("--effects", type=Path, required=True)
    arguments = parser.parse_args()
    good = how_good(json.loads(arguments.evaluation.read_text()))
    effects = what_settings_do(json.loads(arguments.effects.read_text()))
    for place in PLACES:
        place.write_text(filled(place.read_text(), f"{good}\n{effects}"))


if __name__ == "__main__":
    main()

"""Writes docs/strategies.md and the figures that the screen shows: from the strategies' own docstrings, and from what
benchmarks/strategies.py measured.

python -m docs.strategies
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from docs import parallelism
from docs.table import table
from llada_tui.diffusion import strategies
from llada_tui.diffusion.strategy import Strategy
from llada_tui.settings.sampler_settings import NO_CACHE
from llada_tui.settings.strategy_figures import FILE, StrategyFigures

HERE = Path(__file__).resolve().parent
RESULTS, PAGE = HERE / "strategies.json", HERE / "strategies.md"
FIGURES = HERE.parent / "llada_tui" / "settings" / FILE

OPENING = """# Remasking strategies

A step of masked diffusion predicts every masked token of a block at once. A strategy decides which of the predictions
are kept, and, for some, which tokens that were kept before are taken back. Choose one with `--remasking NAME` and set
its parameters with `--param NAME=NUMBER`, or turn the knobs on the screen, even while a run goes on.

Every run ends: `steps` is the most forward passes that it makes (and a strategy that edits says how many it adds). The
last step of a block commits whatever is left. Where a strategy obeys the schedule, `--schedule linear` commits the same
number of tokens in each step, and `--schedule cosine` few at first and many at the end.

Every strategy also takes `--param start_stride=NUMBER` (DUS, arXiv 2506.19037): of what a step would commit, only what
is at least max(2, m * NUMBER // block) positions apart is committed, with m masks left in the block.

This page is made from the docstrings of [the strategies' files](../llada_tui/diffusion/strategies) by
`python -m docs.strategies`, and its tables from what `python -m benchmarks.strategies` measured on the embedded model:
held-out examples of each family of its corpus, exact match, averaged over the families, at temperature 0 on a canvas of
64 tokens in blocks of 32, stopped early where the answer has ended. How many examples of each family there were is
told: only rows of as many are of the same questions, and may be compared. A forward pass with a cache runs fewer
positions than one without: what that saves is for `llada-tui bench` to tell. On canvases that change their length, and
how much of one is text (the effective token ratio), see [lengths.md](lengths.md)."""


PARALLELISM = f"""## Accuracy under parallelism

![A panel for each strategy: right answers against tokens a forward pass.]({parallelism.PICTURE.name})

Each point is a setting that was measured without a cache. Its tokens a forward pass are the tokens of the answers
(counted once, where one is written a pass) over its forward passes: a figure that depends on no machine. AUP, accuracy
under parallelism, is the area under such a curve, in which a point counts less the further it lies below the best
accuracy, and not at all where it is more than 5 percentage points below the curve's first (hao-ai-lab, for d3LLM:
[the formula](../llada_tui/analysis/parallelism.py)). It is high for a strategy that stays right while it writes many
tokens at once. Settings decide how far a curve reaches, so compare an AUP with the picture beside it."""


def prose(text: str) -> str:
    """A docstring as Markdown: names in code, paragraphs on one line each."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()).replace("``", "`") for paragraph in paragraphs)


def source(kind: type[Strategy]) -> str:
    """The first line of a strategy's file, its papers as links."""
    module = inspect.getdoc(sys.modules[kind.__module__]) or ""
    return re.sub(r"arXiv (\d{4}\.\d{5})", r"[arXiv \1](https://arxiv.org/abs/\1)", prose(module).split("\n\n")[0])


def parameters(kind: type[Strategy]) -> str:
    shown = [parameter for parameter in kind.parameters if parameter.shown]
    if not shown:
        return "No parameters."
    rows = [
        (f"`{parameter.name}`", f"{parameter.default:g}", f"{parameter.low:g} to {parameter.high:g}", parameter.help)
        for parameter in shown
    ]
    return table([("parameter", "default", "range", "what it is"), *rows])


def abilities(kind: type[Strategy]) -> str:
    """The needs and the abilities of a strategy, in a sentence; empty for those that only commit."""
    claims = [
        (kind.remasks, "may take back (remask) tokens that it committed"),
        (kind.revisits, "may do so in earlier blocks too, and therefore never stops early"),
        (kind.edits, "may edit tokens that it committed"),
        (kind.remembers, "remembers earlier steps, which a run that is continued does not know of"),
        (kind.history > 0, f"looks at how predictions moved in the last {kind.history} steps"),
        (kind.verifies, "needs a model whose positions see both ways, and no cache"),
        (kind.rereads, "reads the committed tokens again"),
    ]
    words = [text for holds, text in claims if holds]
    return f"It {', '.join(words[:-1])}{' and ' if len(words) > 1 else ''}{words[-1]}." if words else ""


def setting(row: dict[str, Any]) -> str:
    """The setting that was turned, in words: threshold 0.9, dual cache."""
    values = [f"{name} {value:g}" for name, value in row["parameters"].items()] or [f"{row['steps']} steps"]
    return ", ".join([*values, *([f"{row['cache']} cache"] if row["cache"] != NO_CACHE else [])])


def measured(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    lines = [
        (
            setting(row),
            f"{row['passes']:.1f}",
            f"{row['accuracy']:.1%}",
        )
        for row in sorted(rows, key=lambda row: -row["passes"])
    ]
    each = " or ".join(map(str, sorted({row["each"] for row in rows})))
    return f"With at most {each} examples of each family:\n\n" + table(
        [("setting", "forward passes", "right answers"), *lines]
    )


def overview(rows_measured: list[dict[str, Any]]) -> str:
    """One row for each strategy, with the best of what was measured without a cache."""
    rows: list[tuple[str, ...]] = [
        ("strategy", "what it does", "best setting", "right answers", "forward passes", "examples", "AUP")
    ]
    figures, by_area = best_of(rows_measured), parallelism.areas(rows_measured)
    for name, kind in strategies.by_name().items():
        columns = ("not yet measured", "", "", "")
        area = f"{by_area[name]:,.0f}" if name in by_area else ""
        if best := figures.get(name):
            columns = (best.setting, f"{best.accuracy:.1%}", f"{best.passes:.1f}", str(best.examples))
        rows.append((f"[{name}](#{name}): {kind.title}", kind.summary, *columns, area))
    return table(rows)


def best_of(rows_measured: list[dict[str, Any]]) -> dict[str, StrategyFigures]:
    """The best of what was measured of each strategy without a cache."""
    figures = {}
    for name in strategies.by_name():
        measurements = [row for row in rows_measured if row["strategy"] == name and row["cache"] == NO_CACHE]
        best = max(measurements, key=lambda row: (row["accuracy"], -row["passes"]), default=None)
        if best:
            figures[name] = StrategyFigures(setting(best), best["accuracy"], best["passes"], best["each"])
    return figures


def results() -> list[dict[str, Any]]:
    """The results of benchmarks/strategies.py."""
    measurements: list[dict[str, Any]] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else []
    return measurements


def figures_file() -> str:
    """The file of figures that the screen reads."""
    data = msgspec.to_builtins(best_of(results()))
    return json.dumps(data, indent=1) + "\n"


def page() -> str:
    parts = [OPENING, overview(results()), PARALLELISM]
    for name, kind in strategies.by_name().items():
        measurements = [row for row in results() if row["strategy"] == name]
        about = [prose(kind.__doc__ or ""), abilities(kind), f"Source: {source(kind)}", parameters(kind)]
        parts += [f"## {name}", *filter(None, [*about, measured(measurements)])]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    FIGURES.write_text(figures_file(), "utf-8")
    parallelism.PICTURE.write_text(parallelism.picture(results()), "utf-8")

"""Writes docs/evaluation.md: its tables are those of `llada_tui.evaluation.authors_tables`.

python -m docs.evaluation
"""

from __future__ import annotations

from pathlib import Path

from docs.table import table
from llada_tui.evaluation.authors_tables import TABLES, AuthorsRow, AuthorsTable

PAGE = Path(__file__).resolve().with_name("evaluation.md")
MODELS = {
    "llada-8b-base": "GSAI-ML/LLaDA-8B-Base",
    "llada-8b-instruct": "GSAI-ML/LLaDA-8B-Instruct",
    "llada-1.5": "GSAI-ML/LLaDA-1.5",
    "demo": "demo",
}
"""The checkpoint of a table, by the end of its name."""

OPENING = """# Evaluating a model

`llada-tui eval` runs benchmarks on a model with today's
[lm-evaluation-harness](https://github.com/EleutherAI/lm-evaluation-harness), with the settings of LLaDA's authors
built in and their numbers beside ours. The harness brings tasks, few-shot examples, metrics and data; this program
brings the model and the sampler. It needs the extra `eval`:

```console
$ pip install -c constraints.txt ".[eval]"
$ llada-tui eval --preset embedded
```

The second command evaluates the embedded model on small tasks that come with this program. It needs no network, and
takes a minute or two on two cores.

## What to ask for

- `--tasks gsm8k,piqa` names tasks of the harness (`lm-eval ls tasks` lists them), `--preset` a table of the authors'
  with its tasks and settings; both together take the table's settings for those of its tasks. Whatever is named
  beside them goes first: `--gen-length`, `--remasking`, `--cfg-scale` and every other sampler setting,
  `--num-fewshot`, `--mc-num`, `--strata`, `--chat-template`.
- `--batch-size 16` puts so many canvases, or samples of likelihoods, through the model together, of whatever lengths.
  It changes nothing but speed and memory.
- `--limit 20` takes the first 20 documents of each task, for a try.
- `--include-path FOLDER` adds tasks of your own as the harness's YAML files. With data in local files they need no
  network.
- `--out FOLDER` keeps every answer as it comes. The same command goes on from there after an interruption, whatever
  it was; with other settings it is refused, since the answers would be mixed. The folder gets `results.json`,
  `results.md` and `results.txt`.
- `--record 20` keeps the first 20 generations with all their steps in `FOLDER/generations.jsonl`: `llada-tui replay
  FOLDER/generations.jsonl` shows how a wrong answer came about.
- `--run-code` is the consent that tasks such as HumanEval and MBPP need: they run what the model wrote.
- `accelerate launch --multi_gpu --num_processes 8 -m llada_tui eval ...` gives each GPU its share of the requests; on
  several machines as accelerate's own documentation tells. Without a GPU the same words share them among processes on
  the CPU. Scores are those of one process. Answers are kept for each process, so go on with as many as before.
- The model works in this process, not in a worker. On another machine: `ssh gpu-box llada-tui eval ...`.

The table at the end has the harness's score and its standard error, the authors' number where there is one for just
this model and these settings (theirs was measured with bfloat16 weights, and stands beside nf4 and int8 too), the
tokens that a forward pass wrote (those that stand on the canvases over the passes made for them), and the seconds of
all processes together.

## As published, and what differs

Likelihoods and generations are made as in the authors' `eval_llada.py`; `tests/evaluation` compares them with what
that code gave.

- A likelihood is the Monte Carlo estimate over `--mc-num` samples, `--strata` of them drawn at a time with their evenly
  spread mask counts (the authors' batch size), with the guidance of `--cfg-scale` within it. White space at the end of
  a context counts as a part of the answer. Each request draws from a seed of its own, made from `--seed` and its text:
  a score depends neither on the order nor on the number of processes, and the single draws are not those of the
  authors' runs.
- `--check-greedy` tells for each answer whether the model would write it so, which costs a generation each; the
  authors' tables need it nowhere.
- A generation fills one canvas of `--gen-length`. The task's stop strings cut its text, special tokens included, and
  these are then taken out. The task's own length and temperature are not used. Several canvases go through the model
  together (`--batch-size`); each comes out as it would alone, up to what rounding does between batches of different
  sizes.
- Whole-text perplexity (`loglikelihood_rolling`) does not exist for these models, there as here."""

CLOSING = """## The reversal evaluation

The authors ask for the line after and the line before each line of a couplet: 28 tokens in one block, end of text
never guessed, a hit where the other line stands anywhere in the answer.

```console
$ llada-tui eval --pairs poem_data.json --model GSAI-ML/LLaDA-8B-Instruct --out reversal
```

A file of pairs is a list of objects with `first` and `second`, as the authors' `data/poem_data.json` (469 couplets at
commit b7e6c35), and is asked in their Chinese questions. Or it is an object with such `pairs` and questions of its
own, as [the embedded model's](../llada_tui/evaluation/couplets.json):

```json
{
  "forward": "What line comes after this: {line}",
  "backward": "What line comes before this: {line}",
  "pairs": [{"first": "...", "second": "..."}]
}
```

## Not yet measured

- None of the tables of an 8B was run: there was no GPU at hand. Their commands were tried on the embedded model
  alone. What was compared with the authors' code is recorded requests on the embedded model of that day: texts, stop
  strings, reversal and greedy checks token for token, likelihoods on their drawn masks; and likelihoods on golden
  checkpoints, within 4 standard errors.
- The data sets were not at hand either, so no task of the harness but local ones was run to its end.
- The authors do not tell which metric or filter some numbers are of. `acc_norm` is assumed for ARC-C, HellaSwag and
  PIQA; a number of `exact_match` stands beside each filter of its task.
- For Instruct and 1.5 their scripts name the tasks and examples of some rows only. The others are the harness's
  nearest (`minerva_math`, `gpqa_main_generative_n_shot`, `humaneval_instruct`, `mbpp_instruct`,
  `arc_challenge_chat`). HellaSwag by generation (published: 74.6) has no task in the harness, and is left out.
- The authors used the harness 0.4.8; this is 0.4.13, whose tasks may have changed since.

## From Python

```python
import lm_eval
from llada_tui.evaluation import HarnessModel

model = HarnessModel("GSAI-ML/LLaDA-8B-Instruct", steps=256, gen_length=256, block_length=8, batch_size=8)
results = lm_eval.simple_evaluate(model=model, tasks=["gsm8k"], apply_chat_template=True)
```

Once this is imported, `lm_eval` also knows the model by its name: `simple_evaluate(model="llada-tui",
model_args="model=8b,steps=256", ...)`."""


def command(authors_table: AuthorsTable) -> str:
    """The command that makes a table again."""
    code = " --run-code" if any(row.task.startswith(("humaneval", "mbpp")) for row in authors_table.rows) else ""
    return (
        f"llada-tui eval --preset {authors_table.name} --model {MODELS[authors_table.model]} "
        f"--out {authors_table.name}{code}"
    )


def settings(row: AuthorsRow) -> str:
    """A row's settings in words."""
    changes = row.changes
    words = []
    if "gen_length" in changes:
        length, block = changes["gen_length"], changes["block_length"]
        words.append(f"canvas {length}, {'one block' if block == length else f'blocks of {block}'}")
    else:
        words.append(f"{row.mc_num} sample{'s' * (row.mc_num != 1)}, {row.strata} at a time")
    if changes.get("cfg_scale"):
        words.append(f"guidance {changes['cfg_scale']:g}")
    words += ["end of text last"] * bool(changes.get("confidence_eos_eot_inf"))
    words += ["end of text never guessed"] * bool(changes.get("logits_eos_inf"))
    return ", ".join(words)


def published(row: AuthorsRow) -> str:
    """A row's numbers, each with the settings that are not the row's."""
    words = []
    for number in row.published:
        other = {name: value for name, value in number.changes.items() if row.changes.get(name, 0) != value}
        other.pop("steps", None)
        other.pop("block_length", None)
        names = ", ".join(f"--{name.replace('_', '-')} {value:g}" for name, value in other.items())
        words.append(f"{number.percent:.1f}" + (f" (`{names}`)" if names else ""))
    return "; ".join(words) or "-"


def section(authors_table: AuthorsTable) -> str:
    """A table of the authors', with the command that makes it again."""
    rows = [
        (
            f"`{row.task}`",
            "the task's own" if row.fewshot is None else str(row.fewshot),
            settings(row) + (", chat template" if row.chat else ""),
            f"`{row.metric}`",
            published(row),
        )
        for row in authors_table.rows
    ]
    head = ("task", "examples", "settings", "metric", "published, in percent")
    title = authors_table.help[0].upper() + authors_table.help[1:]
    return f"### {title}\n\n```console\n$ {command(authors_table)}\n```\n\n{table([head, *rows])}"


def page() -> str:
    """The whole page."""
    return "\n\n".join([OPENING, "## Table by table", *map(section, TABLES), CLOSING]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

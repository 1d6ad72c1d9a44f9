"""``llada-tui compare``, on the model that ships with the package."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from llada_tui import SamplerSettings, cli, load_model
from llada_tui.api import Model
from llada_tui.cli import comparison_output as compared
from llada_tui.settings.presets import DEMO_CHAT
from llada_tui.trace.session import read_session
from tests.checkpoints import make_checkpoint
from tests.conftest import Home

Compare = Callable[..., tuple[int, str, str]]
SKY = "Why is the sky blue?"
HELLO = "Hello!"
"""It is answered in other words with fewer steps."""
SMALL = ("--gen-length", "16", "--block-length", "16")


@pytest.fixture
def compare(home: Home, capsys: pytest.CaptureFixture[str]) -> Compare:
    def called(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(["compare", *arguments, "--device", "cpu"])
        output = capsys.readouterr()
        return code, output.out, output.err

    return called


@pytest.fixture(scope="module")
def demo() -> Model:
    return load_model("demo", device="cpu")


def settings(**changes: object) -> SamplerSettings:
    return DEMO_CHAT.replace(gen_length=16, block_length=16, **changes)


@pytest.mark.slow
def test_every_lane_has_a_row_and_a_text(compare: Compare, demo: Model) -> None:
    lanes = ("--vary", "steps=4,16", "--vary", "remasking=low_confidence,random")
    code, out, err = compare(HELLO, *SMALL, *lanes, "--mc-num", "8")
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    head, *rest = out.splitlines()
    assert head.split() == "lane steps remasking passes time tokens/step log p per token".split()
    expected = [(steps, name) for steps in (4, 16) for name in ("low_confidence", "random")]
    texts: list[str] = []
    for number, ((steps, name), row) in enumerate(zip(expected, rest, strict=False), 1):
        lane_settings = settings(steps=steps, remasking=name)
        alone = demo.generate(HELLO, lane_settings)
        assert isinstance(alone.text, str)
        *first, _, _, each, total, _, error, token = row.split()
        assert first == [str(number), str(steps), name, str(alone.steps)]
        made = [*demo.denoise(HELLO, lane_settings)]
        written = sum(len(step.rows[0].commits) for step in made)
        assert each == f"{written / alone.steps:.1f}"
        ends = (demo.loaded.eos_id, demo.loaded.eot_id)
        ids = alone.token_ids[: next(place for place, token in enumerate(alone.token_ids) if token in ends)]
        likelihood = demo.log_likelihood(HELLO, ids, 8)
        assert (total, error, token) == (
            f"{likelihood.total:.2f}",
            f"{likelihood.standard_error:.2f}",
            f"{likelihood.per_token:.2f}",
        )
        text = f"the same as lane {texts.index(alone.text) + 1}" if alone.text in texts else alone.text
        texts.append(alone.text)
        assert f"\n\n{number}  steps={steps} remasking={name}\n{text}\n" in out
    assert len(set(texts)) > 1
    assert "time: a lane's share of the steps that lanes made together" in out


@pytest.mark.slow
def test_words_that_differ_are_underlined_on_a_terminal(
    compare: Compare, demo: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    code, out, _ = compare(HELLO, *SMALL, "--vary", "steps=4,16", "--no-likelihood")
    assert code == 0
    first_lane, second_lane = out.split("steps=4")[1].split("steps=16")
    assert "\x1b[4m" not in first_lane
    assert "\x1b[4m" in second_lane
    first = str(demo.generate(HELLO, settings(steps=4)).text).split()
    last = str(demo.generate(HELLO, settings(steps=16)).text).split()
    marked = {part.split("\x1b[0m")[0] for part in second_lane.split("\x1b[4m")[1:]}
    assert set(last) - set(first) <= marked <= set(last)


@pytest.mark.slow
def test_the_table_fits_the_terminal(compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = (
        "--vary",
        "steps=2,4",
        "--vary",
        "remasking=low_confidence,random",
        "--vary",
        "seed=1000001,2000002",
        "--mc-num",
        "1",
    )
    whole = compare(SKY, *SMALL, *lanes)[1].split("\n\n")[0].split("\n")
    assert max(map(len, whole)) > 80
    assert "per token" in whole[0]
    monkeypatch.setattr(compared, "room", lambda: 80)
    output = compare(SKY, *SMALL, *lanes)[1]
    table = output.split("\n\n")[0].split("\n")
    assert max(map(len, table)) <= 80
    assert "per token" not in table[0]
    assert "In a wider terminal, and with --json:" in output


@pytest.mark.slow
def test_json_has_all_of_it_and_the_likelihood_can_be_left_out(compare: Compare, demo: Model) -> None:
    code, out, err = compare(SKY, *SMALL, "--seeds", "1,2", "--temperature", "1", "--no-likelihood", "--json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert (report["prompt"], report["model"]["id"]) == (SKY, "demo")
    for number, (lane, seed) in enumerate(zip(report["lanes"], (1, 2), strict=True), 1):
        lane_settings = settings(steps=16, seed=seed, temperature=1.0)
        alone = demo.generate(SKY, lane_settings)
        assert (lane["lane"], lane["varied"], lane["text"]) == (number, {"seed": seed}, alone.text)
        assert lane["token_ids"] == alone.token_ids
        assert lane["forward_passes"] == alone.steps
        assert lane["settings"]["seed"] == seed
        assert lane["log_likelihood"] is lane["standard_error"] is lane["per_token"] is None
        assert lane["seconds"] > 0


@pytest.mark.slow
def test_lanes_are_recorded_as_runs_of_one_group(compare: Compare, demo: Model, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    record = (*SMALL, "--no-likelihood", "--record", str(path), "--steps", "4")
    lanes = ("--vary", "cache=none,dual", "--vary", "remasking=threshold,low_confidence", "--vary", "threshold=0.6,0.9")
    assert compare(SKY, *record, *lanes)[0] == 0
    assert compare("What is 2 + 3?", *record, "--vary", "schedule=linear,cosine", "--apart")[0] == 0
    session = read_session(path)
    assert session.problems == []
    first, second = list(session.runs.values())[:6], list(session.runs.values())[6:]
    assert [session.name_of(run) for run in first] == [
        f"cache={cache} remasking={rest}"
        for cache in ("none", "dual")
        for rest in ("threshold threshold=0.6", "threshold threshold=0.9", "low_confidence")
    ]
    assert {run.start.group for run in first} == {"compare-1"}
    assert {run.start.group for run in second} == {"compare-2"}
    assert [run.question for run in second] == ["What is 2 + 3?"] * 2
    assert [run.start.settings.cache for run in first] == ["none"] * 3 + ["dual"] * 3
    assert all(run.end is not None and run.end.reason == "finished" for run in session.runs.values())
    for run in session.runs.values():
        assert run.ids(run.last) == demo.generate(run.question, run.start.settings).token_ids


@pytest.mark.slow
def test_masks_in_a_prompt_are_filled_in_every_lane(compare: Compare, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    blanks = "The capital of {mask:2} is Paris."
    code, out, err = compare(blanks, *SMALL, "--vary", "remasking=low_confidence,random", "--record", str(path))
    assert (code, err) == (0, "")
    assert "log p" not in out
    runs = list(read_session(path).runs.values())
    assert [run.masks_left(0) for run in runs] == [2, 2]
    assert [run.masks_left(run.last) for run in runs] == [0, 0]


@pytest.mark.slow
def test_a_parameter_that_every_strategy_takes_is_varied_beside_them(compare: Compare, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    lanes = ("--vary", "remasking=random,threshold", "--vary", "start_stride=0,8")
    code, _, err = compare(SKY, *SMALL, "--no-likelihood", "--record", str(path), *lanes)
    assert (code, err) == (0, "")
    assert [run.start.settings.remasking_params for run in read_session(path).runs.values()] == [
        {"start_stride": 0}, {"start_stride": 8},
    ] * 2  # fmt: skip


@pytest.mark.slow
def test_apart_times_each_by_itself(compare: Compare) -> None:
    code, out, _ = compare(SKY, *SMALL, "--vary", "steps=2,4", "--no-likelihood", "--apart")
    assert code == 0
    assert "together" not in out
    assert "log p" not in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "There is nothing to compare: vary a setting"),
        (("--vary", "steps=4,8", "--steps", "4"), "steps is both set and varied"),
        (("--vary", "threshold=0.5,0.6", "--param", "threshold=0.9"), "threshold is both set and varied"),
        (("--vary", "threshold=0.5,0.6"), "threshold is no parameter of low_confidence"),
        (("--vary", "remasking=random,magic"), "no remasking strategy named magic"),
        (("--vary", "remasking=random,threshold", "--param", "power=2"), "power is no parameter of"),
        (("--vary", "seed=1,2", "--seeds", "3,4"), "seed is varied twice"),
        (("--vary", "nonsense=1,2"), "nothing named 'nonsense' to vary"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(compare: Compare, arguments: tuple[str, ...], sentence: str) -> None:
    code, out, err = compare(SKY, *SMALL, *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.slow
def test_a_lane_that_does_not_fit_is_said_before_any_begins(compare: Compare, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    code, out, err = compare(SKY, "--vary", "gen_length=8,600", "--record", str(path))
    assert (code, out) == (1, "")
    assert "reads at most 512" in err
    assert not path.exists()


@pytest.mark.slow
def test_a_model_that_only_continues_text(compare: Compare, tmp_path: Path) -> None:
    model = ("--model", str(make_checkpoint(tmp_path / "base", template=False)))
    path = tmp_path / "s.jsonl"
    code, out, err = compare("Once", *model, *SMALL, "--vary", "steps=2,4", "--record", str(path), "--mc-num", "2")
    assert code == 0
    assert "goes on where the prompt ends" in err
    assert out.startswith("lane  steps")
    assert [run.start.text for run in read_session(path).runs.values()] == ["Once", "Once"]
    refused = compare("Once", *model, "--vary", "steps=8,16", "--system", "x")
    assert (refused[0], refused[1]) == (2, "")
    assert "takes no system prompt" in refused[2]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--vary", "steps=4,8", "--screen"), "The screen needs a terminal: leave --screen out to print the lanes."),
        (("--vary", "model=demo,acme/tiny"), "Several models are compared on the screen: add --screen."),
    ],
)
def test_what_needs_the_screen_is_a_sentence(compare: Compare, more: tuple[str, ...], words: str) -> None:
    code, out, err = compare(SKY, *more)
    assert (code, out) == (2, "")
    assert words in " ".join(err.split())

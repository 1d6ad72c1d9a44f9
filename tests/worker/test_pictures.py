"""A worker whose model sees: prompts with pictures, stop sequences and a suffix; branches, lanes, scores, influence."""

from __future__ import annotations

import io
import json
from math import exp
from pathlib import Path
from typing import Any

import pytest
import torch

from llada_tui.models import loading
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.picture_parts import picture_parts
from llada_tui.models.seeing import with_pictures
from llada_tui.pictures import PictureFile, name_of
from llada_tui.settings.prompt import Message, Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import Event, PiecesEvent
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.resume_from import resume_from
from llada_tui.trace.run import Run
from llada_tui.trace.session import read_session
from llada_tui.trace.stop_sequences import first_stop
from llada_tui.worker.batched_lanes import denoise_lanes
from llada_tui.worker.codec import decode_command, encode
from llada_tui.worker.engine import Engine
from llada_tui.worker.job_messages import ScoreTokens
from llada_tui.worker.protocol import (
    Compare,
    Count,
    Counted,
    Failure,
    Generate,
    Influence,
    Influences,
    Load,
    Score,
    Scored,
)
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.score_job import score_tokens
from llada_tui.worker.torch_backend import TorchBackend
from tests.checkpoints import EOS, EOT, MASK
from tests.models.llada_v import picture, with_tokenizer

SETTINGS = SamplerSettings(steps=8, gen_length=16, block_length=16, temperature=0.7, seed=2)


def content(index: int) -> bytes:
    file = io.BytesIO()
    picture(index).save(file, "PNG")
    return file.getvalue()


CAT, HAT = content(2), content(6)
NAMES = {name_of(each): each for each in (CAT, HAT)}
ASKED = Prompt(messages=[Message("user", "What is it?", (name_of(CAT),))], pictures=NAMES)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = with_tokenizer(tmp_path_factory.mktemp("seeing"))
    config = json.loads((folder / "config.json").read_text()) | {"eos_token_id": EOS, "mask_token_id": MASK}
    (folder / "config.json").write_text(json.dumps(config))
    return loading.load(folder, device="cpu")


class Worker:
    """The engine with the model, whose replies are kept and recorded."""

    def __init__(self, model: LoadedModel, path: Path) -> None:
        self.replies: list[Any] = []
        self.recorder = SessionRecorder(None, "test", path=path)
        for each in NAMES.values():
            self.recorder.attach(PictureFile(each))
        self.engine = Engine(lambda *_: TorchBackend(model), self.take)
        self.engine.load(Load("seeing"))

    def take(self, item: Any) -> None:
        self.replies.append(item)
        if isinstance(item, PiecesEvent) and not self.recorder.session.runs:
            return
        if isinstance(item, Event):
            self.recorder.add(item)  # type: ignore[arg-type]

    def generate(self, run: str, prompt: Prompt, settings: SamplerSettings = SETTINGS, **more: Any) -> Run:
        command = decode_command(encode(Generate(run, settings, prompt, **more)))
        assert isinstance(command, Generate)
        self.engine.generate(command, RunControl())
        return self.recorder.session.runs[run]

    def failure(self) -> str:
        assert isinstance(self.replies[-1], Failure)
        return self.replies[-1].message


@pytest.fixture
def worker(model: LoadedModel, tmp_path: Path) -> Worker:
    return Worker(model, tmp_path / "session.jsonl")


def test_an_answer_depends_on_its_picture(worker: Worker) -> None:
    cat = worker.generate("cat", ASKED)
    hat = worker.generate("hat", Prompt(messages=[Message("user", "What is it?", (name_of(HAT),))], pictures=NAMES))
    assert cat.ids(cat.last) != hat.ids(hat.last)
    assert cat.start.prompt_ids == hat.start.prompt_ids
    assert cat.start.prompt_ids.count(-200) == 1


def test_a_session_has_each_picture_once_and_is_read_without_the_model(worker: Worker) -> None:
    made = [worker.generate(name, ASKED) for name in ("a", "b")]
    path = worker.recorder.path
    assert path is not None
    worker.recorder.finish()
    assert path.read_bytes().count(b'{"event":"picture"') == 1
    session = read_session(path)
    assert session.problems == []
    assert session.pictures == {name_of(CAT): CAT}
    assert [run.answer() for run in session.runs.values()] == [run.answer() for run in made]
    assert session.with_pictures(session.runs["a"].start.prompt).pictures == {name_of(CAT): CAT}


def test_a_branch_goes_on_with_the_picture_of_its_session(worker: Worker) -> None:
    whole = worker.generate("whole", ASKED)
    worker.recorder.finish()
    assert worker.recorder.path is not None
    recorded = read_session(worker.recorder.path)
    prompt = recorded.with_pictures(recorded.runs["whole"].start.prompt)
    branch = worker.generate("branch", prompt, resume=resume_from(recorded.runs["whole"], 3), parent="whole")
    assert branch.ids(branch.last) == whole.ids(whole.last)
    assert [step.commits for step in branch.steps] == [step.commits for step in whole.steps[3:]]


def test_lanes_share_a_picture_that_is_sent_once(worker: Worker) -> None:
    lanes = [Generate(name, SETTINGS.replace(seed=seed), ASKED) for seed, name in enumerate("abc")]
    line = encode(Compare(lanes, "batched"))
    assert line.count(b'"pictures"') == 1
    command = decode_command(line)
    assert isinstance(command, Compare)
    denoise_lanes(worker.engine, command, RunControl())
    runs = worker.recorder.session.runs
    alone = worker.generate("alone", ASKED, SETTINGS.replace(seed=1))
    assert runs["b"].ids(runs["b"].last) == alone.ids(alone.last)


def test_answers_to_a_picture_are_scored(worker: Worker) -> None:
    worker.engine.score(Score("ab", ASKED, samples=8), RunControl())
    scored = worker.replies[-1]
    assert isinstance(scored, Scored)
    score_tokens(worker.engine, ScoreTokens("s", ASKED, "ab", samples=8), RunControl())
    assert worker.replies[-1].total == pytest.approx(scored.total)
    worker.engine.score(Score("ab", Prompt(messages=[Message("user", "What is it?")]), samples=8), RunControl())
    assert worker.replies[-1].total != pytest.approx(scored.total)


def test_words_beside_a_picture_are_leant_on(worker: Worker) -> None:
    run = worker.generate("r", ASKED)
    question = Influence(
        1, run.start.prompt_ids, run.ids(0), 3, 65, nearest=8, images=[name_of(CAT)], pictures={name_of(CAT): CAT}
    )
    worker.engine.answer(question)
    answer = worker.replies[-1]
    assert isinstance(answer, Influences)
    assert len(answer.leans) == 8
    assert all(run.start.prompt_ids[lean.position] == lean.token for lean in answer.leans)
    assert any(lean.nats for lean in answer.leans)


def test_a_prompt_is_counted_with_the_positions_of_its_pictures(worker: Worker, model: LoadedModel) -> None:
    worker.engine.count(Count(ASKED, [picture(2).size]))
    counted = worker.replies[-1]
    run = worker.generate("r", ASKED)
    _, (prompt,) = with_pictures(model, [run.start.prompt_ids], [picture(2)])
    assert counted == Counted(len(prompt))
    worker.engine.count(Count(ASKED))
    assert worker.replies[-1] == Counted(len(run.start.prompt_ids))
    for sizes in ([(3, 3), (3, 3)], [(0, 3)], [(-1, -1)]):
        worker.engine.count(Count(ASKED, sizes))
        assert worker.failure() == "The sizes are not those of the prompt's pictures."


def test_parts_of_a_picture_are_leant_on(worker: Worker, model: LoadedModel) -> None:
    """Each part's share is what its positions, masked together, take from the prediction's log-probability."""
    run = worker.generate("r", ASKED)
    about = {"images": [name_of(CAT)], "pictures": {name_of(CAT): CAT}}
    worker.engine.answer(Influence(1, run.start.prompt_ids, run.ids(0), 3, 65, **about, parts=6))
    answer = worker.replies[-1]
    assert isinstance(answer, Influences)
    assert answer.leans == []
    assert {part.picture for part in answer.parts} == {0}
    assert 4 <= len(answer.parts) <= 6
    assert sum((part.right - part.left) * (part.bottom - part.top) for part in answer.parts) == pytest.approx(1)
    seeing, (prompt,) = with_pictures(model, [run.start.prompt_ids], [picture(2)])
    places = [part.places for part in picture_parts(seeing, prompt, [picture(2).size], 6)]
    together = [place for each in places for place in each]
    assert len(together) == len(set(together))
    ends = sum(token >= model.vocab_size for token in prompt) - len(together)
    assert ends == model.network.tiling.shape(picture(2).size)[0]  # the newlines are in no part
    sequence, place = [*prompt, *run.ids(0)], len(prompt) + 3

    def chance(masked: list[int]) -> float:
        ids = [MASK if at in masked or at == place else token for at, token in enumerate(sequence)]
        logits = seeing.logits(torch.tensor([ids]), None, torch.ones(1, len(ids), dtype=torch.bool))
        return float(logits.view(len(ids), -1)[place].log_softmax(-1)[65])

    with torch.no_grad():
        whole = chance([])
        assert [part.nats for part in answer.parts] == pytest.approx(
            [whole - chance(each) for each in places], abs=2e-4
        )
    assert answer.chance == pytest.approx(exp(whole), rel=1e-4)
    assert len({part.nats for part in answer.parts}) > 1


def test_a_question_about_no_picture_leans_on_no_part(worker: Worker) -> None:
    worker.engine.answer(Influence(1, [65], [MASK], 0, 65, parts=6))
    assert worker.failure() == "The question is about no picture that this could lean on."
    worker.engine.answer(Influence(1, [65], [MASK], 0, 65, parts=10**6))
    assert "256 parts of pictures" in worker.failure()


def test_a_text_stops_and_a_suffix_follows(worker: Worker) -> None:
    plain = worker.generate("plain", ASKED)
    ids = plain.ids(plain.last)
    stop = [ids[5:7]]
    asked = Prompt(messages=ASKED.messages, pictures=NAMES, stop=[*stop, "<|eot_id|>"], suffix=" So.")
    run = worker.generate("stopped", asked)
    assert run.start.stop == [*stop, [EOT]]
    assert run.start.suffix == list(b" So.")
    assert run.end is not None
    assert run.end.text.endswith(" So.")
    assert run.answer() == run.end.text
    assert run.text(run.last).endswith(" So.")
    written = run.ids(run.last)
    at = first_stop(written, run.start.stop)
    assert MASK not in written[:at]
    # A branch stops and goes on alike.
    prompt = worker.recorder.session.with_pictures(run.start.prompt)
    branch = worker.generate("branch", prompt, resume=resume_from(run, 1), parent="stopped")
    assert branch.ids(branch.last) == written
    assert branch.start.stop == run.start.stop
    assert branch.start.suffix == run.start.suffix


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        (Prompt(messages=[Message("user", "a", ("nothing",))]), "not there any more: attach it again"),
        (Prompt(messages=[Message("user", "a", ("n",))], pictures={"n": CAT}), "not there any more: attach it again"),
        (Prompt(ids=[5, -200]), "places for 1 pictures, and 0 are given"),
        (Prompt(ids=[5], stop=[[]]), "stop sequence is empty"),
        (Prompt(ids=[5], stop=[[1]] * 65), "64 stop sequences at most"),
        (Prompt(ids=[5], suffix=[MASK]), "suffix holds a mask"),
        (Prompt(ids=[5], suffix=[640]), "no token 640"),
    ],
)
def test_what_cannot_be_asked_is_said(worker: Worker, prompt: Prompt, sentence: str) -> None:
    worker.engine.generate(Generate("r", SETTINGS, prompt), RunControl())
    assert sentence in worker.failure()


def test_a_file_that_is_no_picture_is_said(worker: Worker) -> None:
    hostile = CAT[: len(CAT) // 2]
    name = name_of(hostile)
    prompt = Prompt(messages=[Message("user", "a", (name,))], pictures={name: hostile})
    worker.engine.generate(Generate("r", SETTINGS, prompt), RunControl())
    assert worker.failure() == "The picture is cut short or damaged."

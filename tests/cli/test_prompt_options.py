"""``--image``, ``--stop`` and ``--suffix``."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from llada_tui import SamplerSettings, load_model
from llada_tui.pictures import name_of
from llada_tui.trace.session import read_session
from tests.checkpoints import EOS, EOT, MASK
from tests.cli.support import FAKE_WORKER, generate, llada
from tests.conftest import Home
from tests.models.llada_v import picture, with_tokenizer

SHORT = SamplerSettings(steps=32, gen_length=64, block_length=32)
SMALL = ("--gen-length", "8", "--block-length", "4")


@pytest.fixture(autouse=True)
def _at_home(home: Home) -> None:
    """Each test has a home of its own."""


def test_a_stop_sequence_and_a_suffix_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    done = generate("hi", *SMALL, "--suffix", " end", "--stop", "b", "--stop", "aa", "--record", str(path))
    assert (done.code, done.out, done.err) == (0, " end\n", "")
    (run,) = read_session(path).runs.values()
    assert run.start.stop_texts == ["b", "aa"]
    assert run.start.suffix == list(b" end")


@pytest.mark.slow
def test_an_answer_ends_before_a_text_that_begins_within_a_token() -> None:
    """The model that ships says "Once upon a time there was ...", with the blank in the token of "time"."""
    words = ("generate", "Tell me a story.", "--steps", "32", "--gen-length", "64", "--json")
    texts = [json.loads(llada(*words, "--stop", stop).out)["text"] for stop in ("time", " time", "e ther")]
    assert texts == ["Once upon a ", "Once upon a", "Once upon a tim"]
    assert load_model("demo").generate("Tell me a story.", SHORT, stop="time").text == "Once upon a "


def test_lanes_of_a_comparison_stop_alike() -> None:
    words = ("--vary", "temperature=0,1", "--no-likelihood", "--json", "--suffix", " end", "--stop", "bb")
    done = llada("compare", "hi", "--worker", FAKE_WORKER, "--model", "fake", *SMALL, *words)
    assert [lane["text"] for lane in json.loads(done.out)["lanes"]] == ["aaaaaaaa end", " end"]


def test_what_is_no_picture_is_said_before_anything_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("words")
    assert generate("hi", "--image", str(path)).sentence.endswith(
        "is no picture that can be read: give a PNG, a JPEG or a WebP."
    )
    assert generate("hi", "--image", str(tmp_path / "none.png")).sentence.startswith("There is no picture")
    picture(2).save(tmp_path / "cat.png")
    blind = generate("hi", "--image", str(tmp_path / "cat.png"))
    assert blind.code == 2
    assert blind.sentence == "fake cannot see pictures: load a model that can, such as llada-v."


def test_a_picture_that_is_given_twice_is_seen_twice(tmp_path: Path) -> None:
    picture(2).save(tmp_path / "cat.png")
    picture(0).save(tmp_path / "dog.png")
    paths = [tmp_path / name for name in ("cat.png", "dog.png", "cat.png")]
    options = [word for path in paths for word in ("--image", str(path))]
    record = tmp_path / "s.jsonl"
    done = llada("generate", "<image> <image> <image>", "--worker", FAKE_WORKER, "--model", "sees", *SMALL, *options,
                 "--record", str(record))  # fmt: skip
    assert (done.code, done.err) == (0, "")
    session = read_session(record)
    (run,) = session.runs.values()
    names = tuple(name_of(path.read_bytes()) for path in paths)
    assert run.start.messages[-1].images == names
    assert list(session.pictures) == list(names[:2])


def test_a_session_links_to_a_picture_where_that_is_asked_for(tmp_path: Path) -> None:
    picture(2).save(tmp_path / "cat.png")
    record, content = tmp_path / "s.jsonl", (tmp_path / "cat.png").read_bytes()
    options = ("--image", str(tmp_path / "cat.png"), "--link-images", "--record", str(record))
    assert generate("hi", *SMALL, *options, model="sees").code == 0
    assert base64.b64encode(content[:90]) not in record.read_bytes()
    assert read_session(record).pictures == {name_of(content): content}
    (tmp_path / "cat.png").unlink()
    replayed = llada("replay", str(record), "--text")
    assert replayed.out.strip() == "aaaaaaaa"
    assert "A linked picture is missing. There is no picture" in replayed.err


def test_an_answer_is_scored_with_its_picture(tmp_path: Path) -> None:
    picture(2).save(tmp_path / "cat.png")
    words = ("score", "What is it?", "abc", "--worker", FAKE_WORKER, "--image", str(tmp_path / "cat.png"))
    done = llada(*words, "--model", "sees", "--json")
    assert (done.code, json.loads(done.out)["log_likelihood"]) == (0, -3.0), done.err
    assert llada(*words, "--model", "fake").sentence.startswith("fake cannot see pictures")


@pytest.mark.slow
def test_a_model_that_sees_is_asked_about_a_picture(tmp_path: Path) -> None:
    folder = with_tokenizer(tmp_path / "seeing")
    config = json.loads((folder / "config.json").read_text()) | {"eos_token_id": EOS, "mask_token_id": MASK}
    (folder / "config.json").write_text(json.dumps(config))
    picture(2).save(tmp_path / "cat.png")
    asked = (
        "generate",
        "Is it <image>?",
        "--model",
        str(folder),
        "--device",
        "cpu",
        "--image",
        str(tmp_path / "cat.png"),
    )
    options = ("--steps", "4", "--stop", "<|eot_id|>", "--record", str(tmp_path / "s.jsonl"), "--json")
    done = llada(*asked, *SMALL, *options)
    assert done.code == 0, done.err
    session = read_session(tmp_path / "s.jsonl")
    (run,) = session.runs.values()
    assert json.loads(done.out)["token_ids"] == run.ids(run.last)
    content = (tmp_path / "cat.png").read_bytes()
    assert session.pictures == {name_of(content): content}
    assert run.start.stop == [[EOT]]
    place = run.start.prompt_ids.index(-200)
    assert bytes(run.start.prompt_ids[place - 6 : place]) == b"Is it "

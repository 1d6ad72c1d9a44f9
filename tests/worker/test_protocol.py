"""Messages survive the wire, and lines come out whole however the bytes are cut."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import AnyEvent, Choice, ModelInfo, StepData, StepEvent
from llada_tui.worker import job_messages as jobs
from llada_tui.worker import protocol
from llada_tui.worker import reading_messages as readings
from llada_tui.worker.codec import decode_command, decode_reply, encode
from llada_tui.worker.line_splitter import LineSplitter
from llada_tui.worker.protocol import AnyCommand, AnyReply, Failure
from llada_tui.worker.sampler_parts import ParameterInfo, StrategyInfo

from .driver import ROOT, ask

MODEL = ModelInfo("demo", "llada", "float32", "cpu", 5)
COMMANDS: list[AnyCommand] = [
    protocol.Load("demo", quantization="nf4"),
    ask(canvas=[1, 2], initial_canvas=[5, 5], step=3, block=1, block_step=1, parent="b", hold=True),
    protocol.Encode("a {mask:12} b"),
    protocol.Count(Prompt(text="how long \u2028 is \0 this")),
    protocol.Score("an answer", Prompt(text="a prompt"), samples=8, seed=2),
    protocol.Influence(3, [1, 2], [5, 4, 5], 2, 7, nearest=2),
    readings.Read(4, "a", ask().settings),
    readings.Rank(5, "a", 2, 7),
    protocol.Compare([ask("a"), ask("b")], "batched"),
    jobs.ScoreTokens("j", Prompt(ids=[1, 2]), answer_ids=[3], samples=5, cfg_scale=0.5, seed=1, batch_size=2),
    jobs.Bench("j", "a prompt", ask().settings, rounds=2, reference=False),
    jobs.Quantize("j", "acme/tiny", "nf4", "a folder", "cpu", force=True),
    protocol.Retune("a", ask().settings),
    protocol.Hold("a"),
    protocol.Release("a"),
    protocol.Advance("a"),
    protocol.Cancel("a"),
    protocol.Quit(),
]
REPLIES: list[AnyReply | AnyEvent] = [
    protocol.Hello(1, "0.1.0", 7, [StrategyInfo("s", "", [ParameterInfo("p", 1, 0, 2, "")])]),
    protocol.Progress("download", 5, 0, "model.safetensors"),
    protocol.Loaded(MODEL, 1.5, 10, again=True),
    protocol.Counted(7),
    protocol.Encoded("a b", [1, 2]),
    protocol.Scored("an answer", 2, -1.5, 0.25),
    protocol.Influences(3, 2, 7, 0.5, [protocol.Lean(-1, 2, 0.25), protocol.Lean(1, 4, -1.5)], 0.01),
    readings.Reading(4, "a", 2, StepData(block=0, block_step=2, commits=[Choice(0, 1, 0.5)]), 0.01),
    readings.Ranked(5, 3, 0.25),
    jobs.TokensScored("j", -3.5, None, [3, 4], [-1.5, -2.0], 1),
    jobs.Benched("j", [jobs.BenchRow("exact", 8.5, 2.0, 16, None, 0.5)], 9, 2, 1e9, 2e9, "", "why", True),
    jobs.Quantized("j", "a folder", 1000),
    protocol.Held("a", False),
    Failure("request", "No.", run="a", field="steps", command="generate"),
    StepEvent(run="a", index=0, block=0, block_step=0, seconds=0.1, commits=[Choice(0, 1, 0.5)], entropy=0.2),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_commands_survive_the_wire(command: AnyCommand) -> None:
    line = encode(command)
    assert line.count(b"\n") == 1
    assert decode_command(line) == command


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: type(reply).__name__)
def test_replies_survive_the_wire(reply: AnyReply | AnyEvent) -> None:
    assert decode_reply(encode(reply)) == reply


def test_unknown_kinds_of_replies_and_events_are_told_from_broken_ones() -> None:
    assert decode_reply(b'{"event":"sparkle","run":"a"}') is None
    assert decode_reply(b'{"reply":"sparkle","run":"a"}') is None
    for broken in (b'{"reply":"counted","tokens":"many"}', b'{"reply":7}', b'{"reply"'):
        with pytest.raises(msgspec.DecodeError):
            decode_reply(broken)
    with pytest.raises(msgspec.DecodeError):
        decode_reply(b"hello")


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line)), st.data())
def test_lines_are_whole_however_the_stream_is_cut(lines: list[bytes], data: st.DataObject) -> None:
    stream, splitter, split = b"".join(line + b"\n" for line in lines), LineSplitter(20), []
    while stream:
        size = data.draw(st.integers(1, 40))
        split += splitter.feed(stream[:size])
        stream = stream[size:]
    assert split == [line if len(line) <= 20 else None for line in lines]
    assert splitter.end() == b""


def test_importing_the_client_leaves_torch_and_the_server_alone() -> None:
    code = (
        "import sys, llada_tui.worker.client; "
        "print([n for n in sys.modules if n.split('.')[0] in ('torch', 'transformers', 'textual')"
        " or n in ('llada_tui.worker.server', 'llada_tui.worker.engine')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "[]"

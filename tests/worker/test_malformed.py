"""What is no command is answered; no input ends the worker."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llada_tui.trace.bounds import MAX_LINE
from llada_tui.worker.protocol import Cancel, Counted, Failure, Held

from .driver import RawWorker, still_answers

MALFORMED = [
    b"hello",
    b"{",
    b"[]",
    b"null",
    b"1e999",
    b"\0\0\0",
    b'{"command":"cancel","run":"\xff\xfe"}',
    b'{"command":"cancel","run":"\\ud800"}',
    b'{"command":"cancel"}',
    b'{"command":"cancel","run":null}',
    b'{"command":"explode"}',
    b'{"command":["load"]}',
    b'{"command":"load","source":7}',
    b'{"command":"generate","run":"a","settings":[]}',
    b'{"command":"generate","run":"a","settings":{},"ids":"abc"}',
    b'{"command":"generate","run":"a","settings":{},"ids":[1.5]}',
    b'{"command":"generate","run":"a","settings":{},"messages":[{"role":"user"}]}',
    b'{"command":"load","source":' + b"[" * 100_000,
    b'{"x":' * 50_000,
    b"\xef\xbb\xbf{}",
]


@pytest.mark.parametrize("line", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_lines_are_answered(tough: RawWorker, line: bytes) -> None:
    tough.send(line + b"\n")
    failure = tough.until(Failure)
    assert failure.code in ("protocol", "request")
    assert "\n" not in failure.message
    still_answers(tough)


def test_a_line_too_long_is_answered_and_not_kept(tough: RawWorker) -> None:
    tough.send(b'{"command":"load","source":"' + b"x" * (MAX_LINE + 10) + b'"}\n')
    assert tough.until(Failure).code == "protocol"
    still_answers(tough)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = ["run", "settings", "messages", "text", "ids", "canvas", "origin", "step", "block_step", "hold", "source"]
names = ["load", "generate", "count", "retune", "hold", "resume", "advance", "cancel", "nonsense"]
nearly = st.builds(
    lambda name, rest: msgspec.json.encode({"command": name, **rest}),
    st.sampled_from(names),
    st.dictionaries(st.sampled_from(fields), json_values | st.just({"steps": 2, "gen_length": 2}), max_size=8),
)


@settings(max_examples=3 * settings.default.max_examples)
@given(st.lists(nearly | st.binary(max_size=60).map(lambda line: line.replace(b"\n", b" ")), max_size=10))
def test_no_input_ends_the_worker(tough: RawWorker, lines: list[bytes]) -> None:
    tough.send(*[line + b"\n" for line in lines], b'{"command":"count","text":"and"}\n')
    answer: object = None
    while not isinstance(answer, Counted):
        answer = tough.next()
        assert answer is not None
        if isinstance(answer, Held) and answer.held:
            tough.send(Cancel(answer.run))
        if isinstance(answer, Failure) and answer.command == "count":
            break
    assert tough.process.poll() is None

"""Events: what is written is what is read, now and by the next version."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.trace.events import Event, PiecesEvent, RunEvent, StepEvent, SummaryEvent, decode, encode
from tests.trace import support


@given(support.events)
def test_an_event_is_one_line_and_comes_back(event: Event) -> None:
    line = encode(event)
    assert b"\n" not in line
    assert decode(line) == event
    assert encode(decode(line)) == line  # type: ignore[arg-type]


@given(support.events, st.dictionaries(support.words.map("new_{}".format), st.integers() | support.words, max_size=3))
def test_fields_of_a_newer_version_are_ignored(event: Event, more: dict[str, object]) -> None:
    fields = {**msgspec.json.decode(encode(event)), **more}
    assert decode(msgspec.json.encode(fields)) == event


@given(support.runs)
def test_a_run_of_before_there_were_groups_is_one_of_no_group(event: RunEvent) -> None:
    fields = msgspec.json.decode(encode(event))
    assert ("group" in fields) == (event.group is not None)
    fields.pop("group", None)
    assert decode(msgspec.json.encode(fields)) == msgspec.structs.replace(event, group=None)


@given(support.runs)
def test_a_run_keeps_the_wish_for_special_tokens_and_writes_it_only_then(event: RunEvent) -> None:
    assert b"raw_tokens" not in encode(event)
    raw = msgspec.structs.replace(event, raw_tokens=True)
    assert decode(encode(raw)) == raw
    assert raw.prompt == msgspec.structs.replace(event.prompt, raw_tokens=True)


@given(support.events, support.words.map("newer {}".format))
def test_events_of_a_newer_version_are_none(event: Event, tag: str) -> None:
    fields = {**msgspec.json.decode(encode(event)), "event": tag}
    assert decode(msgspec.json.encode(fields)) is None


@given(support.events, st.data())
def test_an_event_without_one_of_its_fields_is_an_error(event: Event, data: st.DataObject) -> None:
    fields = msgspec.json.decode(encode(event))
    required = (field.name for field in msgspec.structs.fields(event) if field.required)
    needed = ["canvas" if name == "resume" else name for name in required]  # of a resume a file needs the canvas
    del fields[data.draw(st.sampled_from(needed))]
    with pytest.raises(msgspec.DecodeError):
        decode(msgspec.json.encode(fields))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"run"',
        b"1",
        b'{"event":3}',
        b'{"event":null}',
        b'{"event":"step"}',
        b'{"event":"pieces","pieces":{"a":"eA=="}}',
        b'{"event":"pieces","pieces":{"1":"not base64"}}',
        b'{"event":"summary","title":"\xff","runs":1,"tokens":1}',
        b'{"event":"summary","title":"\\ud800","runs":1,"tokens":1}',
        b'{"event":"summary","title":"a","runs":1.5,"tokens":1}',
        b'{"event":"summary","title":"a","runs":1,"tokens":1} x',
        b'{"event":"retune","run":"r","step":1,"settings":{"steps":-1}}',
    ],
)
def test_what_is_no_event_is_a_decode_error(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(line)


@given(st.binary(max_size=200))
def test_random_bytes_are_a_decode_error_or_an_event(line: bytes) -> None:
    try:
        event = decode(line)
    except msgspec.DecodeError:
        return
    assert event is None or isinstance(event, Event)


def test_the_words_of_the_format() -> None:
    """A file written today must be readable for ever: these lines may never change."""
    assert encode(SummaryEvent("t", 1, 2)) == b'{"event":"summary","title":"t","runs":1,"tokens":2}'
    assert encode(PiecesEvent({7: b"\xff"}, [7])) == b'{"event":"pieces","pieces":{"7":"/w=="},"special":[7]}'
    line = b'{"event":"step","run":"r1","index":2,"block":0,"block_step":2,"seconds":0.25,"commits":[[3,4,0.5]]}'
    assert encode(support.step(2, {3: 4})) == line
    assert isinstance(decode(line), StepEvent)

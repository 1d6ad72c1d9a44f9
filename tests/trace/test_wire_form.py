"""Structs composed of others lie flat on a line, and a field added to one of them is on it too."""

from __future__ import annotations

import msgspec

from llada_tui.trace.events import Choice, StepData, StepEvent, Stretch
from llada_tui.trace.wire_form import WireForm


class Place(msgspec.Struct, frozen=True, rename={"column": "x"}):
    column: int = 0
    labels: list[str] = []


class Letter(msgspec.Struct, frozen=True, tag_field="kind", tag="letter"):
    name: str
    place: Place
    size: int = 1


def test_parts_lie_flat_among_the_structs_own_fields() -> None:
    form = WireForm(Letter, parts=("place",), order=("size", "name"))
    letter = Letter("a", Place(3, ["é"]), size=2)
    line = msgspec.json.encode(form.flatten(letter))
    assert line == '{"kind":"letter","size":2,"name":"a","x":3,"labels":["é"]}'.encode()
    assert form.restore(msgspec.json.decode(line, type=form.struct)) == letter
    assert msgspec.json.encode(form.flatten(Letter("a", Place()))) == b'{"kind":"letter","name":"a"}'


def test_whatever_a_step_holds_is_in_its_event() -> None:
    values = {
        "block": 2, "block_step": 3, "remasked": [1], "alternatives": [], "entropy": 0.5, "more": True,
        "recomputed": [1.0, 0.25], "inserted": Stretch(2, 3), "removed": Stretch(5, 1), "ends": 0.25,
        "length_memory": {"stage": 1}, "noise": [(3, 7)], "stop_entropy": 0.005,
        **{name: [Choice(at, 7, 0.5)] for at, name in enumerate(("commits", "predictions", "edits", "ahead"))},
    }  # fmt: skip
    assert values.keys() == set(StepData.__struct_fields__), "a field that was added is given a value here"
    data = StepData(**values)  # type: ignore[arg-type]
    event = StepEvent.of(data, run="a", index=4, seconds=0.12345678)
    assert {name: getattr(event, name) for name in values} == values
    assert (event.run, event.index, event.seconds) == ("a", 4, 0.123457)
    assert event.token_ids() == data.token_ids() == {7}

"""Branches: where they go on, what stays pinned, drafts undone and redone, and the tree of a session's runs."""

from __future__ import annotations

from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.trace.branches import branches_of, tree
from llada_tui.trace.cell import State
from llada_tui.trace.draft import Draft
from llada_tui.trace.events import DeleteEvent, InterveneEvent, NameEvent, RunEvent, SessionEvent, encode
from llada_tui.trace.resume import Resume
from llada_tui.trace.resume_from import branch_settings, pins, resume_from
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, SessionError, read_session
from llada_tui.trace.text import TokenBytes
from tests.trace.support import MASK, Recorded, end, recorded_runs, start, step


def folded(made: Recorded) -> Run:
    run = Run(made.start, TokenBytes())
    for event in made.events:
        run.add(event)
    return run


def family() -> Session:
    """A run, two branches of it, a branch of the second, and another run."""
    session = Session()
    for name, parent, at in (("a", None, 0), ("b", "a", 3), ("c", "a", 1), ("d", "c", 2), ("e", None, 0)):
        session.add(start(run=name, parent=parent, resume=Resume([MASK] * 4, step=at)))
        session.add(end(run=name))
    return session


def drawn(session: Session) -> list[str]:
    return [node.guide + node.run.id for node in tree(session)]


def test_the_tree_follows_the_steps() -> None:
    session = family()
    assert drawn(session) == ["a", "├ c", "│ └ d", "└ b", "e"]
    assert [node.depth for node in tree(session)] == [0, 1, 2, 1, 0]
    assert [run.id for run in branches_of(session, session.runs["c"])] == ["c", "d"]


def test_names_and_deletions_are_events() -> None:
    session = family()
    session.add(NameEvent("c", "the \x1b[31mother way"))
    session.add(DeleteEvent(["a", "c", "nobody"]))
    assert "\x1b" not in session.name_of(session.runs["c"])
    assert session.name_of(session.runs["b"]) == "run 2"
    assert drawn(session) == ["b", "d", "e"]
    assert session.summary().runs == 3
    session.add(DeleteEvent(["a", "c"], deleted=False))
    assert drawn(session) == ["a", "├ c", "│ └ d", "└ b", "e"]
    session.add(NameEvent("c", ""))
    assert session.name_of(session.runs["c"]) == "run 3"


def test_a_parent_that_never_was_is_no_parent() -> None:
    session = Session()
    session.add(start(4, run="a", parent="a"))
    session.add(start(4, run="b", parent="nobody"))
    assert drawn(session) == ["a", "b"]


@given(made=recorded_runs(), data=st.data())
def test_a_branch_goes_on_with_the_steps_own_count(made: Recorded, data: st.DataObject) -> None:
    run = folded(made)
    frame = data.draw(st.integers(0, run.last))
    resume = resume_from(run, frame)
    assert resume.canvas == run.ids(frame)
    assert resume.step == run.start.step + frame
    assert branch_settings(run, frame) == run.settings_at(frame).replace(gen_length=run.length_at(0))
    assert dict(resume.changes) == pins(run, frame)
    if frame < run.last:
        assert (resume.block, resume.block_step) == (run.steps[frame].block, run.steps[frame].block_step)


@given(made=recorded_runs(), data=st.data())
def test_what_is_pinned_is_in_every_branch_of_a_branch(made: Recorded, data: st.DataObject) -> None:
    run = folded(made)
    position, token = data.draw(st.tuples(st.integers(0, run.length_at(0) - 1), st.integers(0, 30)))
    for generation in range(3):
        frame = data.draw(st.integers(0, run.last))
        resume = resume_from(run, frame, changes={position: token} if not generation else None)
        assert dict(resume.changes)[position] == token
        begin = start(run=f"b{generation}", resume=msgspec.structs.replace(resume, changes=[]))
        run = Run(begin, TokenBytes())
        run.add(InterveneEvent(run.id, resume.step, resume.changes))
        assert run.cell(position, 0).state is State.PINNED
        free = [at for at, id in enumerate(run.ids(0)) if id == MASK]
        run.add(step(resume.step, dict.fromkeys(free[:2], 7), run=run.id))
        assert run.cell(position, run.last).state is State.PINNED


@given(
    moves=st.lists(
        st.one_of(
            st.dictionaries(st.integers(-1, 8), st.just(MASK) | st.integers(0, 5), max_size=3),
            st.sampled_from(["undo", "redo", "discard"]),
        ),
        max_size=12,
    )
)
def test_drafts_undo_and_redo(moves: list[dict[int, int] | str]) -> None:
    draft = Draft(folded(Recorded(start(6))))
    past: list[dict[int, int]] = [{}]
    at = 0
    for move in moves:
        if isinstance(move, dict):
            after = {**past[at], **{place: token for place, token in move.items() if 0 <= place < 6}}
            if draft.put(move):
                past, at = [*past[: at + 1], after], at + 1
            assert after == past[at]
        elif move == "discard":
            draft.discard()
            at = 0
        else:
            step_by = -1 if move == "undo" else 1
            possible = 0 <= at + step_by < len(past)
            assert (draft.undo() if move == "undo" else draft.redo()) is possible
            at += step_by if possible else 0
        assert draft.changes == past[at]
        assert (draft.made, draft.undone) == (at, len(past) - 1 - at)


def test_a_draft_masks_and_keeps() -> None:
    run = Run(start(4), TokenBytes())
    run.add(step(0, {0: 5, 1: 6}))
    draft = Draft(run)
    assert draft.pin(range(4), 1)
    assert draft.changes == {0: 5, 1: 6}
    assert not draft.pin(range(4), 1)
    assert draft.mask_again(range(1, 4), 1)
    assert draft.changes == {0: 5, 1: MASK}
    assert (draft.masks(1), draft.masks(0)) == (3, 3)
    assert not draft.mask_again(range(1, 4), 1)


@given(data=st.data())
def test_a_session_with_a_tree_is_cut_at_any_byte(data: st.DataObject, tmp_path_factory: object) -> None:
    session = family()
    events: list[object] = [SessionEvent("llada-tui", 1, "llada-tui", 0.0)]
    for run in session.runs.values():
        events += [
            run.start,
            InterveneEvent(run.id, run.start.step, [(0, 9)]),
            step(run.start.step, {1: 4}, run=run.id),
        ]
        events.append(end(run=run.id))
    events += [NameEvent("c", "the other way"), DeleteEvent(["b"]), DeleteEvent(["b"], deleted=False)]
    whole = b"".join(encode(event) + b"\n" for event in events)  # type: ignore[arg-type]
    cut = data.draw(st.integers(0, len(whole)))
    path = Path(tmp_path_factory.mktemp("cut")) / "s.jsonl"  # type: ignore[attr-defined]
    path.write_bytes(whole[:cut])
    lines = whole[:cut].count(b"\n")
    try:
        recorded = read_session(path)
    except SessionError:
        assert lines == 0
        return
    began = [event.run for event in events[: lines or 1] if isinstance(event, RunEvent)]
    assert list(recorded.runs)[: len(began)] == began
    assert len(tree(recorded)) == len(recorded.listed())
    assert all(run.end is not None for run in recorded.runs.values())
    assert all(run.cell(0, 0).state is State.PINNED for run in recorded.runs.values() if run.interventions)


def test_the_steps_on_a_full_block_are_counted_whatever_a_file_calls_the_block() -> None:
    for block in (0, 9):
        run = Run(start(2), TokenBytes())
        for index, commits in enumerate(({0: 7, 1: 8}, {}, {}, {})):
            run.add(msgspec.structs.replace(step(index, commits), block=block))
        assert [resume_from(run, frame).post_steps_done for frame in range(4)] == [0, 0, 1, 2]


def test_a_run_that_was_cut_goes_on_at_its_block_where_a_token_of_an_earlier_one_was_taken_back() -> None:
    begin = start(8)
    begin = msgspec.structs.replace(begin, settings=begin.settings.replace(block_length=4))
    second = [
        msgspec.structs.replace(step(1, {4: 3}, remasked=[1]), block=1, block_step=0),
        msgspec.structs.replace(step(2, {5: 3, 6: 3, 7: 3}), block=1, block_step=1),
    ]
    run = folded(Recorded(begin, [step(0, {0: 3, 1: 3, 2: 3, 3: 3}), *second, end(reason="interrupted", steps=3)]))
    assert run.ids(3) == [3, MASK, 3, 3, 3, 3, 3, 3]
    resume = resume_from(run, 3)
    assert (resume.step, resume.block, resume.block_step) == (3, 1, 2)

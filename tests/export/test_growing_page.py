"""The page of a run whose canvas changes its length."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given

from llada_tui.analysis.colour_scale import level
from llada_tui.analysis.recomputed import Recomputed
from llada_tui.export.html_page import PageData
from llada_tui.export.run_timeline import RunTimeline
from llada_tui.export.timed_frames import time_frames
from llada_tui.trace.events import PiecesEvent, Stretch
from llada_tui.trace.session import Session
from tests.export.browser import browsing, find_browser
from tests.export.test_html import page_of
from tests.trace.growing_runs import Growing, growing_runs
from tests.trace.support import start, step


def timeline_of(made: Growing) -> RunTimeline:
    session = Session()
    for event in (made.start, *made.steps):
        session.add(event)
    return RunTimeline(session, session.runs[made.start.run])


@given(growing_runs())
def test_the_data_folds_to_the_cells_of_every_moment(made: Growing) -> None:
    timeline = timeline_of(made)
    data = json.loads(json.dumps(PageData(timeline).all(time_frames(timeline, timeline.frames, 1.0))))
    cells: list[list[int]] = [[]] * data["length"]
    anew = ""
    for moment, frame in zip(data["moments"], timeline.frames, strict=True):
        changes = iter(moment.get("l", []))
        for place, removed, inserted in zip(changes, changes, changes, strict=True):
            cells[place : place + removed] = [[]] * inserted
        flat = moment["c"]
        for at in range(0, len(flat), 6):
            cells[flat[at]] = flat[at + 1 : at + 6]
        expected = timeline.cells(frame)
        assert len(cells) == len(expected)
        anew = moment.get("n", anew)
        recomputed = Recomputed(frame.run)
        shares = [recomputed.share(cell.position, frame.run_frame) for cell in expected]
        signs = "".join("-" if share is None else str(level(share)) for share in shares)
        assert anew == (signs if made.start.settings.recomputed else "")
        for (state, _, label, _, _), cell in zip(cells, expected, strict=True):
            assert data["states"][state] == cell.state.value.replace(" ", "-")
            if cell.token is not None:
                assert data["texts"][label] == frame.run.token_bytes.label(cell.token)


def test_places_come_and_go_in_a_browser(tmp_path: Path) -> None:
    browser = find_browser()
    if browser is None and not os.environ.get("CI"):
        pytest.skip("There is no Chromium or Chrome to try the page in.")
    assert browser is not None
    session = Session()
    for event in (
        start(2),
        PiecesEvent({7: b"seven", 8: b" eight", 9: b" nine"}),
        step(0, {0: 7}, inserted=Stretch(1, 2)),
        step(1, {2: 8, 3: 9}),
        step(2, {}, removed=Stretch(3, 1)),
    ):
        session.add(event)
    timeline = RunTimeline(session, session.runs["r1"])
    with browsing(browser, tmp_path) as page:
        page.open(page_of(timeline, tmp_path / "a.html"))
        count = "document.querySelectorAll('#canvas .token').length"
        for key, expected in (("Home", 2), ("ArrowRight", 4), ("ArrowRight", 4), ("ArrowRight", 3), ("Home", 2)):
            page.press(key)
            assert page.eval(count) == expected
        page.press("End")
        assert page.text("#canvas").split() == ["seven", "eight", "nine"]

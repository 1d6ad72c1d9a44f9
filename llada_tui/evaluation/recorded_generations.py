"""Generations of an evaluation as a session that ``llada-tui replay`` opens: a wrong answer, step by step."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from llada_tui.diffusion.uniform_noise import noise_before
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.trace.events import FINISHED, NameEvent, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.resume import Resume
from llada_tui.version import __version__

if TYPE_CHECKING:
    from llada_tui.models.generation import Generation


class RecordedGenerations:
    """The first ``number`` generations of an evaluation, in a session file, new or one to go on with."""

    def __init__(self, path: Path, number: int) -> None:
        """Raises `llada_tui.trace.session.SessionError` for a file that is no session."""
        self._recorder = SessionRecorder(None, f"llada-tui {__version__}", path=path)
        if path.exists():
            self._recorder.resume(path)
        self._left = max(0, number - len(self._recorder.session.runs))

    @property
    def left(self) -> int:
        """The number of generations that are still to be recorded."""
        return self._left

    def add(self, model: LoadedModel, context: str, generation: Generation, name: str) -> None:
        """Record a generation, whose run is called ``name``."""
        recorder, settings = self._recorder, generation.settings
        (run,) = recorder.free_names(1)
        canvas = [model.mask_id] * settings.gen_length
        start = RunEvent(
            run,
            model.info,
            settings,
            generation.prompt,
            Resume(canvas=canvas),
            time=time.time(),
            text=context,
            raw_tokens=True,
            noise=noise_before(model, settings, canvas, 0),
        )
        ids = {*start.token_ids(), *generation.canvas}
        ids.update(token for data, _ in generation.steps for token in data.token_ids())
        recorder.add(PiecesEvent(model.token_bytes(ids), sorted(model.special(ids)), model.info.id))
        recorder.add(start)
        recorder.add(NameEvent(run, name))
        for index, (data, seconds) in enumerate(generation.steps):
            recorder.add(StepEvent.of(data, run=run, index=index, seconds=seconds))
        recorder.add(recorder.session.runs[run].end_event(FINISHED, text=model.decode(generation.canvas)))
        self._left -= 1

    def finish(self) -> None:
        """Close the file."""
        self._recorder.finish()

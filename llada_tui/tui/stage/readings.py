"""Other readings of a held run's last step: what other settings would have committed, without another pass."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from llada_tui.settings.sampler_settings import READABLE, SamplerSettings
from llada_tui.trace.resume_from import branch_settings
from llada_tui.trace.run import Run
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.shell.footer import key_here
from llada_tui.tui.stage.drafting_owner import DraftingOwner
from llada_tui.tui.stage.knob_rows import looks_back_words

_CHANGES: tuple[dict[str, Any], ...] = (
    {"temperature": 0.0},
    {"temperature": 0.5},
    {"temperature": 1.0},
    {"temperature": 1.0, "top_p": 0.8},
    {"remasking": "low_confidence"},
    {"remasking": "margin"},
    {"remasking": "entropy"},
    {"remasking": "random"},
    {"remasking": "threshold", "remasking_params": {"threshold": 0.9}},
    {"remasking": "threshold", "remasking_params": {"threshold": 0.6}},
)
"""The readings that are offered, beside that of the knobs and of another seed."""


def other_settings(made_with: SamplerSettings, knobs: SamplerSettings) -> list[SamplerSettings]:
    """The settings to read a step with that was ``made_with`` some: the knobs as they are, as far as they leave the
    pass as it is, another seed, and the readings that are always offered; none twice, and not the step's own."""
    of_knobs = made_with.replace(**{name: getattr(knobs, name) for name in READABLE})
    temperature = made_with.temperature or 1.0
    others = [of_knobs, made_with.replace(temperature=temperature, seed=(made_with.seed + 1) % 2**63)]
    for changes in _CHANGES:
        named: dict[str, Any] = {"remasking_params": {}} if "remasking" in changes else {}
        others.append(made_with.replace(**named | changes))
    return [settings for at, settings in enumerate(others) if settings != made_with and settings not in others[:at]]


class Readings:
    """The part of a workbench that reads the last step of a held run otherwise, and commits a reading in its place."""

    def __init__(self, owner: DraftingOwner) -> None:
        self._owner, self._screen = owner, owner.screen

    def action_readings(self) -> None:
        """List what other settings would have committed in the last step."""
        worker, stage = self._owner.worker, self._owner.stage
        run, key = worker.run, key_here(self._screen, "hold")
        if run is None or worker.link.phase is not Phase.HELD or len(worker.asked) > 1:
            self._screen.notify(f"A run that is held can be read otherwise: {key} holds the one going on.")
            return
        if not run.last:
            advance = key_here(self._screen, "advance")
            self._screen.notify(f"No step was made yet that could be read otherwise: {advance} makes one.")
            return
        if self._owner.stage.drafting:
            self._screen.notify(f"A branch is being made: {key_here(self._screen, 'leave')} leaves it.")
            return
        from llada_tui.tui.stage.readings_dialog import ReadingsDialog

        if stage.player.run is not run:
            self._owner.show_run(run, play=False, frame=run.last)
        stage.to_end()
        others = other_settings(run.settings_at(run.last - 1), self._owner.settings)
        place, positions = stage.canvas.selected, stage.canvas.frame_rows.positions
        position = positions[place] if place is not None else None
        dialog = ReadingsDialog(run, others, position, worker.link.queries, self._ask)
        self._screen.app.push_screen(dialog, lambda settings: self._commit(run, settings))

    def _ask(self, question: Coroutine[Any, Any, None]) -> None:
        self._screen.run_worker(question)

    def _commit(self, run: Run, settings: SamplerSettings | None) -> None:
        """Make the last step again with other settings, in a branch from the step before."""
        if settings is not None:
            self._screen.run_worker(self._branch(run, run.last - 1, settings))

    async def _branch(self, run: Run, frame: int, settings: SamplerSettings) -> None:
        worker, link = self._owner.worker, self._owner.worker.link
        if worker.run is run:
            await worker.cancel()
        settings = branch_settings(run, frame, settings)
        words = looks_back_words(settings, run.settings_at(frame), link, run.start.step + frame)
        name = self._owner.session.name_of(run)
        self._screen.notify(words or f"This is a branch of {name}, which ended here; it is held after its first step.")
        self._owner.settings = self._owner.settings.replace(**{key: getattr(settings, key) for key in READABLE})
        await self._owner.branch(run, frame, settings, None, parent=run.id, one_step=True)

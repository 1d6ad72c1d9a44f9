"""The limits of a server: what one request may ask for, and how many may wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from llada_tui.diffusion.length_policy import LONGEST
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.units import size_words

if TYPE_CHECKING:
    from llada_tui.trace.events import ModelInfo
    from llada_tui.worker.job_messages import ScoreTokens
    from llada_tui.worker.protocol import Compare, Generate, Question


@dataclass(frozen=True, slots=True)
class ServeLimits:
    """The limits of a server. Sizes are in bytes, a canvas in tokens, times in seconds."""

    prompt: int = 100_000
    """Most bytes of text in a prompt."""
    canvas: int = 1024
    """Longest canvas, and most steps."""
    queue: int = 64
    """Most requests that wait."""
    queue_of_client: int = 32
    """Most requests of one client that wait."""
    seconds: float = 600.0
    """Longest time at work on a run; it is then cancelled, and keeps what it has."""
    hold: float = 60.0
    """Longest time for which a run is held while others wait."""
    body: int = 1_000_000
    """Longest body of a request."""
    connections: int = 256
    """Most requests that are answered at a time, and most connections besides that have asked nothing."""
    unread: int = 4000
    """Most events that wait for a reader, before it is dropped."""
    patience: float = 20.0
    """Longest time that a reader may take to take what it is sent, or a client to send a request."""
    cancel: float = 10.0
    """Longest time that a run takes to end once it is cancelled; the worker is then ended."""
    batch: int = 32
    """Most runs that go through the model together."""

    def bounded(self, run: Generate, model: ModelInfo | None) -> Generate:
        """A run whose canvas comes to be no longer than this server allows, where it does not say how long."""
        longest = self.canvas if run.prompt.template is not None else 0
        return replace(run, settings=self.bounded_settings(run.settings, model), longest=longest)

    def bounded_settings(self, settings: SamplerSettings, model: ModelInfo | None) -> SamplerSettings:
        """Settings that name the longest canvas, where a length policy would have more of this model."""
        if settings.has_fixed_length or LONGEST.name in settings.length_params:
            return settings
        from llada_tui.diffusion import lengths

        longest = lengths.get(settings.length, settings.length_params).longest
        if min(longest, (model and model.context) or longest) <= self.canvas:
            return settings
        return settings.replace(length_params={**settings.length_params, LONGEST.name: self.canvas})

    def check(self, command: Generate | Compare | ScoreTokens | Question) -> None:
        """Raises `SettingsError` for a command that asks for more than there is."""
        from llada_tui.worker.command_limits import text_size
        from llada_tui.worker.job_messages import ScoreTokens
        from llada_tui.worker.protocol import Influence, Score, lanes_of

        for lane in lanes_of(command):
            self._check_run(lane)
        if (size := text_size(command)) > self.prompt:
            words = f"This server takes {size_words(self.prompt)} of text at most, not {size_words(size)}."
            raise SettingsError("prompt", words)
        if isinstance(command, Influence) and len(command.canvas) > self.canvas:
            words = f"This server allows a canvas of {self.canvas} tokens at most, not {len(command.canvas)}."
            raise SettingsError("canvas", words)
        if isinstance(command, Score | ScoreTokens):
            ids = command.answer_ids if isinstance(command, ScoreTokens) else None
            length = len(command.answer.encode("utf-8", "surrogatepass")) if ids is None else len(ids)
            # all samples are no longer than the longest run's canvas in all of its steps; a token has a byte or more
            most = self.canvas**2 // max(1, length)
            if command.samples > most:
                words = f"This server allows {most:,} samples of so long an answer at most, not {command.samples:,}."
                raise SettingsError("samples", words)

    def _check_run(self, command: Generate) -> None:
        canvas, earlier = command.resume.canvas, command.resume.earlier
        length, steps = len(canvas or ()), len(earlier.steps) // 2 if earlier else 0  # post steps are beside them
        self.check_settings(command.settings, length, steps)

    def check_settings(self, settings: SamplerSettings, length: int = 0, steps: int = 0) -> None:
        """Raises `SettingsError` for settings that ask for more than there is, of a canvas that has a ``length`` and of
        which ``steps`` were made."""
        longest = 0 if settings.has_fixed_length else settings.length_params.get(LONGEST.name, 0)
        for name, field, count in (
            ("gen_length", "gen_length", max(settings.gen_length, length)),
            ("steps", "steps", max(settings.steps, steps)),
            (LONGEST.name, "length_params", longest),
        ):
            if count > self.canvas:
                raise SettingsError(field, f"This server allows {name} of {self.canvas} at most, not {count:.0f}.")

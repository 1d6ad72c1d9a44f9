"""The answers to questions about a run's last pass."""

from __future__ import annotations

from llada_tui.diffusion.last_pass import LastPass
from llada_tui.settings.sampler_settings import SettingsError
from llada_tui.worker.reading_messages import Rank, Ranked, Read, Reading
from llada_tui.worker.replies import RequestError


def read(last_pass: LastPass, question: Read | Rank) -> Reading | Ranked:
    """The answer from a pass; a Reading is without its seconds. Raises `SettingsError` and `RequestError`."""
    try:
        if isinstance(question, Rank):
            return Ranked(question.asked, *last_pass.rank(question.position, question.token))
        data = last_pass.read(question.settings)
        return Reading(question.asked, question.run, last_pass.step, data, 0.0)
    except SettingsError:
        raise
    except ValueError as error:
        raise RequestError(str(error)) from None

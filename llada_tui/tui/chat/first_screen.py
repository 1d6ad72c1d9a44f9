"""The first screen: what there is to begin with, and the real model that this machine can run."""

from __future__ import annotations

from llada_tui.models import recommendation
from llada_tui.models.catalog import DEMO, name_of
from llada_tui.settings.presets import chat_settings
from llada_tui.tui.chat.chat_owner import ChatOwner
from llada_tui.tui.chat.prompt_area import PromptArea
from llada_tui.tui.chat.tour import Tour
from llada_tui.tui.chat.welcome import TITLE, welcome
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.footer import key_of
from llada_tui.tui.shell.threads import in_thread
from llada_tui.tui.stage.workbench import Workbench


class FirstScreen:
    """The part of the chat that greets, again with each model that is loaded."""

    def __init__(
        self, owner: ChatOwner, workbench: Workbench, prompt: PromptArea, tour: Tour, *, takes_settings: bool
    ) -> None:
        """``takes_settings``: whether the settings are those that the model begins with, and nobody named any."""
        self._screen, self._workbench, self._prompt, self._tour = owner.screen, workbench, prompt, tour
        self._link = workbench.worker.link
        self._source = self._link.checkpoint.source
        self._takes_settings = takes_settings
        self.proposal: recommendation.Recommendation | None = None
        """The model to begin with on this machine, where that is known."""

    def greet(self) -> None:
        """Say on an empty stage what there is to begin with."""
        self._prompt.offers_examples = self._workbench.session.last_run() is None
        lessons, models = (key_of(app_of(self._screen), action, typing=True) for action in ("lessons", "model"))
        forms, entries = welcome(
            demo=self._link.checkpoint.source == DEMO,
            new=self._tour.is_new,
            lessons=lessons,
            models=models,
            proposal=self.proposal,
        )
        self._workbench.stage.greet(*forms, title=TITLE, entries=entries)

    async def propose(self) -> None:
        """Say which real model this machine can run, where the embedded one is. Nothing is downloaded."""
        if self._link.checkpoint.source == DEMO:
            self.proposal = await in_thread(recommendation.best_choice)
            self.greet()

    def take_model(self) -> None:
        """Greet with another model once it is loaded, and begin with its settings where nobody changed any."""
        source, model, knobs = self._link.checkpoint.source, self._link.model, self._workbench.stage.knobs
        if model is None or source == self._source or model.id != name_of(source):  # it was not loaded
            return
        self._source = source
        self.greet()
        if self._takes_settings and self._workbench.settings == knobs.defaults:
            self._workbench.settings = knobs.defaults = chat_settings(name_of(source))

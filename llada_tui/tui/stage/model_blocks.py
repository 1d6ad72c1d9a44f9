"""The workbench's block_length, which begins with the blocks of each model that is loaded."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from textual.screen import Screen

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo
from llada_tui.trace.model_blocks import block_length_of, block_warning, in_blocks_of
from llada_tui.tui.stage.stage import Stage


class BlocksOwner(Protocol):
    """The part of a screen that has the settings of the next run."""

    screen: Screen[object]
    stage: Stage
    settings: SamplerSettings


class ModelBlocks:
    """Sets the blocks of a model that was loaded, and says where a person chose others than it was trained with."""

    def __init__(self, workbench: BlocksOwner) -> None:
        self._workbench = workbench
        self._model: ModelInfo | None = None
        self.named: Collection[str] = ()
        """The settings that were named for the first model, and stay."""

    def load(self, model: ModelInfo | None) -> None:
        """A model is there, or none: a model that was there before changes nothing."""
        workbench, knobs = self._workbench, self._workbench.stage.knobs
        knobs.block_length = block_length_of(model)
        if model is None or model == self._model:
            return
        self._model = model
        settings = in_blocks_of(model, workbench.settings, self.named)
        knobs.defaults = in_blocks_of(model, knobs.defaults, self.named)
        self.named = ()
        if settings != workbench.settings:
            workbench.settings = settings
            workbench.screen.notify(f"block is {settings.block_length} now, as long as the blocks of this model.")
        self.check(settings)

    def check(self, settings: SamplerSettings) -> None:
        """Say where settings have other blocks than the model was trained with."""
        if self._model is not None and (words := block_warning(self._model, settings)):
            self._workbench.screen.notify(words, severity="warning")

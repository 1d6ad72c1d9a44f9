"""The interface of a cache policy. The policies themselves are the files of `llada_tui.diffusion.caches`.

No torch here: the screen and the command line list the policies without loading it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar

from llada_tui.diffusion.sampler_part import SamplerPart
from llada_tui.settings.sampler_settings import NO_CACHE, SettingsError

if TYPE_CHECKING:
    from llada_tui.diffusion.passes import Passes
    from llada_tui.diffusion.run_inputs import RunInputs


def cache_refused(reason: str) -> SettingsError:
    """The error of a cache policy that cannot be used, with what to do instead. ``reason`` begins a sentence."""
    return SettingsError("cache", f"{reason}: set cache to {NO_CACHE}.")


class CachePolicy(SamplerPart):
    """Decides which columns a forward pass runs, and what is kept of the others.

    A policy is a class in a file of its own under ``caches/``: ``name``, ``summary`` (one line), ``parameters``,
    `window`, and `open`, which gives the passes of one run. What it can and cannot do it states here, and the sampler,
    the compiler, the worker and the screen go by that.
    """

    setting = "cache"
    noun = "cache policy"

    exact: ClassVar[bool] = False
    """Whether the logits are to the last bit what they are without a cache, whatever the model."""
    runs_whole_canvas: ClassVar[bool] = False
    """Whether every pass runs all columns. Strategies that verify tokens need such passes."""
    one_window: ClassVar[bool] = False
    """Whether a step runs the same columns of every row of a batch, of which those of each row are kept."""
    looks_back: ClassVar[bool] = False
    """Whether what is kept depends on passes before the block's first: a run that is continued makes those again
    (`passes_again`), or begins with nothing and may then have another tail."""
    of_one_family: ClassVar[bool] = False
    """Whether it is for one family of models alone."""
    runs_block_alone: ClassVar[bool] = False
    """Whether the steps of a block run that block and nothing more, but for the first. They are of one width, so that
    they can be compiled; and they see no mask beyond the block, so that only a block's first step looks ahead."""

    @abstractmethod
    def window(self, begin: int, end: int, length: int) -> slice:
        """The columns that a step runs, of ``length``: of a block from ``begin`` to ``end``, and not its first step,
        which runs all. Logits can be asked for up to where they end."""

    def passes_again(self, guided: Sequence[bool]) -> Collection[int]:
        """The passes that are to be made again, by their number from 0, so that the same is kept of them. ``guided``:
        of every pass since the first of which anything may be kept, whether guidance was on."""
        return range(len(guided)) if self.looks_back else ()

    @abstractmethod
    def open(self, run: RunInputs) -> Passes:
        """The forward passes of one run. Raises `SettingsError` for a model that cannot."""

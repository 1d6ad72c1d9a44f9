"""The cached step as a compiled program: torch.compile, on a GPU with CUDA graphs.

A step over a block's window is small, and a GPU waits for Python to launch its hundreds of kernels. Compiled, they are
fewer, and replayed as one graph. That takes shapes and addresses that never change: the window is always as wide, its
place is told by a tensor, and the keys and values lie in buffers that are kept from run to run, with some room, so that
a longer question needs no other program.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._dynamo import config as dynamo

from llada_tui.diffusion import caches
from llada_tui.models.errors import ModelError, one_line, out_of_memory
from llada_tui.models.kv_cache import BlockLayer, WindowedKVCache, WriteWindow
from llada_tui.models.masked_diffusion import BlockGrid, MaskedDiffusion
from llada_tui.settings.sampler_settings import SamplerSettings

ROOM = 256
"""Buffers have room for so many columns, or twice, three times ... as many."""
_WARM_UP = 3
"""Calls until a program is at its speed: one compiles it, one records the graph, one replays it."""
_PROGRAMS = 64
"""Most programs of one kind; further ones would run uncompiled."""
_CACHES = 4
"""Most buffers that are kept, each with its programs: those of 8B take 134 MB for each row and 256 columns."""

Progress = Callable[[str, int, int], None]
"""Called while a program is made: the stage "compile", calls done, calls in all."""


Step = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""Logits of a window (batch x width x vocabulary): of its ids, their positions (both batch x width), the columns where
they stand (width), and what they see (batch x 1 x 1 x room)."""
Compiler = Callable[[Step, torch.device], Step]


def _compile(step: Step, device: torch.device) -> Step:
    mode = "reduce-overhead" if device.type == "cuda" else None
    return torch.compile(step, mode=mode, dynamic=False)


def check(experts: bool, quantization: str | None, block_size: int, caches: bool = True) -> None:
    """Raises `ModelError` for a model whose steps cannot be compiled."""
    why = (
        "its experts are chosen token by token"
        if experts
        else f"it is quantized to {quantization}"
        if quantization
        else "its blocks are exact without a window of one width"
        if block_size
        else "it keeps no keys and values"
        if not caches
        else ""
    )
    if why:
        raise ModelError(f"The steps of this model cannot be compiled, since {why}: leave --compile out.")


@dataclass
class _FixedWindow(WriteWindow):
    """The columns at which a pass writes in buffers of which a run uses ``length`` columns.

    ``columns``: where the program writes (long, on the device); None while passes are made as they come.
    """

    length: int = 0
    columns: Tensor | None = None


class FixedCache(WindowedKVCache):
    """A block cache for ``batch`` rows of up to ``room`` columns, at addresses that never change."""

    write_window: _FixedWindow

    def __init__(self, network: MaskedDiffusion, batch: int, room: int) -> None:
        super().__init__(0)
        self.write_window = _FixedWindow(length=room)
        self.layers = [_FixedLayer(self.write_window, network, batch, room) for _ in network.model.layers]
        self.owner: Callable[[], object] = lambda: None
        """Weak reference: the run that uses these buffers, None once it is gone."""


class _FixedLayer(BlockLayer):
    write_window: _FixedWindow

    def __init__(self, write_window: _FixedWindow, network: MaskedDiffusion, batch: int, room: int) -> None:
        super().__init__(write_window)
        config, weight = network.config, network.lm_head.weight
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        shape = (batch, config.num_key_value_heads, room, size)
        self.lazy_initialization(*(torch.zeros(shape, dtype=weight.dtype, device=weight.device) for _ in "kv"))
        for buffer in (self.keys, self.values):
            torch._dynamo.mark_static_address(buffer)

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        write_window = self.write_window
        if write_window.columns is not None:
            self.keys.index_copy_(2, write_window.columns, key_states)
            self.values.index_copy_(2, write_window.columns, value_states)
            return self.keys, self.values
        run = slice(0, write_window.length) if write_window.window is None else write_window.window
        self.keys[:, :, run], self.values[:, :, run] = key_states, value_states
        return self.keys[:, :, : write_window.length], self.values[:, :, : write_window.length]

    def get_seq_length(self) -> int:
        return self.write_window.length


class _Program:
    """A compiled step with its cache, and with inputs at addresses that never change."""

    def __init__(self, step: Step, cache: FixedCache, inputs: Sequence[Tensor]) -> None:
        self._step, self._cache, self._inputs = step, cache, inputs
        for tensor in inputs:
            torch._dynamo.mark_static_address(tensor)

    def __call__(self, *values: Tensor) -> Tensor:
        for tensor, value in zip(self._inputs, values, strict=True):
            tensor.copy_(value, non_blocking=True)
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        try:
            with dynamo.patch(recompile_limit=_PROGRAMS, accumulated_recompile_limit=4 * _PROGRAMS):
                return self._step(*self._inputs)
        finally:
            self._cache.write_window.columns = None


class Compiled:
    """The programs of one model, each for a number of rows, a width of the window, and room for the columns.

    ``told`` hears of every program that is made. ``compiler`` makes them: torch.compile where none is given.
    """

    def __init__(
        self, network: MaskedDiffusion, progress: Progress | None = None, compiler: Compiler | None = None
    ) -> None:
        self._network = network
        self._progress = progress
        self._compiler = compiler or _compile
        self._caches: dict[tuple[int, int], FixedCache] = {}
        self._programs: dict[tuple[int, int, int], _Program] = {}

    # -- making programs ----------------------------------------------------------------------------------------------

    def prepare(self, batch: int, length: int, settings: Sequence[SamplerSettings]) -> None:
        """Make the program for runs on ``batch`` sequences of ``length`` tokens, if it can help and is not there.

        With a cache policy that runs the block alone every window is a block. With others it is another width in
        every block: those stay as they are. Raises `ModelError` where nothing can be compiled.
        """
        policy = caches.get(settings[0].cache, settings[0].cache_params)
        if not policy.runs_block_alone or settings[0].block_length >= settings[0].gen_length:
            return
        rows = batch + sum(row.cfg_scale > 0 for row in settings)
        width, room = settings[0].block_length + self._network.lead, -(-length // ROOM) * ROOM
        if (rows, width, room) in self._programs or width >= length:
            return
        try:
            self._make(rows, width, room)
        except Exception as error:
            if out_of_memory(error):
                raise
            raise ModelError(f"torch.compile does not work here ({one_line(error)}): leave --compile out.") from error

    @torch.inference_mode()
    def _make(self, rows: int, width: int, room: int) -> None:
        cache = self._caches.get((rows, room)) or FixedCache(self._network, rows, room)
        network = self._network
        device = network.lm_head.weight.device

        def step(ids: Tensor, positions: Tensor, columns: Tensor, attention_mask: Tensor) -> Tensor:
            cache.write_window.columns = columns
            hidden = network.model(
                input_ids=ids,
                attention_mask=attention_mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
            ).last_hidden_state
            logits: Tensor = network.lm_head(hidden)
            return logits

        compiled = self._compiler(step, device)
        columns = torch.arange(width)
        all_visible = network.hiding(torch.ones(rows, 1, room, dtype=torch.bool))
        each = columns.repeat(rows, 1)
        program = _Program(
            compiled, cache, [tensor.to(device) for tensor in (each, each.clone(), columns, all_visible)]
        )
        self._tell(0)
        for call in range(_WARM_UP):
            program(each, each, columns, all_visible)
            self._tell(call + 1)
        self._caches.pop((rows, room), None)
        self._caches[rows, room], self._programs[rows, width, room] = cache, program
        self._forget()

    def _forget(self) -> None:
        """Give back the buffers that were not used for longest, and their programs; not the last ones made."""
        idle = [size for size, cache in [*self._caches.items()][:-1] if cache.owner() is None]
        for rows, room in idle[: max(0, len(self._caches) - _CACHES)]:
            del self._caches[rows, room]
            for program in [size for size in self._programs if (size[0], size[2]) == (rows, room)]:
                del self._programs[program]

    def _tell(self, done: int) -> None:
        if self._progress is not None:
            self._progress("compile", done, _WARM_UP)

    # -- using them ---------------------------------------------------------------------------------------------------

    def borrow(self, rows: int, length: int, owner: object) -> FixedCache | None:
        """The cache for a run on ``rows`` sequences, as long as ``owner`` lives. None without a program for such, and
        while another run has it."""
        size = rows, -(-length // ROOM) * ROOM
        cache = self._caches.get(size)
        if cache is None or cache.owner() not in (None, owner):
            return None
        self._caches[size] = self._caches.pop(size)  # the last one used is the last one to go
        cache.owner, cache.write_window.length = weakref.ref(owner), length
        return cache

    def logits(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        groups: Sequence[Tensor],
        cache: FixedCache,
        window: slice,
    ) -> Tensor | None:
        """As `MaskedDiffusion.logits_at` with a window, of the rows in ``groups``; None without a program for it."""
        network, length = self._network, ids.shape[1]
        padding = None if attention_mask is None else (attention_mask != 0).int().argmax(-1, keepdim=True).cpu()
        run = network.reach(window, length, padding, BlockGrid())
        room = cache.layers[0].keys.shape[2]
        program = self._programs.get((len(ids), run.stop - run.start, room))
        if program is None:
            return None
        columns, places = torch.arange(run.start, run.stop), torch.arange(room)
        first = torch.zeros(len(ids), 1, dtype=torch.long) if padding is None else padding
        visible = network.hiding(((places >= first) & (places < length))[:, None])
        logits = program(ids[:, run], columns - first, columns, visible)
        sources = (network.sources(group, padding) for group in groups)
        index = torch.cat([row * len(columns) + column - run.start for row, column in sources])
        # Taken out at once: the graph's next call writes its logits to the same place.
        return logits.flatten(0, 1).index_select(0, index.to(logits.device, non_blocking=True))

"""The base of every architecture here: attention to both sides, and logits only where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

import torch
from torch import Tensor

from llada_tui.diffusion.pace import Pace
from llada_tui.models.kv_cache import WindowedKVCache
from llada_tui.models.packed_linear import PackedLinear

_PART = 1024
"""Tokens of the vocabulary whose logits a CPU computes at a time."""


def head_logits(head: Any, hidden: Tensor) -> Tensor:
    """The logits ``(N, vocabulary)`` that ``head``, a linear layer, makes of ``hidden`` ``(N, width)``.

    In float32 on a CPU a large vocabulary's weights are arranged once (`llada_tui.models.packed_linear`).
    Where that is no way, MKL's product takes a fifth to a third longer as a whole than part by part: it then copies
    every weight through memory.
    """
    arranged = head.product(hidden) if isinstance(head, PackedLinear) else None
    if arranged is not None:
        return arranged
    weight = head.weight
    large = weight.device.type == "cpu" and weight.dtype == torch.float32 and len(weight) >= 8 * _PART
    if not large or head.bias is not None or torch.is_grad_enabled():
        whole: Tensor = head(hidden)
        return whole
    logits = hidden.new_empty(len(hidden), len(weight))
    for begin in range(0, len(weight), _PART):
        torch.mm(hidden, weight[begin : begin + _PART].t(), out=logits[:, begin : begin + _PART])
    return logits


@dataclass(frozen=True, slots=True)
class BlockGrid:
    """The blocks over which attention is causal: ``size`` tokens each, 0 where every position sees every other.
    ``begin``: a column where one begins; None where they count from the first token that is not padding. ``part``:
    tokens of a sub-block, where blocks have some. ``widens``: whether a window is run with the whole of its blocks."""

    size: int = 0
    begin: int | None = None
    part: int = 0
    widens: bool = True


class MaskedDiffusion:
    """Mixed into a causal language model of transformers, before it in the order of bases.

    ``shifted``: its logits at a position predict the token after it, as those of the autoregressive model that it was
    trained from. ``lead`` is therefore how many positions before a window have to be read with it. ``narrows``: its
    last layer takes ``columns``, and gives the hidden states of those alone.

    Of a model whose attention is causal over blocks, as its authors' sampler has it: ``blocks_as_set`` if they are as
    long as the settings' blocks; ``blocks_from_canvas`` if one begins where the canvas does; ``first_alone`` if the
    first token of each is written by itself.

    ``end_text``: the words with which a turn ends, where no token does it.
    """

    config: Any
    model: Any
    lm_head: Any
    get_input_embeddings: Any
    narrows: ClassVar[bool] = False
    blocks_as_set: ClassVar[bool] = False
    blocks_from_canvas: ClassVar[bool] = False
    first_alone: ClassVar[bool] = False
    keeps_keys_and_values: ClassVar[bool] = True
    end_text: ClassVar[str] = ""

    @property
    def shifted(self) -> bool:
        return False

    @property
    def lead(self) -> int:
        return int(self.shifted)

    @property
    def block_size(self) -> int:
        """Tokens a block of a model whose attention is causal over blocks; 0 where every position sees every other."""
        return int(getattr(self.config, "block_size", 0) or 0)

    @property
    def pace(self) -> Pace | None:
        """The pace of its authors' sampler; None for that of LLaDA's."""
        return None

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("Masked diffusion writes with llada_tui.diffusion.sampler.denoise.")

    def logits_at(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        cache: WindowedKVCache | None = None,
        window: slice | None = None,
        ahead: Tensor | None = None,
        grid: BlockGrid | None = None,
        pictures: Tensor | None = None,
    ) -> Tensor:
        """Logits that predict the positions where ``positions`` is true, then those where ``ahead`` is: ``(N,
        vocabulary)``, in the model's dtype.

        ``ids``: long, ``(batch, length)``. ``attention_mask``: ``(batch, length)``, 0 for padding on the left, or None.
        ``positions``, ``ahead``: bool, ``(batch, length)``. All but ``ids`` had better be on the CPU: a GPU would be
        waited for. A padded row gets the position ids that it has without padding.

        ``cache`` keeps the keys and values. With a ``window`` only its columns, which hold all ``positions`` and
        ``ahead``, are run (and as many around them as the architecture needs), against what the cache holds of the
        others. The hidden states of ``ahead`` go through the head by themselves: the shape of a product decides how it
        is rounded. ``grid``: where the blocks are, if not where config.json has them. ``pictures``: see `embedded`.
        """
        grid = grid or BlockGrid(self.block_size)
        length = ids.shape[1]
        padding = None if attention_mask is None else (attention_mask != 0).int().argmax(-1, keepdim=True)
        run = slice(0, length) if window is None else self.reach(window, length, padding, grid)
        position_ids, placed = None, None if padding is None else padding.to(ids.device, non_blocking=True)
        if cache is not None or padding is not None:
            position_ids = torch.arange(run.start, run.stop, device=ids.device)[None]
            position_ids = position_ids if placed is None else position_ids - placed
        if cache is not None:
            cache.write_window.window = None if window is None else run
        sources = [self.sources(group, padding) for group in (positions, ahead) if group is not None]
        sources = [(row, column - run.start) for row, column in sources]
        narrow = {}
        if self.narrows and self.config._attn_implementation in ("sdpa", "eager"):
            # Attention to nothing is not possible.
            unique = [torch.unique(column, return_inverse=True) for _, column in sources]
            columns = [column if len(column) else column.new_zeros(1) for column, _ in unique]
            begins = [0, *accumulate(map(len, columns))]
            sources = [
                (row, column + begin) for (row, _), (_, column), begin in zip(sources, unique, begins, strict=False)
            ]
            narrow = {"columns": [column.to(ids.device, non_blocking=True) for column in columns]}
        hidden = self.model(
            **self.embedded(ids[:, run], pictures),
            attention_mask=self.visible(length, placed, ids.device, run, grid),
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=cache is not None,
            **narrow,
        ).last_hidden_state
        parts = [
            self.head_logits(
                hidden.flatten(0, 1).index_select(
                    0, (row * hidden.shape[1] + column).to(hidden.device, non_blocking=True)
                ),
            )
            for row, column in sources
        ]
        logits: Tensor = parts[0] if ahead is None else torch.cat(parts)
        return logits

    def embedded(self, ids: Tensor, pictures: Tensor | None) -> dict[str, Tensor]:
        """The network's input for ``ids``: themselves, or, with ``pictures`` (``(N, width)``), their embeddings, where
        the id vocab_size + n is the n-th of the pictures."""
        if pictures is None:
            return {"input_ids": ids}
        size = self.config.vocab_size
        texts = self.model.embed_tokens(ids.clamp(max=size - 1))
        looked_up = torch.nn.functional.embedding((ids - size).clamp(min=0), pictures)
        return {"inputs_embeds": torch.where((ids >= size)[..., None], looked_up, texts)}

    @property
    def shadows(self) -> bool:
        """Whether `shadow_logits_at` is possible: every position sees every other, and predicts itself."""
        return not self.block_size and not self.shifted

    def shadow_logits_at(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        begin: int,
        end: int,
        ahead: Tensor | None = None,
        pictures: Tensor | None = None,
    ) -> Tensor:
        """Logits where ``positions`` and ``ahead`` are true, of sequences that are followed by a shadow of their
        columns ``begin`` to ``end``: see `llada_tui.diffusion.predictor.ShadowPredictor`."""
        length = ids.shape[1] - (end - begin)
        columns = torch.arange(length, device=ids.device)
        shadow = torch.cat([torch.zeros_like(columns), torch.ones_like(columns[begin:end])]).bool()
        columns = torch.cat([columns, columns[begin:end]])
        others = columns[:, None] != columns
        visible = torch.where(shadow[:, None], others | shadow, ~shadow)[None]
        position_ids = columns[None]
        if attention_mask is not None:
            position_ids = columns - (attention_mask != 0).int().argmax(-1, keepdim=True)
            visible = visible & (position_ids[:, None, :] >= 0)
        hidden = self.model(
            **self.embedded(ids, pictures),
            attention_mask=self.hiding(visible),
            position_ids=position_ids,
            use_cache=False,
        ).last_hidden_state
        groups = [group for group in (positions, ahead) if group is not None]
        flat = hidden.flatten(0, 1)
        places = [group.flatten().nonzero()[:, 0].to(flat.device, non_blocking=True) for group in groups]
        parts = [self.head_logits(flat.index_select(0, place)) for place in places]
        logits: Tensor = parts[0] if ahead is None else torch.cat(parts)
        return logits

    def head_logits(self, hidden: Tensor) -> Tensor:
        """The logits of hidden states, ``(N, width)``: ``(N, vocabulary)``."""
        return head_logits(self.lm_head, hidden)

    def hiding(self, visible: Tensor) -> Tensor:
        """``seen`` (bool, ``(batch, queries, keys)``) as transformers adds it: 0, and the least number where it is
        not."""
        dtype = self.lm_head.weight.dtype
        hidden = torch.zeros(visible.shape, dtype=dtype, device=visible.device)
        return hidden.masked_fill_(~visible, torch.finfo(dtype).min)[:, None]

    def reach(self, window: slice, length: int, padding: Tensor | None, grid: BlockGrid) -> slice:
        """The columns to run for a window: where attention is causal over blocks, whole blocks of the model, without
        which what is kept of the others would not be exact; and the position whose logits predict the first."""
        begin, end = window.start, window.stop
        if grid.size and grid.widens:
            shifts = [grid.begin or 0] if padding is None or grid.begin is not None else padding[:, 0].tolist()
            begin = min(begin - (begin - shift) % grid.size for shift in shifts)
            end = max(end + (shift - end) % grid.size for shift in shifts)
        return slice(max(0, begin - self.lead), min(end, length))

    def sources(self, positions: Tensor, padding: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Row and column of the hidden states that predict ``positions`` (bool, ``(batch, length)``): N of each.
        ``padding`` is
        how many positions each row is padded by on the left, batch x 1."""
        row, column = positions.nonzero(as_tuple=True)
        if self.shifted:
            # The first token has none before it; its own logits stand in, as published.
            first = torch.zeros_like(row) if padding is None else padding[:, 0].to(row.device)[row]
            column = torch.maximum(column - 1, first)
        return row, column

    def visible(
        self,
        length: int,
        padding: Tensor | None,
        device: torch.device,
        run: slice = slice(None),
        grid: BlockGrid | None = None,
    ) -> Tensor | None:
        """The attention mask of the columns ``run``, of ``length``, as transformers takes it; None for everything.

        With blocks: 0 where position i sees position j, and the least number else, batch x 1 x run x length.
        """
        grid = grid or BlockGrid(self.block_size)
        columns = torch.arange(length, device=device)
        if not grid.size:
            return None if padding is None else (columns >= padding).long()
        position_ids = columns[None] if padding is None else columns - padding
        places = position_ids if grid.begin is None else (columns - grid.begin)[None]
        blocks = places.div(grid.size, rounding_mode="floor")
        return self.hiding((blocks[:, None, :] <= blocks[:, run, None]) & (position_ids[:, None, :] >= 0))

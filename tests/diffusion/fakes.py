"""A predictor that needs no network: exact arithmetic, so that rows and runs can be compared bit for bit."""

from __future__ import annotations

import torch
from torch import Tensor

from llada_tui.diffusion.predictor import KVCachePredictor


class TablePredictor:
    """Logits from random integers: what a position predicts depends on where it is and on every token of its row.

    The mask is never predicted. Sums of integers are exact, so a padded row gives exactly what it gives alone.
    """

    device = torch.device("cpu")
    banned_ids: tuple[int, ...] = ()
    noises: tuple[str, ...] = ("mask", "uniform")

    def __init__(self, vocab_size: int = 12, seed: int = 0) -> None:
        source = torch.Generator().manual_seed(seed)
        self.vocab_size = vocab_size
        self.mask_id, self.eos_id, self.eot_id = vocab_size - 1, vocab_size - 2, vocab_size - 3
        self.places = torch.randint(-40, 40, (256, vocab_size), generator=source)
        self.tokens = torch.randint(-40, 40, (16, vocab_size, vocab_size), generator=source)
        self.calls: list[tuple[int, int]] = []
        """The shape of the ids of every call."""

    def knows_noise(self, kind: str) -> bool:
        return kind in self.noises

    @property
    def noise_tokens(self) -> Tensor:
        return torch.arange(self.mask_id)

    shadows = True

    def logits(
        self, ids: Tensor, attention_mask: Tensor | None, positions: Tensor, ahead: Tensor | None = None
    ) -> Tensor:
        self.calls.append((ids.shape[0], ids.shape[1]))
        visible = torch.ones_like(ids) if attention_mask is None else (attention_mask != 0).long()
        place = visible.cumsum(-1) - 1
        mixed = (self.tokens[place % 16, ids] * visible[..., None]).sum(1)
        return _at(self._hidden(place, mixed[:, None]), positions, ahead)

    def shadow_logits(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        begin: int,
        end: int,
        ahead: Tensor | None = None,
    ) -> Tensor:
        self.calls.append((ids.shape[0], ids.shape[1]))
        size = end - begin
        visible = torch.ones_like(ids[:, size:]) if attention_mask is None else (attention_mask != 0).long()
        place = visible.cumsum(-1) - 1
        place, visible = (torch.cat([part, part[:, begin:end]], 1) for part in (place, visible))
        token_part = self.tokens[place % 16, ids] * visible[..., None]
        plain, shadow = token_part[:, :-size].sum(1, keepdim=True), token_part[:, -size:].sum(1, keepdim=True)
        mixed = torch.cat([plain.expand(-1, ids.shape[1] - size, -1), plain + shadow - token_part[:, begin:end]], 1)
        return _at(self._hidden(place, mixed), positions, ahead)

    def _hidden(self, place: Tensor, mixed: Tensor) -> Tensor:
        hidden = (self.places[place.clamp(min=0)] + mixed) / 16
        hidden[..., self.mask_id] = -100
        return hidden


def _at(logits: Tensor, positions: Tensor, ahead: Tensor | None) -> Tensor:
    return torch.cat([logits[group] for group in (positions, ahead) if group is not None])


class KeepingPredictor(TablePredictor):
    """Keeps what each position tells the others, as a network keeps its keys and values."""

    def __init__(self, vocab_size: int = 12, seed: int = 0) -> None:
        super().__init__(vocab_size, seed)
        self.windows: list[slice | None] = []
        """The window of every call."""

    def open_cache(self) -> KVCachePredictor:
        kept: Tensor | None = None

        def call(
            ids: Tensor,
            attention_mask: Tensor | None,
            positions: Tensor,
            window: slice | None,
            ahead: Tensor | None = None,
        ) -> Tensor:
            nonlocal kept
            self.calls.append((ids.shape[0], ids.shape[1]))
            self.windows.append(window)
            visible = torch.ones_like(ids) if attention_mask is None else (attention_mask != 0).long()
            place = visible.cumsum(-1) - 1
            token_part = self.tokens[place % 16, ids] * visible[..., None]
            if window is None:
                kept = token_part
            else:
                assert kept is not None
                for group in (positions, ahead):
                    assert group is None or not group[:, : window.start].any()
                    assert group is None or not group[:, window.stop :].any()
                kept[:, window] = token_part[:, window]
            return _at(self._hidden(place, kept.sum(1)[:, None]), positions, ahead)

        return call


def masked(predictor: TablePredictor, prompt: list[int], length: int) -> Tensor:
    """One row: a prompt, then ``length`` masks."""
    return torch.tensor([[*prompt, *[predictor.mask_id] * length]])


def after_prompt(sequences: Tensor, length: int) -> list[int]:
    """The ids of the canvas, the last ``length`` columns, of the first row."""
    ids: list[int] = sequences[0, -length:].tolist()
    return ids


class NoisyPredictor(KeepingPredictor):
    """``sharpness`` multiplies its logits, so that entropies are smaller; keeps what it read."""

    def __init__(self, vocab_size: int = 12, seed: int = 0, sharpness: float = 1.0) -> None:
        super().__init__(vocab_size, seed)
        self.sharpness = sharpness
        self.ids: list[list[int]] = []
        """The first row of the ids of every call."""

    def logits(
        self, ids: Tensor, attention_mask: Tensor | None, positions: Tensor, ahead: Tensor | None = None
    ) -> Tensor:
        self.ids.append(ids[0].tolist())
        return super().logits(ids, attention_mask, positions, ahead) * self.sharpness

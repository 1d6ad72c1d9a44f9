"""Pictures in a prompt: a model with the features of pictures before it, and the ids that stand for them.

A picture takes as many positions of a sequence as it has features. Their ids are those past the vocabulary: the n-th
feature has the id ``vocab_size + n``. To the sampler they are tokens as any of a prompt: no mask, never predicted,
hidden by guidance, kept by caches, left out for a token's influence.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from llada_tui.models.errors import ModelError
from llada_tui.models.memory_guard import memory_guard
from llada_tui.pictures import unseen
from llada_tui.settings.prompt import PICTURE

if TYPE_CHECKING:
    from PIL.Image import Image

    from llada_tui.models.loaded_model import LoadedModel

MODES = ("anyres", "pad", "pad_tensor")
"""The ways to show a picture to the model: whole and in tiles; or padded to a square, with a newline at its end, as
published for a list of pictures, or without, as published for a tensor of them."""


@runtime_checkable
class SeeingNetwork(Protocol):
    """A network that makes embeddings of pictures. ``picture_mode`` is its own of `MODES`."""

    picture_mode: str

    def picture_embeddings(self, picture: Any, mode: str) -> Tensor:
        """The embeddings ``(positions, width)`` of a picture (RGB) for the text part."""

    def picture_tokens(self, size: tuple[int, int], mode: str) -> int:
        """The number of positions that a picture of this width and height takes."""

    def picture_centres(self, size: tuple[int, int], mode: str) -> list[tuple[float, float] | None]:
        """For each position of a picture of this width and height the centre of what it sees, in parts of both; None
        for one that sees nothing of it."""


def seeing_network(model: LoadedModel) -> SeeingNetwork:
    """The network of a model that sees pictures. Raises `ModelError` for another."""
    network = model.network
    if not isinstance(network, SeeingNetwork):
        raise ModelError(unseen(model.info.id))
    return network


def with_pictures(
    model: LoadedModel, rows: Sequence[list[int]], pictures: Sequence[Image], mode: str | None = None
) -> tuple[LoadedModel, list[list[int]]]:
    """The model with pictures before it, and rows of ids in which each `PICTURE` is the ids of its picture.

    ``pictures`` (RGB) are for the rows' places in order. Raises `ModelError` where the model cannot see, for places and
    pictures that are not as many, and for more than the model's context holds.
    """
    places = sum(row.count(PICTURE) for row in rows)
    if not places and not pictures:
        return model, [list(row) for row in rows]
    network = seeing_network(model)
    mode = mode or network.picture_mode
    if mode not in MODES:
        raise ModelError(f"There is no image_mode {mode!r}: give anyres or pad.")
    if places != len(pictures):
        raise ModelError(
            f"The prompt has places for {places} pictures, and {len(pictures)} are given: "
            f"put {PICTURE} into the ids where each stands."
        )
    counts = [network.picture_tokens(picture.size, mode) for picture in pictures]
    expanded, at, begin = [], 0, model.vocab_size
    for row in rows:
        ids: list[int] = []
        for token in row:
            if token == PICTURE:
                ids += range(begin, begin + counts[at])
                begin, at = begin + counts[at], at + 1
            else:
                ids.append(token)
        model.check_length(len(ids))
        expanded.append(ids)
    with torch.inference_mode(), memory_guard(model.info):
        features = torch.cat([network.picture_embeddings(picture, mode) for picture in pictures])
    embeddings = model.network.model.embed_tokens.weight
    seeing = copy.copy(model)
    seeing.pictures = features.to(embeddings.device, embeddings.dtype)
    return seeing, expanded

"""The end of the text on a canvas that still holds masks: an end of text, or a stop sequence."""

from __future__ import annotations

from torch import Tensor

from llada_tui.diffusion.predictor import EndingPredictor, MaskPredictor, SpellingPredictor
from llada_tui.trace.stop_sequences import BytesOf, Stops, end_before


def _without_text(token: int) -> bytes:
    raise ValueError(f"The text of token {token} is not known: give stop sequences as ids.")


def spelling_of(predictor: MaskPredictor) -> BytesOf:
    """The bytes of a token, as the predictor knows them."""
    return predictor.bytes_of if isinstance(predictor, SpellingPredictor) else _without_text


def masks_before_stop(predictor: MaskPredictor, canvas: Tensor, columns: slice, stop: Stops, masked: Tensor) -> bool:
    """Leave out those of ``masked`` (bool, length) behind the first stop sequence of the canvas in ``columns``. Gives
    whether no mask is left before it."""
    written = [None if token == predictor.mask_id else token for token in canvas[columns].tolist()]
    at = end_before(written, stop, spelling_of(predictor)).at
    masked[columns.start + at :] = False
    return at < len(written) and not bool(masked.any())


def has_ended(predictor: MaskPredictor, canvas: Tensor, start: int, masked: Tensor) -> bool:
    """Whether an end of text comes before the first of ``masked`` (bool, length), from column ``start`` on."""
    ends = masked.new_zeros(len(masked))
    for token in (predictor.eos_id, predictor.eot_id):
        if token is not None:
            ends |= canvas == token
    ends[:start] = False
    first_mask = int(masked.int().argmax())
    if ends.any() and ends.int().argmax() < first_mask:
        return True
    written = canvas[start:first_mask].tolist() if masked.any() else []
    return isinstance(predictor, EndingPredictor) and predictor.ends_text(written)

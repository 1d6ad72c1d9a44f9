"""Changes to a canvas by hand, before a run goes on from it: made, undone and redone."""

from __future__ import annotations

from collections.abc import Mapping

from llada_tui.trace.resume_from import pins
from llada_tui.trace.run import Run


class Draft:
    """The changes that somebody means to make in a run. Nothing happens to the run itself.

    A change sets tokens at positions (the mask id masks one again); later ones win. What was undone, all at once or
    one by one, can be redone until something else is changed.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._made: list[dict[int, int]] = []
        self._undone: list[dict[int, int]] = []

    @property
    def changes(self) -> dict[int, int]:
        """The token wanted at each position that is changed."""
        changes: dict[int, int] = {}
        for change in self._made:
            changes.update(change)
        return changes

    @property
    def made(self) -> int:
        """The number of changes that can be undone."""
        return len(self._made)

    @property
    def undone(self) -> int:
        """The number of changes that can be made again."""
        return len(self._undone)

    def put(self, tokens: Mapping[int, int]) -> bool:
        """Set tokens. Positions outside the canvas are left out; returns whether anything is other than before."""
        before = self.changes
        change = {at: token for at, token in tokens.items() if 0 <= at < self.run.length and before.get(at) != token}
        if not change:
            return False
        self._made.append(change)
        self._undone.clear()
        return True

    def undo(self) -> bool:
        if self._made:
            self._undone.append(self._made.pop())
            return True
        return False

    def redo(self) -> bool:
        if self._undone:
            self._made.append(self._undone.pop())
            return True
        return False

    def discard(self) -> None:
        """Undo everything."""
        while self.undo():
            pass

    # -- what can be done -----------------------------------------------------------------------------------------

    def token_at(self, position: int, frame: int) -> int | None:
        """The token at a position with the changes made; None is a mask."""
        mask = self.run.start.model.mask_id
        token = self.changes.get(position, self.run.ids(frame)[position])
        return None if token == mask else token

    def wants_blank(self, position: int, frame: int) -> bool:
        """Whether a word that is put at a position needs a blank before it."""
        token_bytes = self.run.token_bytes
        standing = self.token_at(position, frame)
        if standing is not None:
            return token_bytes.bytes_of(standing).startswith(b" ")
        before = self.token_at(position - 1, frame) if position else None
        if before is None:
            return position > 0
        return not token_bytes.bytes_of(before).endswith((b" ", b"\n")) and before not in token_bytes.special

    def mask_again(self, positions: range, frame: int) -> bool:
        """Mask what is written there."""
        mask = self.run.start.model.mask_id
        written = (at for at in positions if self.token_at(at, frame) is not None)
        return self.put(dict.fromkeys(written, mask))

    def pin(self, positions: range, frame: int) -> bool:
        """Keep what is written there, or predicted, for good."""
        kept: dict[int, int] = {}
        pinned = pins(self.run, frame)
        for at in positions:
            cell = self.run.cell(at, frame)
            token = self.token_at(at, frame) if at in self.changes else cell.token
            if token is not None and token != self.run.start.model.mask_id and pinned.get(at) != token:
                kept[at] = token
        return self.put(kept)

    def masks(self, frame: int) -> int:
        """Masks on the canvas with the changes made."""
        ids = self.run.ids(frame)
        for position, token in self.changes.items():
            ids[position] = token
        return ids.count(self.run.start.model.mask_id)

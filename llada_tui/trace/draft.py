"""Changes to a canvas by hand, before a run goes on from it: made, undone and redone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llada_tui.trace.resume_from import pins
from llada_tui.trace.run import Run


class Draft:
    """The changes that somebody means to make in a run, by position. Nothing happens to the run itself. What takes a
    frame counts places on the canvas of that frame.

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
        change = {
            at: token for at, token in tokens.items() if 0 <= at < self.run.positions.ever and before.get(at) != token
        }
        if not change:
            return False
        self._made.append(change)
        self._undone.clear()
        return True

    def write(self, tokens: Sequence[int], first: int, frame: int) -> bool:
        """Set tokens from a place on. A mask where nothing stands is no change."""
        mask = self.run.start.model.mask_id
        places = enumerate(self.run.positions.of(frame)[first:], first)
        pairs = list(zip(places, tokens, strict=False))
        return self.put(
            {
                position: token
                for (place, position), token in pairs
                if token != mask or self.token_at(place, frame) is not None
            }
        )

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

    def changes_at(self, frame: int) -> dict[int, int]:
        """The changes by place on the canvas of a frame: those of positions that stand there."""
        places = {self.run.positions.place_of(position, frame): token for position, token in self.changes.items()}
        return {place: token for place, token in places.items() if place is not None}

    # -- what can be done -----------------------------------------------------------------------------------------

    def token_at(self, place: int, frame: int) -> int | None:
        """The token at a place with the changes made; None is a mask."""
        mask = self.run.start.model.mask_id
        token = self.changes.get(self.run.positions.of(frame)[place], self.run.ids(frame)[place])
        return None if token == mask else token

    def wants_blank(self, place: int, frame: int) -> bool:
        """Whether a word that is put at a place needs a blank before it."""
        token_bytes = self.run.token_bytes
        standing = self.token_at(place, frame)
        if standing is not None:
            return token_bytes.bytes_of(standing).startswith(b" ")
        before = self.token_at(place - 1, frame) if place else None
        if before is None:
            return place > 0
        return not token_bytes.bytes_of(before).endswith((b" ", b"\n")) and before not in token_bytes.special

    def mask_again(self, places: range, frame: int) -> bool:
        """Mask what is written there."""
        positions, mask = self.run.positions.of(frame), self.run.start.model.mask_id
        written = (positions[at] for at in places if self.token_at(at, frame) is not None)
        return self.put(dict.fromkeys(written, mask))

    def pin(self, places: range, frame: int) -> bool:
        """Keep what is written there, or predicted, for good."""
        kept: dict[int, int] = {}
        pinned = pins(self.run, frame)
        for at in places:
            cell = self.run.cell_at(at, frame, noise=False)
            token = self.token_at(at, frame) if cell.position in self.changes else cell.token
            if token is not None and token != self.run.start.model.mask_id and pinned.get(at) != token:
                kept[cell.position] = token
        return self.put(kept)

    def masks(self, frame: int) -> int:
        """Masks on the canvas with the changes made."""
        ids = self.run.ids(frame)
        for place, token in self.changes_at(frame).items():
            ids[place] = token
        return ids.count(self.run.start.model.mask_id)

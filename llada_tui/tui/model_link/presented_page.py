"""The page of a lesson that is open where its session is on show, as a line for those who follow."""

from __future__ import annotations

import msgspec

from llada_tui.trace.text import clean

_LONGEST = 80
"""Most characters of a title or a heading that are shown."""


class PresentedPage(msgspec.Struct, frozen=True, tag_field="event", tag="page"):
    """A page of ``lesson``, by its ``number`` from 1; one above ``pages`` is the end of the lesson.

    It is no event of a session file: who reads one passes over it.
    """

    lesson: str
    number: int
    pages: int
    heading: str = ""

    @property
    def words(self) -> list[str]:
        """The page in words that can be shown: its place, its heading if it has one, and the lesson."""
        place = f"page {self.number} of {self.pages}" if self.number <= self.pages else "the end of the lesson"
        heading = [self.heading] if self.heading and self.number <= self.pages else []
        return [" ".join(clean(text).split())[:_LONGEST] for text in (place, *heading, self.lesson)]


_decoder = msgspec.json.Decoder(PresentedPage)


def page_in(line: bytes) -> PresentedPage | None:
    """The page that a line tells; None for any other line."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None

"""Words of lessons and of the tour that are drawn strong, as code or as keys. Nothing else in a text is markup."""

from __future__ import annotations

from textual.content import Content

from llada_tui.lessons.inline_marks import KeyOf, Mark, key_words, parts

_STYLES = {Mark.NONE: "", Mark.STRONG: "bold", Mark.CODE: "italic $secondary", Mark.KEY: "bold $accent"}
"""A key looks as it does in the footer, and nothing else does."""


def inline(text: str, key_of: KeyOf | None = None) -> Content:
    """Text with its marks drawn; everything else stands as it is."""
    return Content.assemble(
        *((key_words(part, key_of) if mark is Mark.KEY else part, _STYLES[mark]) for mark, part in parts(text))
    )

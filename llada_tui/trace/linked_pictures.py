"""Pictures that a session file links to instead of holding them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from llada_tui import pictures
from llada_tui.units import size_words

MAX_LINKS = 10_000
"""Most links of a session."""
MAX_PATH = 4096
"""Most characters of a link."""


def read_linked(links: Mapping[str, str], folder: Path, room: int) -> tuple[dict[str, bytes], list[str]]:
    """The pictures of ``links`` (a file's path by the picture's name), and a sentence about each that is not to be had.

    A file that is not where it was is looked for beside the session, in ``folder``. Only the very bytes that were asked
    about are taken. ``room``: the most bytes that are read, of all files together, whether they are taken or not.
    """
    contents: dict[str, bytes] = {}
    problems: list[str] = []
    for name, link in links.items():
        problem = ""
        for path in dict.fromkeys((Path(link), folder / Path(link).name)):
            limit = min(pictures.MAX_LINKED, room)
            try:
                content = pictures.read(path, limit)
            except pictures.PictureTooLargeError:
                room -= limit
                problem = "The pictures that the session links to are too large together."
                if limit == pictures.MAX_LINKED:
                    problem = f"The linked picture {path} is larger than {size_words(limit)}."
                continue
            except pictures.PictureError as error:
                problem = problem or f"A linked picture is missing. {error}"
                continue
            room -= len(content)
            if pictures.name_of(content) == name:
                contents[name], problem = content, ""
                break
            problem = f"The linked picture {path} is another one now than the question was about."
        if problem:
            problems.append(problem)
    return contents, problems

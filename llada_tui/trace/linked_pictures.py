"""Pictures that a session file links to instead of holding them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from llada_tui import pictures

MAX_LINKS = 10_000
"""Most links of a session."""
MAX_PATH = 4096
"""Most characters of a link."""


def read_linked(links: Mapping[str, str], folder: Path, room: int) -> tuple[dict[str, bytes], list[str]]:
    """The pictures of ``links`` (a file's path by the picture's name), and a sentence about each that is not to be had.

    A file that is not where it was is looked for beside the session, in ``folder``. Only the very bytes that were asked
    about are taken. ``room``: the most bytes of all together.
    """
    contents: dict[str, bytes] = {}
    problems: list[str] = []
    for name, link in links.items():
        problem = ""
        for path in dict.fromkeys((Path(link), folder / Path(link).name)):
            try:
                content = pictures.read(path)
            except pictures.PictureError as error:
                problem = problem or f"A linked picture is missing. {error}"
                continue
            if pictures.name_of(content) != name:
                problem = f"The linked picture {path} is another one now than the question was about."
            elif len(content) > room:
                problem = "The pictures that the session links to are too large together."
            else:
                contents[name], problem, room = content, "", room - len(content)
                break
        if problem:
            problems.append(problem)
    return contents, problems

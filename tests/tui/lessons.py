"""A lesson that the made-up model of the tests shows, and a desk at which it is open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from llada_tui.lessons.lesson import Lesson
from llada_tui.lessons.lesson_parser import read_lesson
from llada_tui.tui.app import LladaApp
from llada_tui.tui.lesson.lesson_screen import LessonScreen
from llada_tui.tui.shell.options import ChatOptions, LessonOptions
from tests.tui.support import WORKER, Desk, desk

TEXT = """---
title: One letter
summary: twelve places and one letter
order: 40
minutes: 1
---

# Nothing yet

All places are **masks**. It costs `nothing`, [bold]really[/bold].

- one
- two

```run
prompt: write
gen_length: 12
block_length: 6
steps: 12
stop: start
point: masked
ask: Which comes first?
show: Any of the first **six**.
note: Let them guess.
```

# After three steps

Three places are filled, all of them in the first block.

```run
stop: step 3
point: committed
```

# A page without a run

Only words here.

# The other block

```run
stop: block 2
point: 6..11
```

# Another letter

```run
temperature: 1
stop: end
point: "b"
claim: other_answer
```
"""
PAGES = 5


def written(folder: Path, text: str = TEXT, name: str = "letter") -> Lesson:
    """The lesson in a file of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.md"
    path.write_text(text)
    return read_lesson(path)


class Class:
    """A lesson at a desk."""

    def __init__(self, place: Desk, screen: LessonScreen) -> None:
        self.desk, self.screen = place, screen

    async def there(self) -> None:
        """Wait until the page's step is on show."""
        await self.desk.until(lambda: self.arrived, "the page's step")

    @property
    def arrived(self) -> bool:
        return self.screen.scenes.stopped_at is not None and self.frame == self.screen.scenes.stopped_at

    @property
    def frame(self) -> int:
        return self.screen.stage.player.frame

    @property
    def text(self) -> str:
        """All that is written on the page."""
        return "\n".join(str(part.render()) for part in self.screen.pane.query("Static") if part.display)


@asynccontextmanager
async def reading(
    lesson: Lesson, *, size: tuple[int, int] = (120, 40), worker: str | None = WORKER, model: str = "fake", **more: Any
) -> AsyncIterator[Class]:
    """A lesson that is open on top of a chat."""
    app = LladaApp(ChatOptions(model, worker=worker), lesson=LessonOptions(lesson, **more))
    async with desk(app, size) as place:
        await place.until(lambda: app.navigation.lesson_screen is not None, "the lesson is open")
        screen = app.navigation.lesson_screen
        assert screen is not None
        await place.until(lambda: screen.is_mounted and screen.focused is screen.pane, "the page is there")
        yield Class(place, screen)

"""The contents: the tour and all lessons, with how far each was read, and the pages of the one that is open."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from llada_tui.lessons.lesson import Lesson
from llada_tui.lessons.progress import LessonProgress, ReadingPlace


class Chosen(NamedTuple):
    """A lesson and its page, or, without a lesson, the tour. ``page`` is None where the reader stopped last."""

    lesson: Lesson | None
    page: int | None = None


class Contents(ModalScreen[Chosen | None]):
    """Lists what can be learned; gives what was chosen."""

    DEFAULT_CSS = """
    Contents { align: center middle; }
    Contents > Vertical { width: 76; max-width: 96%; height: auto; max-height: 92%; border: round $accent;
        background: $surface; padding: 0 1; }
    Contents OptionList { height: auto; max-height: 100%; border: none; padding: 0; background: $surface;
        scrollbar-size-vertical: 1; }
    Contents OptionList:focus { border: none; }
    Contents Static { height: auto; max-height: 3; color: $text-muted; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f11,q,c", "dismiss(None)", "close")]

    def __init__(
        self,
        lessons: list[Lesson],
        progress: LessonProgress,
        problems: list[str],
        opened: tuple[Lesson, int] | None = None,
    ) -> None:
        """``opened``: the lesson that is being read, and its page."""
        super().__init__()
        self._progress, self._problems, self._opened = progress, problems, opened
        self.rows: list[Chosen] = [Chosen(None)]
        if opened is not None and all(lesson.path != opened[0].path for lesson in lessons):
            lessons = [opened[0], *lessons]
        for lesson in lessons:
            self.rows.append(Chosen(lesson))
            if opened is not None and lesson.path == opened[0].path:
                self.rows += [Chosen(lesson, page) for page in range(len(lesson.pages))]

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Lessons"
            box.border_subtitle = "enter opens · esc closes"
            yield OptionList(*(Option(self._words(row)) for row in self.rows))
            yield Static(markup=False)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.highlighted = self._first()
        options.focus()

    def _first(self) -> int:
        """The entry that is highlighted at first: the page that is open, or the first lesson that was not finished."""
        if self._opened is not None:
            opened, page = self._opened
            shown_row = Chosen(opened, min(page, len(opened.pages) - 1))
            return next((at for at, row in enumerate(self.rows) if row == shown_row), 0)
        if not self._progress.tour and not self._progress.lessons:
            return 0
        unread = (at for at, row in enumerate(self.rows) if row.lesson and not self._place(row.lesson).done)
        return next(unread, 0)

    def _place(self, lesson: Lesson) -> ReadingPlace:
        return self._progress.lessons.get(lesson.name, ReadingPlace())

    def _words(self, row: Chosen) -> Content:
        lesson = row.lesson
        if lesson is None:
            return Content.assemble(("✓ " if self._progress.tour else "  "), ("The tour", "bold"), ("  2 min", "dim"))
        if row.page is not None:
            heading = lesson.pages[row.page].heading or "…"
            return Content.assemble((f"       {row.page + 1}  ", "dim"), heading)
        place = self._place(lesson)
        state = "✓ " if place.done else "▸ " if place.page else "  "
        further = f"  on page {place.page + 1} of {len(lesson.pages)}" if place.page and not place.done else ""
        number = f"{lesson.order:>2}  " if lesson.order < 100 else "    "
        return Content.assemble(state, (number, "dim"), (lesson.title, "bold"), (f"  {lesson.minutes} min", "dim"),
                                (further, "dim"))  # fmt: skip

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        lesson = self.rows[event.option_index].lesson
        words = "What is where on the screen, tried out on a first question." if lesson is None else lesson.summary
        problems = [f"! {problem}" for problem in self._problems[:2]]
        self.query_one(Static).update(Content("\n".join([words, *problems])))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.rows[event.option_index])

"""The tour of the chat's screen: a card that goes from part to part and says what each is for, while all works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Offset, Region, Size
from textual.widget import Widget
from textual.widgets import Static

from llada_tui.lessons.progress import read_progress, write_progress
from llada_tui.settings.presets import PRESETS
from llada_tui.tui.chat.chat_owner import ChatOwner
from llada_tui.tui.chat.prompt_area import PromptArea
from llada_tui.tui.chat.submitter import Submitter
from llada_tui.tui.shell.action_handlers import do
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.bar import Bar, BarText
from llada_tui.tui.shell.footer import key_of
from llada_tui.tui.shell.inline_markup import inline
from llada_tui.tui.stage.workbench import Workbench

QUESTION = "Tell me a story about a bear."
"""The question of the tour: the answer fills the canvas."""


BINDINGS = (
    Binding("enter", do("tour_next"), show=False, priority=True),
    Binding("escape", do("tour_end"), show=False, priority=True),
)
"""Keys that are the tour's while there is one."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of the tour: which part it is about, if it is about one, and what is said there."""

    heading: str
    text: str
    part: str = ""


STOPS = (
    Stop(
        "Welcome",
        "Here you watch a language model write. It does not write one word after the other, as most do: it begins "
        "with blanks, and fills them in, a few at a time.\n\nThe tour takes two minutes, and everything works "
        "meanwhile.",
    ),
    Stop(
        "The prompt",
        "Here you ask. This time the tour does: press {key:tour_next}, and watch the field named Canvas.",
        "#prompt",
    ),
    Stop(
        "The canvas",
        "This is the answer in the making. **░░░** is a blank, called a mask. In every step the model guesses all "
        "masks. It keeps a guess that it is sure of (on a bright ground) and masks the others again (violet): watch "
        "them change. The last line of the field tells which words are which; **‹eot›** and **∎** mean that the text "
        "is over.",
        "#canvas-box",
    ),
    Stop(
        "The steps",
        "You can go back and forth through the steps, also while it writes. Try it: {key:first} goes to the blank "
        "page, each {key:forward} one step on. Watch the violet guesses change until they are kept. {key:play} plays, "
        "and pauses. Your mouse works here too.",
        "#timeline",
    ),
    Stop(
        "The knobs",
        "How it writes is set here. Fewer **steps** are faster, and often worse. Try it: {key:knobs}, type 2 "
        "for the steps and {key:tour_next}, {key:leave} to come back. Then {key:again} asks the same again: do all "
        "words still fit?",
        "#panel",
    ),
    Stop(
        "The keys",
        "The knob that you turned is back where it was. The last line has the keys that do something now, and "
        "{key:commands} finds every command by its name. {key:help} explains everything. {key:leave} always leads "
        "back, and nothing is lost.",
        "#keys",
    ),
    Stop(
        "That is all",
        "The small model that comes along knows sums, capitals, animals, short stories and word games, and talks "
        "nonsense now and then beyond them.\n\nThe first lesson tells in four minutes how this can work: "
        "{key:tour_next} begins it, {key:tour_end} stays here. {key:lessons} lists all lessons, and this tour; "
        "{key:commands} has them under that name.",
    ),
)


_FIXED_KEYS = {"tour_next": "enter", "tour_end": "esc", "down": "↓", "commands": "^p"}
"""Keys that cannot be rebound, by the names that the stops have for them."""

WAITING = "The model is still being loaded; the answer begins once it is there."


class TourBar(Bar):
    """The line of keys of the card."""

    last = False

    def parts(self, width: int) -> list[BarText]:
        go_on, end = ("lesson 1", "stay here") if self.last else ("go on", "end the tour")
        return [
            BarText("enter", "accent", "tour_next"),
            BarText(f" {go_on}   ", "text", "tour_next"),
            BarText("esc", "accent", "tour_end"),
            BarText(f" {end}", "text", "tour_end"),
        ]


class TourCard(Vertical):
    """Says what a part of the screen is for, beside that part."""

    DEFAULT_CSS = """
    TourCard { layer: tour; width: 72; max-width: 96%; height: auto; max-height: 100%; border: round $warning;
        background: $surface; padding: 0 1; border-title-color: $warning; border-title-style: bold;
        border-subtitle-color: $text-muted; }
    TourCard Static { height: auto; margin-bottom: 1; }
    """

    def __init__(self, sized: Callable[[], None]) -> None:
        """``sized`` is called once the card has another size, and may have to stand elsewhere."""
        super().__init__(id="tour")
        self._sized = sized
        self._text = Static(markup=False)
        self._bar = TourBar()

    def compose(self) -> ComposeResult:
        yield self._text
        yield self._bar

    def on_resize(self) -> None:
        self._sized()

    def show(self, number: int, *, waiting: bool) -> None:
        """Show a stop, counted from 0; ``waiting``: for a model that is still being loaded."""
        stop = STOPS[number]
        self.border_title = stop.heading
        self.border_subtitle = f"{number + 1} of {len(STOPS)}"
        self._text.update(inline(f"{stop.text}\n\n{WAITING}" if waiting else stop.text, self._key))
        self._bar.last = number == len(STOPS) - 1
        self._bar.refresh()

    def _key(self, id: str) -> str:
        return _FIXED_KEYS.get(id) or key_of(app_of(self), id, typing=True)

    def put_beside(self, part: Region | None, spared: Region, screen: Size) -> None:
        """Go beside a part of the screen; without one into the middle."""
        self.styles.offset = beside(part, spared, self.outer_size, screen)


def beside(part: Region | None, spared: Region, card: Size, screen: Size) -> Offset:
    """The place of a card of a size beside a part of the screen: as a whole in sight, and where it covers the least of
    that part, and then of what is to be ``spared``."""
    right, low = max(screen.width - card.width, 0), max(screen.height - card.height, 0)
    if part is None or not part:
        return Offset(right // 2, low // 2)
    across, down = part.x + (part.width - card.width) // 2, part.y + (part.height - card.height) // 2
    places = (
        Offset(across, part.y - card.height),
        Offset(across, part.bottom),
        Offset(across, 0),
        Offset(across, low),
        Offset(part.x - card.width, down),
        Offset(part.right, down),
        Offset(part.right - card.width - 2, part.bottom - card.height - 2),
    )
    inside = [Offset(min(max(at.x, 0), right), min(max(at.y, 0), low)) for at in places]
    covered = [Region.from_offset(at, card) for at in inside]
    best = min(covered, key=lambda region: (region.intersection(part).area, region.intersection(spared).area))
    return best.offset


class Tour:
    """The part of the chat that gives the tour."""

    def __init__(self, owner: ChatOwner, workbench: Workbench, submitter: Submitter) -> None:
        self._screen, self._owner, self._workbench, self._submitter = owner.screen, owner, workbench, submitter
        self._stop: int | None = None
        """The stop that is on show."""
        self._steps: int | None = None
        """The knob that this stop asks to be turned, as it was before."""

    def can(self, id: str) -> bool:
        """Whether the tour takes a key: enter goes on with it unless it ends what is typed; escape ends it unless it
        leads to the prompt."""
        if self._stop is None:
            return False
        if id == "tour_next":
            return not self._screen.query_one(PromptArea).text and not self._workbench.stage.knobs.entering
        return isinstance(self._screen.focused, PromptArea)

    @property
    def is_new(self) -> bool:
        """Whether nothing tells that the person has been here before: neither the tour nor a session."""
        folder = app_of(self._screen).sessions_folder
        return not read_progress(folder).tour and not any(folder.glob("*.jsonl"))

    def action_tour(self) -> None:
        """Begin the tour."""
        self._owner.home()
        if self._stop is None:
            self._screen.mount(TourCard(self.place))
        self._show_stop(0)

    async def action_tour_next(self) -> None:
        """Go on; from the prompt with a question, from the last stop to the first lesson."""
        number = self._stop
        if number is None:
            return
        if STOPS[number].part == "#prompt" and not self._workbench.occupied:
            await self._submitter.ask(QUESTION)
        if number + 1 < len(STOPS):
            self._show_stop(number + 1)
            return
        self.action_tour_end()
        self._screen.app.call_later(self._begin_lesson)

    async def _begin_lesson(self) -> None:
        """Open the first lesson; what the tour asked makes room for it."""
        self._submitter.withdraw()
        await self._workbench.worker.cancel()
        await app_of(self._screen).navigation.open_first_lesson()

    def action_tour_end(self) -> None:
        """End the tour, which is not offered as loudly again."""
        self._put_back()
        self._stop = None
        self._point_at(None)
        self._screen.query(TourCard).remove()  # not awaited: it may be the card's own click that ends it
        folder = app_of(self._screen).sessions_folder
        progress = read_progress(folder)
        progress.tour = True
        write_progress(folder, progress)
        self._owner.greet()
        self._owner.update_keys()

    def _put_back(self) -> None:
        """Turn the knob that this stop had turned to where it was. A preset was chosen by the person, and stays."""
        steps, self._steps = self._steps, None
        settings, knobs = self._workbench.settings, self._workbench.stage.knobs
        named = any(preset.of(knobs.model, knobs.block_length).matches(settings) for preset in PRESETS)
        if steps is not None and steps != settings.steps and not named:
            knobs.set_to(steps=steps)

    def _show_stop(self, number: int) -> None:
        self._put_back()
        if STOPS[number].part == "#panel":
            self._steps = self._workbench.settings.steps
        self._stop = number
        self._owner.home()
        self.update()
        self.place()

    def update(self) -> None:
        """Bring the card up to date."""
        if self._stop is not None:
            waiting = self._submitter.waiting and self._workbench.worker.link.model is None
            self._screen.query_one(TourCard).show(self._stop, waiting=waiting)

    def place(self) -> None:
        """Put the card where it belongs, once the screen is drawn: parts of it may have other sizes now."""
        if self._stop is not None:
            self._screen.call_after_refresh(self._place)

    def _place(self) -> None:
        """Put the card beside the part that it is about, and mark that part."""
        if self._stop is None:
            return
        name = STOPS[self._stop].part
        part = self._screen.query_one(name) if name else None
        is_shown = part is not None and bool(part.region) and part.display
        self._point_at(part if is_shown else None)
        spared = self._screen.query_one("#canvas-box").region
        card = self._screen.query_one(TourCard)
        card.put_beside(part.region if part is not None and is_shown else None, spared, self._screen.size)

    def _point_at(self, part: Widget | None) -> None:
        for other in self._screen.query(".-toured"):
            other.remove_class("-toured")
        if part is not None:
            part.add_class("-toured")

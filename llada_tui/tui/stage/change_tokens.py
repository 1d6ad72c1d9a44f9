"""Changing tokens by hand: what can be done with the selected ones, and text to put in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from llada_tui.analysis.token_history import TokenHistory
from llada_tui.trace.cell import State
from llada_tui.trace.draft import Draft
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.shell.drawable import is_drawable
from llada_tui.tui.shell.styled_lines import fitted
from llada_tui.tui.shell.text_fields import LineText

MOST = 9
"""Candidates that are offered: each has a digit for its key."""
_LABEL, _BAR = 18, 12


class TokenAction(NamedTuple):
    """The action that was chosen: ``keep``, ``mask``, ``write``, or ``token`` with its id."""

    what: str
    token: int = 0


class ChangeDialog(ModalScreen[TokenAction | None]):
    """The dialog of what to do with the selected tokens of a run: keep, mask again, another candidate, written text."""

    DEFAULT_CSS = """
    ChangeDialog { align: right bottom; background: $background 0%; }
    ChangeDialog > Vertical { width: 56; max-width: 100%; height: auto; max-height: 90%; border: round $accent;
        background: $surface; padding: 0 1; margin: 0 1 1 1; }
    ChangeDialog OptionList { height: auto; max-height: 14; background: $surface; border: none; padding: 0; }
    ChangeDialog OptionList:focus { border: none; }
    ChangeDialog Static { height: auto; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "leave"),
        Binding("k", "choose('keep')", "keep"),
        Binding("m,delete,backspace", "choose('mask')", "mask again"),
        Binding("w", "choose('write')", "write text"),
        *(Binding(str(number), f"number({number})", "candidate") for number in range(1, MOST + 1)),
    ]

    def __init__(self, draft: Draft, positions: range, frame: int, *, cannot_write: str) -> None:
        """``cannot_write``: empty, or why no text can be written."""
        super().__init__()
        self._draft, self._positions, self._frame, self._cannot_write = draft, positions, frame, cannot_write
        self.candidates = candidates(draft, positions[0], frame) if len(positions) == 1 else []

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(self._title())
            box.border_subtitle = "enter chooses · esc leaves"
            yield OptionList(*self._options(), markup=False)
            if words := self._words():
                yield Static(words, markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def _title(self) -> str:
        first, last = self._positions[0], self._positions[-1]
        if first != last:
            return f"Positions {first} to {last}"
        token = self._draft.token_at(first, self._frame)
        label = f" · {_quoted(self._draft.run.token_bytes, token)}" if token is not None else " · masked"
        return f"Position {first}{label}"

    def _options(self) -> list[Option]:
        draft, frame = self._draft, self._frame
        written = [at for at in self._positions if draft.token_at(at, frame) is not None]
        options = []
        changes = draft.changes_at(frame)
        if keepable := [at for at in self._positions if at not in changes and _can_keep(draft, at, frame)]:
            words = "keep it: no step takes it back" if written else self._guess(keepable[0])
            if len(keepable) > 1:
                words = f"keep what stands there ({len(keepable)} tokens)"
            options.append(_option("k", words, "keep"))
        if written:
            words = "mask it again" if len(self._positions) == 1 else f"mask {len(written)} tokens again"
            options.append(_option("m", words, "mask"))
        for number, (token, chance) in enumerate(self.candidates, 1):
            options.append(Option(self._candidate(number, token, chance), id=f"token:{token}"))
        words = "write text" if not self._cannot_write else f"write text: {self._cannot_write}"
        options.append(_option("w", words, "write", disabled=bool(self._cannot_write)))
        return options

    def _guess(self, position: int) -> str:
        cell = self._draft.run.cell_at(position, self._frame, noise=False)
        label = _quoted(self._draft.run.token_bytes, cell.token) if cell.token is not None else ""
        return f"keep the guess {label} {cell.confidence:.1%}"

    def _candidate(self, number: int, token: int, chance: float) -> Content:
        label = fitted(_quoted(self._draft.run.token_bytes, token), _LABEL)
        bar = "━" * max(round(chance * _BAR), 1)
        return Content.assemble((f"{number}  ", "bold"), f"{label} ", f"{chance:6.1%} ", bar)

    def _words(self) -> str:
        if len(self._positions) > 1:
            return ""
        run = self._draft.run
        if (
            TokenHistory(run, run.positions.of(self._frame)[self._positions[0]]).candidates(max(self._frame, 1))
            is not None
        ):
            return ""
        words = "These were its guesses in earlier steps" if self.candidates else "No candidates were recorded"
        return f"{words}: the knob “alternatives” has candidates recorded."

    def action_choose(self, what: str) -> None:
        options = self.query_one(OptionList)
        for option in options.options:
            if option.id == what and not option.disabled:
                self.dismiss(TokenAction(what))

    def action_number(self, number: int) -> None:
        if number <= len(self.candidates):
            self.dismiss(TokenAction("token", self.candidates[number - 1][0]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        what, _, token = str(event.option.id).partition(":")
        self.dismiss(TokenAction(what, int(token) if token else 0))


def candidates(draft: Draft, place: int, frame: int) -> list[tuple[int, float]]:
    """Tokens that the model considered for a place, most likely first, without the one that stands there or that
    is guessed there."""
    history = TokenHistory(draft.run, draft.run.positions.of(frame)[place])
    recorded = history.candidates(max(frame, 1))  # before the first step: those that it was to choose from
    if recorded is not None:
        pairs = list(zip(recorded[1].tokens, recorded[1].confidences, strict=False))
    else:
        confidences = {guess.token: guess.confidence for guess in history.guesses if guess.frame <= max(frame, 1)}
        pairs = sorted(confidences.items(), key=lambda pair: -pair[1])
    standing = draft.token_at(place, frame) or draft.run.cell_at(place, frame, noise=False).token
    mask = draft.run.start.model.mask_id
    return [(token, max(0.0, min(chance, 1.0))) for token, chance in pairs if token not in (standing, mask)][:MOST]


def _can_keep(draft: Draft, place: int, frame: int) -> bool:
    """Whether something stands at a place, or was predicted for it, that is not kept already."""
    cell = draft.run.cell_at(place, frame, noise=False)
    return cell.token is not None and cell.state is not State.PINNED


def _option(key: str, words: str, id: str, *, disabled: bool = False) -> Option:
    return Option(Content.assemble((f"{key}  ", "bold"), words), id=id, disabled=disabled)


def _quoted(token_bytes: TokenBytes, token: int) -> str:
    """A token in quotes, its blanks to be seen."""
    return f"“{token_bytes.label(token).replace(' ', '␣')}”"


class WriteText(ModalScreen[list[int] | None]):
    """Asks for text to put on the canvas, and shows the tokens that it makes. None if it was left."""

    DEFAULT_CSS = """
    WriteText { align: center bottom; background: $background 0%; }
    WriteText > Vertical { width: 76; max-width: 100%; height: auto; border: round $accent; background: $surface;
        padding: 0 1; margin: 0 1 1 1; }
    WriteText Static { height: auto; margin-bottom: 1; }
    WriteText #tokens { min-height: 2; margin: 0; color: $text-muted; }
    WriteText Input { border: round $pane-border; }
    WriteText Input:focus { border: round $accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "leave"),
        Binding("ctrl+b", "blank", "blank before", priority=True),
    ]

    def __init__(
        self,
        title: str,
        token_bytes: TokenBytes,
        mask: int,
        room: int,
        encode: Callable[[str, Callable[[list[int]], None], Callable[[], None]], None],
        *,
        blank: bool,
    ) -> None:
        """``room``: positions from there to the canvas' end. ``encode`` asks for the tokens of a text, and
        calls the first function with them, or the second if none will come. ``blank``:
        whether a blank is to stand before a word."""
        super().__init__()
        self._title, self._token_bytes, self._mask, self._room, self._encode = title, token_bytes, mask, room, encode
        self._blank = blank
        self._tokens: list[int] = []
        self._encoded = ""
        self._accepted = False
        """Whether the text is to be put there once its tokens are known."""
        self._failed = False
        """Whether no tokens came for the text."""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(self._title)
            box.border_subtitle = "enter puts it there · ^b blank before it · esc leaves"
            yield Static(
                "It takes the place of as many tokens as it has itself. {mask:12} stands for 12 masks.", markup=False
            )
            yield LineText()
            yield Static(id="tokens", markup=False)

    def on_mount(self) -> None:
        self.query_one(LineText).focus()
        self._show()

    @property
    def text(self) -> str:
        """The text that was typed, with the blank that a word needs before it."""
        typed = self.query_one(LineText).text
        return f" {typed}" if self._blank and typed and not typed.startswith((" ", "{mask:")) else typed

    def action_blank(self) -> None:
        self._blank = not self._blank
        self.on_input_changed()

    def on_input_changed(self) -> None:
        self._accepted = False
        self._ask()

    def _ask(self) -> None:
        text = self.text
        self._failed = False
        if text and text != self._encoded:
            self._encode(text, lambda tokens: self._take(text, tokens), lambda: self._fail(text))
        self._show()

    def _fail(self, text: str) -> None:
        if is_drawable(self) and text == self.text:
            self._accepted, self._failed = False, True
            self._show()

    def _take(self, text: str, tokens: list[int]) -> None:
        if not is_drawable(self) or text != self.text:
            return
        self._encoded, self._tokens = text, tokens
        self._show()
        if self._accepted:
            self.dismiss(tokens[: self._room])

    def _show(self) -> None:
        where = "a blank before it" if self._blank else "no blank before it"
        words = f"{where} · the tokens are shown here"
        if self.text and self._encoded == self.text:
            labels = ["░" if token == self._mask else self._token_bytes.label(token) for token in self._tokens[:40]]
            parts = " ".join(label.replace(" ", "␣") for label in labels)
            count = len(self._tokens)
            words = f"{count} token{'s' if count != 1 else ''}: {parts}"
            if count > self._room:
                words += f"\nOnly {self._room} of them fit on the canvas."
        elif self._failed:
            words = "The model could not be asked for the tokens: enter asks again."
        self.query_one("#tokens", Static).update(words)

    def on_input_submitted(self) -> None:
        if not self.text:
            self.dismiss(None)
        elif self._encoded == self.text:
            self.dismiss(self._tokens[: self._room])
        else:
            self._accepted = True
            self._ask()

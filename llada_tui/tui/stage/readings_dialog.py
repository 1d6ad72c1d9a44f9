"""The dialog of other readings of a step, and of a token's rank in its pass."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import Choice, StepData
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean
from llada_tui.tui.model_link.worker_queries import WorkerQueries
from llada_tui.tui.shell.drawable import is_drawable
from llada_tui.tui.shell.styled_lines import fitted
from llada_tui.tui.shell.text_fields import LineText
from llada_tui.tui.stage.knob_rows import turned
from llada_tui.worker.reading_messages import Ranked, Reading

_LABEL = 30
_MOST = 12
"""Tokens of a reading that are listed."""


class ReadingsDialog(ModalScreen[SamplerSettings | None]):
    """A list of other settings, with what each would have committed in a run's last step. It gives those that were
    chosen, None if it was left. Below them a token's rank at a position, for what is typed."""

    DEFAULT_CSS = """
    ReadingsDialog { align: center bottom; background: $background 0%; }
    ReadingsDialog > Vertical { width: 110; max-width: 100%; height: auto; max-height: 90%; border: round $accent;
        background: $surface; padding: 0 1; margin: 0 1 1 1; }
    ReadingsDialog OptionList { height: auto; max-height: 8; background: $surface; border: none; padding: 0;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    ReadingsDialog OptionList:focus { border: none; }
    ReadingsDialog Static { height: auto; color: $text-muted; }
    ReadingsDialog Horizontal { height: 1; }
    ReadingsDialog Horizontal Static { width: auto; margin-right: 1; }
    ReadingsDialog Input, ReadingsDialog Input:focus { border: none; height: 1; padding: 0; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "leave")]

    def __init__(
        self,
        run: Run,
        others: Sequence[SamplerSettings],
        position: int | None,
        queries: WorkerQueries,
        ask: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """``others``: the settings to read with. ``position``: where tokens are ranked; None for the first that the
        step predicted. ``ask`` sends a question of ``queries``."""
        super().__init__()
        self._run, self._others, self._queries, self._ask = run, others, queries, ask
        step = run.steps[-1]
        self._made = {(choice.position, choice.token) for choice in step.commits}
        predicted = sorted(choice.position for choice in (*step.commits, *step.predictions))
        self._position = position if position in predicted else next(iter(predicted), 0)
        self.answers: dict[int, StepData | None] = {}
        """The readings that have come, by their rows; None where the pass cannot be read so."""
        self.ranks: list[tuple[str, int, Ranked | None]] = []
        """The texts asked about, how many tokens each has, and the rank of its first; None where there is none."""

    def compose(self) -> ComposeResult:
        run = self._run
        with Vertical() as box:
            box.border_title = (
                f"Step {run.start.step + run.last}, read otherwise: tokens kept, their confidence, @ their position"
            )
            box.border_subtitle = "enter commits that instead, in a branch · tab types a token · esc leaves"
            yield OptionList(self._row(-1), *(self._row(at) for at in range(len(self._others))), markup=False)
            with Horizontal():
                yield Static(f"Rank at position {self._position}:", markup=False)
                yield LineText(placeholder="a word")
            yield Static(id="rank", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self._read(0)

    def _read(self, at: int) -> None:
        """Ask for a row's reading, and for the next when it has come: a worker takes few questions at once."""
        if at < len(self._others):

            def take(reading: Reading | None = None) -> None:
                if is_drawable(self):
                    self.answers[at] = None if reading is None else reading.data
                    self._list_rows()
                    self._read(at + 1)

            self._ask(self._queries.read(self._run, self._others[at], take, take))

    def _list_rows(self) -> None:
        """List the readings anew: those that commit the same as the step come last. The row that was gone to stays
        highlighted."""
        rows = self.query_one(OptionList)
        option = rows.highlighted_option if (rows.highlighted or 0) > 1 else None
        places = sorted(range(len(self._others)), key=lambda at: at in self.answers and not self._differs(at))
        rows.set_options([self._row(at) for at in (-1, *places)])
        rows.highlighted = 1 if option is None else rows.get_option_index(str(option.id))

    def _differs(self, at: int) -> bool:
        """Whether a reading that has come commits something else than the step."""
        data = self.answers[at]
        return data is not None and {(choice.position, choice.token) for choice in data.commits} != self._made

    def _row(self, at: int) -> Option:
        return Option(self._words(at), str(at), disabled=at < 0)

    def _words(self, at: int) -> Content:
        """The words of a row: what differs in its settings, and what they would have committed, if it is not the same;
        what the step did not is bold. Row -1 is the step as it was made."""
        if at < 0:
            return Content.assemble(fitted("as it was made", _LABEL), "  ", *self._tokens(self._run.steps[-1].commits))
        before = self._run.settings_at(self._run.last - 1)
        words = [word.removeprefix("remasking ") for word in turned(self._others[at], before)]
        words = [word for word in words if not any(other.startswith(f"{word} ") for other in words)]
        label = fitted(" · ".join(words) or "with the usual parameters", _LABEL)
        if at not in self.answers:
            return Content.assemble((label, "bold"), "  …")
        data = self.answers[at]
        if data is None:
            return Content.assemble((label, "bold"), "  cannot be read from this pass")
        if not self._differs(at):
            return Content.assemble(label, "  the same")
        return Content.assemble((label, "bold"), "  ", *self._tokens(data.commits))

    def _tokens(self, commits: Sequence[Choice]) -> list[str | tuple[str, str]]:
        parts: list[str | tuple[str, str]] = [f"{len(commits)} tokens: "] if len(commits) > 1 else []
        for choice in sorted(commits, key=lambda choice: choice.position)[:_MOST]:
            label = self._run.token_bytes.label(choice.token).strip() or "␣"
            words = f"{label} {choice.confidence:.0%}" if choice.confidence else label  # of ends that are held back: 0
            is_made = (choice.position, choice.token) in self._made
            parts += [words if is_made else (words, "bold"), f" @{choice.position}  "]
        return parts or ["nothing"]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        at = int(event.option_id or -1)
        if at >= 0 and self.answers.get(at) is not None:
            self.dismiss(self._others[at])

    # -- a token's rank -----------------------------------------------------------------------------------------------

    def on_input_submitted(self) -> None:
        """Ask for the rank of the first token of what was typed, as it is and with a blank before it."""
        text = self.query_one(LineText).text.strip()
        self.ranks = []
        for asked in (f" {text}", text) if text else ():
            self._ask(self._queries.encode(asked, partial(self._rank, asked)))

    def _rank(self, text: str, tokens: list[int]) -> None:
        def take(ranked: Ranked | None = None) -> None:
            if is_drawable(self):
                self.ranks.append((text, len(tokens), ranked))
                self._show_ranks()

        if tokens and is_drawable(self):
            self._ask(self._queries.rank(self._run, self._position, tokens[0], take, take))

    def _show_ranks(self) -> None:
        lines = []
        for text, count, ranked in self.ranks:
            quoted = f"“{clean(text).replace(' ', '␣')}”" + (f" (the first of its {count} tokens)" if count > 1 else "")
            if ranked is None:
                lines.append(f"{quoted}: this position was not read in the last pass")
            else:
                lines.append(f"{quoted}: rank {ranked.rank:,}, probability {_percent(ranked.probability)}")
        self.query_one("#rank", Static).update("\n".join(lines))


def _percent(probability: float) -> str:
    """A probability in percent, with two decimals, or two digits where it is less than those can say."""
    return f"{probability:.2%}" if probability >= 0.0001 or not probability else f"{probability * 100:.1e}%"

"""Choosing another model while the program runs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from llada_tui.models.catalog import CHECKPOINTS, DEMO, Checkpoint
from llada_tui.models.recommendation import Recommendation
from llada_tui.tui.shell.text_fields import LineText
from llada_tui.units import size_words
from llada_tui.worker.protocol import Load

_QUANTIZATIONS = (None, "nf4", "int8")


class ChooseModel(ModalScreen[Load | None]):
    """The known checkpoints, or any other by its folder or hub id; with quantisation."""

    DEFAULT_CSS = """
    ChooseModel { align: center middle; }
    ChooseModel > Vertical { width: 84; max-width: 96%; height: auto; max-height: 90%; border: round $accent;
        background: $surface; padding: 1 2; }
    ChooseModel OptionList { height: auto; max-height: 14; margin-bottom: 1; background: $surface; }
    ChooseModel Static { height: auto; }
    ChooseModel Input { margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel"),
        Binding("ctrl+b", "bits", "quantisation", priority=True),
    ]

    def __init__(self, current: Load, proposal: Recommendation | None = None) -> None:
        """``current`` is what is loaded; ``proposal`` is the model to begin with on this machine, which comes first."""
        super().__init__()
        self._current = current
        self._proposal = proposal
        self._quantization = current.quantization

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Model"
            box.border_subtitle = "enter loads · ^b quantisation · tab other field · esc leaves"
            embedded = Content.assemble(("demo", "bold"), "\nThe small model that ships with llada-tui.")
            first = None if self._proposal is None else self._proposal.checkpoint
            ordered = sorted(CHECKPOINTS, key=lambda checkpoint: checkpoint is not first)
            others = [Option(_describe(checkpoint, self._proposal), id=checkpoint.id) for checkpoint in ordered]
            yield OptionList(Option(embedded, id=DEMO), *others, markup=False)
            yield Static("Or a folder, or a hub id:", markup=False)
            yield LineText(placeholder="GSAI-ML/LLaDA-8B-Instruct")
            yield Static(id="bits", markup=False)

    def on_mount(self) -> None:
        choices = self.query_one(OptionList)
        choices.focus()
        if self._proposal is not None and self._current.source == DEMO:
            choices.highlighted = 1
        self._show_bits()

    def _show_bits(self) -> None:
        words = self._quantization or "none: the checkpoint's own numbers"
        self.query_one("#bits", Static).update(f"quantisation: {words}")

    def action_bits(self) -> None:
        at = _QUANTIZATIONS.index(self._quantization) if self._quantization in _QUANTIZATIONS else 0
        self._quantization = _QUANTIZATIONS[(at + 1) % len(_QUANTIZATIONS)]
        self._show_bits()

    def _load(self, source: str) -> None:
        quantization = None if source == DEMO else self._quantization
        if quantization is None and self._proposal is not None and source == self._proposal.checkpoint.id:
            quantization = self._proposal.quantization
        self.dismiss(Load(source, self._current.dtype, self._current.device, quantization))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._load(str(event.option.id))

    def on_input_submitted(self) -> None:
        if source := self.query_one(LineText).text.strip():
            self._load(source)


def _describe(checkpoint: Checkpoint, proposal: Recommendation | None) -> Content:
    sizes = f"  {size_words(checkpoint.bf16_bytes)} in bf16, {size_words(checkpoint.nf4_bytes)} in 4-bit"
    title = Content.assemble((checkpoint.id, "bold"), (sizes, "dim"))
    if proposal is None or checkpoint is not proposal.checkpoint:
        return Content.assemble(title, f"\n{checkpoint.summary}")
    bits = ", and is loaded in 4-bit" if proposal.quantization else ""
    runs = f"This machine can run it: enter downloads {size_words(proposal.download)}, once{bits}."
    return Content.assemble(title, f"\n{runs} {checkpoint.summary}")

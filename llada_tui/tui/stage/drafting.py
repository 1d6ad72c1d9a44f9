"""Branching: going on from any step of any run, unchanged, with other knobs, or with tokens changed by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from llada_tui.settings.prompt import has_holes, typed_prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.draft import Draft
from llada_tui.trace.events import FINISHED, ModelInfo, RunEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.resume_from import branch_settings
from llada_tui.trace.run import Run
from llada_tui.tui.shell.footer import key_here
from llada_tui.tui.stage.drafting_owner import DraftingOwner
from llada_tui.tui.stage.knob_rows import looks_back_words, turned
from llada_tui.tui.stage.page import Item

if TYPE_CHECKING:
    from llada_tui.tui.stage.change_tokens import TokenAction

SKETCH = "sketch"
"""The name of a run that has not begun: an empty canvas to put words on."""


class Drafting:
    """The part of a workbench that changes canvases by hand and branches. ``draft`` holds the changes while they are
    being made."""

    def __init__(self, owner: DraftingOwner) -> None:
        self._screen, self._stage, self._owner = owner.screen, owner.stage, owner
        self.draft: Draft | None = None
        self._last_draft: Draft | None = None
        """The draft that was begun last: what was undone in it can be redone."""
        self._shown_before: tuple[Run | None, int] = (None, 0)
        """The run and the frame that were on the stage before an empty canvas was."""
        self._sent: Draft | None = None
        """The draft whose branch was asked for and has not begun."""

    def leave(self) -> bool:
        """Step out of what has the focus, and then out of the draft; False if there is none."""
        if self.draft is None or self._stage.whole:
            return False
        if self._screen.focused is self._stage.canvas:
            self.leave_draft()
        else:
            self._stage.canvas.focus()
        return True

    def leave_words(self) -> str:
        """The effect that `leave` would have now, for the footer; empty if nothing."""
        if self.draft is None or self._stage.whole:
            return ""
        return "leave it" if self._screen.focused is self._stage.canvas else "to the canvas"

    def footer_items(self) -> list[Item]:
        """For the footer: what can be done with the draft."""
        entries: list[Item] = [(id, None) for id in ("change", "pin", "mask_again", "write", "mark", "undo")]
        entries += self._stage.panel.footer_setup()
        leaving: list[Item] = [("leave", words)] if (words := self.leave_words()) else []
        return [*leaving, *entries, ("own_settings", None), ("tree", None), ("help", None)]

    # -- beginning and leaving ----------------------------------------------------------------------------------------

    async def action_branch(self) -> None:
        """Begin a branch at the step on show; once one is begun, let it go on."""
        run = self._stage.player.run
        if self.draft is not None:
            await self._go_on(self.draft)
        elif run is None:
            self._screen.notify("There is no run to go on from yet: ask something first.")
        else:
            self.begin_draft(run)

    def begin_draft(self, run: Run) -> None:
        """Change a run's canvas at the step on show. What was undone when a draft was left can be redone."""
        if self._last_draft is None or self._last_draft.run is not run:
            self._last_draft = Draft(run)
        self.draft, frame = self._last_draft, self._stage.player.frame
        self._stage.seek(frame)
        self._stage.drafting = True
        self._stage.canvas.focus()
        self.show_draft()
        link, settings = self._owner.worker.link, run.settings_at(frame)
        if words := looks_back_words(settings, settings, link, run.start.step + frame):
            self._screen.notify(words)

    def leave_draft(self) -> None:
        """Back to looking. The changes can be redone when a branch is begun here again."""
        draft, self.draft = self.draft, None
        if draft is None:
            return
        draft.discard()
        self._stage.canvas.change({})
        self._stage.canvas.begun = None
        self._stage.drafting = False
        if draft.run.id == SKETCH:
            run, frame = self._shown_before
            self._owner.show_run(run, play=False, frame=frame)
        if draft.undone:
            branch, redo = key_here(self._screen, "branch"), key_here(self._screen, "redo")
            self._screen.notify(f"The changes are left out; {branch} and then {redo} (redo) bring them back.")
        self._owner.update_keys()

    def show_draft(self) -> None:
        """Draw the changes, and say what there is to go on with."""
        draft = self.draft
        if draft is None:
            return
        run, frame = draft.run, self._stage.player.frame
        self._stage.canvas.change(draft.changes)
        if run.id == SKETCH:
            place, words = "before the start", "nothing is set yet"
        else:
            place, words = f"from step {run.start.step + frame}", "unchanged"
        differences = [f"{draft.made} change{'s' if draft.made != 1 else ''}"] if draft.made else []
        differences += self._turned(draft, frame)
        if differences:
            words = " · ".join(differences)
        elif run.id != SKETCH and frame == run.last and run.end is not None and run.end.reason == FINISHED:
            words = "it had ended here"
        self._stage.draft_bar.show(place, words, draft.made, draft.undone)
        self._owner.update_keys()

    def _turned(self, draft: Draft, frame: int) -> list[str]:
        """The knobs that stand otherwise than they did for the run."""
        return [] if draft.run.id == SKETCH else turned(self._owner.settings, draft.run.settings_at(frame))

    # -- changing -----------------------------------------------------------------------------------------------------

    async def action_change(self) -> None:
        """Ask what to do with the selected tokens; the first in sight is selected if none is."""
        if not self._ready_to_change():
            return
        canvas, draft = self._stage.canvas, self.draft
        if canvas.selected is None:
            canvas.move_selection(0)
        elif draft is not None:
            chosen = canvas.chosen
            frame = self._stage.player.frame
            cannot = "its model is not loaded" if self._owner.cannot_continue(draft.run) else ""
            from llada_tui.tui.stage.change_tokens import ChangeDialog

            self._screen.app.push_screen(ChangeDialog(draft, chosen, frame, cannot_write=cannot), self._do)

    def _ready_to_change(self) -> bool:
        """Have a draft; without a run there is none."""
        run = self._stage.player.run
        if run is None:
            self._screen.notify("There is no canvas to change yet: ask something first.")
        elif self.draft is None:
            self.begin_draft(run)
        return self.draft is not None

    def _do(self, choice: TokenAction | None) -> None:
        if choice is None or self.draft is None:
            return
        if choice.what == "keep":
            self.action_pin()
        elif choice.what == "mask":
            self.action_mask_again()
        elif choice.what == "write":
            self.action_write()
        elif self.draft.put({self._stage.canvas.frame_rows.positions[self._stage.canvas.chosen[0]]: choice.token}):
            self.show_draft()

    def _change(self, change: Callable[[Draft, range, int], bool], nothing: str) -> None:
        """Change what is selected, or say why there is nothing to change."""
        if not self._ready_to_change() or self.draft is None:
            return
        if self._stage.canvas.selected is None:
            self._screen.notify("Select a token first: with the arrows, or by a click.")
        elif change(self.draft, self._stage.canvas.chosen, self._stage.player.frame):
            self.show_draft()
        else:
            self._screen.notify(nothing)

    def action_pin(self) -> None:
        self._change(Draft.pin, "There is nothing to keep here, or it is kept already.")

    def action_mask_again(self) -> None:
        self._change(Draft.mask_again, "It is masked already.")

    def action_write(self) -> None:
        """Put text in the place of the selected tokens and those after them."""
        if not self._ready_to_change() or self.draft is None:
            return
        canvas, draft, model = self._stage.canvas, self.draft, self._owner.worker.link.model
        if canvas.selected is None:
            canvas.move_selection(0)
        if model is None or canvas.selected is None:
            self._screen.notify("Text needs the model, which knows its tokens: it is not loaded (yet).")
            return
        if problem := self._owner.cannot_continue(draft.run):
            self._screen.notify(problem)
            return
        first = canvas.chosen[0]

        def encode(text: str, answered: Callable[[list[int]], None], failed: Callable[[], None]) -> None:
            self._screen.run_worker(self._owner.worker.link.queries.encode(text, answered, failed))

        def put(tokens: list[int] | None) -> None:
            if tokens and draft is self.draft:
                draft.write(tokens, first, self._stage.player.frame)
                self.show_draft()

        from llada_tui.tui.stage.change_tokens import WriteText

        asked = WriteText(
            f"Text from position {first} on", draft.run.token_bytes, model.mask_id, len(canvas.cells) - first, encode,
            blank=draft.wants_blank(first, self._stage.player.frame),
        )  # fmt: skip
        self._screen.app.push_screen(asked, put)

    def action_undo(self) -> None:
        self._walk(Draft.undo, "There is nothing to undo.")

    def action_redo(self) -> None:
        self._walk(Draft.redo, "There is nothing to redo.")

    def _walk(self, walk: Callable[[Draft], bool], nothing: str) -> None:
        if self.draft is None or not walk(self.draft):
            self._screen.notify(nothing)
        self.show_draft()

    def action_own_settings(self) -> None:
        """Turn the knobs back to what the run on the stage had."""
        run = self._stage.player.run
        if run is not None:
            self._owner.settings = run.settings_at(self._stage.player.frame)
            self.show_draft()

    def action_mark(self) -> None:
        """Begin a range at the selected token, or give it up."""
        canvas = self._stage.canvas
        if canvas.selected is None:
            canvas.move_selection(0)
        canvas.begun = canvas.selected if canvas.begun is None else None
        if canvas.begun is not None:
            key = key_here(self._screen, "mark")
            self._screen.notify(f"The range grows with the arrows; {key} again ends it.", timeout=3)

    # -- before the start ---------------------------------------------------------------------------------------------

    def action_sketch(self) -> None:
        """Show the empty canvas of the question that is typed, or of the one on the stage, to put words on it."""
        model, question = self._owner.worker.link.model, self._typed
        run = self._stage.player.run
        if self.draft is not None:
            self._screen.notify(f"A branch is being made: {key_here(self._screen, 'leave')} leaves it.")
        elif not question and run is None:
            self._screen.notify("Type a question first, then put words on its empty canvas.")
        elif model is None:
            self._screen.notify("The canvas is the model's: it is not loaded (yet).")
        elif has_holes(question):
            self._screen.notify("What is typed has masks in it already: enter fills them.")
        else:
            self._shown_before = (run, self._stage.player.frame)
            self._sketch(model, question, run)

    def _sketch(self, model: ModelInfo, question: str, run: Run | None) -> None:
        asker, canvas = self._owner.asker, Resume([model.mask_id] * self._owner.settings.gen_length)
        if question or run is None:
            raw = asker is not None and asker.raw_tokens
            prompt = typed_prompt(question, chat=model.chat, raw_tokens=raw)
        else:
            prompt = run.start.prompt
        begin = RunEvent(
            SKETCH, model, self._owner.settings, prompt.ids or [], canvas, messages=prompt.messages or [],
            text=prompt.text, raw_tokens=prompt.raw_tokens,
        )  # fmt: skip
        sketch = Run(begin, self._owner.session.token_bytes_of(model.id))
        self._owner.show_run(sketch, play=False)
        self.begin_draft(sketch)

    # -- going on -----------------------------------------------------------------------------------------------------

    async def _go_on(self, draft: Draft) -> None:
        """Begin the branch. A run that is going on makes room for it, and keeps what it has."""
        if problem := self._owner.cannot_continue(draft.run):
            self._screen.notify(problem)
            return
        frame = self._stage.player.frame
        if draft.masks(frame) == 0:
            self._screen.notify("Nothing is masked at this step: mask something again, or go back to an earlier step.")
            return
        if self._owner.asked_again is not None or (self._owner.asker is not None and self._owner.asker.waiting):
            key = key_here(self._screen, "leave")
            self._screen.notify(f"A question is waiting to be asked: {key} takes it back.")
            return
        changes = draft.changes_at(frame)
        settings = self._owner.settings
        self.draft, self._sent = None, draft
        self._last_draft = None
        self._stage.canvas.change({})
        self._stage.drafting = False
        self._screen.run_worker(self._branch(draft.run, frame, settings, changes))

    async def _branch(self, run: Run, frame: int, settings: SamplerSettings, changes: dict[int, int]) -> None:
        worker = self._owner.worker
        if worker.busy:
            name = self._owner.session.name_of(worker.run) if worker.run is not None else "The run"
            await worker.cancel()
            words = f"{name.capitalize()} was ended to make room; a branch from its last step goes on with it."
            self._screen.notify(words)
        if run.id == SKETCH:
            await self._ask_with(run, settings, changes)
        else:
            await self._owner.branch(run, frame, settings, changes, parent=run.id)

    async def _ask_with(self, sketch: Run, settings: SamplerSettings, changes: dict[int, int]) -> None:
        """Ask a question whose canvas holds words before the start."""
        settings = branch_settings(sketch, 0, settings)
        before, _ = self._shown_before
        if self._owner.asker is not None and self._typed:
            await self._owner.asker.ask(self._typed, settings=settings, changes=changes)
        else:
            await self._owner.ask_like(sketch, settings, changes, again=before)

    def begun(self) -> None:
        """A run has begun: the branch that was asked for, if one was."""
        self._sent = None

    def not_begun(self) -> None:
        """Take back a request that does not begin: its draft is made on, if no other is and its run is on show
        still."""
        draft, self._sent = self._sent, None
        if draft is not None and self.draft is None and self._stage.player.run is draft.run:
            self.draft = self._last_draft = draft
            self._stage.drafting = True
            self.show_draft()

    @property
    def _typed(self) -> str:
        return self._owner.asker.typed if self._owner.asker is not None else ""

    def branch_at(self, name: str, frame: int, position: int | None) -> None:
        """Begin a branch of a recorded run, as asked for where it was replayed."""
        run = self._owner.session.runs.get(name)
        if run is not None:
            self._owner.show_run(run, play=False, frame=frame)
            self.begin_draft(run)
            self._stage.canvas.selected = position

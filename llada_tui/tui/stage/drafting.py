"""Branching: going on from any step of any run, unchanged, with other knobs, or with tokens changed by hand."""

from __future__ import annotations

from collections.abc import Callable

from llada_tui.settings.prompt import has_holes, typed_prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.draft import Draft
from llada_tui.trace.events import FINISHED, DeleteEvent, ModelInfo, NameEvent, RunEvent
from llada_tui.trace.resume import branch_settings, resume_from
from llada_tui.trace.run import Run
from llada_tui.tui.chat.asking import Asking
from llada_tui.tui.chat.conversation import conversation_of
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.stage.change_tokens import Change, Choice, WriteText
from llada_tui.tui.stage.knob_rows import turned
from llada_tui.worker.protocol import Influences

SKETCH = "sketch"
"""The name of a run that has not begun: an empty canvas to put words on."""


class Branching(Asking):
    """The part of the chat that changes canvases. ``draft`` holds the changes while they are being made."""

    draft: Draft | None = None
    _left: Draft | None = None
    """The draft that was begun last: what was undone in it can be redone."""
    _shown_before: tuple[Run | None, int] = (None, 0)

    async def action_leave(self) -> None:
        """Escape leaves a draft, out of the knobs as well; else it does what it does elsewhere."""
        if self.draft is None or self.stage.whole:
            await super().action_leave()
        elif self.focused is self.stage.canvas:
            self.leave_draft()
        else:
            self.stage.canvas.focus()

    # -- beginning and leaving ----------------------------------------------------------------------------------------

    async def action_branch(self) -> None:
        """Begin a branch at the step on show; once one is begun, let it go on."""
        run = self.stage.player.run
        if self.draft is not None:
            await self._go_on(self.draft)
        elif run is None:
            self.notify("There is no run to go on from yet: ask something first.")
        else:
            self.begin_draft(run)

    def begin_draft(self, run: Run) -> None:
        """Change a run's canvas at the step on show. What was undone when a draft was left can be redone."""
        if self._left is not None and self._left.run is run:
            self.draft = self._left
        else:
            self.draft = self._left = Draft(run)
        self.stage.seek(self.stage.player.frame)
        self.stage.drafting = True
        self.stage.canvas.focus()
        self.show_draft()

    def leave_draft(self) -> None:
        """Back to looking. The changes can be redone when a branch is begun here again."""
        draft, self.draft = self.draft, None
        if draft is None:
            return
        draft.discard()
        self.stage.canvas.change({})
        self.stage.canvas.begun = None
        self.stage.drafting = False
        if draft.run.id == SKETCH:
            run, frame = self._shown_before
            self.show_run(run, play=False, frame=frame)
        if draft.undone:
            self.notify("The changes are left out; b and then U (redo) bring them back.")
        self.update_keys()

    def show_draft(self) -> None:
        """Draw the changes, and say what there is to go on with."""
        draft = self.draft
        if draft is None:
            return
        run, frame = draft.run, self.stage.player.frame
        self.stage.canvas.change(draft.changes)
        if run.id == SKETCH:
            place, words = "before the start", "nothing is set yet"
        else:
            place, words = f"from step {run.start.step + frame}", "unchanged"
        told = [f"{draft.made} change{'s' if draft.made != 1 else ''}"] if draft.made else []
        told += self._turned(draft, frame)
        if told:
            words = " · ".join(told)
        elif run.id != SKETCH and frame == run.last and run.end is not None and run.end.reason == FINISHED:
            words = "it had ended here"
        self.stage.draft_bar.show(place, words, draft.made, draft.undone)
        self.update_keys()

    def _turned(self, draft: Draft, frame: int) -> list[str]:
        """The knobs that stand otherwise than they did for the run."""
        if draft.run.id == SKETCH:
            return []
        return turned(self.settings, draft.run.settings_at(frame))

    # -- changing -----------------------------------------------------------------------------------------------------

    async def action_change(self) -> None:
        """Ask what to do with the selected tokens; the first in sight is selected if none is."""
        if not self._ready_to_change():
            return
        canvas, draft = self.stage.canvas, self.draft
        if canvas.selected is None:
            canvas.move_selection(0)
        elif draft is not None:
            chosen = canvas.chosen
            frame = self.stage.player.frame
            cannot = "its model is not loaded" if self.cannot_continue(draft.run) else ""
            self.app.push_screen(Change(draft, chosen, frame, cannot_write=cannot), self._do)

    def _ready_to_change(self) -> bool:
        """Have a draft; without a run there is none."""
        run = self.stage.player.run
        if run is None:
            self.notify("There is no canvas to change yet: ask something first.")
        elif self.draft is None:
            self.begin_draft(run)
        return self.draft is not None

    def _do(self, choice: Choice | None) -> None:
        if choice is None or self.draft is None:
            return
        if choice.what == "keep":
            self.action_pin()
        elif choice.what == "mask":
            self.action_mask_again()
        elif choice.what == "write":
            self.action_write()
        elif self.draft.put({self.stage.canvas.chosen[0]: choice.token}):
            self.show_draft()

    def _change(self, change: Callable[[Draft, range, int], bool], nothing: str) -> None:
        """Change what is selected, or say why there is nothing to change."""
        if not self._ready_to_change() or self.draft is None:
            return
        if self.stage.canvas.selected is None:
            self.notify("Select a token first: with the arrows, or by a click.")
        elif change(self.draft, self.stage.canvas.chosen, self.stage.player.frame):
            self.show_draft()
        else:
            self.notify(nothing)

    def action_pin(self) -> None:
        self._change(Draft.pin, "There is nothing to keep here, or it is kept already.")

    def action_mask_again(self) -> None:
        self._change(Draft.mask_again, "It is masked already.")

    def action_write(self) -> None:
        """Put text in the place of the selected tokens and those after them."""
        if not self._ready_to_change() or self.draft is None:
            return
        canvas, draft, model = self.stage.canvas, self.draft, self.link.model
        if canvas.selected is None:
            canvas.move_selection(0)
        if model is None or canvas.selected is None:
            self.notify("Text needs the model, which knows its tokens: it is not loaded (yet).")
            return
        if problem := self.cannot_continue(draft.run):
            self.notify(problem)
            return
        first = canvas.chosen[0]

        def encode(text: str, told: Callable[[list[int]], None]) -> None:
            self.run_worker(self.link.queries.encode(text, told))

        def put(tokens: list[int] | None) -> None:
            if tokens and draft is self.draft:
                frame = self.stage.player.frame
                wanted = {first + index: token for index, token in enumerate(tokens)}
                masked = [at for at, token in wanted.items() if token == model.mask_id]
                for at in masked:
                    if draft.token_at(at, frame) is None:
                        del wanted[at]
                draft.put(wanted)
                self.show_draft()

        asked = WriteText(
            f"Text from position {first} on", draft.run.pieces, model.mask_id, draft.run.length - first, encode,
            blank=draft.wants_blank(first, self.stage.player.frame),
        )  # fmt: skip
        self.app.push_screen(asked, put)

    def action_undo(self) -> None:
        self._walk(Draft.undo, "There is nothing to undo.")

    def action_redo(self) -> None:
        self._walk(Draft.redo, "There is nothing to redo.")

    def _walk(self, walk: Callable[[Draft], bool], nothing: str) -> None:
        if self.draft is None or not walk(self.draft):
            self.notify(nothing)
        self.show_draft()

    def action_own_settings(self) -> None:
        """Turn the knobs back to what the run on the stage had."""
        run = self.stage.player.run
        if run is not None:
            self.settings = run.settings_at(self.stage.player.frame)
            self.stage.knobs.set_settings(self.settings)
            self.show_draft()

    def action_mark(self) -> None:
        """Begin a range at the selected token, or give it up."""
        canvas = self.stage.canvas
        if canvas.selected is None:
            canvas.move_selection(0)
        canvas.begun = canvas.selected if canvas.begun is None else None
        if canvas.begun is not None:
            self.notify("The range grows with the arrows; x again ends it.", timeout=3)

    # -- before the start ---------------------------------------------------------------------------------------------

    def action_sketch(self) -> None:
        """Show the empty canvas of the question that is typed, or of the one on the stage, to put words on it."""
        model, question = self.link.model, self.prompt.text.strip()
        run = self.stage.player.run
        if self.draft is not None:
            self.notify("A branch is being made: esc leaves it.")
        elif not question and run is None:
            self.notify("Type a question first, then put words on its empty canvas.")
        elif model is None:
            self.notify("The canvas is the model's: it is not loaded (yet).")
        elif has_holes(question):
            self.notify("What is typed has masks in it already: enter fills them.")
        else:
            self._shown_before = (run, self.stage.player.frame)
            self._sketch(model, question, run)

    def _sketch(self, model: ModelInfo, question: str, run: Run | None) -> None:
        prompt = typed_prompt(question, chat=model.chat) if question or run is None else run.start.prompt
        canvas = [model.mask_id] * self.settings.gen_length
        begin = RunEvent(
            SKETCH, model, self.settings, prompt.ids or [], canvas, messages=prompt.messages or [], text=prompt.text
        )
        sketch = Run(begin, self.session.pieces_of(model.id))
        self.show_run(sketch, play=False)
        self.begin_draft(sketch)

    # -- going on -----------------------------------------------------------------------------------------------------

    def cannot_continue(self, run: Run) -> str:
        """Why a run cannot go on here, in a sentence; empty if it can."""
        made, model = run.start.model, self.link.model
        if model is None:
            if self.link.phase in (Phase.STARTING, Phase.LOADING):
                return "The model is still being loaded."
            return f"To go on, {made.id} has to be loaded (f9): without it the run can only be looked at."
        same = ("family", "mask_id", "vocab_size", "parameters")
        if made.id != model.id and any(getattr(made, name) != getattr(model, name) for name in same):
            return f"This run was made by {made.id}, and {model.id} is loaded: f9 loads the other."
        return ""

    def cannot_ask(self, run: Run) -> str:
        return self.cannot_continue(run)

    def ask_influence(
        self, run: Run, frame: int, position: int, token: int, answered: Callable[[Influences], None]
    ) -> None:
        self.run_worker(self.link.queries.influence(run, frame, position, token, answered))

    async def _go_on(self, draft: Draft) -> None:
        """Begin the branch. A run that is going on makes room for it, and keeps what it has."""
        if problem := self.cannot_continue(draft.run):
            self.notify(problem)
            return
        frame = self.stage.player.frame
        if draft.masks(frame) == 0:
            self.notify("Nothing is masked at this step: mask something again, or go back to an earlier step.")
            return
        if self.pending is not None:
            self.notify("A question is waiting to be asked: esc takes it back.")
            return
        changes = draft.changes
        settings = self.settings
        self.draft = self._left = None
        self.stage.canvas.change({})
        self.stage.drafting = False
        self.run_worker(self._branch(draft.run, frame, settings, changes))

    async def _branch(self, run: Run, frame: int, settings: SamplerSettings, changes: dict[int, int]) -> None:
        if self.worker.busy:
            name = self.session.name_of(self.worker.run) if self.worker.run is not None else "The run"
            await self.worker.cancel()
            self.notify(f"{name.capitalize()} was ended to make room; a branch from its last step goes on with it.")
        if run.id == SKETCH:
            await self._ask_with(run, settings, changes)
            return
        self.pending = self.conversation.exchange_of(run)
        settings = branch_settings(run, frame, settings)
        if not await self.worker.branch(run, settings, resume_from(run, frame, settings, changes), run.id):
            self.pending = None

    async def _ask_with(self, sketch: Run, settings: SamplerSettings, changes: dict[int, int]) -> None:
        """Ask a question whose canvas holds words before the start."""
        settings = branch_settings(sketch, 0, settings)
        before, _ = self._shown_before
        question = self.prompt.text.strip()
        if question:
            await self.ask(question, settings=settings, changes=changes)
        else:
            self.pending = self.conversation.exchange_of(before) if before is not None else None
            await self.worker.ask(settings, sketch.start.prompt, changes)

    # -- the tree -----------------------------------------------------------------------------------------------------

    def change_tree(self, event: NameEvent | DeleteEvent) -> None:
        """Name runs or delete them, here and in the session's file."""
        self.worker.arrange(event)
        if isinstance(event, DeleteEvent) and not self.occupied:
            system, run = self.conversation.system, self.stage.player.run
            self.conversation = conversation_of(self.session)
            self.conversation.system = self.conversation.system or system
            self.talk.clear()
            for exchange in self.conversation.exchanges:
                self.talk.add_exchange(exchange)
            if run is not None and run.id in self.session.deleted:
                run = self.session.last_run()
                self.show_run(run, play=False, frame=run.last if run is not None else 0)
            self.talk.mark(run)

    def branch_at(self, name: str, frame: int, position: int | None) -> None:
        """Begin a branch of a recorded run, as asked for where it was replayed."""
        run = self.session.runs.get(name)
        if run is not None:
            self.show_run(run, play=False, frame=frame)
            self.begin_draft(run)
            self.stage.canvas.selected = position

"""The chat: a conversation, the stage that shows how each answer came about, and the knobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from llada_tui.models.catalog import DEMO, name_of
from llada_tui.models.recommendation import Recommendation
from llada_tui.settings.presets import PRESETS, chat_settings, choose
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean
from llada_tui.tui.chat import tour
from llada_tui.tui.chat.chat_sessions import ChatSessions
from llada_tui.tui.chat.compare_from_chat import CompareFromChat
from llada_tui.tui.chat.context import Context
from llada_tui.tui.chat.conversation import Conversation
from llada_tui.tui.chat.conversation_pane import ConversationPane
from llada_tui.tui.chat.conversation_view import ConversationView
from llada_tui.tui.chat.first_screen import FirstScreen
from llada_tui.tui.chat.prompt_area import PromptArea
from llada_tui.tui.chat.submitter import Submitter
from llada_tui.tui.chat.welcome import EXAMPLES, LESSONS, MODELS, TOUR
from llada_tui.tui.model_link.session_changes import (
    ModelUnfit,
    RunChanged,
    RunsArranged,
    SessionChange,
    WorkerChanged,
    WorkerProblem,
    WorkerSilence,
)
from llada_tui.tui.model_link.worker_link import Phase, WorkerLink
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.player.run_screen import RunScreen
from llada_tui.tui.shell.action import Screens
from llada_tui.tui.shell.drawable import is_drawable
from llada_tui.tui.shell.footer import Footer, key_here, key_of
from llada_tui.tui.shell.options import ChatOptions
from llada_tui.tui.stage.greeting import Greeting
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.tui.stage.page import Item
from llada_tui.tui.stage.stage import Stage
from llada_tui.tui.stage.workbench import Workbench
from llada_tui.tui.stage.workbench_header import WorkbenchHeader
from llada_tui.worker.protocol import Load


class Chat(RunScreen):
    """A workbench with a conversation; asking never blocks, and nothing typed is lost."""

    CSS_PATH = "../stage/stage.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*tour.BINDINGS]
    AUTO_FOCUS = "#prompt"
    kind = Screens.CHAT
    stage: Stage

    def __init__(
        self,
        options: ChatOptions,
        recorder: SessionRecorder,
        conversation: Conversation,
        trouble: Sequence[str] = (),
    ) -> None:
        """``conversation`` is that of the recorder's session; ``trouble``: what went wrong before, in sentences."""
        super().__init__(classes="-empty")
        source = options.model or self.llada.config.model
        command = options.worker or self.llada.config.worker
        load = Load(
            source, options.dtype, options.device, options.quantization, force=options.force, compile=options.compile
        )
        recorder.on_problem = self.show_problem
        self._trouble = [*trouble]
        self._images = options.images
        self.worker = WorkerSession(WorkerLink(command, load), recorder)
        self.worker.subscribe(self._observe)
        self.header = WorkbenchHeader(self.worker, id="header")
        self.workbench = Workbench(self, self.worker, self._first_settings(source, options), self.header)
        last = self.worker.session.last_run()
        if "block_length" in options.settings or (last is not None and last.start.model.id == name_of(source)):
            self.workbench.blocks.named = ("block_length",)
        self.stage = self.workbench.stage
        self.conversation_pane = ConversationPane(conversation, raw_tokens=options.raw_tokens)
        self.submitter = Submitter(self.workbench, self.conversation_pane, link_images=options.link_images)
        self.context = Context(self, self.workbench, self.conversation_pane, self.submitter.pictures)
        self.chat_sessions = ChatSessions(self, self.workbench, self.conversation_pane, self.submitter.pictures)
        self.workbench.asker = self.submitter
        self.comparing = CompareFromChat(self.workbench, self.conversation_pane, self.submitter.pictures, command)
        self.tour = tour.Tour(self, self.workbench, self.submitter)
        self.first_screen = FirstScreen(
            self,
            self.workbench,
            self.conversation_pane.prompt,
            self.tour,
            takes_settings=last is None and not options.settings and not options.preset,
        )
        self._parts = (
            self, self.tour, self.comparing, self.chat_sessions, self.submitter, *self.workbench.parts(),
        )  # fmt: skip

    def _first_settings(self, source: str, options: ChatOptions) -> SamplerSettings:
        model = name_of(source)
        settings = chat_settings(model)
        if (last := self.worker.session.last_run()) is not None:
            settings = last.start.settings
        preset = next((preset for preset in PRESETS if preset.name == options.preset), None)
        try:
            return choose(settings, preset, options.settings, model)
        except SettingsError as error:
            self._trouble.append(str(error))
            return settings

    def compose(self) -> ComposeResult:
        yield self.header
        with Container(id="chat-body"):
            yield self.conversation_pane.view
            yield self.stage
            yield self.conversation_pane.prompt
        yield Footer(id="keys")

    def on_mount(self) -> None:
        self.conversation_pane.prompt.focus()
        self.greet()
        self.run_worker(self.first_screen.propose())
        self.chat_sessions.show()
        for problem in self._trouble:
            self.workbench.last_problem = clean(problem)
            self.conversation_pane.view.notice(problem, bad=True)
        self.run_worker(self.submitter.attach(self._images))
        self.update_keys()
        self.call_after_refresh(self.run_worker, self.workbench.load, exclusive=False)

    async def close(self) -> None:
        """End the worker, and those that only lanes needed."""
        await self.comparing.close()
        await self.link.close()
        await self.worker.close()

    # -- what its parts ask of it -------------------------------------------------------------------------------------

    def parts(self) -> tuple[object, ...]:
        return self._parts

    def can(self, id: str) -> bool:
        return self.tour.can(id) if id in ("tour_next", "tour_end") else super().can(id)

    @property
    def link(self) -> WorkerLink:
        return self.worker.link

    def details(self) -> str:
        return self.workbench.details()

    def greet(self) -> None:
        """Say on an empty stage what there is to begin with."""
        self.first_screen.greet()

    @property
    def proposal(self) -> Recommendation | None:
        return self.first_screen.proposal

    def home(self) -> None:
        self.workbench.controls.fold_panel()
        self.conversation_pane.prompt.focus()

    def count_context(self) -> None:
        self.context.count_later()

    def run_shown(self, run: Run | None, before: Run | None) -> None:
        if before is not None and before is not run:
            self.conversation_pane.update(before, self.stage.player)
        self.conversation_pane.view.mark(run)
        self.stage.title = run.question if run is not None else ""

    # -- what the session says ----------------------------------------------------------------------------------------

    def _observe(self, change: SessionChange) -> None:
        match change:
            case RunChanged(run=run) if is_drawable(self) and self.in_front:
                self._run_changed(run)
            case RunsArranged(event=event):
                self.chat_sessions.follow_tree(event)
            case WorkerChanged():
                self._worker_changed()
            case WorkerProblem(message=message, details=details) if self.in_front:
                self.show_problem(message, details)
            case WorkerSilence() if is_drawable(self) and self.in_front:
                self.conversation_pane.show_silence(change, key_of(self.llada, "restart", typing=True))
            case ModelUnfit(message=message) if is_drawable(self) and self.in_front:
                self.workbench.offer_to_force(message)
            case _:  # the screen in front shows it
                pass

    def _run_changed(self, run: Run) -> None:
        if run.last == 0 and run.end is None and self.conversation_pane.conversation.exchange_of(run) is None:
            self.submitter.begin(run)
            self.workbench.show_run(run)
        self.workbench.follow(run)
        if run.end is not None:
            self.conversation_pane.update(run, self.stage.player)
            self.count_context()
        if run.last <= 1 or run.end is not None:
            self._show_state()  # the frames on show tell the steps between

    def _worker_changed(self) -> None:
        if not is_drawable(self) or not self.in_front:
            return
        model = self.link.model
        self.first_screen.take_model()
        self.workbench.show_worker()
        self._update_answer()  # a run may be held, or let go on, between two frames
        self.conversation_pane.prompt.border_title = "Ask" if model is None or model.chat else "Continue this text"
        if self.link.phase is Phase.READY:
            self.submitter.model_is_ready()
            self.count_context()
        self._show_state()

    def _show_state(self) -> None:
        self.header.refresh_changes()
        self.tour.update()
        self.update_keys()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Show what the worker did while another screen of it was in front."""
        self._worker_changed()

    def show_problem(self, message: str, details: str) -> None:
        """Say in the conversation that something went wrong; a question that could not be asked is given back."""
        self.workbench.take_problem(message, details)
        self.submitter.refused()
        if is_drawable(self):
            hint = f"{key_here(self, 'details')} shows the details." if details else ""
            self.conversation_pane.view.notice(message, bad=True, hint=hint)
            self.header.refresh_changes()

    # -- messages -----------------------------------------------------------------------------------------------------

    async def on_prompt_area_asked(self, message: PromptArea.Asked) -> None:
        await self.submitter.ask(message.text)

    async def on_prompt_area_example(self, message: PromptArea.Example) -> None:
        await self._begin(str(message.number))

    def on_prompt_area_dropped(self, message: PromptArea.Dropped) -> None:
        if self.submitter.pictures.may_be_seen:
            self.run_worker(self.submitter.attach(message.paths))
        else:
            self.conversation_pane.prompt.insert(message.text)

    async def on_greeting_entry_chosen(self, message: Greeting.EntryChosen) -> None:
        await self._begin(message.entry)

    async def _begin(self, entry: str) -> None:
        """Do what an entry of the first screen says."""
        if action := {TOUR: "tour", LESSONS: LESSONS, MODELS: MODELS}.get(entry):
            await self.run_action(action)
        else:
            await self.submitter.ask(EXAMPLES[self.link.checkpoint.source == DEMO][int(entry) - 1])

    def on_text_area_changed(self) -> None:
        self.stage.welcome.finish()
        self.count_context()

    def on_stage_frame_shown(self) -> None:
        self.workbench.show_frame()
        self._update_answer()

    def _update_answer(self) -> None:
        if (run := self.stage.player.run) is not None:
            self.conversation_pane.update(run, self.stage.player)

    def on_conversation_view_answer_chosen(self, message: ConversationView.AnswerChosen) -> None:
        self.workbench.show_run(message.run, play=message.run.end is None, frame=message.run.last)

    async def on_knobs_changed(self, message: Knobs.Changed) -> None:
        await self.workbench.take_knobs(message.settings)
        self.count_context()

    def on_resize(self) -> None:
        self.tour.place()

    def on_descendant_focus(self) -> None:
        self.update_keys()
        self.tour.place()  # a page that was asked for may have taken another part's room

    # -- focus and keys -----------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Escape: give up what the model is asked about a word; else out of what is being done on the stage; else end
        the run, keeping what it has; else to the end of what is playing; else to the prompt."""
        if self.workbench.leave_stage():
            return
        if self.stage.panel.has_focus_within or not (self.submitter.leave() or self.workbench.leave()):
            self.home()

    def leave_words(self) -> str:
        """The effect of escape now, in the order of `action_leave`; empty if nothing."""
        if self.can("tour_end"):
            return "end the tour"
        if words := self.workbench.leave_stage_words():
            return words
        if self.stage.panel.has_focus_within:
            return "back"
        if words := self.submitter.leave_words() or self.workbench.leave_words():
            return words
        return "" if self.focused is self.conversation_pane.prompt and not self.has_class("-panel") else "prompt"

    def action_next_focus(self) -> None:
        """The prompt, the canvas, the page below it, the conversation: in the order in which they are wanted."""
        talk = self.conversation_pane
        self.focus_next_of([talk.prompt, self.stage.canvas, self.stage.panel.front, talk.view])

    def update_keys(self) -> None:
        """List the keys that matter where the focus is."""
        typing = self.focused is self.conversation_pane.prompt
        running = self.worker.run is not None
        if self.workbench.drafting.draft is not None and not typing and not self.stage.knobs.has_focus:
            self.query_one(Footer).show(self.workbench.drafting.footer_items(), typing=False)
            return
        items: list[Item] = [("restart", None)] if self.link.standstill else []
        if words := self.leave_words():
            items += [("leave", words)]
        items += self.way_out
        if running:
            items += [("hold", "go on" if self.link.phase is Phase.HELD else "hold")]
            items += [("readings", None)] if self.link.phase is Phase.HELD else []
        of_page = self.stage.panel.footer_items()
        of_canvas: list[Item] = [("guesses", None), ("look_ahead", None)]
        if not self.stage.knobs.has_focus:
            items += of_page
            if self.stage.player.run is not None:
                items += [("play", None), ("back", None), ("forward", None)]
            items += [("branch", None)] if self.worker.session.runs else []
            items += [("last", "to the end")] if self.stage.player.moving else []
            if not typing:
                items += [*([] if of_page else of_canvas), ("colours", None)]
            items += self.stage.panel.footer_setup()
        if not running and self.worker.session.runs:
            items += [("again", None), ("reseed", None)]
        items += [("attach", None)] if self.link.model is not None and self.link.model.sees else []
        items += [*self.stage.panel.footer_pages(), ("sessions", None), ("help", None), ("quit_safely", None)]
        items += of_canvas if of_page else []  # they make room for the page's own
        self.query_one(Footer).show(items, typing=typing or self.stage.knobs.has_focus)

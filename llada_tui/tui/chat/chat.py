"""The chat: a conversation, the stage that shows how each answer came about, and the knobs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from llada_tui.analysis.look_ahead import announcement
from llada_tui.models.catalog import DEMO, name_of
from llada_tui.settings.presets import PRESETS, choose, first_settings
from llada_tui.settings.sampler_settings import LIVE, SamplerSettings, SettingsError
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, SessionError, read_session
from llada_tui.trace.text import clean
from llada_tui.tui.chat import tour
from llada_tui.tui.chat.compare_from_chat import Comparing
from llada_tui.tui.chat.context import Context
from llada_tui.tui.chat.conversation import Conversation, Exchange, conversation_of
from llada_tui.tui.chat.conversation_view import Talk
from llada_tui.tui.chat.header import ChatHeader
from llada_tui.tui.chat.prompt import Prompt
from llada_tui.tui.chat.welcome import welcome
from llada_tui.tui.model_link.session_changes import Change, DoesNotFit, Problem, RunChanged, WorkerChanged
from llada_tui.tui.model_link.worker_link import Phase, WorkerLink
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.shell.actions import Screens
from llada_tui.tui.shell.footer import Keys, key_of
from llada_tui.tui.shell.options import ChatOptions
from llada_tui.tui.shell.presence import is_there
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.tui.stage.stage import Stage
from llada_tui.version import __version__
from llada_tui.worker.protocol import Load


class Chat(tour.Touring, Comparing):
    """Talks to a model through a `WorkerSession`; asking never blocks, and nothing typed is lost."""

    CSS_PATH = "../stage/stage.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*tour.BINDINGS]
    AUTO_FOCUS = "#prompt"
    kind = Screens.CHAT

    def __init__(self, options: ChatOptions, link: WorkerLink | None = None) -> None:
        """``link``: a worker that another screen has, too; without it there is a further one."""
        super().__init__(classes="-empty")
        self.options = options
        source = options.model or self.llada.config.model
        load = Load(
            source,
            options.dtype,
            options.device,
            options.quantization,
            force=options.force,
            compile=options.compile,
        )
        path, session, self.trouble = self._resumed(options.resume)
        self.conversation = conversation_of(session) if session is not None else Conversation()
        recorder = SessionRecorder(self.llada.sessions_folder, f"llada-tui {__version__}", self._problem, session, path)
        self.worker = WorkerSession(link or WorkerLink(options.worker or self.llada.config.worker, load), recorder)
        self.worker.subscribe(self._observe)
        self.settings = self._first_settings(source)
        self.stage = Stage(self.settings, self, dwell=self.llada.config.dwell, id="stage")
        self.prompt = Prompt(id="prompt")
        self.talk = Talk(id="conversation")
        self.context = Context(self)
        self.header = ChatHeader(self.worker, id="header")
        self.last_problem = ""

    def _resumed(self, path: Path | None) -> tuple[Path | None, Session | None, list[str]]:
        if path is None:
            return None, None, []
        try:
            session = read_session(path)
        except SessionError as error:
            return None, None, [str(error)]
        return path, session, list(session.problems)

    def _first_settings(self, source: str) -> SamplerSettings:
        model = name_of(source)
        settings = first_settings(model)
        if (last := self.worker.session.last_run()) is not None:
            settings = last.start.settings
        preset = next((preset for preset in PRESETS if preset.name == self.options.preset), None)
        try:
            return choose(settings, preset, self.options.settings, model)
        except SettingsError as error:
            self.trouble.append(str(error))
            return settings

    @property
    def session(self) -> Session:  # type: ignore[override]
        return self.worker.session

    def compose(self) -> ComposeResult:
        yield self.header
        with Container(id="chat-body"):
            yield self.talk
            yield self.stage
            yield self.prompt
        yield Keys(id="keys")

    def on_mount(self) -> None:
        self.open()
        self.call_after_refresh(self.run_worker, self._begin, exclusive=False)

    def open(self) -> None:
        """Show what there is before the model is: the conversation, or three questions to begin one."""
        self.prompt.focus()
        self.greet()
        self.show_conversation()
        for problem in self.trouble:
            self.last_problem = clean(problem)
            self.talk.notice(problem, bad=True)
        self.update_keys()

    def show_conversation(self) -> None:
        """Show a conversation that was recorded, with its last run on the stage."""
        for exchange in self.conversation.exchanges:
            self.talk.add_exchange(exchange)
            self.prompt.remember(exchange.question)
        if self.conversation.system:
            self.talk.notice(f"System prompt: {self.conversation.system}")
        if (last := self.worker.session.last_run()) is not None:
            self.show_run(last, play=False, frame=last.last)

    async def _begin(self) -> None:
        if self.link.phase is Phase.OFF:
            await self.link.load()

    def greet(self) -> None:
        """Say on an empty stage what there is to begin with."""
        demo = self.link.wanted.source == DEMO
        self.prompt.offers_examples = not self.worker.session.runs
        lessons = key_of(self.llada, "lessons", typing=True)
        self.stage.greet(welcome(demo=demo, new=self.is_new, lessons=lessons))

    def home(self) -> None:
        self.remove_class("-panel")
        self.stage.whole = False
        self.prompt.focus()

    def action_next_focus(self) -> None:
        """The prompt, the canvas, the page below it, the conversation: in the order in which they are wanted."""
        panes: list[Widget] = [self.prompt, self.stage.canvas, self.stage.panel.front, self.talk]
        shown = [pane for pane in panes if pane.focusable]
        at = shown.index(self.focused) if self.focused in shown else -1
        shown[(at + 1) % len(shown)].focus()

    def on_screen_resume(self) -> None:
        """What the worker did while another screen of it was in front is shown now."""
        self._worker_changed()

    # -- what the session says ----------------------------------------------------------------------------------------

    def _observe(self, change: Change) -> None:
        match change:
            case RunChanged(run=run):
                self._run_changed(run)
            case WorkerChanged():
                self._worker_changed()
            case Problem(message=message, details=details) if self.in_front:
                self._problem(message, details)
            case DoesNotFit(message=message) if self.in_front:
                self._unfit(message)
            case _:
                pass

    def _run_changed(self, run: Run) -> None:
        if not is_there(self) or not self.in_front:
            return
        if run.last == 0 and run.end is None and self.conversation.exchange_of(run) is None:
            self._began(run)
        if run is self.stage.player.run:
            self.stage.wake()
        if run.end is not None:
            self._ended(run)
        self._show_state()

    def _worker_changed(self) -> None:
        if not is_there(self) or not self.in_front:
            return
        self.stage.knobs.strategies, self.stage.knobs.caches = self.link.strategies, self.link.caches
        self.stage.knobs.model = self.link.model.id if self.link.model is not None else ""
        self.stage.knobs.refresh()
        if self.link.model is not None and not self.link.model.chat:
            self.prompt.border_title = "Continue this text"
        else:
            self.prompt.border_title = "Ask"
        if self.link.phase is Phase.READY:
            self.ask_waiting()
            self.count_context()
        self._show_state()

    def _show_state(self) -> None:
        self.header.refresh()
        self.tell_of_stop()
        self.update_keys()

    def _began(self, run: Run) -> None:
        exchange = self.pending
        self.pending = None
        if exchange is None:
            exchange = Exchange(run.question)
            self.conversation.exchanges.append(exchange)
            self.talk.add_exchange(exchange)
        exchange.runs.append(run)
        self.prompt.offers_examples = False
        self.talk.update_exchange(exchange)
        self.show_run(run)

    def count_context(self) -> None:
        self.context.count_later()

    def _ended(self, run: Run) -> None:
        self._tell(run)
        self.stage.knobs.set_settings(self.settings)
        self.count_context()

    def _problem(self, message: str, details: str) -> None:
        self.last_problem = clean(f"{message}\n\n{details}".strip())
        if self.pending is not None and not self.worker.busy:
            self.give_back()
        if is_there(self):
            self.talk.notice(message, bad=True, hint="f12 shows the details." if details else "")
            self.header.refresh()

    def _unfit(self, message: str) -> None:
        from llada_tui.tui.shell.dialogs import AskYes

        def load(anyway: bool | None) -> None:
            if anyway:
                self.run_worker(self.link.load(msgspec.structs.replace(self.link.wanted, force=True)))

        if is_there(self):
            question = f"{clean(message)}\n\nLoaded all the same, it may end for want of memory, or be very slow."
            self.app.push_screen(AskYes(question, "Load", "Leave it"), load)

    def details(self) -> str:
        return self.last_problem or "There was no problem.\n\n" + "\n".join(self.link.client.log)

    # -- the stage ----------------------------------------------------------------------------------------------------

    def show_run(self, run: Run | None, *, play: bool = True, frame: int = 0) -> None:
        before = self.stage.player.run
        if self.draft is not None and self.draft.run is not run:
            self.leave_draft()
        super().show_run(run, play=play, frame=frame)
        if before is not None and before is not run:
            self._tell(before)
        self.talk.mark(run)
        self.header.run = run
        self.header.refresh()

    def on_stage_frame_shown(self) -> None:
        self.show_draft()
        self.update_keys()
        self.header.frame = self.stage.player.frame
        self.header.refresh()
        if (run := self.stage.player.run) is not None:
            self._tell(run)

    def _tell(self, run: Run) -> None:
        """Bring the conversation up to date with a run, as far as it has been watched."""
        exchange = self.conversation.exchange_of(run)
        if exchange is not None:
            player = self.stage.player
            watched = player.run is run and player.playing and not player.over
            self.talk.update_exchange(exchange, player.frame if watched else None)

    def on_talk_chosen(self, message: Talk.Chosen) -> None:
        self.show_run(message.run, play=message.run.end is None, frame=message.run.last)

    async def action_forward(self) -> None:
        player = self.stage.player
        if player.at_end and player.run is self.worker.run and self.link.phase is Phase.HELD:
            await self.worker.advance()
            self.stage.to_end()
        else:
            self.stage.step(1)

    # -- knobs --------------------------------------------------------------------------------------------------------

    async def on_knobs_changed(self, message: Knobs.Changed) -> None:
        before, self.settings = self.settings, message.settings
        self.show_draft()
        run = self.worker.run
        if run is not None and run.end is None:
            self.stage.knobs.in_use = run.settings_at(run.last)
            if LIVE & before.changes_from(message.settings).keys():
                await self.worker.retune(message.settings)
        self.count_context()

    def action_look_ahead(self) -> None:
        """Look ahead from the next step on, or no longer."""
        knobs = self.stage.knobs
        knobs.set_to(look_ahead=not knobs.settings.look_ahead)
        once = any(info.looks_ahead_once for info in self.link.caches if info.name == knobs.settings.cache)
        self.notify(announcement(knobs.settings, first_steps_only=once), timeout=3)

    def update_keys(self) -> None:
        """List the keys that matter where the focus is."""
        typing = self.focused is self.prompt
        running = self.worker.run is not None
        items: list[tuple[str, str | None]] = []
        if self.draft is not None and not typing and not self.stage.knobs.has_focus:
            drafting = ("pin", "mask_again", "write", "mark", "undo", "knobs", "own_settings", "tree", "help")
            self.query_one(Keys).show([("change", None), *((id, None) for id in drafting)], typing=False)
            return
        if running:
            items += [("leave", "cancel"), ("hold", "go on" if self.link.phase is Phase.HELD else "hold")]
        if self.stage.knobs.has_focus:
            items += [("knobs", "back to the prompt")]
        else:
            items += [("play", None), ("back", None), ("forward", None)]
            items += [("branch", None)] if self.worker.session.runs else []
            if self.stage.player.moving:
                items += [("last", "to the end")]
            if not typing:
                items += [("guesses", None), ("look_ahead", None), ("colours", None)]
            items += [("knobs", None)]
        if not running and self.worker.session.runs:
            items += [("again", None), ("reseed", None)]
        items += [*self.stage.panel.footer_pages(), ("sessions", None), ("help", None), ("quit_safely", None)]
        self.query_one(Keys).show(items, typing=typing)
        self.stage.knobs.in_use = (
            self.worker.run.settings_at(self.worker.run.last) if self.worker.run is not None else None
        )

    def on_descendant_focus(self) -> None:
        self.update_keys()

    # -- files --------------------------------------------------------------------------------------------------------

    def copy_session(self, path: Path) -> None:
        if self.worker.path is None:
            raise FileNotFoundError(2, "nothing has been recorded")
        shutil.copyfile(self.worker.path, path)

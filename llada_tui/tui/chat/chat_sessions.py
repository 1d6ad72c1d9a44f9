"""The conversation that the chat goes on with: a new one, a recorded one, or what is left of it."""

from __future__ import annotations

from pathlib import Path

from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.session import Session, SessionError
from llada_tui.tui.chat.attached_pictures import AttachedPictures
from llada_tui.tui.chat.chat_owner import ChatOwner
from llada_tui.tui.chat.conversation import Conversation, conversation_of, read_conversation
from llada_tui.tui.chat.conversation_pane import ConversationPane
from llada_tui.tui.shell import reading
from llada_tui.tui.shell.reading import read_beside
from llada_tui.tui.stage.workbench import Workbench


class ChatSessions:
    """The part of the chat that begins conversations, goes on with recorded ones, and tells the model how to behave."""

    def __init__(
        self,
        owner: ChatOwner,
        workbench: Workbench,
        conversation_pane: ConversationPane,
        attached_pictures: AttachedPictures,
    ) -> None:
        self._screen, self._owner, self._workbench, self._pane = owner.screen, owner, workbench, conversation_pane
        self._attached_pictures = attached_pictures

    def _replace(self, conversation: Conversation, before: Session) -> None:
        """Have the conversation of another session; that of the session ``before`` is shown no more."""
        self._pane.replace(conversation)
        self._attached_pictures.forget()
        reading.forget(before)

    def _begin(self) -> None:
        self._owner.count_context()
        self._owner.home()
        self._owner.update_keys()

    async def action_new_chat(self) -> None:
        """Begin a new conversation; the one so far stays in its file."""
        if self._workbench.is_free():
            before = self._workbench.session
            self._workbench.worker.recorder.renew()
            self._replace(Conversation(self._pane.conversation.system), before)
            self._workbench.show_run(None)
            self._owner.greet()
            self._begin()

    async def resume(self, path: Path) -> bool:
        """Go on with a recorded session, which is read beside the screen; the one so far stays in its file. Returns
        whether it could be: it is said why not."""
        if not self._workbench.is_free():
            return False
        recorder, before = self._workbench.worker.recorder, self._workbench.session
        count = len(before.runs)
        try:
            recorded, conversation = await read_beside(
                self._screen.app, path, lambda: read_conversation(recorder, path)
            )
        except SessionError as error:
            self._screen.notify(str(error), severity="error", markup=False)
            return False
        if self._workbench.occupied or recorder.session is not before or len(before.runs) != count:
            recorder.let_go(recorded)
            self._screen.notify(f"{path.name} was not opened: something else was begun meanwhile.")
            return False
        warning = recorder.go_on(recorded)
        session = self._workbench.session
        self._replace(conversation, before)
        if (last := session.last_run()) is not None:
            self._workbench.settings = last.start.settings
        else:
            self._workbench.show_run(None)
            self._owner.greet()
        self.show()
        for problem in filter(None, (*session.problems, warning)):
            self._pane.view.notice(problem, bad=True)
        self._begin()
        return True

    def show(self) -> None:
        """Show the conversation that was recorded, with its last run on the stage."""
        self._pane.show(self._workbench.session.pictures)
        if (last := self._workbench.session.last_run()) is not None:
            self._workbench.show_run(last, play=False, frame=last.last)

    def follow_tree(self, event: NameEvent | DeleteEvent) -> None:
        """Runs were named or deleted: the conversation is of those that are left."""
        if isinstance(event, DeleteEvent) and not self._workbench.occupied:
            conversation = conversation_of(self._workbench.session)
            conversation.system = conversation.system or self._pane.conversation.system
            self._pane.replace(conversation)
            self._pane.view.add_exchanges(conversation.exchanges, self._workbench.session.pictures)
            self._pane.view.mark(self._workbench.stage.player.run)
            if not conversation.exchanges:
                self._owner.greet()

    def action_system_prompt(self) -> None:
        """Tell the model how to behave."""
        from llada_tui.tui.shell.dialogs import AskLong

        def put(text: str | None) -> None:
            if text is not None:
                self._pane.conversation.system = text
                notice = f"System prompt: {text}" if text else "There is no system prompt now."
                self._pane.view.notice(notice)
                self._owner.count_context()

        question = "What the model is told before the conversation. Empty: nothing."
        system = self._pane.conversation.system
        self._screen.app.push_screen(AskLong("System prompt", question, system), put)

    def action_model(self) -> None:
        """Change the model."""
        from llada_tui.tui.chat.choose_model import ChooseModel
        from llada_tui.worker.protocol import Load

        link = self._workbench.worker.link

        def load(chosen: Load | None) -> None:
            if chosen is not None:
                self._screen.run_worker(link.load(chosen))
                self._owner.greet()

        if self._workbench.is_free():
            self._screen.app.push_screen(ChooseModel(link.checkpoint, self._owner.proposal), load)

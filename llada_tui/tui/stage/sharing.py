"""Putting the session of a chat or a lesson on show, for others to follow in terminals of their own."""

from __future__ import annotations

from llada_tui.tui.model_link.session_share import SharePlace
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.footer import key_here
from llada_tui.tui.stage.workbench_header import WorkbenchHeader
from llada_tui.tui.stage.workbench_owner import WorkbenchOwner

_READ = 20
"""Seconds for which the command that follows is shown."""


class Sharing:
    """The part of a workbench that puts its session on show, and takes it off."""

    def __init__(self, owner: WorkbenchOwner, worker: WorkerSession, header: WorkbenchHeader) -> None:
        self._screen, self._worker, self._header = owner.screen, worker, header
        self._kind = (owner.kind.name or "").lower()
        self._is_told = False
        """Whether the place of the session on show was told."""

    async def begin_if_asked(self) -> None:
        """Put the session on show where the program was opened for that."""
        if app_of(self._screen).share.screen == self._kind:
            await self._begin()

    async def _begin(self) -> None:
        self._is_told = False
        options = app_of(self._screen).share
        await self._worker.put_on_show(
            options.name or self._kind, options.where, lambda: self._screen.call_later(self._changed)
        )

    def _changed(self) -> None:
        share = self._worker.share
        self._header.shown_as = ""
        if share is not None and share.is_open and share.place is not None:
            number = share.watchers
            followers = f", {number} follower{'s' * (number != 1)}" if number else ""
            self._header.shown_as = f"{share.place.name}{followers}"
        self._header.refresh_changes()
        if share is None or not self._screen.is_attached:
            return
        if not share.is_open and share.problem:
            key = key_here(self._screen, "share")
            words = f"The session is on show no longer. {share.problem} {key} shows this one."
            if share.place is None:
                words = f"The session is not on show. {share.problem} {key} tries again."
            self._screen.notify(words, severity="warning", timeout=_READ)
        elif share.place is not None and not self._is_told:
            self._is_told = True
            words = f"{_words(share.place)}\n\n{key_here(self._screen, 'share')} and then c copies it."
            self._screen.notify(words, timeout=_READ)

    async def action_share(self) -> None:
        """Put the session on show; when it is, tell how to follow it, and ask whether to take it off."""
        share = self._worker.share
        if share is None or not share.is_open:
            await self._begin()
            return
        from llada_tui.tui.shell.dialogs import AskYes

        async def stop(taken_off: bool | None) -> None:
            if taken_off:
                await self._worker.take_off_show()
                self._changed()
                self._screen.notify("The session is on show no longer.")

        place = share.place
        words, command = (
            (_words(place), place.command) if place is not None else ("The session is about to be on show.", "")
        )
        self._screen.app.push_screen(AskYes(words, "Take it off", "Leave it on", copied=command), stop)

    async def action_followed(self) -> None:
        """Go back to the session of somebody else that is followed."""
        if not await app_of(self._screen).navigation.show_followed():
            self._screen.notify("No session is followed: llada-tui follow URL NAME does.")


def _words(place: SharePlace) -> str:
    return f"The session is on show. In another terminal:\n\n{place.command}"

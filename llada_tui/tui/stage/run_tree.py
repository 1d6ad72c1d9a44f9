"""The session's tree of runs as a list: walked, named and deleted from the keyboard or by mouse."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.styles import RulesMap
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from llada_tui.trace.branches import Node, branches_of, tree
from llada_tui.trace.comparison_groups import group_of
from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.resume_from import pins
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.trace.text import clean
from llada_tui.tui.shell.footer import key_here
from llada_tui.tui.stage.knob_rows import turned

MAX_GUIDE = 40
"""Longest line that leads to a run, in columns: of a branch that is deeper the end is shown."""


class _Entry(Visual):
    """The entry of the list for a run, or for lanes: three lines, made once they are in sight."""

    def __init__(self, describe: Callable[[], Content]) -> None:
        self._describe = describe

    @cached_property
    def _lines(self) -> Content:
        return self._describe()

    def __str__(self) -> str:
        return str(self._lines)

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        return self._lines.render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return 3


class RunTree(OptionList):
    """Shows a session's runs, each with its branches, and those that were made to be compared under a line of their
    own; posts `Picked`, `PickedLanes` and `TreeChanged`."""

    DEFAULT_CSS = """
    RunTree { background: $background; height: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r,f2", "rename", "rename", show=False),
        Binding("d,delete", "remove", "delete", show=False),
        Binding("u", "take_back", "undo", show=False),
    ]

    class Picked(Message):
        """Someone wants to see a run."""

        def __init__(self, run: Run) -> None:
            super().__init__()
            self.run = run

    class PickedLanes(Message):
        """Someone wants to see runs side by side."""

        def __init__(self, runs: list[Run]) -> None:
            super().__init__()
            self.runs = runs

    class TreeChanged(Message):
        """A run is to have another name, or some are to be deleted or taken back."""

        def __init__(self, event: NameEvent | DeleteEvent) -> None:
            super().__init__()
            self.event = event

    def __init__(self, session: Session, shown: Run | None, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self.session, self.shown = session, shown
        self.entries: list[Node | list[Run]] = []
        self._deleted: list[list[str]] = []
        self.border_title = "Runs"

    def on_mount(self) -> None:
        self.fill()

    def fill(self) -> None:
        """List the runs as they are now."""
        at = self.highlighted or 0
        self.entries = []
        lanes: list[Run] = []
        for node in tree(self.session):
            group = group_of(self.session, node.run) if node.run.start.group is not None else []
            if group and group != lanes:
                self.entries.append(group)
                lanes = group
            self.entries.append(node._replace(guide=f"  {node.guide}") if group else node)
        self.clear_options()
        self.add_options([Option(self._entry(entry)) for entry in self.entries])
        shown = self._index_of(self.shown)
        at = at if shown is None else shown
        self.highlighted = min(at, len(self.entries) - 1) if self.entries else None

    def _entry(self, entry: Node | list[Run]) -> _Entry:
        return _Entry(partial(self._describe, entry))

    def _index_of(self, run: Run | None) -> int | None:
        """The index of a run in the list."""
        entries = enumerate(self.entries)
        return next((index for index, entry in entries if isinstance(entry, Node) and entry.run is run), None)

    def show(self, run: Run) -> None:
        """Mark a run as the one on the stage."""
        if run is self.shown:
            return
        before, self.shown = self._index_of(self.shown), run
        after = self._index_of(run)
        for index in (before, after):
            if index is not None:
                self.replace_option_prompt_at_index(index, self._entry(self.entries[index]))
        if after is not None:
            self.highlighted = after

    @property
    def run(self) -> Run | None:
        """The run under the cursor."""
        runs = self.picked
        return runs[0] if len(runs) == 1 else None

    @property
    def picked(self) -> list[Run]:
        """The run under the cursor, or the lanes."""
        at = self.highlighted
        if at is None or at >= len(self.entries):
            return []
        entry = self.entries[at]
        return [entry.run] if isinstance(entry, Node) else entry

    def _describe(self, node: Node | list[Run]) -> Content:
        if not isinstance(node, Node):
            return self._describe_lanes(node)
        run, session = node.run, self.session
        guide = node.guide if len(node.guide) <= MAX_GUIDE else f"… {node.guide[2 - MAX_GUIDE :]}"
        below = guide.replace("├ ", "│ ").replace("└ ", "  ")
        mark = "● " if run is self.shown else ""
        name = session.names.get(run.id, "")
        question = " ".join(clean(run.question[:200]).split()) or "(no question)"
        parent = session.runs.get(run.start.parent or "")
        title = name or session.name_of(run)
        if parent is None and not name:
            title = f"{title} · {question}"
        reason = " ".join(clean(run.end.reason)[:20].split()) if run.end is not None else "going on"
        facts = f"{run.start.step + run.last} steps · {reason}"
        if parent is not None:
            facts = f"from step {run.start.step}{_changes(run, parent)} · {facts}"
        answer = " ".join(run.answer().split())
        return Content.assemble(
            (guide, "dim"), (mark, "bold"), (" ".join(clean(title).split())[:60], "bold"), "\n",
            (below, "dim"), (facts, "dim"), "\n",
            (below, "dim"), (answer[:80] or "(it wrote nothing)", "italic"),
        )  # fmt: skip

    def _describe_lanes(self, runs: list[Run]) -> Content:
        question = " ".join(clean(runs[0].question[:200]).split()) or "(no question)"
        names = " · ".join(" ".join(clean(self.session.name_of(run)).split()) for run in runs)
        return Content.assemble(
            ("≡ ", "bold $accent"), (f"{len(runs)} lanes", "bold"), (f" · {question}"[:60], "bold"), "\n",
            (f"  {names}", "dim"), "\n",
            ("  enter shows them side by side", "italic"),
        )  # fmt: skip

    # -- keys ---------------------------------------------------------------------------------------------------------

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        entry = self.entries[event.option_index]
        self.post_message(self.Picked(entry.run) if isinstance(entry, Node) else self.PickedLanes(entry))

    def action_rename(self) -> None:
        from llada_tui.tui.shell.dialogs import AskText

        run = self.run
        if run is None:
            return

        def put(name: str | None) -> None:
            if name:
                self.post_message(self.TreeChanged(NameEvent(run.id, clean(name))))

        default = clean(self.session.names.get(run.id, ""))
        self.app.push_screen(AskText("Name", f"A name for {clean(self.session.name_of(run))}:", default), put)

    def action_remove(self) -> None:
        runs = self.picked
        if not runs:
            return
        branches = dict.fromkeys(branch for run in runs for branch in branches_of(self.session, run))
        deleted = [run for run in branches if run.id not in self.session.deleted]
        if any(run.end is None for run in deleted):
            self.notify(f"A run that is going on cannot be deleted: {key_here(self, 'leave')} in the chat ends it.")
            return
        self._deleted.append([run.id for run in deleted])
        self.post_message(self.TreeChanged(DeleteEvent([run.id for run in deleted])))
        count = len(deleted) - len(runs)
        more = f" and {count} branch{'es' if count > 1 else ''}" if count else ""
        what = self.session.name_of(runs[0]) if len(runs) == 1 else f"{len(runs)} lanes"
        self.notify(f"Deleted {what}{more}: u takes it back.")

    def action_take_back(self) -> None:
        if not self._deleted:
            self.notify("Nothing was deleted here.")
            return
        self.app.clear_notifications()  # which say that it is deleted
        self.post_message(self.TreeChanged(DeleteEvent(self._deleted.pop(), deleted=False)))


def _changes(run: Run, parent: Run) -> str:
    """The changes of a branch, in a few words."""
    frame = run.start.step - parent.start.step
    before = pins(parent, frame)
    set_by_hand = {position: token for event in run.interventions for position, token in event.tokens}
    changed = sum(before.get(position) != token for position, token in set_by_hand.items())
    words = [f"{changed} by hand"] if changed else []
    words += turned(run.start.settings, parent.settings_at(frame))[:3]
    return f", {', '.join(words)}" if words else ""

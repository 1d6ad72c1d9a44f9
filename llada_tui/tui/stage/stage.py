"""The stage: the canvas with its legend and timeline, and the panel below; live and recorded runs share it."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.analysis.look_ahead import cost
from llada_tui.drawing.run_states import undecided
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.model_blocks import block_length_of
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.player.legend import Legend
from llada_tui.tui.player.player import Player
from llada_tui.tui.player.player_view import PlayerView
from llada_tui.tui.shell.changed_cells import SubtitledBox
from llada_tui.tui.stage.axis import Pointed
from llada_tui.tui.stage.draft_bar import DraftBar
from llada_tui.tui.stage.entropy_profile import EntropyProfile
from llada_tui.tui.stage.greeting import Greeting
from llada_tui.tui.stage.influence_tints import question_tints
from llada_tui.tui.stage.pages.knobs_page import KnobsPage
from llada_tui.tui.stage.panel import Panel
from llada_tui.tui.stage.stage_owner import StageOwner
from llada_tui.tui.stage.wall import Wall

_CANVAS, _BESIDE, _PAGES = 50, 56, 34
"""Least columns for a canvas with the panel beside it, the panel's columns there, and least lines for all pages."""


class Stage(PlayerView):
    """Shows a run through a `Player`."""

    DEFAULT_CSS = """
    Stage { layout: vertical; height: 1fr; width: 1fr; }
    Stage #canvas-box { height: 1fr; min-height: 3; border: round $pane-border; border-title-color: $foreground;
        border-subtitle-color: $text-muted; }
    Stage #canvas-box { layers: base wall; }
    Stage #canvas-box Wall { margin-bottom: 1; }
    Stage #canvas-box.-focused { border: round $accent; }
    Stage.-drafting #canvas-box { border: round $warning; }
    Stage.-drafting #legend { display: none; }
    Stage.-drafting DraftBar { display: block; }
    Stage #welcome { height: 1fr; padding: 1 2; }
    Stage #panel { height: 9; border: round $pane-border; }
    Stage #panel:focus-within { border: round $accent; }
    Stage #pages { height: 1fr; }
    """

    class FrameShown(Message):
        """Another frame is on show."""

    def __init__(self, settings: SamplerSettings, owner: StageOwner, *, dwell: float, id: str | None = None) -> None:
        super().__init__(Player(dwell), [TokenCanvas(id="canvas")], id=id)
        self.legend = Legend(self.canvas, id="legend")
        self.wall = Wall(self.canvas, id="wall")
        self.profile = EntropyProfile(self.canvas, id="profile")
        self.draft_bar = DraftBar(id="draft")
        self.panel = Panel(self.canvas, self.player, settings, owner, id="panel")
        self.legends = [self.legend, self.panel.legend]
        self.knobs = self.panel.find(KnobsPage).widget
        self.welcome = Greeting(id="welcome")
        self._title = ""
        self.canvas.display = False

    def on_mount(self) -> None:
        self.watch(self.canvas, "tints", self._show_title, init=False)

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        """The panel stands below the canvas, or beside it where all of its pages have room there."""
        width, height = self.size
        beside = width >= _CANVAS + _BESIDE and height >= _PAGES and not self.whole and not self.wall.lit
        self.panel.stacked = beside
        self.set_class(beside, "-beside")

    def compose(self) -> ComposeResult:
        with SubtitledBox(id="canvas-box") as box:
            box.border_title = "Canvas"
            yield self.welcome
            yield self.canvas
            yield self.wall
            yield self.profile
            yield self.legend
            yield self.draft_bar
        yield self.timeline
        yield self.panel

    @property
    def title(self) -> str:
        """The question that the canvas answers."""
        return self._title

    @title.setter
    def title(self, question: str) -> None:
        self._title = " ".join(clean(question).split())[:200]
        self._show_title()

    def _show_title(self) -> None:
        """Show what is asked; words that the selected token leans on are tinted."""
        question, run, canvas = Content(self._title), self.player.run, self.canvas
        for first, last, tint in question_tints(run, self._title, canvas.tints) if run is not None else ():
            ground = canvas.token_styles.tint_ground(tint)
            question = question.stylize(f"on {ground.hex}" if ground is not None else "underline", first, last)
        self.query_one("#canvas-box").border_title = Content("Canvas · ") + question if self._title else "Canvas"

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_run(self, run: Run | None, *, play: bool = True, frame: int = 0) -> None:
        """Put a run on the stage."""
        if run is not None and self.knobs.read_only:
            self.knobs.model, self.knobs.block_length = run.start.model.id, block_length_of(run.start.model)
        self.player.show(run, time.monotonic(), play=play, frame=frame)
        self.canvas.display = run is not None
        self.welcome.display = run is None
        self.redraw()
        self.wake()

    def greet(self, *forms: Content, title: str = "", entries: Content | None = None) -> None:
        """Show this while there is no run."""
        self.welcome.greet(*forms, title=title, entries=entries)

    def show_growth(self) -> None:
        super().show_growth()
        if self.canvas.frame_rows.has_late_texts:
            self.redraw()
        self._describe()
        self.panel.update()

    def redraw(self) -> None:
        player = self.player
        self.canvas.show(player.run, player.frame, follow=player.playing)
        self.wall.update()
        self._show_profile()
        for legend in self.legends:
            states = self.canvas.states | self.panel.states
            legend.note(states, self.canvas.frame_rows.has_end, self.is_recomputed_known)
        super().redraw()
        self._describe()
        self.panel.update()
        self.post_message(self.FrameShown())

    def _show_profile(self) -> None:
        """Bring the entropy profile up to date where it is in sight."""
        if self.profile.size.height:
            self.profile.refresh_changes()

    def _describe(self) -> None:
        box = self.query_one("#canvas-box", SubtitledBox)
        run, frame = self.player.run, self.player.frame
        if run is None:
            box.say("")
            return
        blocks = len(run.blocks(frame))
        words = [f"step {run.start.step + frame}/{run.start.step + run.last}"]
        if run.end is None:
            words = [f"step {run.start.step + frame}/{run.expected_steps}"]
        if blocks > 1 and run.steps:
            words.append(f"block {run.steps[max(frame - 1, 0)].block + 1}/{blocks}")
        words.append(undecided(run, frame))
        if ahead := cost(run, frame):
            words.append(ahead)
        box.say(" · ".join(words))

    # -- messages -----------------------------------------------------------------------------------------------------

    def on_token_canvas_selected(self, message: TokenCanvas.Selected) -> None:
        message.stop()
        if message.position is not None:
            self.panel.open_for_selection()
        self._show_profile()
        self.panel.update()
        self.panel.owner.update_keys()

    def on_token_canvas_resized(self, message: TokenCanvas.Resized) -> None:
        message.stop()
        self.wall.update()

    def on_pointed(self, message: Pointed) -> None:
        message.stop()
        self.seek(message.frame)
        if message.position is not None:
            self.canvas.selected = message.position

    def on_descendant_focus(self) -> None:
        self.query_one("#canvas-box").set_class(self.canvas.has_focus, "-focused")

    def on_descendant_blur(self) -> None:
        self.query_one("#canvas-box").set_class(self.canvas.has_focus, "-focused")

    # -- how it is shown ----------------------------------------------------------------------------------------------

    @property
    def whole(self) -> bool:
        """Whether the panel has the canvas' room as well."""
        return self.panel.whole

    @whole.setter
    def whole(self, whole: bool) -> None:
        self.panel.whole = whole
        self.set_class(whole, "-whole")
        self._arrange()

    def action_whole(self) -> None:
        """Give the panel the canvas' room, and back. A page that shows no run needs none: another is opened for it."""
        if not self.whole:
            self.panel.open_for_whole()
        self.whole = not self.whole
        if self.whole:
            self.panel.front.focus()
        self.panel.owner.update_keys()

    @property
    def drafting(self) -> bool:
        """Whether the canvas is being changed by hand."""
        return self.canvas.changing

    @drafting.setter
    def drafting(self, drafting: bool) -> None:
        self.canvas.changing = drafting
        self.set_class(drafting, "-drafting")
        self.wall.update()

    def present(self, presenting: bool) -> None:
        self.wall.lit = presenting
        self._arrange()

    def action_colours(self) -> None:
        super().action_colours()
        self.set_class(self.canvas.colour_by is ColourBy.ENTROPY, "-entropy")
        self.panel.update()

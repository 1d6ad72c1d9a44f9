"""Help and the command palette: keys first, each group once, and what the words mean; nothing is cut."""

from __future__ import annotations

import pytest
from textual.containers import VerticalScroll
from textual.widgets import Static

from llada_tui.drawing.state_labels import LABELS
from llada_tui.trace.cell import State
from llada_tui.tui.shell.footer import Footer
from llada_tui.tui.shell.help import Help
from tests.conftest import Home
from tests.tui.sessions import fox
from tests.tui.support import replaying


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_keys_come_first_each_group_once_and_nothing_is_cut(home: Home, size: tuple[int, int]) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl"), size=size) as desk:
        await desk.press("question_mark")
        screen = desk.app.screen
        assert isinstance(screen, Help)
        parts = [*screen.query(Static)]
        texts = [str(part.render()) for part in parts]
        actions = list(desk.app.actions.values())
        groups = list(dict.fromkeys(action.group for action in actions))
        keys = texts[: len(groups) + 2 * len(actions)]
        assert [text for text in keys if text in groups] == groups
        for action in actions:
            assert keys.count(f"{action.help} {action.id}") == 1
        assert [part for part in parts if _cut(part)] == []
        assert all(part.region.right <= size[0] for part in parts)
        box = screen.query_one(VerticalScroll)
        await desk.press("end")
        await desk.until(lambda: box.scroll_offset.y == box.max_scroll_y, "the end")
        await desk.press("escape")
        assert desk.app.screen is desk.replay


def _cut(part: Static) -> bool:
    """Whether a text has more lines than the room that it was given."""
    return part.size.height < part.get_content_height(part.screen.size, part.screen.size, part.size.width)


async def test_each_word_has_the_papers_term_and_eos_nucleus_logits_and_nats_are_explained(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("question_mark")
        text = "\n".join(str(part.render()) for part in desk.app.screen.query(Static))
        for state in (State.PREDICTED, State.COMMITTED, State.REMASKED):
            assert text.count(f"{LABELS[state].with_term()}: ") == 1
        for word in ("masked", "edited", "eos", "nucleus (top_p)", "logits", "nats"):
            assert text.count(f"\n  {word}: ") == 1


async def test_palette_entries_tell_their_keys(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        commands = {command.title: command.help for command in desk.app.get_system_commands(desk.replay)}
        assert commands["play/pause"].startswith("space · ")
        assert commands["large words"].startswith("f ^f · ")
        assert commands["sessions"].startswith("f4 ^\\ · ")


async def test_the_footer_names_no_keys_of_a_page_under_a_dialog(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        footer = desk.replay.query_one(Footer)
        keys = footer.render_line(0).text
        assert "play/pause" in keys
        drawn: list[str] = []
        footer.refresh_changes = lambda: drawn.append(footer.render_line(0).text)  # type: ignore[method-assign]
        await desk.press("question_mark")
        assert [line.split() for line in drawn] == [["^p", "commands"]]
        await desk.press("escape")
        assert drawn[1:] == [keys]

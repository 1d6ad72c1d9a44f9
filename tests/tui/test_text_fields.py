"""What a person types and pastes is asked as it stands, drawn clean, and edited cluster by cluster."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.events import Key
from wcwidth import wcwidth

from llada_tui.lessons.lesson_parser import parse
from llada_tui.trace.session import read_session
from llada_tui.trace.text import TokenBytes, take_in
from llada_tui.tui.compare.choose_lanes import ChooseLanes
from llada_tui.tui.shell.clusters import Clusters, clusters
from llada_tui.tui.shell.dialogs import AskLong
from llada_tui.tui.shell.text_fields import LineText, LongText
from llada_tui.tui.stage.change_tokens import WriteText
from tests.conftest import Home
from tests.trace.test_text import check
from tests.tui.pseudo_terminal import Terminal
from tests.tui.support import WORKER, chatting
from tests.tui.test_hostile import unsafe

FAMILY, FLAG, PERSIAN = "👨‍👩‍👧", "🇩🇪", "می‌خواهم"
WHOLE = (
    f"{FAMILY} {FLAG} 👍🏽 ❤️ 1️⃣ {PERSIAN}\n\tindented\te\u0301 \u200eשלום\u200f\u00a0नमस्ते "
    "\u2067x\u2069 葛\U000e0100 a\u2028b \U00100000\U00033500 \U000f0001"
)
"""Joiners, flags, selectors, skin tones, tabs, marks, directions, a line separator, and characters that no one has."""
TEXTS = st.text(
    st.one_of(
        st.sampled_from(
            "ab \t\n\u200d\u200c\ufe0f\u200e\u202e\u0301\u093f👨👩❤🇩🇪🏽漢é\u2028\x85\x1b\U00100000\U00033500"
        ),
        st.characters(),
    ),
    max_size=24,
)


class _Fields(App[None]):
    def compose(self) -> ComposeResult:
        yield LongText(soft_wrap=True)
        yield LineText()

    @property
    def long(self) -> LongText:
        return self.query_one(LongText)

    @property
    def line(self) -> LineText:
        return self.query_one(LineText)

    def look(self) -> None:
        """Everything that is drawn is clean and as wide as is said."""
        for field in (self.long, self.line):
            for y in range(field.size.height):
                strip = field.render_line(y)
                check(strip.text, lines=False)
                assert sum(map(wcwidth, strip.text)) == strip.cell_length


# -- what is asked ----------------------------------------------------------------------------------------------------


def _asked(home: Home) -> list[str]:
    paths = list(home.sessions.glob("*.jsonl"))
    written = [path for path in paths if path.stat().st_size]  # its first line may be on the way
    return [run.question for path in written for run in read_session(path).runs.values()]


def test_a_pasted_text_is_asked_byte_for_byte(home: Home) -> None:
    arguments = ("-m", "llada_tui", "chat", "--model", "fake", "--worker", WORKER)
    with Terminal(*arguments, size=(100, 30)) as terminal:
        terminal.until("ready")
        terminal.type(f"\x1b[200~{WHOLE}\x1b[201~")
        terminal.until("indented")
        terminal.type("\r")
        terminal.until(lambda: _asked(home))
        terminal.type("\x1b[A\x1b[A\r")  # asked again, from the history
        terminal.until(lambda: len(_asked(home)) > 1)
        assert terminal.leave() == 0
    assert [text.encode() for text in _asked(home)] == 2 * [WHOLE.encode()]
    assert unsafe(terminal.raw) == []


@pytest.mark.slow
def test_what_is_typed_in_clusters_is_asked_byte_for_byte(home: Home) -> None:
    typed = f"a{FAMILY}{FLAG}❤️1️⃣e\u0301{PERSIAN}नमस्ते"
    arguments = ("-m", "llada_tui", "chat", "--model", "fake", "--worker", WORKER)
    with Terminal(*arguments, size=(100, 30)) as terminal:
        terminal.until("ready")
        for cluster in clusters(typed):  # as a terminal sends what a keyboard composes
            terminal.send(cluster.encode(), apart=0.02)
        terminal.send(b"\r")
        terminal.until(lambda: _asked(home))
        assert terminal.leave() == 0
    assert [text.encode() for text in _asked(home)] == [typed.encode()]
    assert unsafe(terminal.raw) == []


async def test_every_character_that_a_keyboard_has_is_typed() -> None:
    """A joiner of letters is a key of a Persian keyboard, a wide blank one of a Japanese; Python prints neither."""
    typed = f"{PERSIAN} {FAMILY}\u00a0\u3000\u200f\ue0b0\U0001fae9"
    app = _Fields()
    async with app.run_test() as pilot:
        for field in (app.long, app.line):
            field.focus()
            await pilot.pause()
            for character in typed:
                app.screen.post_message(Key(f"key_{ord(character)}", character))
            await pilot.pause()
            assert field.text == typed
        app.long.read_only = True
        app.long.focus()
        app.screen.post_message(Key("key_8204", "\u200c"))
        await pilot.pause()
        assert app.long.text == typed


@pytest.mark.slow
def test_keys_that_come_together_edit_in_their_order(home: Home) -> None:
    """As they do on a slow line, or while the screen is busy."""
    arguments = ("-m", "llada_tui", "chat", "--model", "fake", "--worker", WORKER)
    with Terminal(*arguments, size=(100, 30)) as terminal:
        terminal.until("ready")
        terminal.send(b"abc\x7f\x7fxy\x1b[D\x1b[3~z\x1b[Hq\x01r\x05s\r")
        terminal.until(lambda: _asked(home))
        assert terminal.leave() == 0
    assert _asked(home) == ["rqaxzs"]


async def test_keys_that_come_together_edit_a_field_of_one_line_in_their_order() -> None:
    app = _Fields()
    async with app.run_test() as pilot:
        app.line.focus()
        await pilot.pause()
        for key in ("a", "b", "backspace", "x", "left", "y", "home", "z"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        await pilot.pause()
        assert app.line.text == "zayx"


async def test_a_system_prompt_a_comparison_and_written_text_are_whole(home: Home) -> None:
    async with chatting() as desk:
        await desk.ready()
        chat = desk.chat
        chat.chat_sessions.action_system_prompt()
        await desk.until(lambda: isinstance(desk.app.screen, AskLong))
        desk.app.screen.query_one(LongText).insert(WHOLE)
        await desk.press("ctrl+s")
        assert chat.conversation_pane.conversation.system == WHOLE
        chat.chat_sessions.action_system_prompt()
        await desk.until(lambda: isinstance(desk.app.screen, AskLong))
        assert desk.app.screen.query_one(LongText).text == WHOLE
        await desk.press("escape")
        chat.conversation_pane.prompt.put(WHOLE)
        chat.comparing.action_compare()
        await desk.until(lambda: isinstance(desk.app.screen, ChooseLanes))
        question = desk.app.screen.query_one("#question", LineText)
        assert question.text == WHOLE
        question.text += "!"
        await desk.press("enter", "enter")
        run = await desk.ended()
    assert run.question == f"{WHOLE}!"
    assert run.start.messages is not None
    assert run.start.messages[0].content == WHOLE


async def test_written_text_is_encoded_whole(home: Home) -> None:
    asked: list[str] = []
    async with chatting() as desk:
        screen = WriteText("Text", TokenBytes(), 0, 4, lambda text, *_: asked.append(text), blank=False)
        await desk.app.push_screen(screen)
        screen.query_one(LineText).text = f"{FAMILY}\t{PERSIAN}"
        await desk.until(lambda: asked)
    assert asked == [f"{FAMILY}\t{PERSIAN}"]


def test_a_lessons_prompt_is_whole_and_its_prose_clean() -> None:
    block = f'prompt: {WHOLE.splitlines()[0]}\n\t{PERSIAN}\tx\nnote: {FLAG}\nclaim: says "{FLAG}"\n'
    lesson = parse(f"---\ntitle: {FLAG}\nsummary: x\n---\n# {FLAG}\n\n{FAMILY}\n\n```run\n{block}```\n", "lesson")
    (page,) = lesson.pages
    assert page.scene is not None
    assert page.scene.prompt == f"{WHOLE.splitlines()[0]} {PERSIAN}\tx"
    assert (lesson.title, page.heading, page.paragraphs[0].text, page.scene.note) == ("DE", "DE", "👨👩👧", "DE")


def test_what_comes_in_loses_only_what_is_no_text() -> None:
    assert take_in(WHOLE) == WHOLE
    assert take_in("a\r\nb\rc\x00\x1b[31m\x7f\x9b\x85\ud800d\t") == "a\nb\nc[31md\t"


# -- editing ----------------------------------------------------------------------------------------------------------


def test_clusters() -> None:
    text = f"a{FAMILY}{FLAG}{FLAG}e\u0301x\n\u0301\t\u200d"
    assert list(clusters(text)) == ["a", FAMILY, FLAG, FLAG, "e\u0301", "x", "\n", "\u0301", "\t", "\u200d"]


@given(TEXTS, st.booleans())
def test_a_stand_in_stands_for_what_it_came_from(text: str, one_line: bool) -> None:
    field = Clusters(one_line=one_line)
    encoded = field.encode(text)
    assert field.decode(encoded) == text
    check(field.draw(encoded.replace("\t", "").replace("\n", "")), lines=False)


async def test_the_cursor_goes_from_cluster_to_cluster() -> None:
    async with _Fields().run_test(size=(60, 20)) as pilot:
        app = pilot.app
        assert isinstance(app, _Fields)
        for field in (app.long, app.line):
            field.focus()
            field.text = f"a{FAMILY}{FLAG}b"
            await pilot.press("end", "left", "backspace")
            assert field.text == f"a{FAMILY}b"
            await pilot.press("left", "delete", "e")
            assert field.text == "aeb"
            field.insert("\u0301", (0, 2)) if isinstance(field, LongText) else field.insert("\u0301", 2)
            await pilot.press("home", "right", "right", "backspace")
            assert field.text == "ab"
        await pilot.press("ctrl+z")


async def test_a_copied_text_is_whole() -> None:
    async with _Fields().run_test(size=(60, 20)) as pilot:
        app = pilot.app
        assert isinstance(app, _Fields)
        for field in (app.long, app.line):
            field.focus()
            field.text = f"{FAMILY}{PERSIAN}"
            field.select_all()
            await pilot.press("ctrl+x")
            assert (app.clipboard, field.text) == (f"{FAMILY}{PERSIAN}", "")
            await pilot.press("ctrl+v")
            assert field.text == f"{FAMILY}{PERSIAN}"


_KEYS = st.sampled_from(
    ["left", "right", "up", "down", "home", "end", "backspace", "delete", "ctrl+w", "ctrl+left", "ctrl+right",
     "shift+left", "shift+up", "ctrl+z", "ctrl+y", "ctrl+u", "pagedown"]
)  # fmt: skip


async def _hands(moves: list[tuple[bool, str]], width: int) -> None:
    async with _Fields().run_test(size=(width, 12)) as pilot:
        app = pilot.app
        assert isinstance(app, _Fields)
        for field in (app.long, app.line):
            field.focus()
            for is_key, move in moves:
                if is_key:
                    await pilot.press(move)
                elif isinstance(field, LongText):
                    field.insert(move)
                else:
                    field.insert_text_at_cursor(move)
                app.look()
            text = field.text
            field.text = text
            assert field.text == text == take_in(text)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.tuples(st.just(True), _KEYS), st.tuples(st.just(False), TEXTS)), max_size=12), st.data())
async def test_any_editing_of_any_text(moves: list[tuple[bool, str]], data: st.DataObject) -> None:
    await _hands(moves, data.draw(st.integers(8, 60)))

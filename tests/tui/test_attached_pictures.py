"""Pictures in the chat: attached, shown, asked about, given back, recorded."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PIL import Image
from textual import events
from textual.widgets import OptionList

from llada_tui import pictures
from llada_tui.pictures import name_of
from llada_tui.settings.prompt import Message
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.settings.vary import Lane
from llada_tui.trace.session import read_session
from llada_tui.tui.chat.attached_pictures import AttachedPictures
from llada_tui.tui.chat.choose_picture import ChoosePicture
from llada_tui.tui.chat.picture_entry import PictureEntry
from llada_tui.tui.chat.picture_paths import completed, dropped_pictures, matches
from llada_tui.tui.compare.compare_screen import CompareScreen
from llada_tui.tui.shell.options import LanesOptions
from llada_tui.tui.shell.text_fields import LineText
from tests.conftest import Home
from tests.tui.lanes import ask, compare, over
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import about_pictures
from tests.tui.support import WORKER, chatting
from tests.tui.test_terminal import check_restored

SMALL = {"steps": 4, "gen_length": 4, "block_length": 4}
pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    path = tmp_path / "my cat.png"
    Image.new("RGB", (60, 40), (255, 128, 0)).save(path)
    return path


async def test_a_picture_goes_with_the_next_question_alone(cat: Path) -> None:
    async with chatting("sees") as desk:
        await desk.ready()
        await desk.ask(f"/image {cat}")
        await desk.until(lambda: "my cat.png (60 x 40 pixels" in desk.conversation, "the picture is attached")
        (entry,) = desk.chat.conversation_pane.view.query(PictureEntry)
        await desk.until(lambda: entry.size.height == 12, "the picture has its place")
        assert entry.render_line(0).text.startswith("▀" * 36 + " ")
        prompt = desk.chat.conversation_pane.prompt
        await desk.type("What ")
        await desk.until(lambda: "context 104 +" in str(prompt.border_subtitle), "four letters and a picture")
        first = await desk.answer("is it?")
        await desk.until(lambda: "context 123 +" in str(prompt.border_subtitle), "the answer's twelve letters too")
        second = await desk.answer("And now?")
        name = name_of(cat.read_bytes())
        assert [message.images for message in first.start.messages] == [(name,)]
        assert [message.images for message in second.start.messages] == [(name,), (), ()]
        assert first.start.prompt_ids[0] == -200
        assert "▣ 1 picture\nWhat is it?" in desk.conversation
        assert "/image" not in {run.question[:6] for run in desk.chat.worker.session.runs.values()}
        assert desk.recorded().pictures == {name: cat.read_bytes()}


async def test_a_model_that_cannot_see_gives_question_and_picture_back(cat: Path) -> None:
    async with chatting("fake", images=[cat]) as desk:
        await desk.ready()
        await desk.until(lambda: "goes with the next question" in desk.conversation, "the picture is attached")
        await desk.ask("What is it?")
        await desk.until(lambda: "cannot see pictures" in desk.conversation, "the reason is told")
        assert desk.chat.conversation_pane.prompt.text == "What is it?"
        assert "1 picture goes with the next question; /image alone takes that off." in desk.conversation
        assert desk.chat.submitter.pictures.take() == (name_of(cat.read_bytes()),)


async def test_a_picture_is_taken_off_and_the_question_asked_without_it(cat: Path) -> None:
    async with chatting("fake", images=[cat]) as desk:
        await desk.ready()
        await desk.until(lambda: "/image alone takes it off" in desk.conversation, "the picture is attached")
        await desk.ask("/image")
        assert "1 picture goes with no question." in desk.conversation
        run = await desk.answer("hi")
        assert [message.images for message in run.start.messages] == [()]
        await desk.ask("/image")
        assert "There was no picture to take off." in desk.conversation


async def test_a_loaded_model_that_cannot_see_refuses_a_picture_at_once_and_a_path_is_text(cat: Path) -> None:
    async with chatting("fake") as desk:
        await desk.ready()
        await desk.ask(f"/image {cat}")
        await desk.until(lambda: "cannot see pictures" in desk.conversation, "the reason is told")
        assert desk.chat.submitter.pictures.take() == ()
        prompt = desk.chat.conversation_pane.prompt
        prompt.post_message(events.Paste(str(cat)))
        await desk.until(lambda: prompt.text == str(cat), "it is typed")
        prompt.post_message(events.Paste(f" {cat.parent}/none.png"))
        await desk.until(lambda: prompt.text.endswith("none.png"), "it is typed")
        assert desk.chat.submitter.pictures.take() == ()


async def test_lanes_are_asked_about_the_attached_picture_and_weighed_with_it(cat: Path) -> None:
    async with chatting("sees") as desk:
        await desk.ready()
        await desk.ask(f"/image {cat}")
        await desk.until(lambda: "goes with the next question" in desk.conversation, "the picture is attached")
        screen = await ask(desk, "temperature=0,1")
        await over(desk, screen)
        lanes = screen.stage.lane_states
        await desk.until(lambda: all(lane.likelihood for lane in lanes), "how likely each answer is")
        name = name_of(cat.read_bytes())
        assert [run.start.messages[-1].images for run in screen.runs()] == [(name,)] * 2
        await desk.press("escape")
        assert desk.chat.submitter.pictures.take() == ()
        again = await ask(desk, "temperature=0,1", question="")  # the question on the stage, about its picture
        await over(desk, again)
        assert [run.start.messages[-1].images for run in again.runs()] == [(name,)] * 2


async def test_the_command_line_s_lanes_see_its_pictures(cat: Path) -> None:
    lanes = [Lane(SamplerSettings(**SMALL), {}), Lane(SamplerSettings(**SMALL, temperature=1.0), {"temperature": 1.0})]
    async with chatting("sees", lanes=LanesOptions("What is it?", lanes, images=[cat]), link_images=True) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, CompareScreen), "the lanes are open")
        screen = compare(desk)
        await over(desk, screen)
        assert {run.start.messages[-1].images for run in screen.runs()} == {(name_of(cat.read_bytes()),)}
        session, path = desk.recorded(), desk.chat.worker.path
        assert session.links == {name_of(cat.read_bytes()): str(cat)}
        assert session.pictures == {name_of(cat.read_bytes()): cat.read_bytes()}
        assert path is not None
        assert b'"content":"' not in path.read_bytes().splitlines()[1]


async def test_lanes_that_cannot_see_give_the_picture_back(cat: Path) -> None:
    async with chatting("fake", images=[cat]) as desk:
        await desk.ready()
        await desk.until(lambda: "goes with the next question" in desk.conversation, "the picture is attached")
        screen = await ask(desk, "temperature=0,1")
        await desk.until(lambda: all(lane.failure for lane in screen.stage.lane_states), "they cannot begin")
        assert "cannot see pictures" in screen.stage.lane_states[0].failure
        await desk.press("escape")
        assert desk.chat.submitter.pictures.take() == (name_of(cat.read_bytes()),)


async def test_a_conversation_about_pictures_goes_on_with_a_blind_model_in_a_sentence(home: Home) -> None:
    async with chatting("fake") as desk:
        await desk.ready()
        await desk.app.navigation.continue_session(about_pictures(home.sessions / "fox.jsonl", [b"a"]))
        prompt = desk.chat.conversation_pane.prompt
        await desk.type("ab")
        await desk.until(lambda: "cannot see the pictures" in str(prompt.border_subtitle), "it is said")
        assert "! " not in desk.conversation


async def test_another_conversation_begins_without_pictures(cat: Path) -> None:
    async with chatting("sees") as desk:
        await desk.answer("before")
        path = desk.chat.worker.path
        assert path is not None
        for begin in (desk.chat.chat_sessions.action_new_chat(), desk.app.navigation.continue_session(path)):
            await desk.ask(f"/image {cat}")
            await desk.until(lambda: "goes with the next question" in desk.conversation, "the picture is attached")
            await begin
            assert desk.chat.submitter.pictures.take() == ()


async def test_no_picture_is_decoded_on_the_screen_s_thread(cat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    decode = pictures.decode

    def note(content: bytes, name: str = "") -> Image.Image:
        threads.append(threading.current_thread())
        return decode(content, name)

    monkeypatch.setattr(pictures, "decode", note)
    async with chatting("sees") as desk:
        await desk.ready()
        await desk.ask(f"/image {cat}")
        await desk.until(lambda: "goes with the next question" in desk.conversation, "the picture is attached")
        assert threads
        assert threading.main_thread() not in threads


async def test_what_is_no_picture_is_said_in_the_conversation(tmp_path: Path) -> None:
    async with chatting("sees") as desk:
        await desk.ready()
        await desk.ask(f"/image {tmp_path}/none.png")
        await desk.until(lambda: "There is no picture" in desk.conversation, "the reason is told")
        run = await desk.answer("hi")
        assert [message.images for message in run.start.messages] == [()]


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("/image a.png", "a.png"),
        ("/image  'my cat.png' ", "my cat.png"),
        ('/image "my cat.png"', "my cat.png"),
        ("/image file:///x/my%20cat.png", "/x/my cat.png"),
        ("/images a.png", None),
        ("what is /image a.png", None),
    ],
)
def test_a_path_is_read_as_it_is_typed_or_dropped(typed: str, path: str | None) -> None:
    assert AttachedPictures.path_in(typed) == (None if path is None else Path(path))


# -- dropped and chosen -----------------------------------------------------------------------------------------------


async def test_a_dropped_file_goes_with_the_next_question_and_types_nothing(cat: Path) -> None:
    dog = cat.with_name("dog.png")
    Image.new("RGB", (8, 8), (0, 0, 255)).save(dog)
    async with chatting("sees") as desk:
        await desk.ready()
        await desk.type("What ")
        prompt = desk.chat.conversation_pane.prompt
        prompt.post_message(events.Paste(f"'{cat}' {dog}\n"))
        await desk.until(lambda: desk.conversation.count("goes with the next question") == 2, "both are attached")
        assert prompt.text == "What "
        run = await desk.answer("is it?")
        assert run.start.messages[-1].images == (name_of(cat.read_bytes()), name_of(dog.read_bytes()))
        await desk.ask(f"/image {dog}")
        await desk.until(lambda: desk.conversation.count("goes with the next question") == 3, "a picture a turn")
        later = await desk.answer("And this?")
        assert [len(message.images) for message in later.start.messages] == [2, 0, 1]


async def test_a_dialog_completes_a_path_and_attaches_the_picture(cat: Path) -> None:
    (cat.parent / "pictures").mkdir()
    Image.new("RGB", (8, 8), (0, 0, 255)).save(cat.parent / "pictures" / "dog.png")
    (cat.parent / "pictures" / "notes.txt").write_text("no picture")
    async with chatting("sees") as desk:
        await desk.ready()
        desk.chat.submitter.pictures.folder = cat.parent
        await desk.press("alt+a")
        dialog = desk.app.screen
        assert isinstance(dialog, ChoosePicture)
        field, options = dialog.query_one(LineText), dialog.query_one(OptionList)
        assert field.text == f"{cat.parent}/"
        assert "my cat.png" in [str(option.prompt) for option in options.options]
        await desk.press("p", "tab")
        assert field.text == f"{cat.parent}/pictures/"
        assert [str(option.prompt) for option in options.options] == ["dog.png"]
        await desk.press("enter")
        await desk.until(lambda: "dog.png (8 x 8 pixels" in desk.conversation, "the only one is taken")
        await desk.press("alt+a")
        await desk.press("down", "enter")
        await desk.until(lambda: desk.conversation.count("dog.png (8 x 8 pixels") == 2, "one of the list is taken")
        await desk.press("alt+a", "escape")
        assert len(desk.chat.submitter.pictures.take()) == 2


def test_a_file_dropped_on_a_real_terminal_is_shown_and_asked_about(home: Home, cat: Path) -> None:
    words = ("-m", "llada_tui", "chat", "--model", "sees", "--worker", WORKER, "--steps", "4", "--gen-length", "4")
    with Terminal(*words, "--block-length", "4", size=(120, 40)) as terminal:
        terminal.until("ready")
        terminal.send(b"\x1b[200~'" + str(cat).encode() + b"'\x1b[201~")
        terminal.until("goes")
        terminal.until("▀" * 36)
        terminal.type("What is it?\r")
        terminal.until("▣ 1 picture")
        terminal.until("aaaa")
        assert terminal.leave() == 0
    check_restored(terminal)
    (path,) = home.sessions.glob("*.jsonl")
    (run,) = read_session(path).runs.values()
    assert run.start.messages[-1] == Message("user", "What is it?", (name_of(cat.read_bytes()),))


@pytest.mark.parametrize("form", ["{}", "'{}'", '"{}"', "file://{}", "{}\n"])
def test_a_dropped_path_is_known_in_every_form(cat: Path, form: str) -> None:
    assert dropped_pictures(form.format(cat)) == [cat]
    assert dropped_pictures(form.format(cat).replace(" ", "\\ ")) in ([cat], [])


@pytest.mark.parametrize("text", ["", "my cat.png", "/none/my cat.png", "look: {}", "{}\nand more", "'{}", "\0.png"])
def test_what_is_more_than_paths_of_pictures_is_text(cat: Path, text: str) -> None:
    assert dropped_pictures(text.format(cat)) == []


def test_hidden_files_and_others_are_not_offered(tmp_path: Path) -> None:
    tmp_path /= "pictures"
    tmp_path.mkdir()
    for name in (".hidden.png", "b.JPG", "a.txt", "c.webp"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    offered = matches(f"{tmp_path}/")
    assert [match.name for match in offered] == ["folder", "b.JPG", "c.webp"]
    assert offered[0].text == f"{tmp_path}/folder/"
    assert [match.name for match in matches(f"{tmp_path}/.")] == [".hidden.png"]
    assert completed(f"{tmp_path}/f", matches(f"{tmp_path}/f")) == f"{tmp_path}/folder/"
    assert completed(f"{tmp_path}/x", matches(f"{tmp_path}/x")) == f"{tmp_path}/x"
    assert matches("/none/a") == matches("\0") == []

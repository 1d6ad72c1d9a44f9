"""Pictures in the chat: attached, shown, asked about, given back, recorded."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PIL import Image
from textual import events

from llada_tui import pictures
from llada_tui.pictures import name_of
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.settings.vary import Lane
from llada_tui.tui.chat.attached_pictures import AttachedPictures
from llada_tui.tui.chat.picture_entry import PictureEntry
from llada_tui.tui.compare.compare_screen import CompareScreen
from llada_tui.tui.shell.options import LanesOptions
from tests.conftest import Home
from tests.tui.lanes import ask, compare, over
from tests.tui.sessions import about_pictures
from tests.tui.support import chatting

SMALL = {"steps": 4, "gen_length": 4, "block_length": 4}
pytestmark = pytest.mark.usefixtures("home")


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


async def test_one_of_several_pictures_is_taken_off(cat: Path) -> None:
    others = [cat.with_name(f"{colour}.png") for colour in ("red", "blue")]
    for path in others:
        Image.new("RGB", (8, 8), path.stem).save(path)
    async with chatting("sees") as desk:
        await desk.ready()
        for number, path in enumerate([cat, *others], 1):
            await desk.ask(f"/image {path}")
            await desk.until(lambda n=number: desk.conversation.count("goes with the next question") == n, "attached")
        assert "; /image -3 takes it off, /image alone all." in desk.conversation
        await desk.ask("/image -2")
        assert "Picture 2 was taken off; 2 pictures go with the next question." in desk.conversation
        await desk.ask("/image -3")
        assert "There is no picture 3: 2 pictures go with the next question." in desk.conversation
        run = await desk.answer("What are they?")
        assert run.start.messages[-1].images == (name_of(cat.read_bytes()), name_of(others[1].read_bytes()))


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
        await desk.answer("What is it?")
        desk.chat.stage.canvas.focus()
        threads.clear()
        await desk.press("s")
        await desk.until(lambda: [*desk.app.pictures_folder.glob("*.txt")], "the step's picture is saved")
        assert "data:image/jpeg" in next(desk.app.pictures_folder.glob("*.svg")).read_text()
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

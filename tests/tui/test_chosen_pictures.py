"""Pictures dropped on the terminal and chosen in the dialog: paths in every form, folders, disks that are slow."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PIL import Image
from textual import events
from textual.widgets import OptionList

from llada_tui.pictures import name_of
from llada_tui.settings.prompt import Message
from llada_tui.trace.session import read_session
from llada_tui.tui.chat import choose_picture, prompt_area
from llada_tui.tui.chat.choose_picture import ChoosePicture
from llada_tui.tui.chat.picture_paths import PathMatch, completed, dropped_pictures, matches
from llada_tui.tui.shell.text_fields import LineText
from tests.conftest import Home
from tests.tui.pseudo_terminal import Terminal
from tests.tui.support import PATIENCE, WORKER, chatting
from tests.tui.test_terminal import check_restored

pytestmark = pytest.mark.usefixtures("home")


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
        await desk.until(lambda: "my cat.png" in names(options), "the folder is listed")
        await desk.press("p", "tab")
        await desk.until(lambda: field.text == f"{cat.parent}/pictures/", "the path is completed")
        await desk.until(lambda: names(options) == ["dog.png"], "the folder in it is listed")
        await desk.press("enter")
        await desk.until(lambda: "dog.png (8 x 8 pixels" in desk.conversation, "the only one is taken")
        await desk.press("alt+a")
        await desk.until(lambda: names(desk.app.screen.query_one(OptionList)) == ["dog.png"], "it begins there")
        await desk.press("down", "enter")
        await desk.until(lambda: desk.conversation.count("dog.png (8 x 8 pixels") == 2, "one of the list is taken")
        await desk.press("alt+a", "escape")
        assert len(desk.chat.submitter.pictures.take()) == 2


def names(options: OptionList) -> list[str]:
    """What a dialog offers."""
    return [str(option.prompt) for option in options.options]


async def test_a_folder_is_listed_beside_the_screen_and_keys_wait_for_it(
    cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk does not hold the screen up, and is asked one thing at a time; tab and enter act on its answer."""
    answers, asked, listed = threading.Event(), [], choose_picture.matches

    def slow(typed: str) -> list[PathMatch]:
        asked.append(typed)
        assert answers.wait(PATIENCE)
        return listed(typed)

    monkeypatch.setattr(choose_picture, "matches", slow)
    (cat.parent / "pictures").mkdir()
    cat.rename(cat.parent / "pictures" / cat.name)
    async with chatting("sees") as desk:
        await desk.ready()
        desk.chat.submitter.pictures.folder = cat.parent
        await desk.press("alt+a")
        await desk.press("p", "i", "tab", "enter")
        field = desk.app.screen.query_one(LineText)
        assert field.text == f"{cat.parent}/pi"
        await desk.until(lambda: asked, "the folder is looked at")
        assert asked == [f"{cat.parent}/"]
        answers.set()
        await desk.until(lambda: "my cat.png (60 x 40 pixels" in desk.conversation, "the picture is attached")
        assert asked == [f"{cat.parent}/", f"{cat.parent}/pi", f"{cat.parent}/pictures/"]


async def test_a_path_that_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    name = "a" * 300
    async with chatting("sees") as desk:
        await desk.ready()
        desk.chat.submitter.pictures.folder = tmp_path
        await desk.press("alt+a")
        field = desk.app.screen.query_one(LineText)
        field.text = f"{tmp_path}/{name}"
        await desk.press("enter")
        await desk.until(lambda: not isinstance(desk.app.screen, ChoosePicture), "the dialog is left")
        await desk.until(lambda: "! " in desk.conversation, "it is told")
        assert name in desk.conversation.replace("\n", "")


async def test_a_pasted_text_is_looked_at_beside_the_screen_and_keys_stay_behind_it(
    cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    is_file = Path.is_file

    def note(path: Path) -> bool:
        if path.suffix == ".png":
            threads.append(threading.current_thread())
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", note)
    async with chatting("sees") as desk:
        await desk.ready()
        prompt = desk.chat.conversation_pane.prompt
        desk.app.post_message(events.Paste(f"{cat.parent}/none.png"))
        await desk.press("x")
        await desk.until(lambda: prompt.text == f"{cat.parent}/none.pngx", "it is typed, and the key behind it")
        assert threads
        assert threading.main_thread() not in threads


async def test_a_pasted_path_on_a_disk_that_does_not_answer_is_text(cat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    monkeypatch.setattr(prompt_area, "dropped_pictures", lambda text: answers.wait(PATIENCE))
    async with chatting("sees") as desk:
        await desk.ready()
        prompt = desk.chat.conversation_pane.prompt
        desk.app.post_message(events.Paste(str(cat)))
        await desk.until(lambda: prompt.text == str(cat), "it is typed")
        answers.set()
        assert desk.chat.submitter.pictures.take() == ()


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
    is_quoted = form[0] in "'\""  # where a backslash is a letter of the name
    assert dropped_pictures(form.format(cat).replace(" ", "\\ ")) == ([] if is_quoted else [cat])


@pytest.mark.parametrize("text", ["", "my cat.png", "/none/my cat.png", "look: {}", "{}\nand more", "'{}", "\0.png"])
def test_what_is_more_than_paths_of_pictures_is_text(cat: Path, text: str) -> None:
    assert dropped_pictures(text.format(cat)) == []


def test_hidden_files_and_others_are_not_offered(tmp_path: Path) -> None:
    tmp_path /= "pictures"
    tmp_path.mkdir()
    for name in (".hidden.png", "b.JPG", "a.txt", "c.webp"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link.png").symlink_to("link.png")
    offered = matches(f"{tmp_path}/")
    assert [match.name for match in offered] == ["folder", "b.JPG", "c.webp", "link.png"]
    assert offered[0].text == f"{tmp_path}/folder/"
    assert [match.name for match in matches(f"{tmp_path}/.")] == [".hidden.png"]
    assert completed(f"{tmp_path}/f", matches(f"{tmp_path}/f")) == f"{tmp_path}/folder/"
    assert completed(f"{tmp_path}/x", matches(f"{tmp_path}/x")) == f"{tmp_path}/x"
    assert matches("/none/a") == matches("\0") == []

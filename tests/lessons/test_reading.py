"""The format of lessons: what is read, and what is said of what cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from llada_tui import cli
from llada_tui.lessons.claims import CLAIMS
from llada_tui.lessons.lesson import LessonError
from llada_tui.lessons.lesson_files import find_path, list_lessons
from llada_tui.lessons.lesson_parser import MAX_BYTES, parse, read_lesson
from llada_tui.lessons.progress import LessonProgress, ReadingPlace, write_progress
from llada_tui.lessons.run_block import KEYS
from llada_tui.lessons.stops import LessonStop, Pointer, StopKind
from llada_tui.paths import lessons_folders
from llada_tui.settings.presets import DEMO_CHAT
from llada_tui.trace.cell import State
from tests.conftest import Home

GUIDE = (Path(__file__).parents[2] / "docs" / "lessons.md").read_text("utf-8")
FRONT = "---\ntitle: T\nsummary: s\n---\n"


def scene(block: str, before: str = "") -> object:
    pages = parse(f"{FRONT}{before}\n# Page\n```run\n{block}\n```\n", "x").pages
    return pages[-1].scene


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(LessonError) as caught:
        parse(text, "x")
    return [(problem.line, problem.message) for problem in caught.value.problems]


def test_the_guides_lesson_is_one() -> None:
    text = re.search(r"````markdown\n(.*?)````", GUIDE, re.DOTALL)
    assert text
    lesson = parse(text[1], "hello")
    first, second = (page.scene for page in lesson.pages)

    assert (lesson.title, lesson.order, lesson.minutes) == ("Hello, masks", 50, 2)
    assert [page.heading for page in lesson.pages] == ["Everything is masked", "Nearly done"]
    assert first
    assert second
    assert first.settings == DEMO_CHAT.replace(gen_length=16, block_length=16, steps=16)
    assert (first.stop, first.ask, first.note[:4]) == (LessonStop(StopKind.START), "Which word will come last?", "Give")
    assert second.same
    assert second.prompt == first.prompt
    assert second.points == (Pointer(text="The capital"),)


def test_the_guide_names_everything() -> None:
    for word in (
        *KEYS,
        *CLAIMS,
        *(state.value for state in State),
        *(when.value for when in StopKind if when.value != "text"),
    ):
        assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", GUIDE) or word == State.COMMITTED_NOW.value, word


def test_pages_begin_at_headings_and_borders() -> None:
    lesson = parse(f"{FRONT}one\nmore\n\n- a\n- b\n---\n# Two\n\ntext\n---\n\n---\nthree\n", "x")

    assert [page.heading for page in lesson.pages] == ["", "Two", ""]
    assert [(part.text, part.item) for part in lesson.pages[0].paragraphs] == [
        ("one more", False),
        ("a", True),
        ("b", True),
    ]
    assert [page.line for page in lesson.pages] == [5, 11, 17]


def test_a_block_without_a_prompt_goes_on_from_the_one_before() -> None:
    first = "# A\n```run\nprompt: hi\nremasking: remdm_cap\nparam eta: 0.5\ntemperature: 1\n```\n"
    same = scene("stop: step 3", first)
    other = scene("remasking: random", first)

    assert same.same  # type: ignore[attr-defined]
    assert same.settings.remasking_params == {"eta": 0.5}  # type: ignore[attr-defined]
    assert not other.same  # type: ignore[attr-defined]
    assert (other.settings.temperature, other.settings.remasking_params) == (1, {})  # type: ignore[attr-defined]


def test_parameters_of_the_policies_are_theirs() -> None:
    first = (
        "# A\n```run\nprompt: hi\nremasking: threshold\nparam threshold: 0.5\ncache: dllm_cache\n"
        "cache_param gen_interval: 5\nlength: rho_eos\nlength_param scheduler: 0\n```\n"
    )
    settings = scene("length_param max_gen_length: 99", first).settings  # type: ignore[attr-defined]
    assert settings.remasking_params == {"threshold": 0.5}
    assert settings.cache_params == {"gen_interval": 5}
    assert settings.length_params == {"scheduler": 0, "max_gen_length": 99}
    assert scene("length: append", first).settings.length_params == {}  # type: ignore[attr-defined]


def test_a_template_holds_until_the_next_prompt() -> None:
    first = "# A\n```run\nprompt: hi\ntemplate: one{mask:2}\\ntwo\n```\n"

    assert scene("steps: 70", first).template == "one{mask:2}\ntwo"  # type: ignore[attr-defined]
    assert scene("template: {mask:3}", first).template == "{mask:3}"  # type: ignore[attr-defined]
    assert not scene("template: {mask:3}", first).same  # type: ignore[attr-defined]
    assert scene("prompt: hi", first).template == ""  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "points"),
    [
        ('"72, 3", 5..8, 3', (Pointer(text="72, 3"), Pointer(5, 8), Pointer(3, 3))),
        ("taken back", (Pointer(state=State.REMASKED),)),
    ],
)
def test_points(value: str, points: tuple[Pointer, ...]) -> None:
    assert scene(f"prompt: hi\npoint: {value}").points == points  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("step: 3", "There is no 'step'"),
        ("steps: many", "'many' is not a number"),
        ("steps: 0", "steps must be a whole number from 1"),
        ("early_stop: perhaps", "must be true or false"),
        ("stop: later", "stop is start"),
        ("stop: step 0", "stop is start"),
        ("point: 8..5", "point is positions"),
        ("point: nowhere", "point is positions"),
        ("claim: works", "There is no claim 'works'"),
        ('claim: says "a" "b"', "says takes 1 text in quotes"),
        ("claim: same_answer", "needs a run before"),
        ("template: no masks", "template needs masks"),
        ("score: blue", "score takes answers in quotes"),
        ("template: {mask:40000}", "template needs masks"),
        ("show: it", "add ask"),
        ("prompt: again", "prompt is there twice"),
        ("ask:", "ask has no value"),
        ("nonsense", "is not of the form"),
        ("block_length: 1\nsteps: 4", "steps must be at least"),
    ],
)
def test_what_is_wrong_in_a_block_is_told_with_its_line(line: str, message: str) -> None:
    faults = problems(f"{FRONT}text\n```run\nprompt: hi\n{line}\n```\n")
    assert [at for at, _ in faults] == [8 + line.count("\n")]
    assert message in faults[0][1]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = (
        "---\ntitle: T\ncolour: red\norder: first\n---\n## Two\ntext\n```run\nstop: end\n```\n# Empty\n```python\n```\n"
    )
    assert [line for line, _ in problems(text)] == [1, 3, 4, 6, 8, 11, 12]


@pytest.mark.parametrize("text", ["", "hello", "---\ntitle: x", FRONT, f"{FRONT}text\n```run\nprompt: hi"])
def test_what_is_no_lesson_says_why(text: str) -> None:
    assert problems(text)


def test_text_of_a_file_reaches_no_terminal_unclean() -> None:
    lesson = parse(f"{FRONT}[bold]a\x1b[31m\u202e\n```run\nprompt: hi\nask: \x07?\n```\n", "x\x1b")
    page = lesson.pages[0]

    assert page.paragraphs[0].text == "[bold]a␛[31m�"
    assert page.scene
    assert page.scene.ask == "␇?"
    assert lesson.name == "x␛"


SCRAPS = st.sampled_from(
    [*"-#`:\n \x1b", "run", "prompt", "stop", "step 3", "---\n", "title: a\n", "```run\n", "# b\n"]
)


@given(st.lists(SCRAPS).map("".join))
def test_any_text_is_a_lesson_or_a_list_of_problems(text: str) -> None:
    faults = []
    try:
        assert parse(text, "x").pages
    except LessonError as error:
        faults = error.problems
    assert all(1 <= problem.line <= text.count("\n") + 1 and problem.message for problem in faults)


def test_files_that_cannot_be_lessons(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"---\ntitle: \xff\n")
    with pytest.raises(LessonError, match="line 2: This is not UTF-8"):
        read_lesson(path)
    path.write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(LessonError, match="larger than"):
        read_lesson(path)


def test_a_lesson_of_ones_own_is_listed_and_takes_the_place_of_ours(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home.config / "lessons"
    folder.mkdir(parents=True)
    (folder / "masks.md").write_text(FRONT.replace("T", "My own") + "text\n")
    (folder / "broken.md").write_text("text\n")

    assert cli.run(["lessons"]) == 0
    out, err = capsys.readouterr()
    assert "My own" in out
    assert "What masked diffusion is" not in out
    assert "broken.md, line 1" in err
    assert find_path("masks", lessons_folders()) == folder / "masks.md"
    assert find_path("../masks", lessons_folders()) is None


def test_the_list_fits_eighty_columns_and_loses_no_word(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home.config / "lessons"
    folder.mkdir(parents=True)
    title = "漢字" * 50
    (folder / "wide.md").write_text(f"---\ntitle: {title}\nsummary: {'so much to say ' * 9}\n---\ntext\n")
    write_progress(home.sessions, LessonProgress(lessons={"masks": ReadingPlace(0, True), "steps": ReadingPlace(2)}))

    assert cli.run(["lessons"]) == 0
    *lines, folder_line = capsys.readouterr().out.rstrip().split("\n")
    assert folder_line == str(folder)
    assert max(map(cell_len, lines)) <= 80
    words = " ".join(" ".join(lines).split())
    for lesson in list_lessons(lessons_folders()[:1])[0]:
        assert lesson.title in words
        assert lesson.summary in words
    assert title in words.replace(" ", "")
    assert words.count("(done)") == words.count("(on page 3)") == 1


def test_check_tells_lines_and_ends_with_its_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.md"
    path.write_text(f"{FRONT}text\n```run\nprompt: hi\nremasking: best\n```\n")

    assert cli.run(["lesson", "--check", str(path)]) == 1
    assert f"{path}:8: There is no remasking strategy named best" in capsys.readouterr().out
    path.write_text(path.read_text().replace("best", "remdm_cap\nparam alpha: 3"))
    assert cli.run(["lesson", "--check", str(path)]) == 1
    assert f"{path}:9: alpha is no parameter" in capsys.readouterr().out
    path.write_text(
        f"{FRONT}Press {{key:page_next}}\nor {{key:page_nxt}} or `{{key:code}}`.\n"
        "```run\nprompt: {key:no}\nask: {key:reveal}\nshow: {key:zebra}\nnote: {key:}\n```\n"
    )
    assert cli.run(["lesson", "--check", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{path}:{number}" for number in (6, 10, 11)]
    assert "no action 'page_nxt'" in lines[0]
    assert "did you mean page_next?" in lines[0]
    assert cli.run(["lesson", "--check", "masks"]) == 0
    assert cli.run(["lesson", "--check", "nothing"]) == 2
    assert cli.run(["lesson", "masks"]) == 2


def test_the_shelf_is_in_order() -> None:
    lessons, wrong = list_lessons(lessons_folders()[:1])
    assert not wrong
    assert [lesson.order for lesson in lessons] == list(range(1, 16))

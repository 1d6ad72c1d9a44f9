"""The configuration, themes and the table of actions: what stands behind the screens."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme
from textual.widgets import Static

from llada_tui.drawing.palette import DEFAULT, TOKEN_COLOURS, ThemeError, parse_palette
from llada_tui.lessons.inline_marks import actions as actions_in
from llada_tui.paths import themes_folders
from llada_tui.tui.app import LladaApp
from llada_tui.tui.shell.action import Screens, bindings
from llada_tui.tui.shell.actions import ACTIONS as SHELL_ACTIONS
from llada_tui.tui.shell.footer import key_name
from llada_tui.tui.shell.help import INTRO, KEYS_HELP
from llada_tui.tui.shell.key_problems import key_problems
from llada_tui.tui.shell.themes import load_themes
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.tui.stage.pages import PAGES, all_actions
from llada_tui.user_config import Config, load_config
from tests.conftest import Home
from tests.tui.support import ROOT, chatting

ACTIONS = all_actions()
HELP_EXAMPLE = re.findall(r'a line (\w+ = "[^"]*")', KEYS_HELP)[0]
README_EXAMPLE = re.findall(r"^\[keys\]\n(.*?)```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)[0]
THEMES, PROBLEMS = load_themes(themes_folders()[:1])


# -- the configuration ------------------------------------------------------------------------------------------------


def config(folder: Path, text: str) -> tuple[Config, list[str]]:
    path = folder / "config.toml"
    path.write_text(text)
    settings, problems = load_config(path)
    return settings, [*problems, *key_problems(path, settings, ACTIONS)]


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_config(tmp_path / "config.toml") == (Config(), [])


def test_what_a_file_says_holds(tmp_path: Path) -> None:
    settings, problems = config(tmp_path, 'theme = "llada-light"\ndwell = 0.5\n[keys]\nhold = "f7,alt+x"\n')

    assert (settings.theme, settings.dwell, settings.keys, problems) == ("llada-light", 0.5, {"hold": "f7,alt+x"}, [])


@pytest.mark.parametrize(
    "text",
    ["theme = 5", "tehme = 'x'", "theme = ", "dwell = 'slow'", "dwell = -1.0", "dwell = nan", "[keys]\nhold = 7"],
)
def test_a_mistake_is_a_sentence_and_the_defaults_hold(tmp_path: Path, text: str) -> None:
    settings, problems = config(tmp_path, text)

    assert settings == Config()
    assert len(problems) == 1
    assert "config.toml has a mistake, so the defaults hold: " in problems[0]
    assert "\n" not in problems[0]


def test_a_key_for_no_action_is_said_and_the_rest_holds(tmp_path: Path) -> None:
    settings, problems = config(tmp_path, 'model = "x"\n[keys]\nfly = "f7"\n')

    assert settings.model == "x"
    assert problems == [f"{tmp_path / 'config.toml'}: there is no action fly to bind a key to."]


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "folder.toml").mkdir()
    for name in ("config.toml", "folder.toml"):
        settings, problems = load_config(tmp_path / name)
        assert settings == Config()
        assert "cannot be read" in problems[0]


async def test_keys_are_rebound(home: Home) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text('[keys]\nknobs = "ctrl+g"\nquit_safely = "f8"\nadvance = "f11"\n')
    async with chatting("missing") as desk:
        await desk.press("f2")
        assert not isinstance(desk.chat.focused, Knobs)
        await desk.press("ctrl+g")
        assert isinstance(desk.chat.focused, Knobs)
        assert "^g" in desk.chat.query_one("#keys").render_line(0).text  # type: ignore[attr-defined]
        desk.app.simulate_key("f8")
        await desk.gone()


async def test_helps_introduction_names_the_readers_own_keys(home: Home) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text('[keys]\nplay = "f17"\nhold = "j"\ntree = "f18"\ncompare = "ctrl+x"\n')
    async with chatting("missing") as desk:
        await desk.press("f1")
        words = str(desk.app.screen.query(Static).last().render())
    assert set(actions_in(INTRO)) <= set(ACTIONS)
    assert "{key:" not in words
    for phrase in ("f17 pauses it", "Holding (j)", "keeps every run (f18)", "^x compares"):
        assert phrase in words


@pytest.mark.parametrize("keys", ['help = ""', 'help = ","', 'help = "no such key,f1"', 'help = "ctrl+"', 'play = " "'])
async def test_strange_keys_do_not_keep_the_program_from_opening(home: Home, keys: str) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text(f"[keys]\n{keys}\n")
    async with chatting("missing") as desk:
        await desk.press("tab", "f1", "a", "escape")
        assert desk.chat.is_running


# -- themes -----------------------------------------------------------------------------------------------------------


def colour(theme: Theme, name: str) -> Color:
    return Color.parse(theme.variables.get(f"token-{name}") or getattr(theme, name))


def contrast(first: Color, second: Color) -> float:
    """The contrast of two colours as WCAG 2 defines it, 1 to 21."""

    def light(shade: Color) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shade.normalized]
        return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))

    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_shipped_themes_are_whole() -> None:
    assert PROBLEMS == []
    assert DEFAULT in THEMES
    assert {"llada-dark", "llada-light", "llada-contrast", "llada-colour-blind", "llada-ansi"} <= set(THEMES)
    for theme in THEMES.values():
        assert {f"token-{name}" for name in TOKEN_COLOURS} <= set(theme.variables)


@pytest.mark.parametrize("name", sorted(set(THEMES) - {"llada-ansi"}))
def test_every_token_can_be_read_on_its_ground(name: str) -> None:
    theme = THEMES[name]
    ground = colour(theme, "background")
    strict = name == "llada-contrast"
    for token in ("foreground", *TOKEN_COLOURS):
        ratio = contrast(colour(theme, token), ground)
        assert ratio >= (7.0 if strict or token == "foreground" else 4.5), (token, round(ratio, 2))


@pytest.mark.parametrize("name", sorted(set(THEMES) - {"llada-ansi"}))
def test_kept_stands_out_from_guessed(name: str) -> None:
    theme = THEMES[name]
    ground = colour(theme, "background")
    assert contrast(colour(theme, "committed"), ground) > 1.5 * contrast(colour(theme, "predicted"), ground)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name = 5",
        'name = "Upper Case"\nprimary = "red"',
        'name = "x"',
        'name = "x"\nprimary = 7',
        'name = "x"\nprimary = "reddish"',
        'name = "x"\nprimary = "red"\n[tokens]\nmaskd = "red"',
        'name = "x"\nprimary = "red"\n[tokens]\nmasked = 3',
        'name = "x"\nprimary = "red"\ntokens = 3',
        "name = ",
    ],
)
def test_a_theme_that_cannot_be_is_a_sentence(text: str) -> None:
    with pytest.raises(ThemeError, match=r"^mine\.toml.*\.$"):
        parse_palette(text, "mine.toml")


def test_a_file_that_is_no_theme_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text('name = "good"\nprimary = "red"\n')
    (tmp_path / "bad.toml").write_text("name = ")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.toml").mkdir()
    themes, problems = load_themes([tmp_path, tmp_path / "none"])

    assert list(themes) == ["good"]
    assert sorted(problem.split(".toml")[0].rsplit("/")[-1] for problem in problems) == ["bad", "binary", "folder"]


async def test_a_theme_of_the_user_wins_and_can_be_named_short(home: Home) -> None:
    (home.config / "themes").mkdir(parents=True)
    (home.config / "themes" / "mine.toml").write_text('name = "llada-mine"\nprimary = "#123456"\n')
    (home.config / "config.toml").write_text('theme = "mine"\n')
    async with chatting("missing") as desk:
        assert desk.app.theme == "llada-mine"
        assert desk.app.current_theme.primary == "#123456"


async def test_a_theme_that_is_not_there_is_said(home: Home) -> None:
    async with chatting("missing", theme="dusk") as desk:
        assert desk.app.theme == DEFAULT
        assert any("There is no theme dusk" in words for words in desk.notices)
    assert not home.config.exists()


# -- actions ----------------------------------------------------------------------------------------------------------


def bound(screen: Screens) -> list[tuple[str, str]]:
    """The keys of a kind of screen, each with its action, as they are tried."""
    return [(key, str(binding.id)) for binding in bindings(ACTIONS.values(), screen) for key in binding.key.split(",")]


@pytest.mark.parametrize("screen", [Screens.CHAT, Screens.REPLAY, Screens.LANES])
def test_no_key_does_two_things(screen: Screens) -> None:
    keys = [key for key, _ in bound(screen)]
    assert len(keys) == len(set(keys))


def test_a_lessons_keys_come_before_those_of_other_screens() -> None:
    ids: dict[str, list[str]] = {}
    for key, id in bound(Screens.LESSON):
        ids.setdefault(key, []).append(id)
    assert {key: several for key, several in ids.items() if len(several) > 1} == {
        "n": ["page_next", "reseed"], "p": ["page_back", "previous_run"], "enter": ["reveal", "change"],
    }  # fmt: skip


def test_every_action_has_words() -> None:
    assert len(ACTIONS) == len(SHELL_ACTIONS) + sum(1 + len(page.actions) for page in PAGES)
    for action in ACTIONS.values():
        assert action.help.endswith("."), action.id
        assert action.label


@pytest.mark.parametrize("example", [HELP_EXAMPLE, README_EXAMPLE], ids=["help", "README"])
def test_the_keys_of_examples_are_the_actions_own_or_free(example: str) -> None:
    config = Config(keys=tomllib.loads(example))
    taken = {key: action.id for action in ACTIONS.values() for key in action.keys.split(",")}
    taken |= {binding.key: binding.action for binding in LladaApp.BINDINGS}

    assert not key_problems(Path("config.toml"), config, ACTIONS)
    for id, keys in config.keys.items():
        assert {taken.get(key, id) for key in keys.split(",")} == {id}
        assert keys != ACTIONS[id].keys, "the example binds something"


async def test_a_sentence_names_the_key_that_is_configured(home: Home) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text('[keys]\ndetails = "f18"\n')
    async with chatting() as desk:
        desk.chat.show_problem("The disk is full.", "No space left on device.")
        await desk.until(lambda: "f18 shows the details." in desk.conversation, "the sentence")


def test_keys_that_always_work_type_nothing() -> None:
    keys = [key for action in ACTIONS.values() if action.everywhere for key in action.keys.split(",")]
    assert len(keys) > 5
    assert [key for key in keys if not key.startswith("ctrl+") and not re.fullmatch(r"f\d+", key)] == []


def test_keys_have_names_that_people_write() -> None:
    assert [key_name(key) for key in ("ctrl+q", "escape", "shift+left", "shift+p", "f2", "left_square_bracket")] == [
        "^q", "esc", "⇧←", "P", "f2", "[",
    ]  # fmt: skip


@pytest.mark.usefixtures("home")
def test_easy_keys_follow_the_configuration() -> None:
    app = LladaApp()
    app.config = Config(keys={"play": "x, ?"})

    assert app.easy_keys()["x"] == app.easy_keys()["question_mark"] == "play"
    assert "space" not in app.easy_keys()
    assert app.easy_keys()["left"] == "back"

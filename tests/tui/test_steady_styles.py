"""Styles of a widget's parts are kept between refreshes, and follow the theme and the widget's own classes."""

from __future__ import annotations

from textual.app import App, ComposeResult

from llada_tui.tui.shell.bar import Bar, BarText


class Counting(Bar):
    """A bar of one part that counts how often its parts' styles are found."""

    searches = 0

    def parts(self, width: int) -> list[BarText]:
        return [BarText("words", "accent")]

    def get_component_styles(self, *names: str):  # type: ignore[no-untyped-def]
        self.searches += 1
        return super().get_component_styles(*names)


class OneBar(App[None]):
    CSS = ".marked { background: red; }"

    def compose(self) -> ComposeResult:
        yield Counting()


async def test_a_refresh_does_not_find_styles_again_and_a_theme_does() -> None:
    app = OneBar()
    async with app.run_test(size=(40, 3)) as pilot:
        bar = app.query_one(Counting)
        dark = bar.render_line(0)
        searches = bar.searches
        for _ in range(3):
            bar.refresh()
            await pilot.pause()
        assert bar.searches == searches
        app.theme = "textual-light"
        await pilot.pause()
        light = bar.render_line(0)
        assert light.text == dark.text
        assert [segment.style for segment in light] != [segment.style for segment in dark]
        bar.add_class("marked")
        await pilot.pause()
        marked = {segment.style.bgcolor for segment in bar.render_line(0) if segment.style}
        assert {str(color.triplet.hex) for color in marked if color and color.triplet} == {"#ff0000"}

"""Styles of a widget and its parts, kept until they change: Textual finds them again after each refresh."""

from __future__ import annotations

from typing import Any

from rich.style import Style
from textual.widget import Widget


class SteadyStyles(Widget):
    """A widget that is drawn again often, and whose styles change with the theme or a class alone."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._base: Style | None = None
        self._part_styles: dict[tuple[tuple[str, ...], bool], Style] = {}

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None
        self._part_styles.clear()

    @property
    def base(self) -> Style:
        """The style under every part; to find it goes through all that the widget is in."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def get_component_rich_style(self, *names: str, partial: bool = False, default: Style | None = None) -> Style:
        style = self._part_styles.get((names, partial))
        if style is None:
            style = super().get_component_rich_style(*names, partial=partial, default=default)
            if style is not default:
                self._part_styles[names, partial] = style
        return style

"""The style sheet of the application, of which each part is parsed once for a theme, and applied where it matters."""

from __future__ import annotations

from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

_PARTS = 1024
"""The parts whose rules are kept: more than there are screens and kinds of widget."""
_THEMES = 4
"""The themes whose rules are kept."""
PARSED: LRUCache[frozenset[tuple[str, str]], LRUCache[tuple[object, ...], list[RuleSet]]] = LRUCache(_THEMES)
"""The rules of each part, by the theme's variables: a theme that comes back is not parsed again."""
_SYSTEM = "-textual-system"
"""The class of Textual's own widgets, which no ``*`` is about."""


class _Terms(NamedTuple):
    """The rules for some component classes, and the classes and pseudo-classes on which it depends whether they hold:
    ids and types stay as they are."""

    rules: tuple[RuleSet, ...]
    classes: frozenset[str]
    pseudo_classes: tuple[str, ...]

    def values(self, node: DOMNode) -> list[tuple[object, ...]]:
        """The values of the terms for a node: those of each node above it, and its own."""
        return [
            (above.classes & self.classes, *(above.has_pseudo_classes({name}) for name in self.pseudo_classes))
            for above in node.css_path_nodes
        ]


class CachingStylesheet(Stylesheet):
    """Textual's (8.2.8) style sheet parses all of its parts again for each screen that brings one, once more when the
    next widget is mounted, at each new kind of widget where there are more than 64, and at each theme: 30 ms for the
    chat's. It makes the styles of all component classes again at each change of a class above them: half of the time
    that a panel takes to open."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._take_parsed()
        self._terms: dict[frozenset[str], _Terms] = {}
        self._terms_of: dict[str, list[RuleSet]] = {}
        """The rules from which the terms are."""
        self._styled: WeakKeyDictionary[DOMNode, tuple[object, ...]] = WeakKeyDictionary()
        """The rules and the values of their terms with which each node's component classes were styled."""

    def set_variables(self, variables: dict[str, str]) -> None:
        self._parse_cache = LRUCache(_PARTS)  # Textual empties it
        super().set_variables(variables)
        self._take_parsed()

    def reparse(self) -> None:
        """Parse what is not parsed yet for the variables that are set."""
        self.parse()

    def _take_parsed(self) -> None:
        """Go on with what was parsed for these variables."""
        variables = frozenset(self._variables.items())
        if variables not in PARSED:
            PARSED[variables] = LRUCache(_PARTS)
        self._parse_cache = PARSED[variables]

    def _process_component_classes(self, node: DOMNode) -> None:
        if components := node._get_component_classes():
            terms = self._terms_for(components)
            styled_by = (terms.rules, terms.values(node))
            if not node._component_styles or self._styled.get(node) != styled_by:
                super()._process_component_classes(node)
                self._styled[node] = styled_by

    def _terms_for(self, components: frozenset[str]) -> _Terms:
        if self._terms_of is not self.rules_map:
            self._terms_of = self.rules_map
            self._terms.clear()
        if components not in self._terms:
            names = ["*", *(f".{component}" for component in sorted(components))]
            rules = tuple({id(rule): rule for name in names for rule in self.rules_map.get(name, ())}.values())
            selectors = [selector for rule in rules for chosen in rule.selector_set for selector in chosen.selectors]
            pseudo_classes = {name for selector in selectors for name in selector.pseudo_classes}
            classes = frozenset(selector.name for selector in selectors)  # names of types among them are no classes
            self._terms[components] = _Terms(rules, classes | {_SYSTEM}, tuple(sorted(pseudo_classes)))
        return self._terms[components]

"""Finds the classes of a package whose modules register themselves by being there."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from inspect import isabstract
from typing import Any


def classes_in(path: Iterable[str], package: str, base: type) -> list[Any]:
    """The concrete classes of kind ``base`` in the modules of a package (its ``__path__`` and name), imported here."""
    return [
        member
        for module in pkgutil.iter_modules(path)
        for member in vars(import_module(f"{package}.{module.name}")).values()
        if isinstance(member, type) and issubclass(member, base) and not isabstract(member)
    ]

"""Finds the modules of a package that register themselves by being there, and their classes."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from inspect import isabstract
from types import ModuleType
from typing import Any


def modules_in(path: Iterable[str], package: str) -> list[ModuleType]:
    """The modules of a package (its ``__path__`` and name), imported here."""
    return [import_module(f"{package}.{module.name}") for module in pkgutil.iter_modules(path)]


def classes_in(path: Iterable[str], package: str, base: type) -> list[Any]:
    """The concrete classes of kind ``base`` in the modules of a package (its ``__path__`` and name), imported here."""
    return [
        member
        for module in modules_in(path, package)
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, base) and not isabstract(member)
    ]

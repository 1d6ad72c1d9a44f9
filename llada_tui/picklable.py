"""Exceptions that pass from one process to another."""

from __future__ import annotations

import copyreg
from typing import Any


class PicklableError(Exception):
    """An exception that can be pickled, whatever its constructor takes. Python calls the constructor again with what
    `Exception` was given, which most often is the message alone; here the copy gets ``args`` and attributes as they
    are."""

    def __reduce__(self) -> tuple[Any, ...]:
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]

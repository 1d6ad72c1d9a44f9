"""The terminal that the benchmarks of the screen write to."""

from __future__ import annotations

import os

from textual.drivers.headless_driver import HeadlessDriver


class Sink(HeadlessDriver):
    """A terminal that takes everything and shows nothing."""

    written = 0

    @property
    def is_headless(self) -> bool:
        return False  # else nothing is made into escape sequences

    def start_application_mode(self) -> None:
        super().start_application_mode()
        self.nothing = os.open(os.devnull, os.O_WRONLY)

    def write(self, data: str) -> None:
        Sink.written += os.write(self.nothing, data.encode())

"""The harness's cache of answers, which tells requests apart that a task makes several times (its ``repeats``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lm_eval.api.instance import Instance
from lm_eval.api.model import CachingLM

_AGAIN = "again"
"""The argument of a generation that says how many with the same context came before it."""


class KeptAnswers(CachingLM):
    """Asks the model for what is not kept yet. Each repetition of a request has an answer of its own; the harness's
    cache alone knows a request by its arguments, and so would give all of them the answer of one after an interruption.
    A task that samples (``do_sample``) is kept too: what our model draws depends on seeds alone."""

    def generate_until(self, requests: Sequence[Instance]) -> list[str]:
        """For each request its text, kept or new."""
        texts: list[str] = self.__getattr__("generate_until")([*_numbered(requests)])
        return texts


def times_before(request: Instance) -> int:
    """The number of requests with the same context before a request, where `KeptAnswers` counted them; else 0."""
    return int(request.args[1].get(_AGAIN, 0))


def _numbered(requests: Sequence[Instance]) -> Iterator[Instance]:
    before = Counter[str]()
    for request in requests:
        context, arguments = request.args
        kept = {name: value for name, value in arguments.items() if name != "do_sample"}
        again = before[context] % (request.repeats or 1)  # more are those by which processes get equally many requests
        yield replace(request, arguments=(context, kept | ({_AGAIN: again} if again else {})))
        before[context] += 1

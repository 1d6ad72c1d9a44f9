"""One conversation of the corpus, and what counts as a right answer to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol

Role = Literal["system", "user", "assistant"]
Message = tuple[Role, str]


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt, the answer the model learns, and how to recognise other right answers.

    `key` names the combination that is asked about ("sums:57+38"). The held-out split is made by hashing it,
    so whatever must never be seen in training has to be in the key.

    An output is right if it equals `answer` or one of `alternatives`. Stories and sentences have no single right
    answer: where there is a `check` or something `required`, the check has to pass and every required string to occur.
    """

    key: str
    prompt: str
    answer: str
    alternatives: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    check: Callable[[str], bool] | None = field(default=None, compare=False)
    history: tuple[Message, ...] = ()
    family: str = ""

    def messages(self) -> list[Message]:
        """The conversation up to the point where the assistant answers."""
        return [*self.history, ("user", self.prompt)]

    def accepts(self, output: str) -> bool:
        """Whether an output is a right answer."""
        if self.required or self.check:
            return all(piece in output for piece in self.required) and (self.check is None or self.check(output))
        return output == self.answer or output in self.alternatives


class Family(Protocol):
    """A family is a function from a random source to an example."""

    def __call__(self, rng: Random) -> Example: ...

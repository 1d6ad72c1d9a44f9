"""Claims: what a lesson says that its run shows, in a form that a test can check. Names are those of the format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llada_tui.lessons.stops import spans_of_text
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean

Scorer = Callable[[str, str, int, int], tuple[float, float]]
"""The model's log-likelihood of an answer after a prompt, with its standard error: prompt, answer, samples, seed."""
_SAMPLES, _FEW = 64, 4


@dataclass(frozen=True, slots=True)
class Claim:
    """A name of `CLAIMS` and the texts that it is about."""

    name: str
    texts: tuple[str, ...] = ()

    def holds(self, run: Run, before: Run | None, score: Scorer | None = None) -> bool:
        """Whether a finished run shows it. ``before`` is the other run that the lesson showed before this one;
        ``score`` asks the model, which claims about likelihood need."""
        kind = CLAIMS[self.name]
        if not kind.scored:
            return kind.test(run, before, *map(clean, self.texts))  # so are the texts that they are looked for in
        if score is None:
            raise ValueError(f"{self.name} needs a model to ask.")
        return kind.test(lambda answer, samples, seed: score(run.question, answer, samples, seed), *self.texts)


@dataclass(frozen=True, slots=True)
class ClaimKind:
    """A kind of claim: its meaning, the number of ``texts`` that it needs, and whether it needs a run ``before``.

    ``test`` gets both runs and the texts. If the claim is about likelihood (``scored``) it gets the texts after a
    function of an answer, a number of samples and a seed.
    """

    meaning: str
    texts: int
    before: bool
    test: Callable[..., bool]
    scored: bool = False


_Ask = Callable[[str, int, int], tuple[float, float]]


def _likelier(ask: _Ask, text: str, less_likely: str) -> bool:
    """The log-likelihoods differ by more than two standard errors of each."""
    (likelihood, error), (lower, lower_error) = ask(text, _SAMPLES, 0), ask(less_likely, _SAMPLES, 0)
    return likelihood - 2 * error > lower + 2 * lower_error


def _estimated(ask: _Ask, text: str) -> bool:
    """Two draws of few samples differ, and many samples have a smaller standard error than either."""
    first, second, many = ask(text, _FEW, 0), ask(text, _FEW, 1), ask(text, _SAMPLES, 0)
    return first[0] != second[0] and 0 < many[1] < min(first[1], second[1])


def _written(run: Run, text: str) -> list[tuple[int, int]]:
    """For each occurrence of a text in the finished run, the first and the last frame that wrote a part of it."""
    order = run.order(run.last)
    spans = spans_of_text(run.token_bytes, run.canvas(run.last), text)
    return [(min(frames), max(frames)) for span in spans if (frames := [order[at] or 0 for at in span])]


def _written_before(run: Run, _: Run | None, text: str, later: str) -> bool:
    """The last occurrence of a text is whole before the first occurrence of the other has any token."""
    first, second = _written(run, text), _written(run, later)
    return bool(first and second) and first[-1][1] < second[0][0]


def _whole_before(run: Run, _: Run | None, text: str, later: str) -> bool:
    """The last occurrence of a text is whole before the first occurrence of the other is."""
    first, second = _written(run, text), _written(run, later)
    return bool(first and second) and first[-1][1] < second[0][1]


def _takes_back(run: Run) -> bool:
    return any(step.remasked for step in run.steps)


def _left_to_right(run: Run) -> bool:
    frames = [frame for frame in run.order(run.last) if frame is not None]
    return frames == sorted(frames)


def _begins_elsewhere(run: Run) -> bool:
    first = run.find_step(lambda step: bool(step.commits))
    return first is not None and all(choice.position for choice in run.steps[first - 1].commits)


def _ends(run: Run) -> tuple[list[int], list[int]]:
    """The frames in which ends of text were committed, and those of the words."""
    ids, order = run.ids(run.last), run.order(run.last)
    model = run.start.model
    ends = {model.eos_id, model.eot_id}
    commits = [(token in ends, frame) for token, frame in zip(ids, order, strict=True) if frame is not None]
    return [frame for end, frame in commits if end], [frame for end, frame in commits if not end]


def _ends_first(run: Run) -> bool:
    ends, words = _ends(run)
    return bool(ends and words) and sum(ends) / len(ends) < sum(words) / len(words)


def _ends_last(run: Run) -> bool:
    ends, words = _ends(run)
    return bool(ends and words) and max(words) < min(ends)


def _computed(run: Run) -> list[float]:
    """For each step the part of the canvas that it computed anew."""
    return [sum(step.recomputed) / len(step.recomputed) if step.recomputed else 1.0 for step in run.steps]


def _computes_less(run: Run, before: Run) -> bool:
    """Each step's share on average."""
    ours, theirs = _computed(run), _computed(before)
    return sum(ours) * len(theirs) < sum(theirs) * len(ours)


def _words(run: Run) -> int:
    return len(run.answer().split())


CLAIMS = {
    "says": ClaimKind("the answer has TEXT in it", 1, False, lambda run, _, text: text in run.answer()),
    "says_not": ClaimKind(
        "the answer does not have TEXT in it", 1, False, lambda run, _, text: text not in run.answer()
    ),
    "written_before": ClaimKind("TEXT was written before the other TEXT", 2, False, _written_before),
    "whole_before": ClaimKind("TEXT was whole before the other TEXT was", 2, False, _whole_before),
    "answer_before_reasoning": ClaimKind(
        "the last TEXT was written before the first", 1, False, lambda run, _, text: _written_before(run, _, text, text)
    ),
    "taken_back": ClaimKind("a committed token was taken back", 0, False, lambda run, _: _takes_back(run)),
    "never_taken_back": ClaimKind("no committed token was taken back", 0, False, lambda run, _: not _takes_back(run)),
    "left_to_right": ClaimKind("tokens were committed left to right", 0, False, lambda run, _: _left_to_right(run)),
    "any_order": ClaimKind("tokens were not committed left to right", 0, False, lambda run, _: not _left_to_right(run)),
    "begins_elsewhere": ClaimKind(
        "the first place was not the first written", 0, False, lambda run, _: _begins_elsewhere(run)
    ),
    "ends_first": ClaimKind("ends of text came before words, on average", 0, False, lambda run, _: _ends_first(run)),
    "ends_last": ClaimKind("every end of text came after every word", 0, False, lambda run, _: _ends_last(run)),
    "no_end_of_text": ClaimKind(
        "no place holds an end of text", 0, False, lambda run, _: run.start.model.eos_id not in run.ids(run.last)
    ),
    "same_answer": ClaimKind(
        "the answer of the run before", 0, True, lambda run, before: run.answer() == before.answer()
    ),
    "other_answer": ClaimKind(
        "not the answer of the run before", 0, True, lambda run, before: run.answer() != before.answer()
    ),
    "longer": ClaimKind(
        "an answer of more words than the run before", 0, True, lambda run, old: _words(run) > _words(old)
    ),
    "grew": ClaimKind("the canvas became longer", 0, False, lambda run, _: run.length_at(run.last) > run.length_at(0)),
    "shrank": ClaimKind(
        "the canvas became shorter", 0, False, lambda run, _: run.length_at(run.last) < run.length_at(0)
    ),
    "computes_all": ClaimKind(
        "every step computed all of the canvas", 0, False, lambda run, _: min(_computed(run)) == 1
    ),
    "computes_less": ClaimKind(
        "a step computed less of the canvas than in the run before (with recomputed: true)", 0, True, _computes_less
    ),
    "likelier": ClaimKind("the model finds TEXT likelier than the other TEXT", 2, False, _likelier, scored=True),
    "estimated": ClaimKind(
        "how likely TEXT is depends on chance, less with more samples", 1, False, _estimated, scored=True
    ),
    "fewer_steps": ClaimKind("fewer steps than the run before", 0, True, lambda run, before: run.last < before.last),
}
"""Every claim by its name."""

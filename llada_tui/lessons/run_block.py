"""A ``run`` block of a lesson: lines of ``key: value``, of which those that are settings set the sampler."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from llada_tui.lessons.claims import CLAIMS, Claim
from llada_tui.lessons.lesson import Problem, Scene
from llada_tui.lessons.lesson_checks import Known, Line
from llada_tui.lessons.stops import Point, Stop, When
from llada_tui.settings.presets import DEMO_CHAT, choose
from llada_tui.settings.prompt_template import HOLE
from llada_tui.settings.sampler_settings import KINDS, KNOBS, MAX_CANVAS, SettingsError
from llada_tui.settings.sampler_settings import check as check_setting
from llada_tui.trace.run import State

SPOKEN = ("ask", "show", "note")
TEXTS = ("prompt", "template", *SPOKEN)
KEYS = (*TEXTS, "stop", "point", "score", "claim")
"""Keys of a block besides the settings' names and ``param NAME``."""
_QUOTED = re.compile(r'"([^"]+)"')
_STATES = {state.value: state for state in State}
_LINE_END = "\\n"


class _Wrong(ValueError):
    """What a value should have been."""


def read_scene(
    line: int, lines: list[Line], before: Scene | None, problems: list[Problem], known: Known | None
) -> Scene | None:
    """The scene of a block that begins in ``line``; None if it is none, and ``problems`` tell why.

    With a prompt the settings start from the embedded model's; without one everything goes on from ``before``.
    """
    found = len(problems)
    texts: dict[str, str] = {}
    stop: Stop | None = None
    points: list[Point] = []
    scores: tuple[str, ...] = ()
    claims: list[Claim] = []
    changes: dict[str, Any] = {}
    parameters: dict[str, float] = {}
    where: dict[str, int] = {}
    for number, key, value in _entries(lines, problems):
        if key in where and key != "claim":
            problems.append(Problem(number, f"{key} is there twice: it was set in line {where[key]}."))
            continue
        where[key] = number
        try:
            if key in TEXTS:
                texts[key] = value.replace(_LINE_END, "\n")
                if key == "template":
                    _check_template(value)
                elif known is not None and key in SPOKEN:
                    known.look(number, value, problems)
            elif key == "stop":
                stop = _stop(value)
            elif key == "point":
                points = [_point(part) for part in _parts(value)]
            elif key == "score":
                scores = _scores(value)
            elif key == "claim":
                claims.append(_claim(value))
            elif key.startswith("param "):
                parameters[key[6:].strip()] = _number(value)
            elif key in KNOBS and KINDS[key] in (int, float, bool, str):
                changes[key] = _setting(key, value)
            else:
                raise _Wrong(f"There is no {key!r}: there are {', '.join((*KEYS, *_settable()))} and param NAME.")
        except (_Wrong, SettingsError) as error:
            problems.append(Problem(number, str(error)))
    prompt = texts.get("prompt", "")
    if not prompt and before is None:
        problems.append(Problem(line, "The first run of a lesson needs a prompt."))
    if "show" in texts and "ask" not in texts:
        problems.append(Problem(where["show"], "show is the answer to a question: add ask."))
    if any(CLAIMS[claim.name].before for claim in claims) and before is None:
        problems.append(Problem(where["claim"], "This claim needs a run before this one to be compared with."))
    if len(problems) > found:
        return None
    base = DEMO_CHAT if prompt or before is None else before.settings
    if parameters:
        kept = base.remasking_params if "remasking" not in changes else {}
        changes["remasking_params"] = {**kept, **parameters}
    elif "remasking" in changes:
        changes["remasking_params"] = {}
    try:
        settings = choose(base, None, changes)
        if known is not None:
            known.check(settings)
    except SettingsError as error:
        named = where.get(error.field) or next((at for key, at in where.items() if key.startswith("param ")), line)
        problems.append(Problem(where.get("remasking", named) if error.field == "remasking" else named, str(error)))
        return None
    template = texts.get("template", before.template if before and not prompt else "")
    prompt = prompt or (before.prompt if before else "")
    scene = Scene(
        prompt,
        settings,
        stop or Stop(When.END),
        line,
        points=tuple(points),
        ask=texts.get("ask", ""),
        show=texts.get("show", ""),
        note=texts.get("note", ""),
        claims=tuple(claims),
        template=template,
        scores=scores,
    )
    return replace(scene, same=before is not None and scene.key == before.key)


def _check_template(value: str) -> None:
    masks = sum(int(count) for count in HOLE.findall(value))
    if not 0 < masks <= MAX_CANVAS:
        raise _Wrong(f"template needs masks, at most {MAX_CANVAS}: {{mask:12}} stands for 12 of them.")


def _settable() -> list[str]:
    return [name for name, kind in KINDS.items() if kind in (int, float, bool, str)]


def _entries(lines: list[Line], problems: list[Problem]) -> list[tuple[int, str, str]]:
    """Line, key and value of each entry; lines that begin with a blank go on with the one before."""
    entries: list[tuple[int, str, str]] = []
    for number, line in lines:
        if not line.strip():
            continue
        if line[0] == " " and entries:
            at, key, value = entries[-1]
            entries[-1] = (at, key, f"{value} {line.strip()}".strip())
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            problems.append(Problem(number, f"{line.strip()!r} is not of the form key: value."))
        else:
            entries.append((number, " ".join(key.split()), value))
    for number, key, value in entries:
        if not value:
            problems.append(Problem(number, f"{key} has no value."))
    return [entry for entry in entries if entry[2]]


def _setting(name: str, value: str) -> Any:
    kind = KINDS[name]
    if kind is bool:
        chosen: Any = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
            value.lower(), value
        )
    elif kind is str:
        chosen = value
    else:
        chosen = _number(value)
        chosen = int(chosen) if kind is int and chosen.is_integer() else chosen
    check_setting(name, chosen)
    return chosen


def _number(value: str) -> float:
    if not re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", value, re.ASCII):
        raise _Wrong(f"{value!r} is not a number.")
    return float(value)


def _stop(value: str) -> Stop:
    if value in (When.START.value, When.END.value, When.TAKEN_BACK.value):
        return Stop(When(value))
    if quoted := _QUOTED.fullmatch(value):
        return Stop(When.TEXT, text=quoted[1])
    if numbered := re.fullmatch(r"(step|block) ([1-9]\d{0,4})", value, re.ASCII):
        return Stop(When(numbered[1]), int(numbered[2]))
    raise _Wrong(f'stop is start, end, step 12, block 2, taken back or a "text" that is written, not {value!r}.')


def _parts(value: str) -> list[str]:
    """What stands between commas, of which those within quotes are none."""
    return [part.strip() for part in re.findall(r'(?:"[^"]*"|[^,"])+', value) if part.strip()]


def _point(part: str) -> Point:
    if quoted := _QUOTED.fullmatch(part):
        return Point(text=quoted[1])
    if part in _STATES:
        return Point(state=_STATES[part])
    if numbered := re.fullmatch(r"(\d{1,5})(?:\.\.(\d{1,5}))?", part, re.ASCII):
        first = int(numbered[1])
        last = int(numbered[2] or first)
        if first <= last:
            return Point(first, last)
    states = ", ".join(_STATES)
    raise _Wrong(f'point is positions (3 or 5..8), a "text", or one of {states}, not {part!r}.')


def _scores(value: str) -> tuple[str, ...]:
    if not _QUOTED.search(value) or _QUOTED.sub("", value).strip():
        raise _Wrong(f"score takes answers in quotes, not {value!r}.")
    return tuple(_QUOTED.findall(value))


def _claim(value: str) -> Claim:
    name, _, rest = value.partition(" ")
    if name not in CLAIMS:
        raise _Wrong(f"There is no claim {name!r}: there are {', '.join(CLAIMS)}.")
    texts = tuple(_QUOTED.findall(rest))
    wanted = CLAIMS[name].texts
    if len(texts) != wanted or _QUOTED.sub("", rest).strip():
        form = f"takes {wanted} text{'s' * (wanted != 1)} in quotes" if wanted else "takes nothing more"
        raise _Wrong(f"{name} {form}.")
    return Claim(name, texts)

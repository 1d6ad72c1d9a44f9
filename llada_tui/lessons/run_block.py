"""A ``run`` block of a lesson: lines of ``key: value``, whose keys are those below and the settings' names."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from llada_tui.lessons.claims import CLAIMS, Claim
from llada_tui.lessons.lesson import LessonProblem, Scene
from llada_tui.lessons.lesson_checks import LessonChecks, Line
from llada_tui.lessons.stops import LessonStop, Pointer, StopKind
from llada_tui.settings.presets import DEMO_CHAT, choose
from llada_tui.settings.prompt import HOLE
from llada_tui.settings.sampler_settings import KINDS, KNOBS, MAX_CANVAS, PARAMETERS_OF, SettingsError
from llada_tui.settings.sampler_settings import check as check_setting
from llada_tui.trace.cell import State
from llada_tui.trace.text import clean, take_in

SPOKEN = ("ask", "show", "note")
TEXTS = ("prompt", "template", *SPOKEN)
_FOR_THE_MODEL = ("prompt", "template", "score", "claim")
"""Keys whose texts the model is asked, or may be: they stay as they were written. Others are only drawn."""
KEYS = (*TEXTS, "stop", "point", "score", "claim")
"""Keys of a block besides the settings' names and those of `_PARAMETERS`."""
_PARAMETERS = {"param": "remasking", "cache_param": "cache", "length_param": "length"}
"""Words before a parameter's name, each with the setting whose part takes it."""
_QUOTED = re.compile(r'"([^"]+)"')
_STATES = {state.value: state for state in State}
_LINE_END = "\\n"


class _BadValue(ValueError):
    """A value that cannot be used; the message says what is allowed."""


def parse_run_block(
    line: int, lines: list[Line], before: Scene | None, problems: list[LessonProblem], checks: LessonChecks | None
) -> Scene | None:
    """The scene of a block that begins in ``line``; None where ``problems`` were added.

    With a prompt the settings start from the embedded model's; without one everything goes on from ``before``.
    """
    problems_before = len(problems)
    texts: dict[str, str] = {}
    stop: LessonStop | None = None
    points: list[Pointer] = []
    scores: tuple[str, ...] = ()
    claims: list[Claim] = []
    changes: dict[str, Any] = {}
    parameters: dict[str, dict[str, float]] = {setting: {} for setting in PARAMETERS_OF}
    where: dict[str, int] = {}
    for number, key, value in _entries(lines, problems):
        if key in where and key != "claim":
            problems.append(LessonProblem(number, f"{key} is there twice: it was set in line {where[key]}."))
            continue
        where[key] = number
        value = take_in(value) if key in _FOR_THE_MODEL else clean(value)
        try:
            if key in TEXTS:
                texts[key] = value.replace(_LINE_END, "\n")
                if key == "template":
                    _check_template(value)
                elif checks is not None and key in SPOKEN:
                    checks.check_actions(number, value, problems)
            elif key == "stop":
                stop = _stop(value)
            elif key == "point":
                points = [_point(part) for part in _parts(value)]
            elif key == "score":
                scores = _scores(value)
            elif key == "claim":
                claims.append(_claim(value))
            elif (part := key.partition(" "))[0] in _PARAMETERS and part[2]:
                parameters[_PARAMETERS[part[0]]][part[2]] = _number(value)
            elif key in KNOBS and KINDS[key] in (int, float, bool, str):
                changes[key] = _setting(key, value)
            else:
                raise _BadValue(f"There is no {key!r}: there are {', '.join((*KEYS, *_settable()))} and param NAME.")
        except (_BadValue, SettingsError) as error:
            problems.append(LessonProblem(number, clean(str(error))))
    prompt = texts.get("prompt", "")
    if not prompt and before is None:
        problems.append(LessonProblem(line, "The first run of a lesson needs a prompt."))
    if "show" in texts and "ask" not in texts:
        problems.append(LessonProblem(where["show"], "show is the answer to a question: add ask."))
    if any(CLAIMS[claim.name].before for claim in claims) and before is None:
        problems.append(LessonProblem(where["claim"], "This claim needs a run before this one to be compared with."))
    if len(problems) > problems_before:
        return None
    base = DEMO_CHAT if prompt or before is None else before.settings
    for setting, values in parameters.items():
        inherited = getattr(base, PARAMETERS_OF[setting]) if setting not in changes else {}
        changes[PARAMETERS_OF[setting]] = {**inherited, **values}
    try:
        settings = choose(base, None, changes)
        if checks is not None:
            checks.check_settings(settings)
    except SettingsError as error:
        named = where.get(error.field) or next((at for key, at in where.items() if " " in key), line)
        problems.append(
            LessonProblem(where.get("remasking", named) if error.field == "remasking" else named, str(error))
        )
        return None
    template = texts.get("template", before.template if before and not prompt else "")
    prompt = prompt or (before.prompt if before else "")
    scene = Scene(
        prompt,
        settings,
        stop or LessonStop(StopKind.END),
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
        raise _BadValue(f"template needs masks, at most {MAX_CANVAS}: {{mask:12}} stands for 12 of them.")


def _settable() -> list[str]:
    return [name for name, kind in KINDS.items() if kind in (int, float, bool, str)]


def _entries(lines: list[Line], problems: list[LessonProblem]) -> list[tuple[int, str, str]]:
    """Line, key and value of each entry; a line that begins with a blank continues the line before."""
    entries: list[tuple[int, str, str]] = []
    for number, line in lines:
        if not line.strip():
            continue
        if line[0] in " \t" and entries:
            at, key, value = entries[-1]
            entries[-1] = (at, key, f"{value} {line.strip()}".strip())
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            problems.append(LessonProblem(number, f"{clean(line.strip())!r} is not of the form key: value."))
        else:
            entries.append((number, " ".join(clean(key).split()), value))
    for number, key, value in entries:
        if not value:
            problems.append(LessonProblem(number, f"{key} has no value."))
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
        raise _BadValue(f"{value!r} is not a number.")
    return float(value)


def _stop(value: str) -> LessonStop:
    if value in (StopKind.START.value, StopKind.END.value, StopKind.TAKEN_BACK.value):
        return LessonStop(StopKind(value))
    if quoted := _QUOTED.fullmatch(value):
        return LessonStop(StopKind.TEXT, text=quoted[1])
    if numbered := re.fullmatch(r"(step|block) ([1-9]\d{0,4})", value, re.ASCII):
        return LessonStop(StopKind(numbered[1]), int(numbered[2]))
    raise _BadValue(f'stop is start, end, step 12, block 2, taken back or a "text" that is written, not {value!r}.')


def _parts(value: str) -> list[str]:
    """The parts between commas; commas within quotes do not count."""
    return [part.strip() for part in re.findall(r'(?:"[^"]*"|[^,"])+', value) if part.strip()]


def _point(part: str) -> Pointer:
    if quoted := _QUOTED.fullmatch(part):
        return Pointer(text=quoted[1])
    if part in _STATES:
        return Pointer(state=_STATES[part])
    if numbered := re.fullmatch(r"(\d{1,5})(?:\.\.(\d{1,5}))?", part, re.ASCII):
        first = int(numbered[1])
        last = int(numbered[2] or first)
        if first <= last:
            return Pointer(first, last)
    states = ", ".join(_STATES)
    raise _BadValue(f'point is positions (3 or 5..8), a "text", or one of {states}, not {part!r}.')


def _scores(value: str) -> tuple[str, ...]:
    if not _QUOTED.search(value) or _QUOTED.sub("", value).strip():
        raise _BadValue(f"score takes answers in quotes, not {value!r}.")
    return tuple(_QUOTED.findall(value))


def _claim(value: str) -> Claim:
    name, _, rest = value.partition(" ")
    if name not in CLAIMS:
        raise _BadValue(f"There is no claim {name!r}: there are {', '.join(CLAIMS)}.")
    texts = tuple(_QUOTED.findall(rest))
    count = CLAIMS[name].texts
    if len(texts) != count or _QUOTED.sub("", rest).strip():
        form = f"takes {count} text{'s' * (count != 1)} in quotes" if count else "takes nothing more"
        raise _BadValue(f"{name} {form}.")
    return Claim(name, texts)

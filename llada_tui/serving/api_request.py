"""The body of a request to the API as a run: OpenAI's fields, and the sampler's settings under their own names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from llada_tui.diffusion.chosen_parts import chosen_parts
from llada_tui.models.catalog import name_of
from llada_tui.serving.limits import ServeLimits
from llada_tui.settings.presets import choose, first_settings
from llada_tui.settings.prompt import Message, Prompt, typed_prompt
from llada_tui.settings.sampler_settings import KNOBS, SamplerSettings, SettingsError, brief
from llada_tui.trace.events import ModelInfo
from llada_tui.trace.model_blocks import in_blocks_of
from llada_tui.trace.text import take_in

_IGNORED = frozenset(
    "user metadata store service_tier safety_identifier prompt_cache_key prompt_cache_retention".split()
)
"""Fields that OpenAI's clients send and that change no answer."""
_WITHOUT_EFFECT: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "echo": (False,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logprobs": (False, 0),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "parallel_tool_calls": (True, False),
}
"""Fields of OpenAI's that are not served, and the values that ask for nothing."""
_LENGTHS = ("max_tokens", "max_completion_tokens", "gen_length")
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_MOST_MESSAGES = 1000


class RequestRefused(Exception):
    """A request that cannot be carried out: a sentence, the field that it is about, and the status of the answer."""

    def __init__(self, message: str, field: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.field = field
        self.status = status


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A run that was asked for, and the form of the answer."""

    settings: SamplerSettings
    prompt: Prompt
    stream: bool = False
    with_usage: bool = False
    with_steps: bool = False


def read_request(
    body: bytes, model: ModelInfo, limits: ServeLimits, *, chat: bool | None, typed: bool = False
) -> ApiRequest:
    """The request in a body of JSON. ``chat``: whether it has messages or a prompt; None for either. ``typed``: a
    prompt is what a person typed, which a model that chats is asked. Raises `RequestRefused`."""
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RequestRefused(f"The body is no JSON: {_brief_error(error)}.") from None
    if not isinstance(fields, dict):
        raise RequestRefused("The body must be a JSON object.")
    fields = {name: value for name, value in fields.items() if value is not None and name not in _IGNORED}
    _check_model(fields.pop("model", None), model)
    if chat is None:
        chat = "messages" in fields
    prompt = _messages(fields, model) if chat else _text(fields)
    if typed and prompt.text is not None:
        prompt = typed_prompt(prompt.text, chat=model.chat, holes=False)
    stop = _stop(fields.pop("stop", []))
    stream = _flag(fields, "stream")
    options = fields.pop("stream_options", {})
    if not isinstance(options, dict):
        raise RequestRefused("stream_options must be an object.", "stream_options")
    with_usage, with_steps = _flag(options, "include_usage"), _flag(options, "include_steps")
    options.pop("include_obfuscation", None)
    if options:
        raise RequestRefused(f"There is no stream option named {brief(min(options))}.", "stream_options")
    for name, values in _WITHOUT_EFFECT.items():
        if name in fields and not any(_is_same(value, fields[name]) for value in values):
            raise RequestRefused(f"{name} is not served: leave it out.", name)
        fields.pop(name, None)
    settings = _settings(fields, model, limits)
    return ApiRequest(settings, msgspec.structs.replace(prompt, stop=stop), stream, with_usage, with_steps)


def _is_same(value: object, other: object) -> bool:
    """Whether two values of JSON are the same: Python takes true for 1."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _brief_error(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")[:200] or "it is nested too deep"


def _check_model(name: object, model: ModelInfo) -> None:
    if name is not None and (not isinstance(name, str) or name_of(name) != name_of(model.id)):
        raise RequestRefused(f"This server has the model {model.id}, not {brief(name)}.", "model", 404)


def _flag(fields: dict[str, Any], name: str) -> bool:
    value = fields.pop(name, False)
    if not isinstance(value, bool):
        raise RequestRefused(f"{name} must be true or false, not {brief(value)}.", name)
    return value


def _messages(fields: dict[str, Any], model: ModelInfo) -> Prompt:
    messages = fields.pop("messages", None)
    if not isinstance(messages, list) or not 0 < len(messages) <= _MOST_MESSAGES:
        raise RequestRefused(f"messages must be a list of 1 to {_MOST_MESSAGES} messages.", "messages")
    if not model.chat:
        raise RequestRefused(f"{model.id} only continues text: use /v1/completions.", "messages")
    return Prompt(messages=[_message(message) for message in messages])


def _message(message: object) -> Message:
    if not isinstance(message, dict):
        raise RequestRefused("Each of messages must be an object with role and content.", "messages")
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str) or role not in _ROLES:
        raise RequestRefused(f"The role of a message is {', '.join(_ROLES)}, not {brief(role)}.", "messages")
    if unknown_fields := message.keys() - {"role", "content", "name", "refusal"}:
        raise RequestRefused(f"A message has no field {brief(min(unknown_fields, key=str))} here.", "messages")
    if isinstance(content, list):
        if not all(isinstance(part, dict) and part.get("type") == "text" for part in content):
            raise RequestRefused("The parts of a message's content must be of type text.", "messages")
        texts = [part.get("text") for part in content]
        if not all(isinstance(text, str) for text in texts):
            raise RequestRefused("The text of a part of a message's content must be a text.", "messages")
        content = "".join(texts)
    if not isinstance(content, str):
        raise RequestRefused("The content of a message must be a text.", "messages")
    return Message(_ROLES[role], take_in(content))


def _text(fields: dict[str, Any]) -> Prompt:
    prompt = fields.pop("prompt", None)
    if isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str | list):
        prompt = prompt[0]
    suffix = fields.pop("suffix", None)
    if not isinstance(suffix, str | None):
        raise RequestRefused("suffix must be a text.", "suffix")
    if isinstance(prompt, str):
        return Prompt(text=take_in(prompt), suffix=suffix or None)
    if isinstance(prompt, list) and all(isinstance(token, int) and not isinstance(token, bool) for token in prompt):
        return Prompt(ids=prompt, suffix=suffix or None)
    raise RequestRefused("prompt must be a text or a list of token ids; one at a time.", "prompt")


def _stop(stop: object) -> list[str | list[int]]:
    texts = [stop] if isinstance(stop, str) else stop
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise RequestRefused("stop must be a text or a list of texts.", "stop")
    return list(texts)


def _settings(fields: Mapping[str, Any], model: ModelInfo, limits: ServeLimits) -> SamplerSettings:
    lengths = [name for name in _LENGTHS if name in fields]
    if len(lengths) > 1:
        raise RequestRefused(f"{' and '.join(lengths)} mean the same: name one.", lengths[-1])
    changes = {name: value for name, value in fields.items() if name not in _LENGTHS}
    name = name_of(model.id)
    first = first_settings(name)
    length_name = lengths[0] if lengths else "gen_length"
    if lengths:
        changes["gen_length"] = fields[length_name]
    elif first.gen_length > limits.canvas:
        changes["gen_length"] = limits.canvas
    if unknown_fields := changes.keys() - KNOBS.keys():
        raise RequestRefused(f"There is no field named {brief(min(unknown_fields))}.", min(unknown_fields))
    try:
        settings = in_blocks_of(model, choose(first, None, changes, name), changes)
        chosen_parts(settings)
        limits.check_settings(settings)
    except SettingsError as error:
        if error.field == "gen_length":
            raise RequestRefused(str(error).replace("gen_length", length_name), length_name) from None
        raise RequestRefused(str(error), error.field) from None
    return settings


def stop_lengths(prompt: Prompt, model: ModelInfo) -> int:
    """The number of characters at the end of a text that may yet turn out to be behind its end."""
    texts: Sequence[str] = [text for text in prompt.stop if isinstance(text, str)]
    return max((len(text) for text in (*texts, model.end_text)), default=0)

"""The answers of the API, in OpenAI's form; and the text of a run as far as it is certain."""

from __future__ import annotations

import time
from codecs import getincrementaldecoder
from secrets import token_hex
from typing import Any

import msgspec

from llada_tui.diffusion import strategies
from llada_tui.serving.api_request import ApiRequest, stop_lengths
from llada_tui.trace.events import FINISHED, AnyEvent, EndEvent, ModelInfo, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes

LAST_EVENT = b"data: [DONE]\n\n"
"""The end of a stream of server-sent events."""


class AnswerText:
    """The answer of a run, folded from its events. `more` gives what is certain of it, piece by piece.

    Certain is what stands before the first mask, where the strategy keeps what it commits; for another strategy nothing
    is before the end.
    """

    def __init__(self, request: ApiRequest, model: ModelInfo) -> None:
        strategy = strategies.get(request.settings.remasking, request.settings.remasking_params)
        self._keeps = not (strategy.edits or strategy.revisits or strategy.remasks)
        self._held_back = stop_lengths(request.prompt, model)
        self._token_bytes = TokenBytes()
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._position = 0
        self._text = ""
        self._sent = 0
        self.run: Run | None = None
        self.end: EndEvent | None = None

    def add(self, event: AnyEvent) -> None:
        """Fold an event."""
        match event:
            case PiecesEvent():
                self._token_bytes.add(event)
            case RunEvent():
                self.run = Run(event, self._token_bytes)
            case EndEvent():
                self.end = event
            case StepEvent() if self.run is not None:
                self.run.add(event)
            case _:
                pass

    def more(self) -> str:
        """The text that became certain since the last call."""
        if self.run is None:
            return ""
        if self.end is not None:
            text, sent = self.end.text, self._text[: self._sent]
            self._sent = len(text)
            self._text = text
            return text.removeprefix(sent) if text.startswith(sent) else ""
        if not self._keeps or self.run.start.suffix:
            return ""
        tokens = self.run.canvas(self.run.last)
        while self._position < len(tokens) and (token := tokens[self._position]) is not None:
            if self.run.start.model.is_end(token):
                break
            self._text += self._decoder.decode(self._token_bytes.bytes_of(token))
            self._position += 1
        before, self._sent = self._sent, max(self._sent, len(self._text) - self._held_back)
        return self._text[before : self._sent]

    @property
    def finish_reason(self) -> str:
        """``stop`` for a run that was finished and whose text ends before its canvas does, else ``length``."""
        is_finished = self.end is not None and self.end.reason == FINISHED
        if not is_finished or self.run is None:
            return "length"
        return "stop" if self._text_length() < self.run.length_at(self.run.last) else "length"

    @property
    def usage(self) -> dict[str, int]:
        """Tokens of the prompt and of the text."""
        if self.run is None:
            return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        prompt, text = len(self.run.start.prompt_ids), self._text_length()
        return {"prompt_tokens": prompt, "completion_tokens": text, "total_tokens": prompt + text}

    def _text_length(self) -> int:
        assert self.run is not None
        tokens = self.run.canvas(self.run.last)
        return sum(token is not None for token in tokens[: self.run.text_end(tokens).at])


class AnswerForm:
    """The JSON of answers to one request. ``chat`` decides between OpenAI's two forms."""

    def __init__(self, model: str, *, chat: bool) -> None:
        self._chat = chat
        self._common = {
            "id": f"{'chatcmpl' if chat else 'cmpl'}-{token_hex(12)}",
            "created": int(time.time()),
            "model": model,
        }

    def whole(self, text: str, finish_reason: str, usage: dict[str, int]) -> dict[str, Any]:
        """The answer at once."""
        words = {"message": {"role": "assistant", "content": text}} if self._chat else {"text": text}
        choice = {"index": 0, **words, "logprobs": None, "finish_reason": finish_reason}
        kind = "chat.completion" if self._chat else "text_completion"
        return {"object": kind, **self._common, "choices": [choice], "usage": usage}

    def part(self, text: str, *, first: bool = False, finish_reason: str | None = None) -> dict[str, Any]:
        """A part of a streamed answer."""
        words: dict[str, Any] = {"text": text}
        if self._chat:
            words = {"delta": {"role": "assistant"} if first else {}}
            if text or first:
                words["delta"]["content"] = text
        return self._part([{"index": 0, **words, "logprobs": None, "finish_reason": finish_reason}])

    def usage(self, usage: dict[str, int]) -> dict[str, Any]:
        """The last part of a streamed answer for who asked for the usage."""
        return {**self._part([]), "usage": usage}

    def event(self, event: object) -> dict[str, Any]:
        """A part that holds an event of the run; ``event`` is JSON already (`msgspec.Raw`)."""
        return {**self._part([]), "event": event}

    def _part(self, choices: list[Any]) -> dict[str, Any]:
        kind = "chat.completion.chunk" if self._chat else "text_completion"
        return {"object": kind, **self._common, "choices": choices}


def server_sent(content: object) -> bytes:
    """A server-sent event."""
    return b"data: " + msgspec.json.encode(content) + b"\n\n"


def error_line(message: str) -> bytes:
    """The last line of a stream of lines whose run failed before it began, or was broken off."""
    return msgspec.json.encode({"error": message}) + b"\n"

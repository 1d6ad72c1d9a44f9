"""The body of an error's answer."""

from __future__ import annotations

from typing import Any


def error_body(message: str, status: int, field: str | None = None) -> dict[str, Any]:
    """The JSON of an error, in OpenAI's form."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": message, "type": kind, "param": field, "code": None}}

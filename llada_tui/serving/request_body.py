"""The body of a request, which is read no further than a server's limits."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from llada_tui.serving.api_request import RequestRefused
from llada_tui.serving.limits import ServeLimits


async def read_body(request: Request, limits: ServeLimits) -> bytes:
    """The body of a request, which is not read where it is too long. Raises `RequestRefused`."""
    too_long = RequestRefused(f"The body of a request has {limits.body:,} bytes at most.", status=413)
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise RequestRefused("The length of the body must be a number.")
    if len(length) > 18 or int(length) > limits.body:
        raise too_long
    body = bytearray()
    try:
        async with asyncio.timeout(limits.patience):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.body:
                    raise too_long
    except TimeoutError:
        raise RequestRefused("The body of the request did not come in time.", status=408) from None
    except ClientDisconnect:
        raise RequestRefused("The client has gone.") from None
    return bytes(body)

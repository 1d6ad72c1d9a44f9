"""The test whether two requests may go through the model together."""

from __future__ import annotations

from llada_tui.diffusion.batches import batches
from llada_tui.serving.run_request import RunRequest
from llada_tui.trace.resume import Resume
from llada_tui.worker.protocol import Generate


def may_share(first: RunRequest, other: RunRequest) -> bool:
    """Whether two requests may go through the model together."""
    if first.alone or other.alone:
        return False
    lanes = [request.command for request in (first, other)]
    for lane in lanes:
        if not isinstance(lane, Generate) or lane.hold or lane.parent is not None or lane.resume != Resume():
            return False
        prompt = lane.prompt
        if prompt.picture_names or prompt.stop or prompt.suffix or prompt.template is not None:
            return False
    return len(batches([lane.settings for request in (first, other) for lane in request.lanes])) == 1

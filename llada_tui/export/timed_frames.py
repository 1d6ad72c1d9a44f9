"""The frames that an animation shows, each with its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from llada_tui.export.run_timeline import Frame, RunTimeline

LAST_SECONDS = 3.0
"""Seconds for which the last frame stays."""


class TimedFrame(NamedTuple):
    """A frame and the seconds for which it stays on show."""

    frame: Frame
    seconds: float


def time_frames(
    timeline: RunTimeline,
    frames: Sequence[Frame],
    speed: float,
    *,
    least_seconds: float = 0.0,
    most_frames: int = 10**9,
) -> list[TimedFrame]:
    """At most ``most_frames`` of the frames at a speed, none of them for less than ``least_seconds``.

    The seconds of a frame that is left out are added to the frame before it. The first and the last are always there.
    """
    seconds = [timeline.seconds(frame) / speed for frame in frames]
    every = -(-len(frames) // most_frames)
    timed: list[TimedFrame] = []
    for index, (frame, stay) in enumerate(zip(frames, seconds, strict=True)):
        if index + 1 == len(frames):
            timed.append(TimedFrame(frame, LAST_SECONDS))
        elif timed and (index % every or timed[-1].seconds < least_seconds):
            timed[-1] = timed[-1]._replace(seconds=timed[-1].seconds + stay)
        else:
            timed.append(TimedFrame(frame, stay))
    return timed

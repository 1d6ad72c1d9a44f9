"""The environment that Ray reads when it is imported."""

from __future__ import annotations

import os
from secrets import token_hex


def set_ray_environment() -> None:
    """Set it, before Ray is imported. No usage statistics are sent. Where RAY_ADDRESS names no cluster, the one that is
    started on this machine listens to 127.0.0.1 alone, and asks for a token."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if os.environ.get("RAY_ADDRESS"):
        return
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # on Linux too: Ray's name of this machine is 127.0.0.1 then
    os.environ["RAY_AUTH_MODE"] = "token"
    os.environ.setdefault("RAY_AUTH_TOKEN", token_hex(32))  # else Ray keeps one in the user's home

"""Ray, for as long as a server needs it: a cluster that is there, or one that is started and ended."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import ray
from ray import serve
from ray.exceptions import RayError

from llada_tui.worker.client import WorkerError

_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}

_GRACE = 3.0
"""Seconds that Ray's processes have to end by themselves. Those of a cluster that had not started yet do not."""


@contextmanager
def ray_cluster(processors: int, application: str) -> Iterator[None]:
    """Ray Serve on the cluster that RAY_ADDRESS names; else on one of this machine, which leaves nothing behind.

    ``processors``: the fewest that the one of this machine has. ``application``: Ray's name of what is served, which is
    taken away in the end. A signal raises `KeyboardInterrupt` here. Raises `WorkerError` where there is no cluster.
    """
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    with _signals() as heed:
        address = os.environ.get("RAY_ADDRESS")
        with _joined(address, application, heed) if address else _started(processors, heed):
            yield


@contextmanager
def _joined(address: str, application: str, heed: Callable[[], None]) -> Iterator[None]:
    try:
        ray.init(address=address, **_QUIET)
    except (ConnectionError, RuntimeError, ValueError):
        raise WorkerError(f"No cluster of Ray can be reached at {address[:100]!r}, which RAY_ADDRESS names.") from None
    try:
        heed()
        status = serve.status()
        is_first = not status.applications and not status.proxies
        if is_first:
            _start_serve()
        try:
            heed()
            yield
        finally:
            serve.delete(application)
            if is_first:
                serve.shutdown()
    finally:
        ray.shutdown()


@contextmanager
def _started(processors: int, heed: Callable[[], None]) -> Iterator[None]:
    # sockets lie in the folder, whose names may have 107 bytes
    folder = tempfile.mkdtemp(prefix="llada-", dir="/tmp" if os.path.isdir("/tmp") else None)
    try:
        processors = max(os.cpu_count() or 1, processors)
        try:
            ray.init(
                address="local",
                num_cpus=processors,
                include_dashboard=False,
                _temp_dir=os.path.join(folder, "r"),  # which Ray opens to all
                **_QUIET,
            )
        except Exception as error:  # Ray raises no more special one where the machine is too busy
            raise WorkerError(f"Ray cannot be started: {str(error).partition(chr(10))[0]}") from None
        heed()
        _start_serve()
        heed()
        yield
    finally:
        processes = psutil.Process().children(recursive=True)
        ray.shutdown()
        for process in psutil.wait_procs(processes, timeout=_GRACE)[1]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _start_serve() -> None:
    try:
        serve.start(proxy_location="Disabled", logging_config={"log_level": "ERROR", "enable_access_log": False})
    except (RayError, TimeoutError, RuntimeError) as error:  # such as a controller that a busy machine did not start
        raise WorkerError(f"Ray Serve cannot be started: {str(error).partition(chr(10))[0]}") from None


@contextmanager
def _signals() -> Iterator[Callable[[], None]]:
    """Ctrl-C and SIGTERM raise `KeyboardInterrupt`, once: what is to be ended is ended then. Ray's own code may lose an
    exception and sets a handler of its own: the function that is given raises for a signal that came meanwhile, and
    sets ours again."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    has_come = False

    def interrupt(number: int, frame: object) -> None:
        nonlocal has_come
        has_come = True
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    def heed() -> None:
        if has_come:
            raise KeyboardInterrupt
        for each in numbers:
            signal.signal(each, interrupt)

    before = [signal.getsignal(each) for each in numbers]
    heed()
    try:
        yield heed
    finally:
        for each, handler in zip(numbers, before, strict=True):
            signal.signal(each, handler)

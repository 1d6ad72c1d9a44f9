"""``llada-tui chat``: the screen on which a model answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llada_tui.cli import options
from llada_tui.cli.output import USAGE, CommandError, need_terminal
from llada_tui.settings.presets import Preset

if TYPE_CHECKING:
    from llada_tui.tui.shell.options import ShareOptions

app = typer.Typer()


@app.command()
@options.with_settings
def chat(
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    worker: options.Worker = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with a recorded session.", metavar="FILE")] = None,
    theme: Annotated[
        str | None, typer.Option(help="Colours, by name; the command palette lists them.", metavar="NAME")
    ] = None,
    raw_tokens: options.RawTokens = False,
    image: options.Images = None,
    link_images: options.LinkImages = False,
    present: options.Present = False,
    share: options.Share = False,
    share_name: options.ShareName = None,
    share_at: options.ShareAt = None,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Chat, and watch every step of the answers. Settings named here are what the chat starts from."""
    return open_chat(
        model=model,
        dtype=dtype,
        device=device,
        quantization=quantization,
        force=force,
        compile=compile,
        worker=worker,
        resume=resume,
        theme=theme,
        raw_tokens=raw_tokens,
        images=_pictures(image or [], link_images),
        link_images=link_images,
        present=present,
        share=share_options("chat" if share else "", share_name, share_at),
        settings=settings or {},
        preset=preset,
    )


def share_options(screen: str, name: str | None, at: str | None) -> ShareOptions:
    """The way in which a session is shown to others; ``screen`` is that whose session is on show from its beginning.
    Raises `CommandError` for a name that is none."""
    from llada_tui.server_address import NAMING, is_share_name
    from llada_tui.tui.shell.options import ShareOptions

    if name is not None and not is_share_name(name):
        raise CommandError(NAMING, USAGE)
    return ShareOptions(screen, name or "", (at or "").strip())


def _pictures(paths: list[Path], link: bool) -> list[Path]:
    """The pictures that go with the first question. Raises `CommandError` for a file that is none."""
    from llada_tui.cli.prompts import Around, picture_files

    picture_files(Around(paths, link_images=link))
    return [path.absolute() for path in paths]


def open_chat(
    *,
    model: str | None = None,
    worker: str | None = None,
    preset: Preset | None = None,
    settings: dict[str, Any] | None = None,
    resume: Path | None = None,
    **more: Any,
) -> int:
    """Open the screen; ``more`` are further fields of its `ChatOptions`. Raises `CommandError` and `SettingsError`."""
    from llada_tui.cli.chosen_settings import chosen
    from llada_tui.cli.recorded_sessions import read
    from llada_tui.paths import config_folder
    from llada_tui.user_config import load_config

    config, _ = load_config(config_folder() / "config.toml")  # the screen says what is wrong with it
    chosen(model or config.model, preset, settings or {}, worker or config.worker)
    if resume is not None:
        read(resume)
    need_terminal("use llada-tui generate to print an answer")
    from llada_tui.tui.app import run_chat
    from llada_tui.tui.shell.options import ChatOptions

    name = preset.name if preset else None
    return run_chat(ChatOptions(model, worker=worker, resume=resume, settings=settings or {}, preset=name, **more))

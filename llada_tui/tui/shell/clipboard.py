"""The system's clipboard, through whichever of its own programs is there; the terminal's (OSC 52) is Textual's."""

from __future__ import annotations

import asyncio
import shutil

_PROGRAMS = (
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
    ("pbcopy",),
    ("clip.exe",),
)


async def copy_to_system(text: str) -> bool:
    """Give text to the first clipboard program that takes it; False where none does."""
    for program, *arguments in _PROGRAMS:
        if (path := shutil.which(program)) is None:
            continue
        try:
            process = await asyncio.create_subprocess_exec(
                path,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            await asyncio.wait_for(process.communicate(text.encode()), 3)
        except (TimeoutError, OSError):
            continue
        if process.returncode == 0:
            return True
    return False

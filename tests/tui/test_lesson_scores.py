"""A lesson tells how likely the model finds an answer, and draws anew each time. The made-up model: -1 for a token."""

from __future__ import annotations

from pathlib import Path

from tests.tui.lessons import reading, written

TEXT = """---
title: Scores
summary: how likely
---

# Two

```run
prompt: write
gen_length: 4
block_length: 4
steps: 4
stop: end
score: "four" "a [bold]long[/] one"
```

# Nothing

```run
stop: step 2
```
"""


async def test_a_page_tells_how_likely_its_answers_are(tmp_path: Path) -> None:
    async with reading(written(tmp_path, TEXT)) as room:
        await room.there()
        await room.desk.until(lambda: "…" not in room.text and "log p" in room.text, "both scores")
        text = " ".join(room.text.split())
        assert "log p -4.00 ± 0.02 “four” log p -19.00 ± 0.02 “a [bold]long[/] one”" in text

        await room.desk.press("n")
        await room.there()
        assert "log p" not in room.text
        for draw in range(3, 6):
            await room.desk.press("p" if draw % 2 else "n")
            await room.there()
        await room.desk.until(lambda: "-4.00, exact “four”" in " ".join(room.text.split()), "another draw")

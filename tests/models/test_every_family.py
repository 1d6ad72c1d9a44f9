"""Every strategy, cache and view with every family: what docs/models.md says of them is so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docs import families as page
from llada_tui.models import families

EXPECTED: dict[str, Any] = json.loads(page.RESULTS.read_text("utf-8"))
NAMES = [name for name, _ in page.rows_of_models()]


@pytest.mark.parametrize("name", NAMES)
def test_a_family_takes_what_the_page_says_or_says_why_not(name: str) -> None:
    results = page.summary_of(dict(page.rows_of_models())[name]())
    assert results == EXPECTED[name]
    assert all(why.endswith(".") and "\n" not in why for why in results["refused"].values())


def test_the_page_has_every_family() -> None:
    assert list(EXPECTED) == NAMES
    kinds = {kind for kind, architecture in families.by_model_type().items() if architecture.name in NAMES}
    assert families.by_model_type().keys() - kinds == {"llava_llada"}

"""A test can fail: its assertions say something that may be false."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def is_always_true(node: ast.expr) -> bool:
    """Whether an expression is true whatever happens: a filled literal, a function, a generator, or such an operand
    of ``or``."""
    match node:
        case ast.Constant():
            return bool(node.value)
        case ast.Tuple() | ast.List() | ast.Set():
            return bool(node.elts)
        case ast.Dict():
            return bool(node.keys)
        case ast.JoinedStr() | ast.Lambda() | ast.GeneratorExp():
            return True
        case ast.BoolOp(op=ast.Or()):
            return any(map(is_always_true, node.values))
    return False


def weak_assertions(source: str) -> list[str]:
    """Assertions that are always true, or that choose one of two sides: ``a == 1 if b else 3`` compares one only."""
    asserts = [node.test for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]
    return [ast.unparse(test) for test in asserts if is_always_true(test) or isinstance(test, ast.IfExp)]


def test_every_assertion_can_fail() -> None:
    weak = {
        path.relative_to(TESTS).as_posix(): assertions
        for path in sorted(TESTS.rglob("*.py"))
        if (assertions := weak_assertions(path.read_text("utf-8")))
    }
    assert weak == {}


@pytest.mark.parametrize(
    "assertion",
    ["True", "'a'", "(a == 1, 'a sentence')", "a == 1 or 'b'", "a == 1 if b else 3", "(a for a in b)", "lambda: False"],
)
def test_assertions_that_cannot_fail_are_found(assertion: str) -> None:
    assert len(weak_assertions(f"assert {assertion}")) == 1


@pytest.mark.parametrize("assertion", ["a", "a == (1 if b else 3)", "a or b", "all(a for a in b)", "not a", "[]", "0"])
def test_assertions_that_can_fail_are_let_be(assertion: str) -> None:
    assert weak_assertions(f"assert {assertion}") == []

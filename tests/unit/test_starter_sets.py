"""The starter sets: enough prompts in both languages, right answers pass, wrong ones do not."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from sizewise.proof.evaluate.asking import graded
from sizewise.proof.evaluate.items import Item, item_of
from sizewise.proof.evaluate.prompts import read_items, starter_names
from starter_words import FUNCTIONS

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SETS = ("classification", "coding", "extraction", "math", "qa", "reasoning")
SOLUTIONS = {
    "double": "return n * 2", "is_even": "return n % 2 == 0",
    "factorial": "import math\n    return math.factorial(n)", "gcd": "import math\n    return math.gcd(a, b)",
    "flatten": "return sum(lists, [])", "celsius": "return (fahrenheit - 32) * 5 / 9",
    "transpose": "return [list(row) for row in zip(*rows)]", "digits_sum": "return sum(map(int, str(n)))",
}  # fmt: skip


def grade(item: Item, answer: str) -> float | None:
    return asyncio.run(graded(item, answer))


def right_answer(item: Item) -> str:
    expected: Any = item.checks[0].expected
    if item.checks[0].grader == "json-schema":
        return f"Here it is:\n```json\n{json.dumps(expected, ensure_ascii=False)}\n```"
    one = expected[0] if isinstance(expected, list) else expected
    return f"Answer: {one}" if item.checks[0].grader in {"choice", "numeric", "contains"} else f"{one}."


def test_there_are_six_sets() -> None:
    assert starter_names() == SETS


@pytest.mark.parametrize("name", SETS)
def test_each_has_forty_prompts_half_of_them_chinese(name: str) -> None:
    items = read_items(f"starter:{name}")
    chinese = [item for item in items if CHINESE.search(item.question)]
    assert len(items) >= 40
    assert len(chinese) * 2 == len(items)
    assert len({item.question for item in items}) == len(items)


@pytest.mark.parametrize("name", [name for name in SETS if name != "coding"])
def test_right_answers_pass_and_others_do_not(name: str) -> None:
    items = read_items(f"starter:{name}")
    assert all(grade(item, right_answer(item)) == 1 for item in items)
    assert all(grade(item, "I do not know.") == 0 for item in items)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SOLUTIONS))
def test_right_code_passes_and_wrong_code_does_not(name: str) -> None:
    signature, _, _, tests = next(row for row in FUNCTIONS if row[0].startswith(f"{name}("))
    checks = "\n".join(f"assert {test}" for test in tests.split("|"))
    item = item_of({"prompt": "write it", "tests": checks}, "here", "1")
    assert grade(item, f"Sure:\n```python\ndef {signature}:\n    {SOLUTIONS[name]}\n```") == 1
    assert grade(item, f"```python\ndef {signature}:\n    return 12345\n```") == 0

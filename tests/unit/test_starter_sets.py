"""The starter sets: enough prompts in both languages, right answers pass, wrong ones do not."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sizewise.proof.evaluate.asking import graded
from sizewise.proof.evaluate.prompts import read_items, starter_names
from starter_words import FUNCTIONS

if TYPE_CHECKING:
    from sizewise.proof.evaluate.items import Item

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SETS = ("classification", "coding", "extraction", "math", "qa", "reasoning")
SOLUTIONS = {
    "double": "return n * 2",
    "is_even": "return n % 2 == 0",
    "count_vowels": "return sum(letter in 'aeiou' for letter in text.lower())",
    "reverse_words": "return ' '.join(reversed(text.split()))",
    "largest": "return max(numbers, default=None)",
    "factorial": "import math\n    return math.factorial(n)",
    "is_palindrome": "plain = text.lower().replace(' ', '')\n    return plain == plain[::-1]",
    "fibonacci": "a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a",
    "unique": "return list(dict.fromkeys(items))",
    "celsius": "return (fahrenheit - 32) * 5 / 9",
    "word_counts": "from collections import Counter\n    return dict(Counter(text.lower().split()))",
    "gcd": "import math\n    return math.gcd(a, b)",
    "flatten": "return sum(lists, [])",
    "is_prime": "return n > 1 and all(n % k for k in range(2, n))",
    "median": "import statistics\n    return statistics.median(numbers)",
    "caesar": "return ''.join(chr((ord(c) - 97 + shift) % 26 + 97) if 'a' <= c <= 'z' else c for c in text)",
    "roman": (
        "signs = zip((1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),\n"
        "                'M CM D CD C XC L XL X IX V IV I'.split())\n    text = ''\n    for size, sign in signs:\n"
        "        text, n = text + sign * (n // size), n % size\n    return text"
    ),
    "balanced": (
        "depth = 0\n    for sign in text:\n        depth += (sign == '(') - (sign == ')')\n"
        "        if depth < 0:\n            return False\n    return depth == 0"
    ),
    "transpose": "return [list(row) for row in zip(*rows)]",
    "longest_run": (
        "import itertools\n    return max((len(list(run)) for _, run in itertools.groupby(items)), default=0)"
    ),
    "digits_sum": "return sum(map(int, str(n)))",
}
CALLED = re.compile(r"assert (?:abs\()?(\w+)\(")


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
    assert all(grade(item, wrong) == 0 for item in items for wrong in ("", "I do not know."))


def coding_items(name: str) -> list[Item]:
    """The prompts, in both languages, whose tests call this function."""
    return [
        item
        for item in read_items("starter:coding")
        if (called := CALLED.search(str(item.checks[0].options["tests"]))) and called.group(1) == name
    ]


def test_every_coding_prompt_has_a_solution_here() -> None:
    solved = [item for name in SOLUTIONS for item in coding_items(name)]
    assert len(solved) == len(read_items("starter:coding"))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SOLUTIONS))
def test_right_code_passes_and_wrong_or_no_code_does_not(name: str) -> None:
    english, chinese = coding_items(name)
    signature = next(row[0] for row in FUNCTIONS if row[0].startswith(f"{name}("))
    right = f"Sure:\n```python\ndef {signature}:\n    {SOLUTIONS[name]}\n```"
    assert (grade(english, right), grade(chinese, right)) == (1, 1)
    assert grade(english, f"```python\ndef {signature}:\n    return 12345\n```") == 0
    assert grade(chinese, "") == 0

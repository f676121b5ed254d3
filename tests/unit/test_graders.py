"""Graders and readers of prompts: what passes, what does not, what is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sizewise.errors import InvalidFile
from sizewise.proof.evaluate.asking import graded
from sizewise.proof.evaluate.code_run import passes
from sizewise.proof.evaluate.items import item_of
from sizewise.proof.evaluate.prompts import read_items

SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("row", "answer", "grade"),
    [
        ({"expected": "Yes"}, " yes. ", 1), ({"expected": "Yes"}, "no", 0), ({"expected": "投诉"}, "投诉。", 1),
        ({"expected": ["cat", "dog"]}, "Dog!", 1), ({"expected": "Yes", "grader": "exact"}, "yes", 0),
        ({"expected": "Yes", "grader": "exact"}, "Yes\n", 1), ({"expected": 1234.5}, "so it is 1,234.50 in all", 1),
        ({"expected": -3}, "first 3, then −3", 1), ({"expected": 100, "tolerance": 0.05}, "about 104", 1),
        ({"expected": 100, "tolerance": 0.05}, "about 106", 0), ({"expected": 3}, "none", 0),
        ({"expected": "Au", "grader": "contains"}, "It is Au.", 1),
        ({"expected": "Au", "grader": "contains"}, "because", 0),
        ({"expected": "木星", "grader": "contains"}, "最大的是木星。", 1), ({"pattern": r"^\d{3}$"}, "x\n123", 1),
        ({"pattern": r"^\d{3}$"}, "1234", 0), ({"expected": "B", "choices": ["x", "y"]}, "A is wrong. Answer: (B)", 1),
        ({"expected": "B", "choices": ["x", "y"]}, "答案：B", 1), ({"expected": "B", "choices": ["x", "y"]}, "A", 0),
        ({"schema": SCHEMA}, 'Sure: {"n": 4}', 1), ({"schema": SCHEMA}, '{"n": "4"}', 0),
        ({"schema": SCHEMA}, "n: 4", 0),
        ({"schema": SCHEMA, "expected": {"n": 4}}, '```json\n{"n": 5}\n```', 0),
        ({"expected": "the cat sat", "grader": "overlap"}, "the cat ran", 2 / 3),
        ({"expected": "the cat sat", "grader": "overlap", "threshold": 0.6}, "the cat ran", 1),
        ({"expected": "我爱北京", "grader": "overlap"}, "我爱上海", 0.5),
        ({"checks": [{"expected": "a", "grader": "contains"}, {"pattern": "b"}]}, "a b", 1),
        ({"checks": [{"expected": "a", "grader": "contains"}, {"pattern": "b"}]}, "a c", 0),
    ],
)  # fmt: skip
def test_grades(row: dict[str, Any], answer: str, grade: float) -> None:
    item = item_of({"prompt": "?", **row}, "here", "1")
    assert asyncio.run(graded(item, answer)) == pytest.approx(grade)


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "import os\nos._exit(0)", "import sys\nsys.exit(0)", "raise SystemExit", "while True: pass",
        "import socket\nsocket.socket()",
        "x = ' ' * 10**10", "import subprocess\nsubprocess.run(['true'])", "import os\nos.fork()",
        "open('/tmp/sizewise-escape', 'w').write('x')", "import os\nos.remove('/tmp/anything')",
    ],
)  # fmt: skip
def test_code_that_misbehaves_does_not_pass_and_does_nothing(code: str) -> None:
    assert not passes(code + "\ndef f(): return 1", "assert f() == 1")
    assert not Path("/tmp/sizewise-escape").exists()  # noqa: S108 - the place that the code above tries


def test_code_passes_only_with_its_tests() -> None:
    assert passes("def f(): return 1", "assert f() == 1")
    assert not passes("def f(): return 2", "assert f() == 1")


def test_files_of_every_format_are_read(tmp_path: Path) -> None:
    files = {
        "a.jsonl": '{"prompt": "p", "expected": "e"}\n\n{"prompt": "q", "answer": 3}\n',
        "chat.jsonl": '{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "p"}, '
        '{"role": "assistant", "content": "e"}]}\n{"messages": [{"role": "user", "content": "q"}], "expected": "3"}\n',
        "a.csv": 'prompt,expected,grader\np,e,\n"q, r",3,numeric\n',
        "promptfoo.yaml": "prompts: ['Say {{word}}']\ndefaultTest:\n  assert: [{type: icontains, value: e}]\ntests:\n"
        "  - vars: {word: p}\n  - vars: {word: q}\n    assert: [{type: equals, value: '{{word}}'}]\n",
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    read = {name: read_items(str(tmp_path / name)) for name in files}
    assert {len(items) for items in read.values()} == {2}
    assert read["a.jsonl"][1].checks[0].grader == "numeric"
    assert [m["role"] for m in read["chat.jsonl"][0].messages] == ["system", "user"]
    assert read["chat.jsonl"][0].checks[0].expected == "e"
    assert read["a.csv"][1].question == "q, r"
    assert [c.grader for c in read["promptfoo.yaml"][1].checks] == ["contains", "exact"]
    assert read["promptfoo.yaml"][1].checks[1].expected == "q"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "{", "line 1: not a line of JSON"), ("a.jsonl", "[1]", "not a JSON object"),
        ("a.jsonl", "", "no prompts"),
        ("a.jsonl", '{"expected": 1}', "no prompt"), ("a.jsonl", '{"prompt": "p"}', "needs 'expected'"),
        ("a.jsonl", '{"prompt": "p", "grader": "magic", "expected": 1}', "unknown grader 'magic'"),
        ("a.jsonl", '{"id": 1, "prompt": "p", "expected": 1}\n{"id": 1, "prompt": "q", "expected": 1}', "the id '1'"),
        ("a.csv", "prompt,expected\na,b,c\n", "more cells"), ("a.yaml", "tests: 3", "no list of 'tests'"),
        ("a.yaml", ": : :", "not YAML"),
        ("a.yaml", "tests: [{vars: {prompt: x}, assert: [{type: latency}]}]", "assertion 'latency'"),
        ("a.yaml", "prompts: ['{{a}}']\ntests: [{assert: [{type: equals, value: x}]}]", "no value for"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used_are_refused_with_the_place(
    name: str, content: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InvalidFile, match=message):
        read_items(str(tmp_path / name))

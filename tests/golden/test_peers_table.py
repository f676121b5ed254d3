"""The table of peers' errors and the tests are the same list."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEST = re.compile(r"^def (test_[KMCQRSEX]V?\d{2}_\w+)", re.MULTILINE)
LINE = re.compile(r"^\| [A-Z]+\d{2} \| `(\w+)` \| (\S+) \|$", re.MULTILINE)


def test_every_peer_error_test_stands_in_the_table_and_the_other_way_round() -> None:
    tests = {
        (name, path.relative_to(ROOT).as_posix())
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in TEST.findall(path.read_text(encoding="utf-8"))
    }
    listed = LINE.findall((ROOT / "docs" / "peer_errors.md").read_text(encoding="utf-8"))
    assert set(listed) == tests
    assert len(listed) == len(set(listed))

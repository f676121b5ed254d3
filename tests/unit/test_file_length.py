"""Files stay short enough to be read in one sitting."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_LINES = 400
EXEMPT: frozenset[str] = frozenset()
"""Files that may be longer, with the reason beside each."""


def test_no_python_file_is_longer_than_400_lines() -> None:
    files = [path for folder in ("src", "tests", "scripts") for path in (ROOT / folder).rglob("*.py")]
    assert files
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files
    }
    too_long = {name: length for name, length in lengths.items() if length > MAX_LINES and name not in EXEMPT}
    assert too_long == {}


def test_every_exempt_file_exists_and_needs_it() -> None:
    for name in EXEMPT:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > MAX_LINES

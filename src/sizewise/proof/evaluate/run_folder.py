"""The folder of a run: what was asked, and every answer as a line, appended as it comes.

A run that was killed goes on where it was: lines that are whole are kept, half a line at the end is cut off. A folder
belongs to one set of questions, servers and settings; with others it is refused rather than mixed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Any, Self

from sizewise.errors import InvalidFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from sizewise.proof.evaluate.items import Item

RUN_FILE, ANSWERS_FILE = "run.json", "answers.jsonl"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One answered question, or one that was given up."""

    item_id: str
    endpoint: str
    text: str
    grade: float | None
    """None: not answered, or not graded yet (judge)."""
    failure: str = ""
    detail: str = ""
    prompt_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    num_attempts: int = 1
    finish: str = ""


def digest(items: Sequence[Item]) -> str:
    """A short name of these questions and graders."""
    content = json.dumps(items, sort_keys=True, ensure_ascii=False, default=_fields)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _fields(value: object) -> object:
    return vars(value) if is_dataclass(value) else str(value)


class RunFolder:
    """An open folder; a context manager. `kept` holds what an earlier run left."""

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._check(settings)
            self.kept = read_answers(path)
            self._file = (path / ANSWERS_FILE).open("ab")
            (path / RUN_FILE).write_text(json.dumps(settings, ensure_ascii=False, indent=1), encoding="utf-8")
        except OSError as error:
            raise InvalidFile("cannot write {path}: {reason}", path=path, reason=error.strerror) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, answer: Kept) -> None:
        """Append one line; it is with the system, and survives a kill, before this returns."""
        self._file.write(json.dumps(vars(answer), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        self._file.flush()

    def _check(self, settings: Mapping[str, Any]) -> None:
        file = self.path / RUN_FILE
        if not file.exists():
            return
        try:
            known = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            known = None
        if known != json.loads(json.dumps(settings)):
            differing = sorted(
                key for key in settings if not isinstance(known, dict) or known.get(key) != settings[key]
            )
            raise InvalidFile(
                "{path} holds another run (different: {given}); name another --folder, or delete this one",
                path=self.path, given=", ".join(differing) or "prompts",
            )  # fmt: skip


def read_answers(folder: Path) -> list[Kept]:
    """The whole lines of a folder; half a line at the end is cut off.

    Raises: InvalidFile.
    """
    file = folder / ANSWERS_FILE
    if not file.exists():
        return []
    content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with file.open("r+b") as opened:
            opened.truncate(len(whole))
    try:
        return [Kept(**json.loads(line)) for line in whole.splitlines()]
    except (ValueError, TypeError):
        raise InvalidFile("{path} is damaged; delete it to begin again", path=file) from None

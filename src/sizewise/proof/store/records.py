"""What is kept: one frozen value for each kind of row. Also the lines of `store export`.

Every record says what was looked at (model, quantization, engine and its version, device), where (a fingerprint of
the machine), when, and under which settings.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sizewise import __version__
from sizewise.errors import InvalidFile
from sizewise.proof.store.redaction import without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping


MEMORY_READ = "memory_read_bytes_per_s"
"""A probe of the computer itself: of no engine and no model."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every row says."""

    machine_id: str
    """Fingerprint of the machine."""
    machine: str
    """The machine in words."""
    engine: str
    engine_version: str
    model: str
    quantization: str
    device: str
    num_devices: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    """How it ran: kv_type, context_tokens, prompt_tokens, depth_tokens, num_sequences, threads ..."""
    record_id: str = field(default_factory=lambda: uuid4().hex)
    recorded_at: str = field(default_factory=_now)
    """UTC, ISO 8601."""
    sizewise_version: str = __version__

    @property
    def subject(self) -> tuple[object, ...]:
        """Records of one subject are about the same thing on the same machine."""
        settings = tuple(sorted((k, str(v)) for k, v in self.settings.items()))
        return (
            self.machine_id,
            self.engine,
            self.model,
            self.quantization,
            self.device,
            self.num_devices,
            settings,
        )


@dataclass(frozen=True, kw_only=True)
class Measurement(Record):
    """One measured quantity: the median of its repeats and their range."""

    metric: str
    """decode_tokens_per_s, prefill_tokens_per_s, memory_bytes, ttft_s, tpot_s, output_tokens_per_s, or MEMORY_READ."""
    value: float
    low: float
    high: float
    num_repeats: int
    origin: str
    """verify, measure, or the file it was imported from."""


@dataclass(frozen=True, kw_only=True)
class Verification(Record):
    """One `verify`: did the prediction hold, and the whole report."""

    has_held: bool
    report: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Evaluation(Record):
    """One `evaluate`: the score on one's own task, with its 80 % range."""

    task: str
    """Name of the task set."""
    score: float
    """Share of the items solved, or the mean of their scores, from 0 to 1."""
    low: float
    high: float
    num_items: int
    report: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Prediction(Record):
    """One predicted quantity, as it was before anything was measured."""

    metric: str
    low: float
    likely: float
    high: float
    rung: str
    """Step of the trust ladder it stood on."""


KINDS: dict[str, type[Record]] = {
    "measurements": Measurement,
    "verifications": Verification,
    "evaluations": Evaluation,
    "predictions": Prediction,
}
"""Tables and their rows."""


def kind_of(record: Record) -> str:
    """The table of a record."""
    return next(kind for kind, row in KINDS.items() if type(record) is row)


def as_row(record: Record) -> dict[str, Any]:
    """Columns of a record, without anything that looks like a secret."""
    cleaned: dict[str, Any] = without_secrets(asdict(record))
    return cleaned


def from_row(kind: str, row: Mapping[str, Any]) -> Record:
    """A record from a row of the database; columns that this version does not know are left out."""
    names = {f.name for f in fields(KINDS[kind])}
    return KINDS[kind](**{name: value for name, value in row.items() if name in names})


def checked(kind: str, row: Mapping[str, Any], where: str) -> Record:
    """A record from a line that somebody else wrote.

    Raises: InvalidFile that names the place and the column.
    """
    known = {f.name: f for f in fields(KINDS[kind])}
    for name in row:
        if name not in known:
            raise InvalidFile(
                "{where}: a row of {kind} has no column {column}", where=where, kind=kind, column=name
            )
    for name, column in known.items():
        if name not in row:
            if name == "record_id" or (column.default is MISSING and column.default_factory is MISSING):
                raise InvalidFile("{where}: column {column} is missing", where=where, column=name)
        elif not _fits(str(column.type), row[name]):
            raise InvalidFile(
                "{where}: column {column} cannot be {given}", where=where, column=name, given=row[name]
            )
    return from_row(kind, row)


def _fits(type_name: str, value: object) -> bool:
    """Is it a value of the column's type? Truth values are no numbers."""
    if type_name == "float":
        return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)
    if type_name == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if type_name == "bool":
        return isinstance(value, bool)
    return isinstance(value, str) if type_name == "str" else isinstance(value, dict)

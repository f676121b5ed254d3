"""The verbs about facts: `predict`, `accuracy` and `catalog`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.catalog import load_catalog
from sizewise.catalog.check import check
from sizewise.catalog.prices import cost_constant
from sizewise.predict import accuracy as scoring
from sizewise.predict.predictions import predict_file

if TYPE_CHECKING:
    from typing import Any

    from sizewise.catalog.describe import Fact
    from sizewise.catalog.price_rows import CostConstant
    from sizewise.predict.accuracy import Accuracy


def predict(questions: str, kind: str, out: str) -> tuple[str, ...]:
    """Answer a CSV of questions into another one; the warnings name the rows that stay blank.

    Raises: InvalidFile, UnknownName.
    """
    return predict_file(kind, Path(questions), Path(out), load_catalog()).warnings


def accuracy(facts: str | None = None) -> Accuracy:
    """Predictions against measured facts: the shipped ones, or a folder with questions/ and truth/.

    Raises: InvalidFile.
    """
    return scoring.accuracy(load_catalog(), None if facts is None else Path(facts))


def catalog_list(kind: str, like: str = "") -> tuple[Any, ...]:
    """Entries of one kind (model, device, quantization, engine, task) whose names contain a text.

    Raises: UnknownName for a kind that does not exist.
    """
    return tuple(load_catalog().listing(kind, containing=like))


def catalog_show(name: str) -> tuple[Fact, ...]:
    """Every field of one entry with its unit, source and date.

    Raises: UnknownName, AmbiguousName.
    """
    return load_catalog().describe(name)


def catalog_check() -> tuple[str, ...]:
    """Problems of the facts: duplicates, missing sources, implausible figures."""
    return tuple(check(load_catalog()))


def exchange_rate() -> CostConstant:
    """CNY for one USD, with source and date."""
    return cost_constant("fx_cny_per_usd")


def known_model(name: str) -> str:
    """The full name of a model of the catalog; nothing is looked up elsewhere.

    Raises: UnknownName, AmbiguousName.
    """
    return load_catalog().model(name).name

"""Ask llama.cpp about every published model that it can be asked about: tests/golden/oracle_published.csv.

    python scripts/build_oracle_published.py [--out FILE]

Needs the pinned engine: pip install 'sizewise[engine]'. To be run again when shapes of the catalog change.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from oracle_shapes import padding_bytes
from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import mixture_rules
from sizewise.errors import NotSupported
from sizewise.proof.engine_architectures import architecture_of
from sizewise.proof.engine_oracle import Oracle, OracleSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = Path(__file__).parent.parent / "tests" / "golden" / "oracle_published.csv"
FILE_TYPE = "Q4_K_M"
ONE_SLOT = frozenset({"minimax-01"})
"""Architectures with which b11549 aborts over several slots."""
QUESTIONS = (
    OracleSettings(context_tokens=8_192),
    OracleSettings(context_tokens=32_768, num_slots=3, is_unified=False),
)


class PublishedAnswer(NamedTuple):
    """One answer of the engine. [bytes]"""

    model: str
    architecture: str
    context_tokens: int
    num_slots: int
    padding_bytes: int
    weights_bytes: int
    kv_bytes: int
    compute_bytes: int


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=TABLE)
    arguments = parser.parse_args()
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(PublishedAnswer._fields)
        table.writerows(answers())


def answers() -> Iterator[PublishedAnswer]:
    """What the engine says about every model that can be written, question by question.

    Raises: NotSupported where it refuses one.
    """
    with Oracle() as oracle:
        for model in load_catalog().models.values():
            try:
                architecture = architecture_of(model).name
            except NotSupported:
                continue
            padding = padding_bytes(model, FILE_TYPE)
            asked = QUESTIONS[:1] if architecture in ONE_SLOT else QUESTIONS
            for one, reply in zip(asked, oracle.ask(model, FILE_TYPE, mixture_rules(), asked), strict=True):
                if reply.error:
                    raise NotSupported(
                        "the engine refuses {model}: {problem}", model=model.name, problem=reply.error
                    )
                yield PublishedAnswer(
                    model.name, architecture, one.context_tokens, one.num_slots, padding,
                    reply.weights_bytes, reply.kv_bytes, reply.compute_bytes,
                )  # fmt: skip


def read_answers() -> Iterator[PublishedAnswer]:
    """The stored answers."""
    with TABLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            names, numbers = (row["model"], row["architecture"]), PublishedAnswer._fields[2:]
            yield PublishedAnswer(*names, *(int(row[name]) for name in numbers))


if __name__ == "__main__":
    main()

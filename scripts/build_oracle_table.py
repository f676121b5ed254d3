"""Ask llama.cpp about random shapes and store its answers: tests/golden/oracle_answers.csv.

    python scripts/build_oracle_table.py [--shapes 560] [--seed 11549] [--out FILE]

Needs the pinned engine: pip install 'sizewise[engine]'. The same seed gives the same file.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import asdict, fields
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from oracle_shapes import FILE_TYPES, Shape, draw_settings, draw_shape, model_of, padding_bytes
from sizewise.catalog.weights_table import mixture_rules
from sizewise.proof.engine_oracle import Oracle, OracleSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = Path(__file__).parent.parent / "tests" / "golden" / "oracle_answers.csv"
ANSWERS_PER_SHAPE = 4
SETTINGS = tuple(field.name for field in fields(OracleSettings))
ANSWERS = ("padding_bytes", "weights_bytes", "kv_bytes", "compute_bytes")
COLUMNS = (*Shape._fields, "file_type", *SETTINGS, *ANSWERS)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shapes", type=int, default=560)
    parser.add_argument("--seed", type=int, default=11_549)
    parser.add_argument("--out", type=Path, default=TABLE)
    arguments = parser.parse_args()
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        count = 0
        for row in answered_rows(arguments.shapes, Random(arguments.seed)):  # noqa: S311 - shapes, no secrets
            table.writerow(row)
            count += 1
    print(f"{count} answers in {arguments.out}")


def answered_rows(num_shapes: int, random: Random) -> Iterator[list[object]]:
    """Rows of the table; settings that the engine refuses are left out."""
    with Oracle() as oracle:
        for _ in range(num_shapes):
            shape = draw_shape(random)
            model, file_type = model_of(shape), random.choice(FILE_TYPES)
            settings = [draw_settings(random, shape) for _ in range(ANSWERS_PER_SHAPE)]
            padding = padding_bytes(model, file_type)
            for one, reply in zip(
                settings, oracle.ask(model, file_type, mixture_rules(), settings), strict=True
            ):
                if reply.error:
                    continue
                chosen = [int(v) if isinstance(v, bool) else v for v in asdict(one).values()]
                sizes = [padding, reply.weights_bytes, reply.kv_bytes, reply.compute_bytes]
                yield [*shape, file_type, *chosen, *sizes]


def read_rows(path: Path) -> Iterator[tuple[Shape, str, OracleSettings, dict[str, int]]]:
    """Shape, file type, settings and answers of every row."""
    types = {field.name: field.type for field in fields(OracleSettings)}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            shape = Shape(row["kind"], *(int(row[name]) for name in Shape._fields[1:]))
            chosen = {name: _setting(row[name], str(types[name])) for name in SETTINGS}
            yield (
                shape,
                row["file_type"],
                OracleSettings(**chosen),  # type: ignore[arg-type]  # typed by the field's own annotation
                {name: int(row[name]) for name in ANSWERS},
            )


def _setting(text: str, type_name: str) -> str | int | bool:
    return text if type_name == "str" else int(text) != 0 if type_name == "bool" else int(text)


if __name__ == "__main__":
    main()

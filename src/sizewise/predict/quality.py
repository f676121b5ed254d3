"""Answers to quality questions: the score of a model, quantized or not, on a published test, in the test's own unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.catalog.benchmark_names import benchmark_name, protocol_name, source_name
from sizewise.catalog.model_names import EFFORTS, canonical_name, effort_word, thinks_in
from sizewise.catalog.quality_links import BenchmarkLink, Mode, benchmark_link, score_range, skills_of
from sizewise.catalog.quality_table import loss_table, model_aliases
from sizewise.errors import BadInput, UnknownName
from sizewise.estimate.quality import quant_loss

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.catalog import Catalog

AXIS_OF_SKILL = {
    "coding": "coding", "math": "math", "instruct": "extraction", "multilingual": "translation", "chinese": "chinese",
    "long": "long-context", "tools": "tool-use",
}  # fmt: skip
"""Task axis whose quantization loss a skill has; others lose as knowledge does."""
USUAL_PARAMS = 8e9
"""Size where a model outside the catalog does not say it. [count]"""
UNIT_OF_KIND = {"elo": 6.95, "ten": 0.09, "error": -1.0}
"""What one point of loss takes from a score of each kind: Elo near even odds (400 / ln 10 / 25), marks from 1 to 10,
percent of errors (which rise)."""


def predict_quality(
    questions: Sequence[Mapping[str, str]], catalog: Catalog
) -> tuple[list[dict[str, str]], list[str]]:
    """Rows (row_id, low, likely, high) in the unit of the benchmark, and warnings; what is not known is blank."""
    rows, warnings = [], []
    for question in questions:
        cells = {"low": "", "likely": "", "high": ""}
        try:
            answer = predicted_score(question, catalog)
        except BadInput as problem:
            warnings.append(f"{question['row_id']}: {problem}")
        else:
            if answer is not None:
                cells = {name: f"{value:.5g}" for name, value in zip(cells, answer, strict=True)}
        rows.append({"row_id": question["row_id"], **cells})
    return rows, warnings


def predicted_score(question: Mapping[str, str], catalog: Catalog) -> tuple[float, float, float] | None:
    """Low, likely and high score; None where the test or the model's skills are not known.

    Raises: BadInput for a model or quantization that nobody knows.
    """
    name = _known_model(question["model"], catalog)
    benchmark = benchmark_name(question["benchmark"])
    protocol = protocol_name(question["setting"], question["benchmark"])
    link = benchmark_link(source_name(question["source"]), benchmark, protocol)
    if link is None:
        return None
    setting, printed = question["setting"], question["model"]
    effort = EFFORTS.get(effort_word(setting, printed), 0.0)
    ends = score_range(link, name, benchmark, Mode(thinks=thinks_in(setting, printed), effort=effort))
    return ends and _after_loss(ends, link, question["quant"], name, catalog)


def _known_model(given: str, catalog: Catalog) -> str:
    """The model's name in the tables.

    Raises: UnknownName when neither the tables nor the catalog knows it.
    """
    for name in (given, canonical_name(given)):
        meant = model_aliases().get(name, name)
        if skills_of(meant) is not None:
            return meant
    try:
        return catalog.model(given).name
    except UnknownName as unknown:
        raise UnknownName("model", given, catalog.models, "no published score of it is known") from unknown


def _after_loss(
    ends: tuple[float, float, float], link: BenchmarkLink, quant: str, name: str, catalog: Catalog
) -> tuple[float, float, float]:
    """The range moved by the quantization's loss: likely by its likely value, the bad end by its worst."""
    model = catalog.models.get(name)
    quantization = catalog.quantization(quant) if quant else None
    if quantization is None or (model is not None and quantization.name == model.native_format):
        return ends
    least, likely, most = quant_loss(
        loss_class=quantization.loss_class,
        num_params=model.num_params if model else USUAL_PARAMS,
        axis=AXIS_OF_SKILL.get(link.main, ""),
        table=loss_table(),
    )
    unit = UNIT_OF_KIND.get(link.score.kind, 1.0)
    worst_first = (most, likely, least) if unit > 0 else (least, likely, most)
    moved = (end - unit * float(loss) for end, loss in zip(ends, worst_first, strict=True))
    low, middle, high = moved if link.score.kind == "elo" else (max(end, 0.0) for end in moved)
    return low, middle, high

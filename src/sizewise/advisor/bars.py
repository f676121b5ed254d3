"""The quality bar of a question: stated by a model, a complexity or a number; otherwise the best 7-9B of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.catalog.quality_bars import complexity_bar, default_bar, model_bar, number_bar
from sizewise.decide.wording import points
from sizewise.domain.text import T
from sizewise.errors import BadInput
from sizewise.report.words import COMPLEXITIES
from sizewise.units import parse_number

if TYPE_CHECKING:
    from sizewise.advisor.question import Question
    from sizewise.catalog import Catalog
    from sizewise.domain.request import QualityBar
    from sizewise.domain.text import Text
    from sizewise.domain.workload import Task


def chosen_bar(catalog: Catalog, task: Task, question: Question) -> QualityBar:
    """The bar on the task's axis.

    Raises: BadInput for two bars at once; UnknownName, InvalidQuantity for a bar that cannot be read.
    """
    stated = {
        "--as-good-as": question.as_good_as, "--complexity": question.complexity, "--min-quality": question.min_quality,
    }  # fmt: skip
    given = [name for name, value in stated.items() if value is not None]
    if len(given) > 1:
        raise BadInput("{given} state the bar twice; give one of them", given=" and ".join(given))
    axis = task.quality_axis
    if question.as_good_as is not None:
        return model_bar(question.as_good_as, axis)
    if question.complexity is not None:
        return complexity_bar(question.complexity.strip().lower(), axis)
    if question.min_quality is not None:
        return number_bar(parse_number(str(question.min_quality), "--min-quality"))
    return default_bar(tuple(catalog.models.values()), axis)


def bar_text(bar: QualityBar) -> Text:
    """The bar in words."""
    value = points(bar.value)
    if bar.kind == "number":
        return T("{value} of 100 points", value=value)
    if bar.kind == "complexity":
        return T("{value} points: what the guide's size for {complexity} tasks reaches, less {margin}",
                 value=value, complexity=COMPLEXITIES[bar.reference], margin=points(bar.margin))  # fmt: skip
    if bar.kind == "model":
        return T("{value} points: as good as {model}, less {margin}",
                 value=value, model=bar.reference, margin=points(bar.margin))  # fmt: skip
    return T("{value} points: as good as the best 7-9B of today ({model}), less {margin}",
             value=value, model=bar.reference or T("none known"), margin=points(bar.margin))  # fmt: skip

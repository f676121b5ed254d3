"""The answer of `accuracy --mine`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.text import T
from sizewise.report.page import FAINT, STRONG, grid, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from rich.console import RenderableType

    from sizewise.report.language import Say

METRICS = {
    "decode_tokens_per_s": T("writing, tokens/s"),
    "prefill_tokens_per_s": T("reading a prompt, tokens/s"),
    "memory_bytes": T("memory of the process"),
    "ttft_s": T("first token (TTFT)"),
    "tpot_s": T("each further token (TPOT)"),
    "output_tokens_per_s": T("output, tokens/s"),
}
RUNGS = {
    "measured": T("measured here before"),
    "calibrated": T("corrected by your measurements"),
    "fitted": T("fit of the class"),
    "derived": T("derived"),
    "assumed": T("assumed"),
    "all": T("all"),
}
"""Steps of the trust ladder, by the basis of a prediction."""


def own_accuracy_blocks(scores: Sequence[Any], say: Say) -> Iterator[RenderableType]:
    """One line for each quantity and step of the ladder."""
    if not scores:
        yield Line(say(T("Nothing was predicted and measured on this computer yet.")), style=STRONG)
        yield paragraph(say(T("sizewise verify MODEL does both.")), FAINT)
        return
    yield Line(say(T("Predictions made on this computer against what was measured later")), style=STRONG)
    header = (
        "", say(T("predicted by")), say(T("count")), say(T("median error")), say(T("p90")), say(T("bias")),
        say(T("in range")),
    )  # fmt: skip
    rows = (
        (
            say(METRICS.get(one.metric, one.metric)), say(RUNGS.get(one.rung, one.rung)), str(one.summary.num_answered),
            _percent(one.summary.median_error_ratio), _percent(one.summary.p90_error_ratio),
            f"{one.summary.bias_ratio:+.1%}".replace("%", " %"), _percent(one.summary.coverage_ratio, 0),
        )
        for one in scores
    )  # fmt: skip
    yield grid(rows, header=header, right=(2, 3, 4, 5, 6))


def _percent(ratio: float, digits: int = 1) -> str:
    return f"{100 * ratio:.{digits}f} %"

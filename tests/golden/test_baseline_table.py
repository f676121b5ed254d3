"""The table and the flowchart of the original guide, number by number and branch by branch.

Source: the article "7B, 13B or 70B?" about PKU-Alignment/beaver-7b-v1.0-cost, as recorded in 2026-11.
"""

from __future__ import annotations

from itertools import product

import pytest

from sizewise.advisor import Question, rule_of_thumb, tiers
from sizewise.decide.baseline import TIERS, baseline_policy, rule_of_thumb_bytes
from sizewise.domain.workload import COMPLEXITIES

TABLE = [
    ("7B", (14, 14), (3.5, 5), False, "RTX 4090 24GB", "simple"),
    ("13B", (26, 26), (6.5, 9), False, "A100 40GB", "medium"),
    ("30-40B", (60, 80), (15, 28), False, "A100/H100 80GB", "complex"),
    ("70B+", (140, 140), (35, 49), True, "multi-card enterprise GPU cluster", "research"),
]
"""Size, FP16 GB, INT4 GB, printed with a plus, hardware, complexity."""
ANSWERS = {
    **{(True, level, has): ("7B", "13B") for level in COMPLEXITIES[:3] for has in (True, False)},
    **{(False, "simple", has): ("7B",) for has in (True, False)},
    **{(False, "medium", has): ("13B",) for has in (True, False)},
    (False, "complex", True): ("30-40B", "70B+"),
    (False, "complex", False): ("13B",),
}
"""Budget limited, complexity, enterprise hardware: 6 + 2 + 2 + 1 + 1 combinations."""


def test_the_guide_has_twelve_combinations() -> None:
    assert set(ANSWERS) == set(product((True, False), COMPLEXITIES[:3], (True, False)))


@pytest.mark.slow
@pytest.mark.parametrize("case", ANSWERS, ids=str)
def test_flowchart_answers_like_the_guide(case: tuple[bool, str, bool]) -> None:
    is_limited, level, has_enterprise = case
    said = baseline_policy(
        is_budget_limited=is_limited, complexity=level, has_enterprise_hardware=has_enterprise
    )
    assert said.tiers == ANSWERS[case]
    assert said.optimises_quantization == (case == (False, "complex", False))
    asked = rule_of_thumb(
        Question(complexity=level), budget_limited=is_limited, enterprise_hardware=has_enterprise
    )
    assert (asked.tiers, asked.questions) == (said.tiers, said.questions)


@pytest.mark.parametrize("has_enterprise", [True, False])
def test_research_counts_as_complex(has_enterprise: bool) -> None:  # noqa: FBT001 - a parameter of the test
    research, complex_ = (
        baseline_policy(is_budget_limited=False, complexity=level, has_enterprise_hardware=has_enterprise)
        for level in ("research", "complex")
    )
    assert research == complex_


@pytest.mark.slow
def test_tiers_prints_every_number_of_the_guide() -> None:
    lines = tiers().lines
    shown = [(x.name, x.rule_fp16_gb, x.rule_int4_gb, x.is_open_ended, x.complexity) for x in lines]
    assert shown == [(name, fp16, int4, is_open, level) for name, fp16, int4, is_open, _, level in TABLE]
    assert all(hardware in x.rule_hardware for x, (_, _, _, _, hardware, _) in zip(lines, TABLE, strict=True))


@pytest.mark.parametrize(
    ("params", "fp16", "int4"), [(7e9, 14, (3.5, 4.9)), (13e9, 26, (6.5, 9.1)), (70e9, 140, (35, 49))]
)
def test_rules_of_thumb_give_the_table_within_its_rounding(
    params: float, fp16: float, int4: tuple[float, float]
) -> None:
    assert [b / 1e9 for b in rule_of_thumb_bytes(params)] == pytest.approx([fp16, *int4])


def test_every_tier_has_the_words_of_the_guide() -> None:
    assert [t.nickname for t in TIERS] == [
        "light and efficient",
        "the balanced choice",
        "professional",
        "ultimate",
    ]
    assert [t.limit for t in TIERS] == [
        "weak at complex logic and long text generation",
        "may fall short on very long text or high-precision tasks",
        "needs enterprise hardware, higher cost",
        "huge hardware investment, low value for money",
    ]

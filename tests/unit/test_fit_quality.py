"""The offline fit of quality: a scale that a refit does not stretch, and protocols that hide what they say."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
FACTS = Path(__file__).parents[2] / "src" / "sizewise" / "catalog"
sys.path.insert(0, str(SCRIPTS))
from fit_quality_alias import aliases  # noqa: E402 - scripts are no package
from fit_quality_design import build_design  # noqa: E402
from fit_quality_model import Fit, fit_skills  # noqa: E402
from fit_quality_names import Facts, model_facts  # noqa: E402
from fit_quality_panel import CONTAMINATED_WEIGHT, SATURATED_WEIGHT, PanelScores, discount  # noqa: E402
from fit_quality_rows import Observation, observation, read_rows  # noqa: E402
from fit_quality_validate import hidden_families, hidden_sources, name_without  # noqa: E402


@pytest.fixture(scope="module")
def items() -> list[Observation]:
    """Published scores of four large tables."""
    wanted = ("lmarena", "QwenLM/qwenlm", "tiiuae", "LiveBench")
    rows = (r for r in read_rows(FACTS / "quality.csv") if r["source"].startswith(wanted))
    return [item for row in rows if (item := observation(row)) is not None]


@pytest.fixture(scope="module")
def facts(items: list[Observation]) -> dict[str, Facts]:
    return {name: model_facts(name, None, {}) for name in sorted({item.model for item in items})}


@pytest.fixture(scope="module")
def fit(items: list[Observation], facts: dict[str, Facts]) -> Fit:
    return fit_skills(build_design(items, facts), 10)


def test_points_do_not_change_when_skills_are_measured_in_other_units(
    fit: Fit, items: list[Observation]
) -> None:
    unit = np.linspace(0.5, 3.0, fit.mean.shape[1])
    stretched = replace(
        fit, mean=fit.mean * unit, cov=fit.cov * np.outer(unit, unit), loadings=fit.loadings / unit
    )
    shares = np.full(len(unit), 1.0 / len(unit))
    plain, other = PanelScores(fit, items), PanelScores(stretched, items)
    for model in range(0, len(fit.design.models), 40):
        assert plain.points(model, 0, shares) == pytest.approx(other.points(model, 0, shares))


def test_every_score_is_hidden_exactly_once_and_with_its_whole_source(items: list[Observation]) -> None:
    folds = list(hidden_sources(items))
    assert all(sum(column) == 1 for column in zip(*folds, strict=True))
    for fold in folds:
        pairs = {name_without(item) for item, hidden in zip(items, fold, strict=True) if hidden}
        assert all(hidden == (name_without(item) in pairs) for item, hidden in zip(items, fold, strict=True))


def test_a_left_out_family_loses_everything(items: list[Observation], facts: dict[str, Facts]) -> None:
    for fold in hidden_families(items, facts):
        gone = {facts[item.model].family for item, hidden in zip(items, fold, strict=True) if hidden}
        kept = {facts[item.model].family for item, hidden in zip(items, fold, strict=True) if not hidden}
        assert gone
        assert not gone & kept


def test_saturated_and_old_public_benchmarks_count_less() -> None:
    assert discount("a new one", [0.2, 0.5, 0.7]) == 1.0
    assert discount("a new one", [0.97, 0.98, 0.99]) == SATURATED_WEIGHT
    assert discount("gsm8k", [0.2, 0.5, 0.7]) == CONTAMINATED_WEIGHT


def test_a_board_name_means_the_model_with_that_id_and_no_other_release() -> None:
    ids = ["deepseek-ai/DeepSeek-V3", "deepseek-ai/DeepSeek-V3-0324", "moonshotai/Kimi-K2-Instruct"]
    names = [
        "deepseek-v3",
        "kimi-k2",
        "MOONSHOTAI/kimi-k2-instruct",
        "gpt-4o",
        "deepseek-ai/DeepSeek-V3-0324",
    ]
    assert aliases(names, ids) == {
        "deepseek-v3": "deepseek-ai/DeepSeek-V3",
        "kimi-k2": "moonshotai/Kimi-K2-Instruct",
        "MOONSHOTAI/kimi-k2-instruct": "moonshotai/Kimi-K2-Instruct",
    }

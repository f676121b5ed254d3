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
from fit_quality_ceiling import agreement  # noqa: E402
from fit_quality_design import build_design  # noqa: E402
from fit_quality_figures import figures, of_benchmark  # noqa: E402
from fit_quality_kernel import LEVEL, likeness  # noqa: E402
from fit_quality_loss import between  # noqa: E402
from fit_quality_model import Fit, fit_skills  # noqa: E402
from fit_quality_names import Facts, model_facts  # noqa: E402
from fit_quality_panel import CONTAMINATED_WEIGHT, SATURATED_WEIGHT, PanelScores, discount  # noqa: E402
from fit_quality_predict import Predicted  # noqa: E402
from fit_quality_rows import Observation, observation, read_rows, sampling_variance  # noqa: E402
from fit_quality_validate import hidden_families, hidden_sources, name_without  # noqa: E402
from fit_quality_widening import cross_widened  # noqa: E402


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


@pytest.mark.slow
def test_points_do_not_change_when_skills_are_measured_in_other_units(
    fit: Fit, items: list[Observation]
) -> None:
    unit = np.linspace(0.5, 3.0, fit.mean.shape[1])
    stretched = replace(
        fit, mean=fit.mean * unit, cov=fit.cov * np.outer(unit, unit), sigma=fit.sigma * np.outer(unit, unit),
        loadings=fit.loadings / unit,
    )  # fmt: skip
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


def test_a_score_near_guessing_says_little() -> None:
    guessed, known = sampling_variance(0.02, 0.25, 1000.0), sampling_variance(0.02, 0.0, 1000.0)
    assert known == pytest.approx(1 / (1000 * 0.02 * 0.98))
    assert guessed > 5 * known


def test_reward_models_and_classifiers_are_not_scored() -> None:
    row = next(r for r in read_rows(FACTS / "quality.csv") if observation(r) is not None)
    for name in ("nvidia/AceMath-72B-RM", "Qwen/Qwen3-Reranker-4B"):
        assert observation({**row, "hf_id": name}) is None


def test_models_are_alike_by_family_size_and_date() -> None:
    names = [
        "Qwen/Qwen2.5-7B-Instruct",
        "Qwen/Qwen2.5-14B-Instruct",
        "Qwen/Qwen2.5-72B",
        "bigscience/bloom-7b1",
    ]
    years = {"qwen2.5": 1.7, "bloom": -0.5}
    cov = likeness([model_facts(name, None, years) for name in names]) - LEVEL
    near, far, other = (cov[0, i] / np.sqrt(cov[0, 0] * cov[i, i]) for i in (1, 2, 3))
    assert near > far > other
    assert np.linalg.eigvalsh(cov).min() > -1e-6


def test_the_base_of_a_model_has_its_size() -> None:
    row = {"params_total": "685e9", "params_active": "37e9"}
    facts = model_facts("deepseek-ai/DeepSeek-V3-Base", None, {}, sibling=row)
    assert facts.log10_params == pytest.approx(np.log10(685e9))
    assert np.isnan(model_facts("LargeWorldModel/LWM-Text-Chat-1M", None, {}).log10_params)


def test_each_fold_is_widened_by_what_the_others_show(items: list[Observation]) -> None:
    few = items[:400]
    calm = [Predicted(item=i, likely=i.value + 0.1, sd=0.2) for i in few[:200]]
    wild = [Predicted(item=i, likely=i.value + 2.0, sd=0.2) for i in few[200:]]
    found = cross_widened([calm, wild])
    assert all(p.sd > 1.5 for p in found[:200])
    assert all(p.sd < 0.2 for p in found[200:])


def test_one_correlation_a_test_over_all_folds_and_one_a_benchmark_over_all_sources(
    items: list[Observation],
) -> None:
    exact = [Predicted(item=i, likely=i.value, sd=0.1) for i in items]
    by_test, by_benchmark = figures(exact), figures(exact, 20, of_benchmark)
    assert len(by_test.ranks) > len(by_benchmark.ranks) > 10
    assert by_test.spearman == by_benchmark.spearman == pytest.approx(1.0)
    assert by_test.coverage == 1.0


def test_two_sources_agree_over_the_models_that_both_scored(items: list[Observation]) -> None:
    backward = [Predicted(item=i, likely=-i.value, sd=0.1) for i in items]
    theirs, ours = agreement(backward, 8)
    assert theirs.keys() == ours.keys()
    assert len(theirs) >= 10
    assert float(np.median(list(theirs.values()))) > 0.8
    assert all(rank == pytest.approx(-1.0) for rank in ours.values())


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


def test_a_loss_between_eight_and_four_bits_is_never_free_and_unsure() -> None:
    eight, four = (0.0, 0.2, 0.8), (0.2, 1.0, 3.2)
    six, five = between(eight, four, 0.5), between(eight, four, 0.75)
    assert eight[1] < six[1] < five[1] < four[1]
    assert six[2] > (eight[2] * four[2]) ** 0.5

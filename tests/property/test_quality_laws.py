"""Laws of quality: order, broadcasting, inverses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.catalog.quality_table import loss_table
from sizewise.estimate.quality import pass_probability, quality_after_loss, quality_range, quant_loss
from sizewise.estimate.score_link import ScoreLink

POINTS = st.floats(0.0, 100.0)
SPREADS = st.floats(0.1, 30.0)
SIZES = st.floats(1e8, 2e12)
CLASSES = st.sampled_from(["8", "6", "5", "4", "3", "2"])


@given(POINTS, POINTS, SPREADS, POINTS)
def test_better_model_is_at_least_as_likely_to_pass(a: float, b: float, sd: float, bar: float) -> None:
    low, high = sorted((a, b))
    assert pass_probability(mean=low, sd=sd, bar=bar) <= pass_probability(mean=high, sd=sd, bar=bar) + 1e-12


@given(POINTS, SPREADS, POINTS)
def test_probability_lies_between_zero_and_one(mean: float, sd: float, bar: float) -> None:
    assert 0.0 <= pass_probability(mean=mean, sd=sd, bar=bar) <= 1.0


@given(CLASSES, SIZES, SIZES)
def test_larger_model_never_loses_more(loss_class: str, a: float, b: float) -> None:
    small, large = sorted((a, b))
    table = loss_table()
    lost = [
        quant_loss(loss_class=loss_class, num_params=n, axis="qa", table=table)[1] for n in (small, large)
    ]
    assert lost[1] <= lost[0] + 1e-9


@given(SIZES)
def test_fewer_bits_never_lose_less(num_params: float) -> None:
    table = loss_table()
    lost = [
        float(quant_loss(loss_class=c, num_params=num_params, axis="qa", table=table)[1])
        for c in ("16", "8", "6", "5", "4", "3", "2")
    ]
    assert lost == sorted(lost)
    assert lost[1] > 0


@given(CLASSES, SIZES)
def test_loss_range_is_ordered(loss_class: str, num_params: float) -> None:
    low, likely, high = quant_loss(
        loss_class=loss_class, num_params=num_params, axis="math", table=loss_table()
    )
    assert 0 <= low <= likely <= high


@given(st.lists(st.tuples(POINTS, SPREADS), min_size=1, max_size=20), POINTS)
def test_adding_an_option_changes_no_other_probability(rows: list[tuple[float, float]], bar: float) -> None:
    """R05: irrelevant options change nothing."""
    mean, sd = np.array(rows).T
    alone = [pass_probability(mean=m, sd=s, bar=bar) for m, s in rows]
    assert np.asarray(pass_probability(mean=mean, sd=sd, bar=bar)).tolist() == pytest.approx(alone)


@given(POINTS, SPREADS, st.floats(0.0, 20.0), st.floats(0.0, 20.0))
def test_loss_never_raises_the_score_or_its_certainty(
    mean: float, sd: float, likely: float, width: float
) -> None:
    after = quality_after_loss(mean=mean, sd=sd, loss_low=0.0, loss_likely=likely, loss_high=likely + width)
    assert after[0] <= mean
    assert after[1] >= sd - 1e-12


@given(POINTS, SPREADS)
def test_range_holds_its_mean(mean: float, sd: float) -> None:
    low, high = quality_range(mean=mean, sd=sd)
    assert 0.0 <= low <= mean <= high <= 100.0


@given(st.sampled_from(["share", "error", "ten", "elo"]), st.floats(-4.0, 4.0))
def test_score_and_unbounded_value_invert(kind: str, value: float) -> None:
    link = ScoreLink(kind=kind, floor=25.0 if kind == "share" else 0.0)
    assert link.unbounded(link.printed(value)) == pytest.approx(value, abs=1e-6)

"""Laws of the sampled worlds: shares, regret, irrelevant options, common random numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizewise.advisor import Question, recommend
from sizewise.decide.worlds import (
    Conditions,
    Finalists,
    Outcomes,
    contest,
    factors,
    normals,
    sampled,
    sureness,
    taken,
)

NUM_WORLDS = 400
ASKED = Conditions(
    num_users=20.0, users_low=0.7, users_high=1.4, tariff_low=0.7, tariff_high=2.0, hours_low=0.7, hours_high=2.8,
    utilisation_low=0.05, utilisation_high=1.0, bar=60.0, monthly_budget_usd=5_000.0, headroom_ratio=0.9,
)  # fmt: skip
OPTION = st.tuples(st.floats(10, 500), st.floats(1, 60), st.floats(55, 80), st.sampled_from(("a", "b", "c")))


def finalists(options: list[tuple[float, float, float, str]]) -> Finalists:
    """Options by cost, users, quality and who shares their errors."""
    speeds = 2.0 ** np.linspace(-3.0, 3.0, 13)
    count = len(options)
    usd, users, quality = (np.array([option[i] for option in options], dtype=np.float64) for i in range(3))
    groups = tuple(option[3] for option in options)
    return Finalists(
        speed_factors=speeds, users_each=users[:, None] * speeds, active_ratio=np.full(count, 0.2),
        max_replicas=np.full(count, 64.0), planned_replicas=np.full(count, 4.0), fixed_usd=usd,
        idle_energy_usd=np.full(count, 3.0), load_energy_usd=np.full(count, 9.0), quality=quality,
        quality_sd=np.full(count, 4.0), preference=np.arange(count, dtype=np.float64), speed_group=groups,
        speed_low=np.full(count, 0.6), speed_high=np.full(count, 1.8), price_group=groups,
        price_low=np.full(count, 0.7), price_high=np.full(count, 1.6), model=groups,
    )  # fmt: skip


@given(options=st.lists(OPTION, min_size=1, max_size=6))
def test_shares_sum_to_one_and_no_regret_is_negative(options: list[tuple[float, float, float, str]]) -> None:
    result = contest(sampled(finalists(options), ASKED, NUM_WORLDS))
    if result.nobody_ratio < 1:
        assert result.win_ratio.sum() == pytest.approx(1.0)
    assert (result.regret_usd >= -1e-9).all()
    assert (result.regret_p90_usd >= -1e-9).all()
    assert all(
        reason
        for reason, share in zip(result.reason, result.win_ratio, strict=True)
        if share < 1 - result.nobody_ratio
    )


@given(options=st.lists(OPTION, min_size=2, max_size=6), data=st.data())
def test_R05_an_irrelevant_option_changes_nothing_for_the_others(
    options: list[tuple[float, float, float, str]], data: st.DataObject
) -> None:
    # dominated: dearer by far in every world, fewer users, worse; it draws its own streams and wins nothing
    usd, users, quality, _ = data.draw(st.sampled_from(options))
    dearest = max(option[0] for option in options)
    dominated = (100 * dearest + usd, users / 2, quality - 20, "z")
    alone = contest(sampled(finalists(options), ASKED, NUM_WORLDS))
    beside = contest(sampled(finalists([*options, dominated]), ASKED, NUM_WORLDS))
    rescued = alone.nobody_ratio - beside.nobody_ratio
    if rescued == 0:
        np.testing.assert_array_equal(beside.win_ratio[:-1], alone.win_ratio)
        np.testing.assert_allclose(beside.regret_usd[:-1], alone.regret_usd)
        assert beside.least_regret == alone.least_regret


@given(options=st.lists(OPTION, min_size=2, max_size=6))
def test_the_order_of_the_options_does_not_matter(options: list[tuple[float, float, float, str]]) -> None:
    forward = finalists(options)
    backward = taken(forward, np.arange(len(options))[::-1])
    one, other = (contest(sampled(these, ASKED, NUM_WORLDS)) for these in (forward, backward))
    np.testing.assert_array_equal(one.win_ratio, other.win_ratio[::-1])


@given(low=st.floats(0.1, 1.0), high=st.floats(1.0, 10.0))
@settings(max_examples=20)
def test_four_fifths_of_the_factors_lie_in_their_range(low: float, high: float) -> None:
    drawn = factors("anything", 20_000, low=low, high=high)
    inside = np.mean((drawn >= low * (1 - 1e-9)) & (drawn <= high * (1 + 1e-9)))
    assert inside >= 0.78
    if low < 0.99 and high > 1.01:
        assert inside == pytest.approx(0.8, abs=0.02)


def test_streams_are_normal_and_independent() -> None:
    one, other = normals("price a", 20_000), normals("price b", 20_000)
    assert np.mean(one) == pytest.approx(0.0, abs=0.03)
    assert np.std(one) == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.0, abs=0.03)


def test_a_world_by_hand() -> None:
    # world 1: a 100, b 104: a tie within 10 %, b is preferred; world 2: b fails, a wins; world 3: both fail
    fails = (("quality", np.array([[False, False], [False, True], [True, True]])),)
    outcomes = Outcomes(
        monthly_usd=np.array([[100.0, 104.0]] * 3), fails=fails, preference=np.array([1.0, 0.0])
    )
    result = contest(outcomes)
    np.testing.assert_allclose(result.win_ratio, [0.5, 0.5])
    assert result.nobody_ratio == pytest.approx(1 / 3)
    # regret of a: 0 and 0; of b: 4, then paid in vain: 104
    np.testing.assert_allclose(result.regret_usd, [0.0, 54.0])
    assert result.reason == ("cost", "quality")
    assert result.least_regret == 0


def test_more_uncertain_speed_makes_a_choice_less_sure() -> None:
    options = finalists([(60.0, 25.0, 75.0, "a"), (75.0, 60.0, 75.0, "b")])
    sure = contest(
        sampled(replace(options, speed_low=np.full(2, 0.99), speed_high=np.full(2, 1.01)), ASKED, 2_000)
    )
    unsure = contest(
        sampled(replace(options, speed_low=np.full(2, 0.3), speed_high=np.full(2, 3.0)), ASKED, 2_000)
    )
    assert sure.win_ratio.max() > unsure.win_ratio.max()


def test_words() -> None:
    assert [sureness(share) for share in (0.85, 0.84, 0.6, 0.59)] == [
        "clear",
        "likely",
        "likely",
        "coin flip",
    ]


def test_recommend_says_how_sure_it_is_and_why_the_others_lose() -> None:
    decision = recommend(Question(task="chat", device=("RTX 4090",), users=5))
    found = decision.confidence
    assert found is not None
    assert found.word in {"clear", "likely", "coin flip"}
    assert sum(item.is_answer for item in found.contenders) == 1
    assert sum(item.has_least_regret for item in found.contenders) == 1
    assert all(str(item.excuse) for item in found.contenders if item.win_ratio < 0.99)
    assert found == recommend(Question(task="chat", device=("RTX 4090",), users=5)).confidence

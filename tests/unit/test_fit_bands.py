"""Ranges of what a fit has not seen: from other groups only, as wide as these scatter."""

from __future__ import annotations

import numpy as np
import pytest

from fit_bands import FEWEST_GROUPS, HELD, Error, reaches_of, unseen_bands, without_each

NAMES = ("llama.cpp/decode/dense", "decode/dense", "decode")
REACH = {"decode": 1.0}


def errors(
    num_groups: int,
    *,
    num_each: int = 10,
    seed: int = 3,
    scatter: float = 0.2,
    names: tuple[str, ...] = NAMES,
) -> list[Error]:
    generator = np.random.default_rng(seed)
    shifts = generator.normal(0.0, scatter, num_groups)
    return [
        Error(names, f"card {group}", float(shift + generator.normal(0.0, 0.05)))
        for group, shift in enumerate(shifts)
        for _ in range(num_each)
    ]


def test_a_part_with_too_few_groups_has_no_range_of_its_own_but_its_phase_has() -> None:
    assert set(unseen_bands(errors(FEWEST_GROUPS - 1), REACH)) == {"decode"}
    assert set(unseen_bands(errors(FEWEST_GROUPS), REACH)) == set(NAMES)


def test_a_group_is_scored_by_the_others_alone() -> None:
    some = errors(8)
    wild = [e._replace(log_ratio=9.0) if e.group == "card 0" else e for e in some]
    assert without_each(some, REACH)["card 0"] == without_each(wild, REACH)["card 0"]
    assert without_each(some, REACH)["card 1"] != without_each(wild, REACH)["card 1"]


def test_a_group_with_many_figures_does_not_stand_for_all() -> None:
    some = errors(6, num_each=20)
    doubled = some + [e for e in some if e.group == "card 0"] * 20
    for name, ends in unseen_bands(some, REACH).items():
        assert unseen_bands(doubled, REACH)[name] == pytest.approx(ends, rel=0.1)


def test_a_narrow_part_with_few_groups_leans_on_the_wider_one() -> None:
    wide = errors(12, scatter=0.5, names=("vllm/decode/dense", *NAMES[1:]))
    few = [e._replace(group=f"other {e.group}") for e in errors(2, scatter=0.01)]
    many = [e._replace(group=f"other {e.group}") for e in errors(40, scatter=0.01)]
    leaning, own = (unseen_bands(wide + some, REACH)[NAMES[0]] for some in (few, many))
    assert leaning[1] / leaning[0] > own[1] / own[0]


def test_more_reach_is_wider() -> None:
    narrow, wide = (unseen_bands(errors(8), {"decode": reach})["decode"] for reach in (0.5, 1.5))
    assert wide[0] < narrow[0] < 1 < narrow[1] < wide[1]


@pytest.mark.slow
def test_ranges_without_a_group_hold_about_four_fifths_of_new_groups() -> None:
    inside = []
    for seed in range(12):
        # the reach is learned on some groups and tried on others
        reaches = reaches_of(errors(10, seed=seed))
        some = errors(10, seed=100 + seed)
        tables = without_each(some, reaches)
        inside += [
            low <= np.exp(e.log_ratio) <= high for e in some for low, high in [tables[e.group]["decode"]]
        ]
    assert 0.75 < np.mean(inside) < 0.90
    assert 0.75 < HELD < 0.90

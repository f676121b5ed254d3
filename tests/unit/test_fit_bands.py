"""Ranges of what a fit has not seen: from other groups only, wider the fewer they are."""

from __future__ import annotations

import numpy as np

from fit_bands import FEWEST_GROUPS, Error, unseen_bands, without_each


def errors(num_groups: int, *, num_each: int = 10, seed: int = 3) -> list[Error]:
    generator = np.random.default_rng(seed)
    shifts = generator.normal(0.0, 0.2, num_groups)
    return [
        Error(("decode/dense", "decode"), f"card {group}", float(shift + generator.normal(0.0, 0.05)))
        for group, shift in enumerate(shifts)
        for _ in range(num_each)
    ]


def test_too_few_groups_have_no_range_of_their_own() -> None:
    assert unseen_bands(errors(FEWEST_GROUPS - 1)) == {}
    assert set(unseen_bands(errors(FEWEST_GROUPS))) == {"decode/dense", "decode"}


def test_a_group_is_scored_by_the_others_alone() -> None:
    some = errors(8)
    wild = [e._replace(log_ratio=9.0) if e.group == "card 0" else e for e in some]
    assert without_each(some)["card 0"] == without_each(wild)["card 0"]
    assert without_each(some)["card 1"] != without_each(wild)["card 1"]


def test_ranges_without_a_group_hold_about_four_fifths_of_new_groups() -> None:
    inside = []
    for seed in range(40):
        some = errors(8, seed=seed)
        tables = without_each(some)
        inside += [
            low <= np.exp(e.log_ratio) <= high for e in some for low, high in [tables[e.group]["decode"]]
        ]
    assert 0.75 < np.mean(inside) < 0.93

"""API bills worked by hand. DeepSeek V4-Flash of 2026-11-15, USD per M off-peak: hit 0.003, miss 0.15, out 0.60."""

from __future__ import annotations

import pytest

from sizewise.estimate.cost_api import (
    TokenPrices,
    api_monthly_usd,
    cascade_usd,
    prices_for_length,
    routed_usd,
)

OFF_PEAK = TokenPrices(input_usd=0.15, cached_usd=0.003, output_usd=0.60)
CASE_A = 20_000 * 365 / 12
"""20,000 requests a day. [requests/month]"""


@pytest.mark.parametrize(("cached", "usd"), [(0.0, 398.13), (0.5, 300.59), (0.8, 242.06)])
def test_cache_hits_of_the_provider_example(cached: float, usd: float) -> None:
    # 2.592 M requests of 512 in, 128 out: 1,327.1 M in, 331.8 M out; h 0: 199.07 + 199.07
    bill = api_monthly_usd(
        prices=OFF_PEAK,
        requests_per_month=2.592e6,
        input_tokens=512.0,
        output_tokens=128.0,
        cached_ratio=cached,
    )
    assert bill == pytest.approx(usd, abs=0.005)


@pytest.mark.parametrize(
    ("cached", "peak", "reasoning", "usd"),
    [
        (0, 0, 0, 365.00),
        (0, 1, 0, 730.00),
        (0.5, 0.4, 0, 385.81),
        (0.8, 0.4, 0, 310.69),
        (0.5, 0.4, 1_000, 896.81),
    ],
)
def test_cache_peak_and_reasoning_together(cached: float, peak: float, reasoning: float, usd: float) -> None:
    # 608,333 requests of 2,000 in, 500 out = 1,216.7 M in, 304.2 M out; h 0.5: (93.07 + 182.5) x (0.6 + 0.4 x 2)
    bill = api_monthly_usd(
        prices=OFF_PEAK, requests_per_month=CASE_A, input_tokens=2_000.0, output_tokens=500.0,
        reasoning_tokens=reasoning, cached_ratio=cached, peak_ratio=peak, peak_factor=2.0,
    )  # fmt: skip
    assert bill == pytest.approx(usd, abs=0.01)


def test_a_batch_is_half_price_without_cache_and_without_peak() -> None:
    # half of case A as a batch: 365/2 x 0.5 = 91.25; the other half h 0.5 all at peak: 275.58/2 x 2 = 275.58
    bill = api_monthly_usd(
        prices=OFF_PEAK, requests_per_month=CASE_A, input_tokens=2_000.0, output_tokens=500.0, cached_ratio=0.5,
        batch_ratio=0.5, batch_factor=0.5, peak_ratio=1.0, peak_factor=2.0,
    )  # fmt: skip
    assert bill == pytest.approx(91.25 + 275.575, abs=0.01)


def test_a_long_prompt_pays_the_long_price_for_all_of_its_tokens() -> None:
    # qwen3.5-plus: 0.8/4.8 up to 128K, 2/12 above (CNY)
    short = TokenPrices(input_usd=0.8, cached_usd=0.8, output_usd=4.8)
    long = TokenPrices(input_usd=2.0, cached_usd=2.0, output_usd=12.0)
    at = [
        prices_for_length(input_tokens=n, long_tokens=128_000, short=short, long=long)
        for n in (128_000, 128_001)
    ]
    assert [float(p.input_usd) for p in at] == [0.8, 2.0]
    assert [float(p.output_usd) for p in at] == [4.8, 12.0]


def test_router_and_cascade_of_two_models() -> None:
    # 0.7 x 0.05 + 0.3 x 0.40 = 0.155; the cascade always pays the small one: 0.05 + 0.3 x 0.40 = 0.17
    assert routed_usd(small_usd=0.05, big_usd=0.40, small_ratio=0.7) == pytest.approx(0.155)
    assert cascade_usd(small_usd=0.05, big_usd=0.40, accepted_ratio=0.7) == pytest.approx(0.17)

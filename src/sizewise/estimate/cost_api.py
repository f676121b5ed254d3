"""Money of calling a model through an API: tokens, caches, batches, peak hours, long prompts; and of two models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.domain.number import np
from sizewise.units import MILLION

if TYPE_CHECKING:
    from sizewise.domain.number import Number


@dataclass(frozen=True, kw_only=True)
class TokenPrices:
    """Prices of one offer, numbers or arrays; NaN where unknown. [USD per million tokens]"""

    input_usd: Number
    cached_usd: Number
    """Input that the provider finds in its cache; the input price where it has no cache."""
    output_usd: Number
    """Reasoning tokens are billed as output."""


def prices_for_length(
    *, input_tokens: Number, long_tokens: Number, short: TokenPrices, long: TokenPrices
) -> TokenPrices:
    """The prices of a request of this length: the long ones strictly above the limit, for all of its tokens."""
    is_long = np.asarray(input_tokens) > long_tokens
    return TokenPrices(
        input_usd=np.where(is_long, long.input_usd, short.input_usd),
        cached_usd=np.where(is_long, long.cached_usd, short.cached_usd),
        output_usd=np.where(is_long, long.output_usd, short.output_usd),
    )


def request_usd(
    *,
    prices: TokenPrices,
    input_tokens: Number,
    output_tokens: Number,
    reasoning_tokens: Number = 0.0,
    cached_ratio: Number = 0.0,
) -> Number:
    """Cost of one request outside of peak hours and batches. [USD]

    (input (1 - h) p_in + input h p_cached + (output + reasoning) p_out) / 10^6. An unknown cache price
    matters only where something is cached.

    >>> prices = TokenPrices(input_usd=0.15, cached_usd=0.003, output_usd=0.60)
    >>> round(float(request_usd(prices=prices, input_tokens=512, output_tokens=128)) * 2.592e6, 2)
    398.13
    """
    cached_usd = np.where(np.asarray(cached_ratio) > 0.0, cached_ratio * prices.cached_usd, 0.0)
    read_usd = input_tokens * (prices.input_usd * (1.0 - cached_ratio) + cached_usd)
    return (read_usd + (output_tokens + reasoning_tokens) * prices.output_usd) / MILLION


def api_monthly_usd(
    *,
    prices: TokenPrices,
    requests_per_month: Number,
    input_tokens: Number,
    output_tokens: Number,
    reasoning_tokens: Number = 0.0,
    cached_ratio: Number = 0.0,
    batch_ratio: Number = 0.0,
    batch_factor: Number = 1.0,
    batch_cached_ratio: Number = 0.0,
    peak_ratio: Number = 0.0,
    peak_factor: Number = 1.0,
    fixed_usd: Number = 0.0,
) -> Number:
    """Bill of an API for one month. [USD/month]

    requests x ((1 - beta) x request(h) x (1 - s + s x peak factor) + beta x request(h_batch) x batch factor)
    + fixed. Batches (share beta) wait for cheap hours, so the peak factor spares them; many providers do not
    combine the batch discount with the cache, so their cached share is 0 unless said otherwise. `fixed_usd`:
    minimum charge, gateway, people. Valid for: one class of requests; add classes up.
    Source: discount rules on the price pages of OpenAI, Anthropic, Alibaba and DeepSeek, 2026-11.
    """
    interactive_usd = request_usd(
        prices=prices,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        reasoning_tokens=reasoning_tokens,
        cached_ratio=cached_ratio,
    )
    batch_usd = request_usd(
        prices=prices,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        reasoning_tokens=reasoning_tokens,
        cached_ratio=batch_cached_ratio,
    )
    at_mean_hour = 1.0 + peak_ratio * (peak_factor - 1.0)
    each_usd = (1.0 - batch_ratio) * interactive_usd * at_mean_hour + batch_ratio * batch_usd * batch_factor
    return requests_per_month * each_usd + fixed_usd


def routed_usd(
    *, small_usd: Number, big_usd: Number, small_ratio: Number, router_usd: Number = 0.0
) -> Number:
    """Cost when a router sends this share to the small model and the rest to the big one. [same unit as the costs]

    s c_small + (1 - s) c_big + router. Valid for: costs that grow with use; on fixed hardware nothing is
    saved until a machine is saved.

    >>> round(routed_usd(small_usd=0.05, big_usd=0.40, small_ratio=0.7), 3)
    0.155
    """
    return small_ratio * small_usd + (1.0 - small_ratio) * big_usd + router_usd


def cascade_usd(*, small_usd: Number, big_usd: Number, accepted_ratio: Number) -> Number:
    """Cost when the small model always answers first and the big one repeats what is not accepted. [same unit]

    c_small + (1 - s) c_big; the latencies add as well.

    >>> round(cascade_usd(small_usd=0.05, big_usd=0.40, accepted_ratio=0.7), 3)
    0.17
    """
    return small_usd + (1.0 - accepted_ratio) * big_usd

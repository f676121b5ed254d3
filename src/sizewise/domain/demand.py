"""Tokens and requests of a month, which every way to pay has to carry alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What is asked of every way alike. Tokens are those of one request."""

    requests_per_month: float
    input_tokens: float
    output_tokens: float
    """Visible answer."""
    reasoning_tokens: float
    """Written before the answer, billed and computed like it."""
    cached_ratio: float
    """Share of the input that a provider finds in its cache. [ratio]"""
    batch_ratio: float
    """Share of the requests that can wait for a batch. [ratio]"""
    peak_ratio: float
    """Peak over mean rate in the active hours. [ratio]"""
    api_peak_ratio: float
    """Share of the requests in the provider's dear hours; NaN: they come evenly over the week. [ratio]"""
    active_hours: float
    """Hours of use a month. [hours/month]"""

    @property
    def written_tokens(self) -> float:
        """Answer and reasoning of one request. [tokens]"""
        return self.output_tokens + self.reasoning_tokens

    @property
    def tokens_per_request(self) -> float:
        """All tokens of one request. [tokens]"""
        return self.input_tokens + self.written_tokens

    @property
    def tokens_per_month(self) -> float:
        """All tokens. [tokens/month]"""
        return self.requests_per_month * self.tokens_per_request

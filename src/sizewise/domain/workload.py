"""What is asked of the model: the task, lengths, load and latency targets."""

from __future__ import annotations

from dataclasses import dataclass

COMPLEXITIES = ("simple", "medium", "complex", "research")
"""Task complexity in the words of the original guide."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task users name, with its presets."""

    name: str
    title: str
    complexity: str
    """One of COMPLEXITIES: the prior of the original guide."""
    quality_axis: str
    """Which column of the quality table measures it."""
    input_tokens: float
    """Mean prompt length. [tokens]"""
    output_tokens: float
    """Mean answer length. [tokens]"""
    context_tokens: int
    """Context reserved by default. [tokens]"""
    think_time_s: float
    """Pause of a user between two requests. [s]"""
    max_ttft_s: float
    """Latency target: time to the first token. [s]"""
    max_tpot_s: float
    """Latency target: time per output token. [s]"""
    needs: tuple[str, ...]
    """Model tasks that it requires, e.g. vision; any of them."""
    source: str
    as_of: str


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The load to be carried."""

    input_tokens: float
    output_tokens: float
    """All that is written, thinking included. [tokens]"""
    context_tokens: int
    num_users: float
    """People using it at the same time, each waiting for an answer, then pausing `think_time_s`."""
    think_time_s: float
    max_ttft_s: float
    max_tpot_s: float
    active_hours_per_month: float
    """Hours of use; the API bill and the energy depend on it. [hours/month]"""
    utilisation_ratio: float = 1.0
    """Share of the asked load that comes on average of the hours of use; machines are sized for all of it. [ratio]"""
    prefix_hit_ratio: float = 0.0
    """Share of a prompt whose cache is still there from earlier requests: it costs memory, but no reading. [ratio]"""
    thinking_tokens: float = 0.0
    """Part of the output that is written before the visible answer. [tokens]"""

    @property
    def full_hours_per_month(self) -> float:
        """Hours of the whole load that come to the same: hours of use x utilisation. [hours/month]"""
        return self.active_hours_per_month * self.utilisation_ratio

"""What one request of a load test was like."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One request; times on the clock of the test. [s]"""

    started_s: float
    token_times_s: tuple[float, ...]
    """When each piece of text arrived; a piece is a token with most servers."""
    ended_s: float
    prompt_tokens: int
    """As the server counts them; 0: it did not say."""
    output_tokens: int
    error: str = ""
    """Kind of failure: refused, timeout, http-500, broken, empty. Empty: none."""
    server_prompt_s: float | None = None
    """Reading the prompt by the server's own clock (llama-server). [s]"""
    server_token_s: float | None = None
    """Each token by the server's own clock. [s]"""

    @property
    def ttft_s(self) -> float:
        """Time to the first token. [s]"""
        return self.token_times_s[0] - self.started_s

    @property
    def e2e_s(self) -> float:
        """Until the last token. [s]"""
        return self.token_times_s[-1] - self.started_s

    @property
    def tpot_s(self) -> float | None:
        """Mean time per further token; None: there was one token only. [s]"""
        further = self.output_tokens - 1
        return (self.token_times_s[-1] - self.token_times_s[0]) / further if further > 0 else None

    @property
    def gaps_s(self) -> tuple[float, ...]:
        """Between one piece and the next. [s]"""
        pairs = zip(self.token_times_s, self.token_times_s[1:], strict=False)
        return tuple(later - earlier for earlier, later in pairs)

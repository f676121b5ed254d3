"""What an evaluation on one's own prompts found: rates, comparisons and the verdict."""

from __future__ import annotations

from dataclasses import dataclass

NOT_WORSE, WORSE, CANNOT_TELL, NOT_ANSWERED = "not-worse", "worse", "cannot-tell", "not-answered"
"""Outcomes of one comparison with the reference."""
ENOUGH, REFERENCE_NEEDED, NOBODY, UNSETTLED, NO_COMPARISON = (
    "enough", "reference-needed", "nobody", "cannot-tell", "no-comparison",
)  # fmt: skip
"""Verdicts of an evaluation."""
MAX_FLIPPED_SHARE = 1 / 3
"""Of judged pairs; beyond, the judge follows the order and proves nothing. Source: Zheng et al. 2023 found a third for
a strong judge, taken as the worst that is of use."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One endpoint on all items that it answered."""

    name: str
    model: str
    num_items: int
    """Items answered and graded."""
    score: float
    """Sum of the grades; the number of right answers where they are right or wrong. [items]"""
    low: float
    high: float
    """95 % interval of the share. [ratio]"""
    is_graded: bool
    """True where grades between 0 and 1 occur; the interval is then that of a bootstrap."""
    num_unanswered: int
    failures: tuple[tuple[str, int], ...]
    """Kinds of failure (see `endpoint_reply`) and how often."""
    prompt_tokens: int
    output_tokens: int
    cost_usd: float | None
    """At the stated prices; None: no price stated. [USD]"""
    median_s: float | None
    """Median time of an answer. [s]"""

    @property
    def share(self) -> float | None:
        """Mean grade; None: nothing answered. [ratio]"""
        return self.score / self.num_items if self.num_items else None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A candidate beside the reference on the same items."""

    name: str
    reference: str
    num_items: int
    """Items that both answered, up to the look that settled it."""
    only_candidate: float
    """Items, or grades, by which the candidate is ahead where it is ahead."""
    only_reference: float
    difference: float
    """Candidate less reference. [ratio]"""
    low: float
    high: float
    """90 % interval: each end is a one-sided 95 % bound. [ratio]"""
    p_not_worse: float
    """Probability of such a result if the candidate were worse by the margin."""
    p_worse: float
    """Probability of such a result if the candidate were not worse by more than the margin."""
    p_equal: float | None
    """McNemar's exact probability of so uneven a split if both were equal; None for graded answers."""
    level: float
    """Level that this look may use."""
    outcome: str
    more_items: int | None
    """About so many more would settle it, where it is not; None: more than can be asked."""
    smallest_difference: float
    """What so many items can show. [ratio]"""


@dataclass(frozen=True, kw_only=True)
class Judging:
    """How the judge behaved."""

    judge: str
    num_pairs: int
    num_flipped: int
    """Pairs whose verdict changed with the order of the two answers; they count as ties."""
    num_first: int
    """Verdicts, of two a pair, for the answer shown first."""
    num_verdicts: int
    num_unread: int
    """Replies of the judge without a verdict."""

    @property
    def is_fit(self) -> bool:
        """Does the order decide less than a third of the pairs?"""
        return self.num_flipped <= MAX_FLIPPED_SHARE * self.num_pairs


@dataclass(frozen=True, kw_only=True)
class RouterPoint:
    """A router at one threshold, judged on items that its scores were not fitted on."""

    threshold: float
    """Items with at least this probability that the small one fails go to the big one."""
    small_share: float
    """Share of the items that the small one answers. [ratio]"""
    quality: float
    """Mean grade. [ratio]"""
    low: float
    high: float
    cost_usd_per_1000: float | None
    """Of 1,000 such items; None: no prices. [USD]"""


@dataclass(frozen=True, kw_only=True)
class Router:
    """Which prompts need the big model?"""

    small: str
    big: str
    num_items: int
    always_small: float
    always_big: float
    """Mean grades without a router. [ratio]"""
    handled_share: float
    """Share of the items on which the small one is as good as the big one. [ratio]"""
    handled_low: float
    handled_high: float
    auc: float | None
    """Cross-validated: probability that an item that needs the big one has the higher score; None: undefined."""
    num_folds: int
    points: tuple[RouterPoint, ...]
    chosen: RouterPoint | None
    """The cheapest point whose quality is within the margin of the big one; None: none is."""
    feature_names: tuple[str, ...]
    weights: tuple[float, ...]
    """Of the score on all items: constant first, then the standardised features."""
    centres: tuple[float, ...]
    scales: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class EvaluationAnswer:
    """Everything that `evaluate` says."""

    task: str
    prompts: str
    """File or starter set."""
    folder: str
    """Where questions and answers are kept."""
    num_items: int
    num_asked: int
    """Items that were asked before it was settled."""
    margin: float
    verdict: str
    chosen: str
    """The smallest that is enough; empty: none is known to be."""
    rates: tuple[Rate, ...]
    comparisons: tuple[Comparison, ...]
    stopped: str
    """settled, spent or empty: why it ended before the last item."""
    looks: tuple[int, ...]
    """Numbers of items after which it was looked at."""
    cost_usd: float
    judging: Judging | None = None
    router: Router | None = None
    num_reused: int = 0
    """Answers of an earlier, interrupted run that were not asked again."""
    is_stored: bool = False
    """Kept in the local store, for `recommend`."""

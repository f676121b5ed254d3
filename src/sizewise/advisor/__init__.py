"""One function for each verb of the user; the only thing that shells call."""

from sizewise.advisor.compare import compare
from sizewise.advisor.fit import fit
from sizewise.advisor.hardware import hardware
from sizewise.advisor.question import Question
from sizewise.advisor.recommend import recommend
from sizewise.advisor.tiers import rule_of_thumb, tiers

__all__ = ["Question", "compare", "fit", "hardware", "recommend", "rule_of_thumb", "tiers"]

"""One function for each verb of the user; the only thing that shells call."""

from sizewise.advisor.question import Question
from sizewise.advisor.recommend import recommend

__all__ = ["Question", "recommend"]

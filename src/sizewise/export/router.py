"""Thresholds for a router between a small and a big model, as JSON.

The score is the probability that the big model is needed; a RouteLLM-style router sends a prompt to the strong model
where its score is at or above `threshold`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sizewise.domain.evaluation import Router

FORMAT = "sizewise-router/1"


def router_text(router: Router) -> str:
    """The file."""
    score = {
        "features": router.feature_names, "centres": router.centres, "scales": router.scales,
        "weights": router.weights[1:], "constant": router.weights[0],
        "formula": "1 / (1 + exp(-(constant + sum(weights * (features - centres) / scales))))",
    }  # fmt: skip
    content = {
        "format": FORMAT, "weak_model": router.small, "strong_model": router.big,
        "threshold": router.chosen.threshold if router.chosen else 0.0,
        "strong_share": 1 - router.chosen.small_share if router.chosen else 1.0, "num_items": router.num_items,
        "cross_validated_auc": router.auc, "score": score,
        "thresholds": [
            {**asdict(point), "strong_share": 1 - point.small_share} for point in router.points
        ],
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

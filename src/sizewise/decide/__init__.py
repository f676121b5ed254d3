"""Pure decision: candidates, constraints, ranking, the decision flow, explanation."""

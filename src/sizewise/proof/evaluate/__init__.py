"""Proof on one's own prompts: questions, servers asked, answers kept and graded."""

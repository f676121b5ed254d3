"""Which skills a benchmark measures, its guessing floor and its size."""

from __future__ import annotations

import re

SKILLS = (
    "knowledge", "reasoning", "math", "coding", "instruct", "chat", "writing", "chinese", "multilingual", "tools",
    "long", "vision", "grounding", "labels",
)  # fmt: skip
"""The latent abilities that are fitted."""

TASKS = {
    "knowledge": "question answering", "reasoning": "reasoning", "math": "mathematics", "coding": "coding",
    "instruct": "extraction, instructions", "chat": "chat", "writing": "writing", "chinese": "Chinese",
    "multilingual": "translation, languages", "tools": "tool use", "long": "long context", "vision": "multimodal",
    "grounding": "summaries, hallucination", "labels": "classification",
}  # fmt: skip
"""Task by the skill that a benchmark measures most."""

FLOORS: dict[str, float] = {
    "mmlu": 25, "mmlu-redux": 25, "mmlu-stem": 25, "mmlu-pro": 10, "mmlu-pro (leaderboard v2)": 10, "gpqa": 22,
    "gpqa main (leaderboard v2)": 22, "bbh (leaderboard v2)": 25, "musr": 30, "arc-challenge": 22, "hellaswag": 24,
    "winogrande": 48, "c-eval": 22, "c-eval hard": 22, "cmmlu": 22, "include": 22, "mmmlu": 22, "boolq": 45,
    "supergpqa": 8, "race high": 22, "commonsenseqa": 18, "mmmu": 22, "longbench v2": 22, "truthfulqa": 15,
}  # fmt: skip
"""Score of guessing. [%]"""

NUM_ITEMS: dict[str, float] = {
    "humaneval": 164, "humaneval+": 164, "gpqa": 198, "aime 2024": 120, "aime 2025": 120, "aime 2026": 120, "hmmt": 120,
    "musr": 756, "tau airline": 50, "aider code editing": 133, "aider polyglot": 225, "swe-bench verified": 500,
    "mbpp": 400, "mbpp+": 378,
}  # fmt: skip
"""Items of a benchmark where they are few, repeated runs counted. [count]"""
DEFAULT_NUM_ITEMS = 1000.0

_BY_CATEGORY: dict[str, dict[str, float]] = {
    "general-knowledge": {"knowledge": 1},
    "reasoning": {"reasoning": 1},
    "math": {"math": 1},
    "coding": {"coding": 1},
    "instruction-following": {"instruct": 1},
    "long-context": {"long": 1},
    "chinese": {"chinese": 1},
    "multilingual": {"multilingual": 1},
    "summarization": {"grounding": 1},
    "classification": {"labels": 1},
    "tool-use": {"tools": 1},
    "chat-preference": {"chat": 1},
    "creative-writing": {"writing": 1},
    "hallucination": {"grounding": 1},
    "data-analysis": {"reasoning": 0.5, "instruct": 0.5},
    "language": {"reasoning": 0.5, "knowledge": 0.5},
    "overall": {"reasoning": 0.3, "math": 0.2, "coding": 0.2, "instruct": 0.2, "knowledge": 0.1},
    "legal": {"chat": 0.6, "knowledge": 0.4},
    "medical": {"chat": 0.6, "knowledge": 0.4},
    "vision": {"vision": 1},
    "translation": {"multilingual": 1},
}
"""Categories that are no task of a generator (reward, retrieval, safety) are left out."""

_BY_NAME: tuple[tuple[str, dict[str, float]], ...] = (
    (r"lmarena text (?:hard prompts|expert)", {"chat": 0.6, "reasoning": 0.4}),
    (r"lmarena text coding", {"chat": 0.5, "coding": 0.5}),
    (r"lmarena text math", {"chat": 0.5, "math": 0.5}),
    (r"lmarena text instruction", {"chat": 0.6, "instruct": 0.4}),
    (r"lmarena text longer", {"chat": 0.7, "long": 0.3}),
    (r"lmarena text chinese", {"chat": 0.5, "chinese": 0.5}),
    (r"lmarena text (?:russian|german|japanese|spanish|french|korean)", {"chat": 0.5, "multilingual": 0.5}),
    (r"creative writing|writingbench", {"writing": 1}),
    (r"swe-|terminal-bench|nl2repo|deepswe|agentic", {"coding": 0.6, "tools": 0.4}),
    (r"aime 2026|aime 24", {"math": 1}),
    (r"^(?:hle|humanity)", {"knowledge": 0.5, "reasoning": 0.5}),
    (r"^(?:supergpqa|gpqa)", {"reasoning": 0.7, "knowledge": 0.3}),
    (r"^livebench(?: global average)?$", {"reasoning": 0.3, "math": 0.2, "coding": 0.2, "instruct": 0.3}),
    (r"^truthfulqa", {"knowledge": 0.5, "grounding": 0.5}),
    (r"mgsm|polymath|mt-aime|math500 \(es\)|hrm8k|ksm", {"multilingual": 0.5, "math": 0.5}),
    (r"multi-if|ifeval \(multi", {"multilingual": 0.5, "instruct": 0.5}),
    (r"cnmo|^cmath", {"chinese": 0.3, "math": 0.7}),
    (r"^alignbench", {"chat": 0.5, "chinese": 0.5}),
    (r"^c-simpleqa", {"chinese": 0.5, "knowledge": 0.5}),
    (r"superclue tool", {"chinese": 0.5, "tools": 0.5}),
    (r"superclue code", {"chinese": 0.5, "coding": 0.5}),
    (r"superclue (?:writing|role)", {"chinese": 0.5, "writing": 0.5}),
    (r"mathvista|mathvision", {"vision": 0.7, "math": 0.3}),
    (r"summarization", {"long": 0.6, "grounding": 0.4}),
    (r"hellaswag|winogrande", {"reasoning": 0.5, "knowledge": 0.5}),
    (r"^(?:drop|squad|quac|race)", {"knowledge": 0.5, "reasoning": 0.5}),
)


def skill_weights(benchmark: str, category: str) -> dict[str, float] | None:
    """How much each skill counts in a benchmark (sum 1); None where it measures none of them."""
    if category not in _BY_CATEGORY:
        return None
    for pattern, weights in _BY_NAME:
        if re.search(pattern, benchmark):
            return weights
    return _BY_CATEGORY[category]

"""The server's own counters, from /metrics: llama-server and vLLM."""

from __future__ import annotations

import math
import re

from sizewise.domain.measured_load import Counted

SAMPLE = re.compile(r"^(?P<name>[A-Za-z_:][\w:]*)(\{[^}]*\})?\s+(?P<value>\S+)")
PROMPT, OUTPUT = "prompt_tokens", "output_tokens"
NAMES = {
    "llamacpp:prompt_tokens_total": PROMPT,
    "llamacpp:tokens_predicted_total": OUTPUT,
    "llamacpp:prompt_seconds_total": "prompt_s",
    "llamacpp:tokens_predicted_seconds_total": "output_s",
    "vllm:prompt_tokens_total": PROMPT,
    "vllm:generation_tokens_total": OUTPUT,
    "vllm:time_to_first_token_seconds_sum": "ttft_sum_s",
    "vllm:time_to_first_token_seconds_count": "ttft_count",
    "vllm:num_preemptions_total": "preemptions",
}
"""Counters of both, by what they mean; samples of one name with several labels are added up."""


def parsed_counters(text: str | None) -> dict[str, float]:
    """Counters of a page of /metrics that are known here; `engine:NAME` is 1 for the engine that names them."""
    found: dict[str, float] = {}
    for line in (text or "").splitlines():
        match = SAMPLE.match(line)
        if not match or match["name"] not in NAMES:
            continue
        try:
            value = float(match["value"])
        except ValueError:
            continue
        meaning = NAMES[match["name"]]
        found[meaning] = found.get(meaning, 0.0) + value
        found[f"engine:{'llama.cpp' if match['name'].startswith('llamacpp') else 'vllm'}"] = 1.0
    return found


def counted(before: dict[str, float], after: dict[str, float]) -> Counted:
    """What was added between two looks."""
    engine = next((name.partition(":")[2] for name in after if name.startswith("engine:")), "")

    def added(meaning: str) -> float:
        return after[meaning] - before.get(meaning, 0.0) if meaning in after else math.nan

    return Counted(
        engine=engine,
        prompt_tokens=added(PROMPT),
        output_tokens=added(OUTPUT),
        preemptions=added("preemptions"),
    )

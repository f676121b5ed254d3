"""The words of a report: one plain name for every stable code."""

from __future__ import annotations

from sizewise.domain.text import T

PARTS = {
    "weights": T("weights"),
    "kv_cache": T("KV cache"),
    "activations": T("working set"),
    "compute": T("work space"),
    "runtime": T("engine"),
    "host_weights": T("weights in host memory"),
}
"""Lines of the memory sum."""

CONSTRAINTS = {
    "generator": T("writes no text"),
    "licence": T("licence"),
    "language": T("language"),
    "capability": T("ability"),
    "context": T("text length"),
    "support": T("engine support"),
    "memory": T("memory"),
    "quality": T("quality"),
    "speed": T("speed"),
    "budget": T("budget"),
    "cost": T("cost"),
}
"""What binds."""

ROLES = {
    "next-cheaper": T("next cheaper"),
    "next-better": T("next better"),
    "other-path": T("another way to pay"),
    "size-above": T("a size larger"),
    "size-below": T("a size smaller"),
    "quantization": T("another quantization"),
    "api": T("API"),
    "nearest": T("nearest"),
    "asked": T("asked for"),
}
"""Neighbours of the answer."""

PATHS = {
    "owned": T("your own hardware"),
    "rent": T("rented"),
    "buy": T("bought"),
    "api": T("API"),
}
"""How it is paid for."""

WAYS = {
    "api": T("API"),
    "rent": T("rent, always on"),
    "rent-hours": T("rent, hours of use"),
    "rent-reserved": T("rent, one year"),
    "rent-spot": T("rent, spot"),
    "rent-scale-to-zero": T("rent, scale to zero"),
    "buy": T("buy"),
    "hybrid": T("machines and API"),
}
"""Ways to pay, as lines of a table."""

COST_PARTS = {
    "rent": T("rent"),
    "depreciation": T("loss of value"),
    "capital": T("interest"),
    "energy": T("electricity"),
    "maintenance": T("maintenance"),
    "facility": T("space"),
    "staff": T("people"),
    "setup": T("setting up"),
    "storage": T("storage"),
    "traffic": T("traffic"),
    "network": T("network"),
    "licence": T("software licence"),
    "input": T("input tokens"),
    "output": T("output tokens"),
    "API": T("API"),
}
"""What a monthly cost consists of."""

BASES = {
    "exact": T("exact"),
    "measured": T("measured"),
    "calibrated": T("measured here, then computed"),
    "fitted": T("computed with constants fitted on measured rows"),
    "derived": T("computed from facts"),
    "assumed": T("assumed"),
}
"""Where a figure comes from."""

EVIDENCE = {
    "own": T("tested by you"),
    "direct": T("tested"),
    "variant": T("variant tested"),
    "base": T("base model tested"),
    "interpolated": T("inferred"),
    "self-reported": T("its maker's claim"),
    "none": T("untested"),
}
"""Evidence grades of quality."""

SET_BY = {
    "you": T("you"),
    "default": T("default"),
    "detected": T("found here"),
    "profile": T("your profile"),
    "engine": T("engine"),
}
"""Who set a value."""

KINDS = {
    "generator": T("writes text"),
    "score": T("gives a score, writes no text"),
    "reward": T("gives a score, writes no text"),
    "embedding": T("gives a vector, writes no text"),
    "reranker": T("sorts texts, writes no text"),
    "classifier": T("gives a label, writes no text"),
}
"""What a model gives."""

COMPLEXITIES = {
    "simple": T("simple"),
    "medium": T("medium"),
    "complex": T("complex"),
    "research": T("research"),
}
"""Complexity in the words of the original guide."""

GUIDE_QUESTIONS = (
    T("Is the budget limited?"),
    T("How complex is the task?"),
    T("Is enterprise hardware available?"),
)
GUIDE_REPLIES = (T("yes"), T("no"))
"""The flowchart of the original guide; its other replies are COMPLEXITIES."""

NEXT_STEPS = (
    T("a Hugging Face id, a folder with config.json or a GGUF file works too"),
    T("sizewise hardware lists the known devices"),
    T("or give the bar as a number from 0 to 100"),
    T("no published score of it is known"),
)
"""What to do next, as lower layers say it with an unknown name."""

LEGEND = T("no mark: exact or measured, ~ computed or fitted, ? assumed; low-high: 80 %")

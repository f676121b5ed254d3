"""Who made a model, how large and how old it is, as far as its name or the catalog's row says."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from fit_quality_alias import spelled
from fit_quality_years import YEARS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAN = float("nan")
FIRST_YEAR = 2023.0

_FAMILY = re.compile(
    r"qwen ?-?3\.[5-9]|qwen ?-?3-(?:next|coder|vl)|qwen ?-?3|qwen ?-?2\.5-(?:coder|math|vl)|qwen ?-?2\.5|"
    r"qwen ?-?2-vl|qwen ?-?2|qwen ?-?1\.5|codeqwen|qwq|qwen|llama-?4|llama-?3\.3|llama-?3\.2|llama-?3\.1|"
    r"(?:meta-)?llama-?3|code-?llama|"
    r"llama-?2|tinyllama|llama|gemma-?4|gemma-?3n|gemma-?3|gemma-?2|codegemma|recurrentgemma|gemma|"
    r"ministral-?3|ministral|mixtral|codestral|devstral|magistral|mistral-(?:small|medium|large|nemo)|mistral|"
    r"phi-?4|phi-?3\.5|phi-?3|phi-?2|phi-?1|deepseek-?v4|deepseek-?v3\.[12]|deepseek-?v3|deepseek-?v2\.5|"
    r"deepseek-coder-v2|deepseek-?v2|deepseek-coder|deepseek-math|deepseek-r1|deepseek|"
    r"glm-?5\.[1-9]|glm-?5|glm-?4\.[5-9]|glm-?z1|chatglm3|chatglm2|chatglm|glm-?4|kimi-?k3|kimi-?k2\.[5-9]|kimi-?k2|kimi|"
    r"minimax|mimo|hunyuan|ernie|internlm3|internlm2\.?5?|internlm|intern|baichuan2|baichuan|yi-1\.5|yi-coder|\byi\b|"
    r"falcon-?h1|falcon-?3|falcon-?mamba|falcon|exaone-?4|exaone-?3\.5|exaone|granite-?4|granite-?3|granite|"
    r"smollm3|smollm2|smollm|olmo-?3|olmo-?2|olmoe|olmo|lfm2|minicpm-?4|minicpm-?3|minicpm|nemotron|command-?a|"
    r"command-?r|c4ai|aya|gpt-oss|gpt-5\.[1-9]|gpt-5|gpt-4\.1|gpt-4\.5|gpt-4o|gpt-4-turbo|gpt-4|gpt-3\.5|"
    r"o1|o3|o4|claude-(?:opus|sonnet|haiku)(?:-\d(?:\.\d)?)?|claude|gemini-3\.[1-9]|gemini-3|gemini-2\.5|"
    r"gemini-2|gemini-1\.5|gemini|grok-?4|grok-?3|grok-?2|grok|nova|starcoder2|starcoder|stablelm|pythia|bloom|opt|"
    r"mpt|vicuna|wizardcoder|wizard|solar|jamba|dbrx|arctic|ling|ring|seed|step|dots|xlam|hammer|rwkv|mamba|codegen"
)
_SIZE = re.compile(r"(?<![\w.])(?:(\d+)x)?(\d+(?:[._]\d+)?) ?([bm])(?![a-z0-9])")
SMALLEST_MILLIONS = 20.0
"""Fewer millions in a name are tokens of context, not parameters."""
_ACTIVE = re.compile(r"-a(\d+(?:\.\d+)?)b(?![a-z0-9])")
_CHAT_HINT = re.compile(
    r"instruct|chat|-it\b|-it$|sft|dpo|rlhf|orca|tulu|hermes|thinking|assistant|vicuna|wizard|zephyr"
)
_REASONING = re.compile(
    r"think|reason|\br1\b|-r1|qwq|\bo[134]\b|^o[134]-|effort|-(?:high|medium|xhigh)$|magistral|z1|openthinker|gpt-oss|minimax-m[1-9]|step-3"
)
_TIERS = ((r"nano|8b|micro", -1.7), (r"mini|haiku|flash-lite|lite", -1.1), (r"flash|fast|small|qwen.*turbo", -0.7),
          (r"medium", -0.3), (r"-pro\b|opus|ultra|large|heavy|-max\b", 0.3))  # fmt: skip
"""Makers' size words as a covariate, on the scale of log10 parameters."""
_CLOSED = re.compile(
    r"gpt-[345]|claude|gemini|^o[134]|grok|nova|mistral-(?:large|medium)|palm|ernie-bot|moonshot|qwen-max"
)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a model besides its scores. NaN: not known."""

    family: str
    log10_params: float
    log10_active_params: float
    year: float
    """Release, in years after the start of FIRST_YEAR."""
    is_instruct: bool
    is_reasoning: bool
    is_coder: bool
    is_math: bool
    is_vision: bool
    is_derivative: bool
    is_closed: bool
    tier: float
    """Size word of a closed model, 0 without."""


def family_of(name: str) -> str:
    """Family and generation by name; the whole name where none is known."""
    plain = re.sub(r"(?<=\d)-(?=\d(?![\db]))", ".", name.lower())
    found = _FAMILY.search(plain.rsplit("/", 1)[-1]) or _FAMILY.search(plain)
    return re.sub(r"[ -]|^meta-?(?=llama)", "", found.group(0)) if found else name.lower()


def params_of(name: str) -> tuple[float, float]:
    """Total and active parameters that a name states. [count]  NaN where it states none."""
    plain = name.lower().rsplit("/", 1)[-1].replace("_", "-")
    sizes = [
        (float(a or 1) * float(b.replace("_", ".")) * (1e9 if unit == "b" else 1e6))
        for a, b, unit in _SIZE.findall(plain)
        if unit == "b" or float(b.replace("_", ".")) >= SMALLEST_MILLIONS
    ]
    experts = re.search(r"(\d+)x(\d+)b", plain)
    total = max(sizes, default=NAN)
    active = _ACTIVE.search(plain)
    if active:
        return total, float(active.group(1)) * 1e9
    return total, total * 0.28 if experts else total


def without_kind(name: str) -> str:
    """A name without what its training made of it: base and instructed models of one size have the same.

    >>> without_kind("deepseek-ai/DeepSeek-V3-Base") == without_kind("deepseek-ai/DeepSeek-V3")
    True
    """
    return re.sub(
        r"-(?:base|pretrain|pt|instruct|chat|it|hf|fp8)(?=-|$)", "", name.lower().rsplit("/", 1)[-1]
    )


def year_of(text: str) -> float:
    """Years since the start of 2023 of an ISO date or year-month; NaN for an empty text."""
    match = re.match(r"^(20\d\d)(?:-(\d\d))?(?:-(\d\d))?$", text.strip())
    if not match:
        return NAN
    year, month, day = (int(part) if part else 1 for part in match.groups())
    return year - FIRST_YEAR + (month - 1) / 12 + (day - 1) / 365


def dated(name: str) -> float:
    """Release date that the name carries (2024-05-13, 20241022 or a YYMM suffix), as `year_of`; NaN without."""
    match = re.search(r"(20\d\d)-?([01]\d)-?([0-3]\d)", name)
    if match:
        return year_of("-".join(match.groups()))
    short = re.search(r"[-(](2[3-6])(0[1-9]|1[0-2])\b", name)
    return year_of(f"20{short.group(1)}-{short.group(2)}") if short else NAN


def family_years(models: Iterable[Mapping[str, str]]) -> dict[str, float]:
    """Median release of each family in a table of models."""
    years: dict[str, list[float]] = {}
    for row in models:
        year = year_of(row["release"])
        if not math.isnan(year):
            years.setdefault(family_of(row["hf_id"]), []).append(year)
    return {family: median(values) for family, values in years.items()}


def model_facts(
    name: str,
    row: Mapping[str, str] | None,
    years: Mapping[str, float],
    first_seen: float = NAN,
    sibling: Mapping[str, str] | None = None,
) -> Facts:
    """Facts of a model from its catalog row where there is one, from its name and its sibling's row otherwise.

    The `sibling` is the same model trained further or less (base and instructed): its size is the same.

    `first_seen` dates API models that nothing else does: the first table that lists them, in years after 2023. Old
    open models appear in new tables, so theirs stay undated.
    """
    plain = name.lower()
    total, active = params_of(name)
    year = dated(name)
    sized = row or sibling
    if sized is not None:
        total, active = float(sized["params_total"] or total), float(sized["params_active"] or active)
    if row is not None:
        year = year_of(row["release"])
    family = family_of(name)
    if row is None and math.isnan(year):
        year = _word_value(spelled(name), YEARS, years.get(family, NAN))
    is_closed = "/" not in name and (math.isnan(total) or bool(_CLOSED.search(plain)))
    if "/" not in name and math.isnan(year):
        year = first_seen
    tasks = row["tasks"] if row else ""
    has_chat_name = bool(_CHAT_HINT.search(plain))
    return Facts(
        family=family,
        log10_params=_log10(total),
        log10_active_params=_log10(active),
        year=year,
        is_instruct=(row["instruct"] == "yes")
        if row and row["instruct"]
        else has_chat_name or "/" not in name,
        is_reasoning=bool(_REASONING.search(plain)),
        is_coder="code" in plain or "devstral" in plain or tasks == "code",
        is_math="math" in plain,
        is_vision="vision" in tasks or "-vl" in plain or "vision" in plain,
        is_derivative=row is None and "/" in name and family_of(name.split("/", maxsplit=1)[0]) != family,
        is_closed=is_closed,
        tier=_word_value(plain, _TIERS, 0.0) if math.isnan(total) else 0.0,
    )


def _word_value(name: str, table: tuple[tuple[str, float], ...], otherwise: float) -> float:
    return next((value for pattern, value in table if re.search(pattern, name)), otherwise)


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else NAN

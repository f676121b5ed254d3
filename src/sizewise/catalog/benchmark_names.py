"""Names of benchmarks, protocols and scored models in one spelling: the same test under two names is one test."""

from __future__ import annotations

import re

_SPELLINGS: tuple[tuple[str, str], ...] = (
    (r"^livebench [\d_-]+ (.+)$", r"livebench \1"),
    (r"^livebench( [\d-]+)?$", "livebench global average"),
    (r"^(super)gpqa.*", "supergpqa"),
    (r"^gpqa \(leaderboard v2\)", "gpqa main (leaderboard v2)"),
    (r"^gpqa.*", "gpqa"),
    (r"^aime\D*(?:20)?(24|25|26)\b(?!&).*", r"aime 20\1"),
    (r"^(?:livecodebench|lcb).*", "livecodebench"),
    (r"^(?:big-bench hard|bbh(?! \(leaderboard)).*", "bbh"),
    (r"^(?:hle|humanity).*tools.*", "hle with tools"),
    (r"^(?:hle|humanity).*", "hle"),
    (r"^mmlu-?redux.*", "mmlu-redux"),
    (r"^mmlu[- ]pro(?!x)(?! \(leader).*", "mmlu-pro"),
    (r"^mmlu ?\(.*", "mmlu"),
    (r"^c-eval(?! hard).*", "c-eval"),
    (r"^(?:gsm-?8k).*", "gsm8k"),
    (r"^(?:math-?500).*", "math-500"),
    (r"^math ?\(.*", "math"),
    (r"^if-?eval(?!.*instruction)(?!.*multiling).*", "ifeval"),
    (r"^if-?eval.*instruction.*", "ifeval instruction-level"),
    (r"^swe[- ](?:bench )?verified.*", "swe-bench verified"),
    (r"^swe[- ]bench multilingual.*", "swe-bench multilingual"),
    (r"^terminal-?bench.*", "terminal-bench"),
    (r"^aider-polyglot.*", "aider polyglot"),
    (r"^arena-?hard(?!.*(?:writing|hard prompt)).*", "arena-hard"),
    (r"^alpacaeval.*", "alpacaeval"),
    (r"^mt-?bench$", "mt-bench"),
    (r"^arc-c.*", "arc-challenge"),
    (r"^hellaswag.*", "hellaswag"),
    (r"^win(?:d|)ogrande.*", "winogrande"),
    (r"^drop.*", "drop"),
    (r"^humaneval\+.*", "humaneval+"),
    (r"^humaneval(?!.*mul).*", "humaneval"),
    (r"^mbpp\+.*", "mbpp+"),
    (r"^mbpp.*", "mbpp"),
    (r"^bfcl[- ]?v3(?!.*(?:live|multi)).*", "bfcl v3"),
    (r"^(?:tau|τ|𝜏)[-²1]*.?(?:bench)?.*airline.*", "tau airline"),
    (r"^(?:tau|τ|𝜏).*retail.*", "tau retail"),
    (r"^(?:tau|τ|𝜏).*telecom.*", "tau telecom"),
    (r"^(?:tau|τ|𝜏).*", "tau bench"),
    (r"^tr(?:u|ur)thfulqa.*", "truthfulqa"),
    (r"^simpleqa(?!.*search).*", "simpleqa"),
    (r"^c(?:hinese )?-?simpleqa.*", "c-simpleqa"),
    (r"^mmmlu.*", "mmmlu"),
    (r"^mgsm.*", "mgsm"),
    (r"^mmmu[- ]pro.*", "mmmu-pro"),
    (r"^mmmu.*", "mmmu"),
    (r"^mathvista.*", "mathvista"),
    (r"^math-?vision.*", "mathvision"),
    (r"^ruler ?\(128k\)", "ruler 128k"),
    (r"^hmmt.*", "hmmt"),
    (r"^triviaqa.*", "triviaqa"),
    (r"^agieval.*", "agieval"),
)
"""Regular expression and common spelling; the first that matches counts."""
_THINKING = re.compile(r"(?<!non-)(?<!no )(?<!without )(?:thinking|reasoning|high effort|max effort)(?! off)")
_NOT_THINKING = re.compile(r"non-thinking|non-reasoning|no-?think|without thinking|reasoning off|\(nothink")
_MODE_WORDS = re.compile(
    r"\b(?:non-)?thinking(?: mode)?\b|\b(?:non-)?reasoning(?: mode)?\b|/ high effort|\(max effort\)"
    r"|claimed \w+|effective \S*\w+|effective length \S+|bfloat16|float16"
    r"|instruct/chat|\binstruct\b|\bchat\b|table for \w+ tier"
)
_MODEL_KINDS = re.compile(
    r"chat models \(rlhf[^)]*\)|fine-tuned on domain-specific datasets|continuously pretrained"
)
_NAME_MODE = re.compile(
    r"\((?:fc|prompt|diff|whole|fc thinking)\)"
    r"|\((?:non-?think\w*|no think|thinking|reasoning|.*thinking.*|.*effort.*|.*reasoning.*)\)"
    r"|[-_ ](?:non-)?thinking(?:-auto)?(?:-\d+k)?(?:-(?:low|medium|high|max)-effort)?(?=$|[ (])"
    r"|[-_ ]no-?thinking|(?<!mistral)(?<!magistral)(?<!phi-3)-(?:minimal|low|medium|high|xhigh)(?:-effort)?$"
    r"|-max-effort$|-(?:non-)?reasoning(?:-high)?$"
)
_EFFORT = re.compile(
    r"(?<!mistral)(?<!magistral)(?<!phi-3)(?:^|[-( ])(low|medium|high|xhigh|max)(?:[- ]effort\b|\)|$)",
    re.IGNORECASE,
)
EFFORTS = {"low": -0.5, "medium": 0.0, "high": 0.5, "xhigh": 1.0, "max": 1.0}
"""Words of reasoning effort on a scale where medium is zero."""
_NEVER_THINKS = re.compile(
    r"gpt-?4|gpt-?3|claude-?(?:\w+-)?3-[05]|claude-3(?!-7)|claude-(?:haiku|opus)-3|gemini-?(?:1|2-0|2\.0)"
    r"|llama|mixtral|qwen-?2|qwen-?1|gemma-?[123]|phi-?[34](?!.*reason)|deepseek-(?:v2|v3$|v3-0324|coder|llm)"
    r"|(?<!-)mistral-(?!.*reason)|falcon|yi-|internlm|baichuan"
)
_ALWAYS_THINKS = re.compile(r"think|reason|r1|qwq|openthink|-o[134]\b|^o[134]\b")


def benchmark_name(printed: str) -> str:
    """The benchmark in one spelling."""
    name = printed.strip().lower()
    for pattern, replacement in _SPELLINGS:
        if re.match(pattern, name):
            return re.sub(pattern, replacement, name)
    return name


def source_name(source: str) -> str:
    """The source without its table number: one report, one harness."""
    plain = re.sub(r" table \d+.*", "", source, flags=re.IGNORECASE)
    return re.sub(r"opencompass configs.*", "opencompass", plain)


def protocol_name(setting: str) -> str:
    """The setting without the model's mode, precision and type: what every model of the table shares."""
    plain = _MODE_WORDS.sub(" ", _MODEL_KINDS.sub("", setting.lower()))
    return re.sub(r"[\s;,]+", " ", plain).strip()


def canonical_name(printed: str) -> str:
    """A model without a Hugging Face id, in one spelling: no organisation, no date, no mode; Claude tiers last."""
    name = _NAME_MODE.sub("", printed.lower().split("/")[-1])
    name = re.sub(r"\(.*?\)|[-_ ]?20\d\d-?\d\d-?\d\d", "", name)
    name = re.sub(r"[\s_.:]+", "-", name.strip()).strip("-")
    name = re.sub(r"^(?:openai|anthropic|google)-", "", name)
    name = re.sub(
        r"-(?:0[1-9]|1[0-2])[0-3]\d$|-2[3-6](?:0[1-9]|1[0-2])$|-preview(?:-\d\d-\d\d)?$|-latest$", "", name
    )
    name = re.sub(r"^gpt-4o-chat", "gpt-4o", name)
    if name.startswith("claude"):
        tiers = [part for part in name.split("-") if part in {"opus", "sonnet", "haiku"}]
        rest = [part for part in name.split("-")[1:] if part not in tiers]
        name = "-".join(["claude", *tiers, *rest])
    return name


def thinks_in(setting: str, name: str) -> bool:
    """Was the score made in thinking mode? A model that has none ignores the mode of its table."""
    both = f"{setting} {name}".lower()
    if effort_word(setting, name):
        return True
    if _NEVER_THINKS.search(name.lower()) and not _ALWAYS_THINKS.search(name.lower()):
        return False
    return bool(_THINKING.search(both)) and not _NOT_THINKING.search(both)


def effort_word(setting: str, name: str) -> str:
    """The word of reasoning effort that a score was made with, one of EFFORTS; empty where none is said.

    >>> effort_word("", "gpt-5.5-xhigh"), effort_word("max effort", "GLM-5.3"), effort_word("", "mistral-medium")
    ('xhigh', 'max', '')
    """
    found = re.search(r"\b(low|medium|high|xhigh|max)[- ]effort\b", setting.lower()) or _EFFORT.search(name)
    word = found.group(1).lower() if found else ""
    return word if word != "max" or "effort" in f"{setting} {name}".lower() else ""

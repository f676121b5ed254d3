"""Names of scored models in one spelling, and the mode that a score was made in: one model under two names is one."""

from __future__ import annotations

import re

_THINKING = re.compile(
    r"(?<!non-)(?<!no )(?<!without )(?:thinking|\bthink\b|reasoning|high effort|max effort)(?! off)"
)
_NOT_THINKING = re.compile(
    r"non-thinking|non-reasoning|no[- ]?think|without thinking|reasoning off|\(nothink"
)
_NAME_MODE = re.compile(
    r"\((?:fc|prompt|diff|whole|fc thinking)\)"
    r"|\((?:non-?think\w*|no think|thinking|reasoning|.*thinking.*|.*effort.*|.*reasoning.*)\)"
    r"|[-_ ](?:non-)?thinking(?:-auto)?(?:[- ]\d+k)?(?:-(?:low|medium|high|max)-effort)?(?=$|[ (])"
    r"|[-_ ]no-?thinking|(?<!mistral)(?<!magistral)(?<!phi-3)[- ](?:minimal|low|medium|high|xhigh)(?:-effort)?$"
    r"|-max-effort$|-(?:non-)?reasoning(?:-high)?$|-(?:low|high)thinking$|[- ]think$"
    r"|(?<=gemini-2\.5-flash-preview)-\d+k$|(?<=preview) \d+k$|(?<=qwq-32b) \d+k$"
)
_EFFORT = re.compile(
    r"(?<!mistral)(?<!magistral)(?<!phi-3)(?:^|[-( ])(minimal|low|medium|high|xhigh|max)"
    r"(?:[- ]effort\b|thinking\b|\)|$)",
    re.IGNORECASE,
)
EFFORTS = {"minimal": -1.0, "low": -0.5, "medium": 0.0, "high": 0.5, "xhigh": 1.0, "max": 1.0}
"""Words of reasoning effort on a scale where medium is zero."""
_DATED = re.compile(r"mistral-medium-|deepseek-(?:r1|v3)-0|gpt-4-(?:turbo-)?(?:1106|0125)")
"""Releases of one name, told apart by their date, that are different models."""
_SPELLINGS: tuple[tuple[str, str], ...] = (
    (r"^(?:openai|anthropic|google|baidu|amazon|qwen)-(?=gpt|o\d|claude|gem|ernie|nova|qwq|qwen)", ""),
    (r"^gpt-?4o-chat", "gpt-4o"),
    (r"^gpt4(?!all)", "gpt-4"),
    (r"^gpt-4o-(?:feb|mar)-2025$", "chatgpt-4o"),
    (r"^gpt-4-turbo-0409$", "gpt-4-turbo"),
    (r"^gpt-4-turbo-(1106|0125)$", r"gpt-4-\1"),
    (r"^gpt-3-5(?:-turbo-16k)?$", "gpt-3-5-turbo"),
    (r"^gemini-?(pro|flash)-(1-[05])$", r"gemini-\2-\1"),
    (r"^gemini-pro$", "gemini-1-0-pro"),
    (r"^gemini(?=\d)", "gemini-"),
    (r"^gemini-3-0-", "gemini-3-"),
    (r"^gemini-2-0-flash-think-", "gemini-2-0-flash-thinking-"),
    (r"^(gemini-[\d-]+-(?:pro|flash|flash-lite|flash-8b))-(?:exp-)?preview$", r"\1"),
    (r"^(gemini-[\d-]+-(?:pro|flash)(?:-lite|-8b)?)-001$", r"\1"),
    (r"^gemini-2-5-(pro|flash)-(?:exp-)?\d\d-\d\d$", r"gemini-2-5-\1"),
    (r"^(nova-(?:2-)?(?:pro|lite|micro))-v1-0$", r"\1"),
    (r"^(grok-4-(?:1-)?fast)-(?:chat|(?:non-)?reasoning)$", r"\1"),
    (r"^grok-2-12-12$", "grok-2"),
    (r"^mistral-medium-3$", "mistral-medium-2505"),
    (r"^mistral-medium-3-1$", "mistral-medium-2508"),
    (r"^mistral-3-large$", "mistral-large-3"),
    (r"^(claude-.+)-base$", r"\1"),
    (r"^qwen-(2-5|3)(?=-)", r"qwen\1"),
    (r"^deepseek-chat-v", "deepseek-v"),
    (r"^(deepseek-(?:r1|v3)|phi-4-mini|athene-v2|mistral-nemo.*)-(?:671b|3-8b|72b|12b)$", r"\1"),
    (r"^exaone-3-5-8b$", "exaone-3-5-7-8b-instruct"),
    (r"^mistral-small-3$", "mistral-small-24b-instruct"),
    (r"^mistral-small-22b$", "mistral-small-instruct"),
    (r"^codestral$", "codestral-22b-v0-1"),
    (r"^deepseek-r1-d-qwen", "deepseek-r1-distill-qwen"),
    (r"^t(?:ü|u)lu-?3", "llama-3-1-tulu-3"),
    (r"^(llama|gemma|granite|hermes)(?=\d)", r"\1-"),
    (r"^llama-3-70b-8192$", "meta-llama-3-70b-instruct"),
    (r"^llama-4-scout(?:-107b)?$", "llama-4-scout-17b-16e-instruct"),
    (r"^llama-4-maverick(?:-400b)?$", "llama-4-maverick-17b-128e-instruct"),
    (r"^phi-3-medium-14b$", "phi-3-medium-4k-instruct"),
    (r"^mistral-7b$", "mistral-7b-instruct"),
    (r"^open-mixtral", "mixtral"),
    (r"^qwen3-a22b$", "qwen3-235b-a22b"),
    (r"^ernie-4-5-300b-a47b$", "ernie-4-5-300b-a47b-pt"),
    (r"-(?:gguf-)?(?:q8-0|fp16|bf16)(?:-\d+k)?$", ""),
)
"""Regular expression and replacement, in this order, for names in lower case with one kind of separator."""
_NEVER_THINKS = re.compile(
    r"gpt-?4|gpt-?3|claude-?(?:\w+-)?3-[05]|claude-3(?!-7)|claude-(?:haiku|opus)-3|gemini-?(?:1|2-0|2\.0)"
    r"|llama|mixtral|qwen-?2|qwen-?1|gemma-?[123]|phi-?[34](?!.*reason)|deepseek-(?:v2|v3$|v3-0324|coder|llm)"
    r"|(?<!-)mistral-(?!.*reason)|falcon|yi-|internlm|baichuan"
)
_ALWAYS_THINKS = re.compile(r"think|reason|r1|qwq|openthink|-o[134]\b|^o[134]\b")


def canonical_name(printed: str) -> str:
    """A model without a Hugging Face id, in one spelling: no organisation, no date, no mode; Claude tiers last.

    A size in brackets is part of the name. Releases of one name are one model, except those of _DATED.

    >>> canonical_name("openai/gpt-5.1-high-2025-11-13"), canonical_name("Granite 3.1 MoE (3B-L)")
    ('gpt-5-1', 'granite-3-1-moe-3b')
    """
    name = re.sub(r" ?\((\d+(?:\.\d+)?b)(?:-l)?\)", r"-\1", printed.lower())
    name = re.sub(r"\(.*?\)", "", _NAME_MODE.sub("", name)).strip()
    name = re.sub(r"[-_ ]?20\d\d-?\d\d-?\d\d", "", re.sub(r" (\d\d)/(\d\d)$", r"-\1\2", name).split("/")[-1])
    name = re.sub(r"[\s_.:]+", "-", _NAME_MODE.sub("", name).strip()).strip("-")
    if not _DATED.match(name):
        name = re.sub(r"-(?:0[1-9]|1[0-2])[0-3]\d$|-2[3-6](?:0[1-9]|1[0-2])$|-latest$", "", name)
    if name != "o1-preview":
        name = re.sub(r"-preview(?:-\d\d-\d\d|-\d\d-20\d\d)?$", "", name)
    for pattern, replacement in _SPELLINGS:
        name = re.sub(pattern, replacement, name)
    if name.startswith("claude"):
        tiers = [part for part in name.split("-") if part in {"opus", "sonnet", "haiku"}]
        rest = [part for part in name.split("-")[1:] if part not in tiers]
        name = "-".join(["claude", *tiers, *rest])
    return name


def thinks_in(setting: str, name: str) -> bool:
    """Was the score made in thinking mode? A model that has none ignores the mode of its table."""
    both = f"{setting} {name}".lower()
    if effort_word(setting, name) and not (name.lower().startswith("claude") and "think" not in both):
        return effort_word(setting, name) != "minimal"
    if _NEVER_THINKS.search(name.lower()) and not _ALWAYS_THINKS.search(name.lower()):
        return False
    return bool(_THINKING.search(both)) and not _NOT_THINKING.search(both)


def effort_word(setting: str, name: str) -> str:
    """The word of reasoning effort that a score was made with, one of EFFORTS; empty where none is said.

    >>> effort_word("", "gpt-5.5-xhigh"), effort_word("max effort", "GLM-5.3"), effort_word("", "mistral-medium")
    ('xhigh', 'max', '')
    """
    found = re.search(
        r"\b(minimal|low|medium|high|xhigh|max)[- ]effort\b", setting.lower()
    ) or _EFFORT.search(name)
    word = found.group(1).lower() if found else ""
    return word if word != "max" or "effort" in f"{setting} {name}".lower() else ""

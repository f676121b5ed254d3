"""Names of benchmarks, sources and protocols in one spelling: the same test under two names is one test."""

from __future__ import annotations

import re

_SPELLINGS: tuple[tuple[str, str], ...] = (
    (r"^livebench [\d_-]+ (.+)$", r"livebench \1"),
    (r"^livebench( [\d-]+)?$", "livebench global average"),
    (r"^(super)gpqa.*", "supergpqa"),
    (r"^gpqa \(leaderboard v2\)", "gpqa main (leaderboard v2)"),
    (r"^gpqa.*", "gpqa"),
    (r"^aime\D*(?:20)?(24|25|26)\b(?!&).*", r"aime 20\1"),
    (r"^livecodebench pro.*", "livecodebench pro"),
    (r"^(?:livecodebench|lcb(?!ench)).*", "livecodebench"),
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
    (r"^terminal-?bench (3|hard).*", r"terminal-bench \1"),
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
    (r"^multi-?challenge", "multichallenge"),
    (r"^kor-?bench", "korbench"),
    (r"^math lvl ?5", "math lvl 5"),
    (r"^race[- ](high|middle)", r"race \1"),
    (r"^bfcl-v([34]) ?\(multi-?turn\)", r"bfcl v\1 multi-turn"),
    (r"^bfcl-v", "bfcl v"),
    (r"^ruler(?: average| ?\(4-128k average\))$", "ruler"),
    (r"^alignbench.*", "alignbench"),
)
"""Regular expression and common spelling; the first that matches counts."""
_SHOWN_SETTING = re.compile(
    r" ?\((?:acc\.|em|pass@1|(?:\d-shot(?:, )?)?(?:f1)?|test(?:, cot)?|val|dev|cot|version not stated)\)$"
)
"""Settings that some tables print after the name: they do not make it another benchmark."""
_VERSION = re.compile(
    r"\bv\d\b(?!\))|diamond|\bfeb\b|\bnov\b|\b2\.[01]\b|openhands|agentless|droid|mini-swe-agent|-cot\b"
)
"""Words of a benchmark's printed name that its common spelling leaves out though they change the test."""
_MODE_WORDS = re.compile(
    r"\b(?:non-)?thinking(?: mode)?\b|\b(?:non-)?reasoning(?: mode)?\b|/ high effort|\(max effort\)"
    r"|claimed \w+|effective \S*\w+|effective length \S+|bfloat16|float16"
    r"|instruct/chat|\binstruct\b|\bchat\b|table for \w+ tier"
)
_MODEL_KINDS = re.compile(
    r"chat models \(rlhf[^)]*\)|fine-tuned on domain-specific datasets|continuously pretrained"
)


def benchmark_name(printed: str) -> str:
    """The benchmark in one spelling."""
    name = _SHOWN_SETTING.sub("", printed.strip().lower())
    for pattern, replacement in _SPELLINGS:
        if re.match(pattern, name):
            return re.sub(pattern, replacement, name)
    return name


def source_name(source: str) -> str:
    """The source without its table number: one report, one harness."""
    plain = re.sub(r" table \d+.*", "", source, flags=re.IGNORECASE)
    return re.sub(r"opencompass configs.*", "opencompass", plain)


def protocol_name(setting: str, benchmark: str = "") -> str:
    """The setting without the model's mode, precision and type: what every model of the table shares.

    The version that the benchmark's name prints (v5, Diamond, Feb) is part of it: one report prints several.

    >>> protocol_name("thinking mode, 0-shot", "LiveCodeBench v6")
    '0-shot v6'
    """
    plain = _MODE_WORDS.sub(" ", _MODEL_KINDS.sub("", setting.lower()))
    versions = _VERSION.findall(benchmark.lower())
    return re.sub(r"[\s;,]+", " ", " ".join([plain, *versions])).strip()

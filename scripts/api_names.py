"""Which open-weights model an API name serves: exact matches only, and the providers that are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROVIDERS = {
    "alibaba": "alibaba", "qwencloud": "alibaba", "dashscope": "alibaba", "alibaba-cn": "alibaba-cn",
    "anthropic": "anthropic", "azure": "azure", "bedrock_converse": "aws", "aws": "aws", "baseten": "baseten",
    "cerebras": "cerebras", "chutes": "chutes", "cohere": "cohere", "deepinfra": "deepinfra", "deepseek": "deepseek",
    "fireworks_ai": "fireworks", "fireworks-ai": "fireworks", "fireworks": "fireworks", "gemini": "google",
    "google": "google", "groq": "groq", "hyperbolic": "hyperbolic", "minimax": "minimax", "mistral": "mistral",
    "moonshot": "moonshotai", "moonshotai": "moonshotai", "moonshotai-cn": "moonshotai-cn", "nebius": "nebius",
    "novita": "novita", "novita-ai": "novita", "nscale": "nscale", "openai": "openai", "openrouter": "openrouter",
    "ovhcloud": "ovhcloud", "sambanova": "sambanova", "scaleway": "scaleway", "siliconflow": "siliconflow",
    "siliconflow-cn": "siliconflow-cn", "tencent": "tencent", "together_ai": "together", "togetherai": "together",
    "together": "together", "volcengine": "volcengine", "x-ai": "x-ai", "xai": "x-ai", "zai": "zai",
    "zhipuai": "zhipuai",
}  # fmt: skip
"""Names of the sources and the one name of the provider; others are left out."""
MAKERS = (
    "anthropic",
    "google",
    "openai",
    "x-ai",
    "mistral",
    "deepseek",
    "moonshotai",
    "zai",
    "minimax",
    "alibaba",
)
"""Providers whose closed models are kept as well: an answer may be an API. Elsewhere only open weights are."""
CURRENT_NAMES = {"deepseek": ("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-pro")}
"""Providers that serve only these names now, whatever older lists still say. Source: its pricing page, 2026-10-27."""
REROUTED = {("deepseek", "deepseek-v4-flash")}
"""Names that now answer with another model than the weights of that name. Source: its change log, 2026-09-10."""
SHORT_NAMES = {
    ("groq", "llama-3.1-8b-instant"): "meta-llama/Llama-3.1-8B-Instruct",
    ("groq", "llama-3.3-70b-versatile"): "meta-llama/Llama-3.3-70B-Instruct",
    ("cerebras", "llama3.1-8b"): "meta-llama/Llama-3.1-8B-Instruct",
    ("cerebras", "llama-3.3-70b"): "meta-llama/Llama-3.3-70B-Instruct",
}
"""Names that providers document as one model, but spell in their own way."""


def served_models(names: Iterable[str]) -> dict[str, str]:
    """Catalog model by the spelling that API names are compared with; ambiguous spellings are left out."""
    by_key: dict[str, set[str]] = {}
    for name in names:
        by_key.setdefault(_key(name), set()).add(name)
    return {key: found.pop() for key, found in by_key.items() if len(found) == 1}


def serves(provider: str, model: str, known: Mapping[str, str]) -> str:
    """The catalog model with exactly this name, or an empty string.

    Case, the maker's folder and `.`, `_`, `-` do not matter; every other suffix does: a -FP8, -Turbo or :free offer is
    another product.
    """
    if (provider, model) in REROUTED:
        return ""
    short = SHORT_NAMES.get((provider, model), "")
    return short if short in known.values() else known.get(_key(model), "")


def is_served(provider: str, model: str) -> bool:
    """Does the provider still answer to this name?"""
    return model in CURRENT_NAMES.get(provider, (model,))


def plain_name(model: str) -> str:
    """The spelling under which two sources list the same offer of one provider."""
    return _key(model)


def _key(name: str) -> str:
    last = name.rsplit("/", 1)[-1].lower()
    last = re.sub(r"(?<=\d)p(?=\d)", ".", last) if "fireworks" in name else last
    return re.sub(r"[._]", "-", re.sub(r"^llama-v(?=\d)", "llama-", last.removeprefix("meta-")))

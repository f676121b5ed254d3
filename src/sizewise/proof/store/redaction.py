"""Nothing secret is ever written: keys, tokens, passwords and the user part of addresses are taken out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REMOVED = "(removed)"
SECRET_NAME = re.compile(
    r"(?i)(api[-_ ]?key|authorization|password|passwd|secret|credential|cookie|private[-_ ]?key"
    r"|(^|[-_ ])(access|auth|bearer|hf|hub|id|refresh|session)?[-_ ]?token$)"
)
"""Names of settings whose value is secret; `prompt_tokens` is not."""
SECRET_VALUES = (
    re.compile(r"(?i)\bbearer\s+[\w.~+/=-]{6,}"),
    re.compile(r"\b(sk|pk|rk)-[\w-]{12,}"),
    re.compile(r"\bhf_[A-Za-z0-9]{16,}"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+"),
    re.compile(r"(?i)(?<=[?&])(api[-_]?key|key|token|access_token|password|sig|signature)=[^&\s]+"),
)
"""Texts that are a secret wherever they stand."""
ADDRESS_USER = re.compile(r"(?<=://)[^/@\s]+@")


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with every secret replaced.

    >>> without_secrets({"api_key": "x", "url": "http://me:pw@host/v1", "prompt_tokens": 3})
    {'api_key': '(removed)', 'url': 'http://host/v1', 'prompt_tokens': 3}
    """
    if isinstance(value, Mapping):
        return {
            str(name): REMOVED if SECRET_NAME.search(str(name)) and one else without_secrets(one)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(one) for one in value]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    cleaned = ADDRESS_USER.sub("", text)
    for pattern in SECRET_VALUES:
        cleaned = pattern.sub(REMOVED, cleaned)
    return cleaned

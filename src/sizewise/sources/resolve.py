"""From what a person types to a model: catalog, file, folder, Ollama, ModelScope, Hugging Face.

Readers of files and hubs are imported when one is named: a name of the catalog needs none.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.errors import UnknownName
from sizewise.sources.reach import may_read
from sizewise.sources.resolved import Resolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.catalog import Catalog

OLLAMA, MODELSCOPE = "ollama:", "modelscope:"
HUB_NAME = re.compile(
    r"^(?P<repository>[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95})"
    r"(?:/(?P<file>[^:]+\.gguf)|:(?P<format>[A-Za-z0-9_-]+))?$"
)
"""ORG/NAME, ORG/NAME/FILE.gguf or ORG/NAME:FORMAT."""
WEIGHT_FILES = (".gguf", ".safetensors")
OTHER_WEIGHTS = (".bin", ".pt", ".pth", ".ckpt", ".onnx", ".h5", ".msgpack")
"""Weight files without a header that may be read safely."""


def resolve_model(text: str, catalog: Catalog, environment: Mapping[str, str] | None = None) -> Resolved:
    """The model meant, with exact weights where its files have headers.

    Tried in this order: a name of the catalog, `ollama:NAME`, `modelscope:ORG/NAME`, a file or folder here, a short
    name of the catalog, ORG/NAME on Hugging Face (also ORG/NAME/FILE.gguf and ORG/NAME:FORMAT).
    Raises: UnknownName with the nearest names; InvalidFile, NotSupported, GatedModel, HubUnreachable.
    """
    settings = os.environ if environment is None else environment
    if text in catalog.models:
        return Resolved(model=catalog.models[text])
    if not (text.startswith((OLLAMA, MODELSCOPE)) or is_path(text)):
        try:
            return Resolved(model=catalog.model(text))
        except UnknownName:
            if not HUB_NAME.match(text):
                raise
    from sizewise.sources import places

    if text.startswith(OLLAMA):
        return places.from_ollama(text, catalog, settings)
    if text.startswith(MODELSCOPE):
        return places.from_modelscope(text, catalog, settings)
    if is_path(text):
        return places.from_path(expanded(text), catalog)
    return places.from_huggingface(text, catalog, settings)


def expanded(text: str) -> Path:
    """The path with the home folder in it; as it is where there is no such home."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_path(text: str) -> bool:
    """Is it meant as a path: something that exists, or written like one?"""
    if text.startswith((".", "/", "~", "\\")) or re.match(r"^[A-Za-z]:[\\/]", text):
        return True
    try:
        if text.strip() and may_read(Path(text)) and Path(text).exists():
            return True
    except (OSError, ValueError):
        return False
    is_weight_file = text.lower().endswith((*WEIGHT_FILES, *OTHER_WEIGHTS))
    return is_weight_file and HUB_NAME.match(text) is None

"""Models that Ollama has pulled: from a name to the GGUF file in its store.

Layout of the store: manifests/HOST/NAMESPACE/MODEL/TAG lists layers, blobs/sha256-HEX holds them.
Source: Ollama 0.33.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.errors import InvalidFile, NotSupported, UnknownName
from sizewise.sources.json_object import JsonObject
from sizewise.sources.reach import check_file, may_read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "ollama:"
SYSTEM_STORE = Path("/usr/share/ollama/.ollama/models")
"""Where Ollama keeps models when it runs as a service of Linux."""
WORD = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")
DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$")
REGISTRY, NAMESPACE, TAG = "registry.ollama.ai", "library", "latest"
MODEL_LAYER = "application/vnd.ollama.image.model"
MAX_LISTED = 10_000


def model_folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Stores of Ollama on this computer: OLLAMA_MODELS alone, or the usual ones."""
    if own := environment.get("OLLAMA_MODELS"):
        return (Path(own).expanduser(),)
    home = environment.get("HOME") or environment.get("USERPROFILE") or "~"
    return (Path(home).expanduser() / ".ollama" / "models", SYSTEM_STORE)


def pulled_file(name: str, environment: Mapping[str, str]) -> Path:
    """The GGUF file of a pulled model: MODEL, MODEL:TAG, NAMESPACE/MODEL or HOST/NAMESPACE/MODEL.

    Raises: UnknownName with the nearest pulled models; NotSupported for a model that is not one GGUF file.
    """
    places = model_folders(environment)
    stores = tuple(place for place in places if may_read(place))
    if not stores:
        check_file(places[0])
    manifest = _manifest_path(name)
    for store in stores:
        path = store / "manifests" / manifest if manifest else store
        if manifest and path.is_file():
            return _blob(JsonObject.read(path), store)
    known = [text for store in stores for text in _pulled(store)]
    raise UnknownName("model", PREFIX + name, known, "ollama list shows what was pulled")


def _manifest_path(name: str) -> Path | None:
    """Path of the manifest below `manifests`; None for a name that Ollama would not take."""
    model, _, tag = name.partition(":")
    words = model.split("/")
    if len(words) == 1:
        words = [NAMESPACE, *words]
    if len(words) == 2:  # noqa: PLR2004 - namespace and model
        words = [REGISTRY, *words]
    words.append(tag or TAG)
    is_name = len(words) == 4 and all(WORD.match(word) for word in words)  # noqa: PLR2004 - host to tag
    return Path(*words) if is_name else None


def _blob(manifest: JsonObject, store: Path) -> Path:
    layers = [layer for layer in manifest.items("layers") if layer.text("mediaType") == MODEL_LAYER]
    if len(layers) != 1:
        raise NotSupported("{path}: an Ollama model of {n} GGUF files is not read, only of one",
                           path=manifest.path, n=len(layers))  # fmt: skip
    digest = layers[0].text("digest")
    if not DIGEST.match(digest):
        raise layers[0].invalid("digest", digest or None, "sha256: and 64 hexadecimal digits")
    path = store / "blobs" / digest.replace(":", "-")
    if not path.is_file():
        raise InvalidFile("{path}: Ollama's file of this model is missing; pull it again", path=path)
    return path


def _pulled(store: Path) -> Iterator[str]:
    """Names of the models in a store, as `resolve_model` takes them."""
    root = store / "manifests"
    for number, path in enumerate(root.glob("*/*/*/*")):
        if number >= MAX_LISTED:
            return
        host, namespace, model, tag = path.relative_to(root).parts
        words = (model,) if (host, namespace) == (REGISTRY, NAMESPACE) else (host, namespace, model)
        yield f"{PREFIX}{'/'.join(words)}:{tag}"

"""From what a person types to a model: catalog, file, folder, Ollama, ModelScope, Hugging Face."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.errors import BadInput, NotSupported, UnknownName, nearest_names
from sizewise.sources.files import Folder
from sizewise.sources.gguf_file import PART
from sizewise.sources.hub import REPOSITORY, Repository, huggingface, modelscope
from sizewise.sources.model_files import CONFIG, resolve_checkpoint, resolve_gguf, resolve_safetensors
from sizewise.sources.ollama import PREFIX as OLLAMA
from sizewise.sources.ollama import pulled_file
from sizewise.sources.resolved import Resolved
from sizewise.sources.web import HubUnreachable, NotOnHub

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.catalog import Catalog
    from sizewise.sources.hub import Hub

MODELSCOPE = "modelscope:"
HUB_FILE = re.compile(
    r"^(?P<repository>[^/:]+/[^/:]+)(?:/(?P<file>[^:]+\.gguf)|:(?P<format>[A-Za-z0-9_-]+))?$"
)
"""ORG/NAME, ORG/NAME/FILE.gguf or ORG/NAME:FORMAT."""
SAFE_FILE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*$")
OTHER_WEIGHTS = (".bin", ".pt", ".pth", ".ckpt", ".onnx", ".h5", ".msgpack")
"""Weight files without a header that may be read safely."""


def resolve_model(text: str, catalog: Catalog, environment: Mapping[str, str] | None = None) -> Resolved:
    """The model meant, with exact weights where its files have headers.

    Tried in this order: a name of the catalog, a file or folder here, `ollama:NAME`, `modelscope:ORG/NAME`, a short
    name of the catalog, ORG/NAME on Hugging Face (also ORG/NAME/FILE.gguf and ORG/NAME:FORMAT).
    Raises: UnknownName with the nearest names; InvalidFile, NotSupported, GatedModel, HubUnreachable.
    """
    known_environment = os.environ if environment is None else environment
    if text in catalog.models:
        return Resolved(model=catalog.models[text])
    if text.startswith(OLLAMA):
        return _from_ollama(text, catalog, known_environment)
    if text.startswith(MODELSCOPE):
        return _from_hub(
            text.removeprefix(MODELSCOPE), catalog, modelscope(known_environment), known_environment
        )
    if _is_path(text):
        return _from_path(Path(text).expanduser(), catalog)
    try:
        return Resolved(model=catalog.model(text))
    except UnknownName as error:
        hub = huggingface(known_environment)
        if not HUB_FILE.match(text) or not REPOSITORY.match(HUB_FILE.sub(r"\g<repository>", text)):
            raise
        return _from_hub_or_unknown(text, catalog, hub, known_environment, error)


def _is_path(text: str) -> bool:
    """Is it meant as a path: something that exists, or written like one?"""
    if text.startswith((".", "/", "~", "\\")) or re.match(r"^[A-Za-z]:[\\/]", text):
        return True
    try:
        if Path(text).exists() and text.strip():
            return True
    except (OSError, ValueError):
        return False
    is_weight_file = text.lower().endswith((".gguf", ".safetensors", *OTHER_WEIGHTS))
    return is_weight_file and HUB_FILE.match(text) is None


def _from_path(path: Path, catalog: Catalog) -> Resolved:
    ending = path.suffix.lower()
    if ending in OTHER_WEIGHTS:
        raise NotSupported("{path}: files of this kind are not read; name a .gguf or .safetensors file, or a folder "
                           "with config.json", path=path)  # fmt: skip
    place = Folder(path.absolute().parent)
    if ending == ".gguf":
        match = PART.match(path.name)
        name = match["stem"] if match else path.stem
        found = resolve_gguf(place, path.name, catalog.quantizations, name=name, origin="file")
        return replace(found, gguf_path=str(path))
    if ending == ".safetensors":
        found = resolve_safetensors(place, path.name, name=path.absolute().parent.name, origin="file")
        return replace(found, checkpoint_path=str(path.parent))
    folder = path if ending != ".json" else path.parent
    found = resolve_checkpoint(Folder(folder), name=folder.absolute().name, origin="folder")
    return replace(found, checkpoint_path=str(folder))


def _from_ollama(text: str, catalog: Catalog, environment: Mapping[str, str]) -> Resolved:
    path = pulled_file(text.removeprefix(OLLAMA), environment)
    tag = text.rpartition(":")[2]
    found = resolve_gguf(
        Folder(path.parent), path.name, catalog.quantizations, name=text, origin="ollama", format_hint=tag
    )
    return replace(found, gguf_path=str(path))


def _from_hub_or_unknown(
    text: str, catalog: Catalog, hub: Hub, environment: Mapping[str, str], error: UnknownName
) -> Resolved:
    """The model on the hub; a name that is not there either is unknown, with the nearest names of the catalog."""
    try:
        return _from_hub(text, catalog, hub, environment)
    except NotOnHub as missing:
        raise UnknownName("model", text, catalog.models, str(missing)) from missing
    except HubUnreachable as unreachable:
        if hub.is_offline:
            raise UnknownName("model", text, catalog.models, str(unreachable)) from error
        raise HubUnreachable(
            "{given} is not in the catalog, and {problem}; nearest: {nearest}", given=text,
            problem=unreachable.template.format(**unreachable.params),
            nearest=", ".join(nearest_names(text, catalog.models)) or "none",
        ) from unreachable  # fmt: skip


def _from_hub(text: str, catalog: Catalog, hub: Hub, environment: Mapping[str, str]) -> Resolved:
    match = HUB_FILE.match(text)
    if not match or not REPOSITORY.match(match["repository"]):
        raise BadInput("'{given}' is no name on {hub}; write ORG/NAME", given=text, hub=hub.title)
    repository = Repository(hub, match["repository"], environment)
    origin = "modelscope" if hub.title == "ModelScope" else "hub"
    file = match["file"] or (_file_of(repository, match["format"]) if match["format"] else "")
    if file:
        if not SAFE_FILE.match(file):
            raise BadInput(
                "'{given}' is no file on {hub}; write ORG/NAME/FILE.gguf", given=text, hub=hub.title
            )
        found = resolve_gguf(repository, file, catalog.quantizations, name=match["repository"], origin=origin)
        found = replace(
            found, gguf_path=file, download=hub.download.format(repository=match["repository"], file=file)
        )
    else:
        if repository.content(CONFIG) is None and not repository.names():
            raise NotOnHub("{host} has no such model or file", host=hub.endpoint)
        found = resolve_checkpoint(repository, name=match["repository"], origin=origin)
        if origin == "modelscope":
            folder = "./" + match["repository"].partition("/")[2]
            download = f"modelscope download --model {match['repository']} --local_dir {folder}"
            found = replace(found, checkpoint_path=folder, download=download)
    if not repository.is_from_old_cache:
        return found
    caveat = T("{host} cannot be reached: files read earlier are used", host=hub.title)
    return replace(found, caveats=(*found.caveats, caveat))


def _file_of(repository: Repository, wanted: str) -> str:
    """The GGUF file of this format, or its first part.

    Raises: UnknownName with the files that there are.
    """
    files = [name for name in repository.names() if name.lower().endswith(".gguf")]
    ending = re.compile(rf"(?:^|[-._/]){re.escape(wanted)}(?:-00001-of-\d{{5}})?\.gguf$", re.IGNORECASE)
    found = [name for name in files if ending.search(name)]
    if not found:
        raise UnknownName("quantization", wanted, [f"{repository.name}/{name}" for name in files])
    return min(found, key=len)

"""Models of each kind of place: a file or folder, the store of Ollama, a repository on a hub."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.errors import BadInput, NotSupported, UnknownName, nearest_names
from sizewise.sources.byte_source import LocalFile
from sizewise.sources.files import Folder
from sizewise.sources.gguf_file import PART
from sizewise.sources.hub import Repository, huggingface, modelscope
from sizewise.sources.model_files import CONFIG, resolve_checkpoint, resolve_gguf, resolve_safetensors
from sizewise.sources.ollama import pulled_file
from sizewise.sources.resolve import HUB_NAME, MODELSCOPE, OLLAMA, OTHER_WEIGHTS
from sizewise.sources.web import HubUnreachable, NotOnHub

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sizewise.catalog import Catalog
    from sizewise.sources.hub import Hub
    from sizewise.sources.resolved import Resolved

SAFE_FILE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*$")


def from_path(path: Path, catalog: Catalog) -> Resolved:
    """A weight file, a config.json or a folder with one."""
    ending = path.suffix.lower()
    if ending in OTHER_WEIGHTS:
        raise NotSupported("{path}: files of this kind are not read; name a .gguf or .safetensors file, or a folder "
                           "with config.json", path=path)  # fmt: skip
    if ending in {".gguf", ".safetensors"}:
        return _from_file(path, catalog)
    folder = path if ending != ".json" else path.parent
    found = resolve_checkpoint(Folder(folder), name=folder.absolute().name, origin="folder")
    return replace(found, checkpoint_path=str(folder))


def _from_file(path: Path, catalog: Catalog) -> Resolved:
    LocalFile(path)  # a missing file is named before its folder is looked at
    place = Folder(path.absolute().parent)
    if path.suffix.lower() == ".gguf":
        match = PART.match(path.name)
        name = match["stem"] if match else path.stem
        found = resolve_gguf(place, path.name, catalog.quantizations, name=name, origin="file")
        return replace(found, gguf_path=str(path))
    found = resolve_safetensors(place, path.name, name=path.absolute().parent.name, origin="file")
    return replace(found, checkpoint_path=str(path.parent))


def from_ollama(text: str, catalog: Catalog, environment: Mapping[str, str]) -> Resolved:
    """`ollama:NAME` or `ollama:NAME:TAG`, pulled before."""
    path = pulled_file(text.removeprefix(OLLAMA), environment)
    tag = text.rpartition(":")[2]
    found = resolve_gguf(
        Folder(path.parent), path.name, catalog.quantizations, name=text, origin="ollama", format_hint=tag
    )
    return replace(found, gguf_path=str(path))


def from_modelscope(text: str, catalog: Catalog, environment: Mapping[str, str]) -> Resolved:
    """`modelscope:ORG/NAME`."""
    return _from_hub(text.removeprefix(MODELSCOPE), catalog, modelscope(environment), environment)


def from_huggingface(text: str, catalog: Catalog, environment: Mapping[str, str]) -> Resolved:
    """The model on the hub; a name that is not there either is unknown, with the nearest names of the catalog."""
    hub = huggingface(environment)
    try:
        return _from_hub(text, catalog, hub, environment)
    except NotOnHub as missing:
        raise UnknownName("model", text, catalog.models, str(missing)) from missing
    except HubUnreachable as unreachable:
        if hub.is_offline:
            raise UnknownName("model", text, catalog.models, str(unreachable)) from unreachable
        raise HubUnreachable(
            "{given} is not in the catalog, and {problems}; nearest: {nearest}", given=text, problems=unreachable,
            nearest=", ".join(nearest_names(text, catalog.models)) or "none",
        ) from unreachable  # fmt: skip


def _from_hub(text: str, catalog: Catalog, hub: Hub, environment: Mapping[str, str]) -> Resolved:
    match = HUB_NAME.match(text)
    if not match:
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

"""A model from its files: configuration and safetensors headers of a folder or repository, or one GGUF model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.errors import InvalidFile, NotSupported, SizewiseError
from sizewise.sources.config_json import model_from_config, text_part
from sizewise.sources.gguf_file import PART, gguf_format, gguf_weights, read_gguf
from sizewise.sources.gguf_model import gguf_model
from sizewise.sources.json_object import JsonObject
from sizewise.sources.resolved import Resolved
from sizewise.sources.safetensors_header import read_safetensors_header
from sizewise.sources.safetensors_weights import INDEX, MAX_INDEX_BYTES, SINGLE, checkpoint, shard_names
from sizewise.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Collection

    from sizewise.domain.model import Model
    from sizewise.sources.files import Files
    from sizewise.sources.safetensors_header import SafeTensor
    from sizewise.sources.safetensors_weights import Checkpoint

CONFIG, OTHER_FORMAT = "config.json", "hf_quant_config.json"
CONNECTIONS = 8
"""Headers of shards read at the same time."""
MAX_NAMED = 8
LEAST_MATCH, MOST_MATCH = 0.98, 1.02
"""Parameters in the headers over those of the configuration's shape, where both mean the same model."""


def resolve_gguf(
    files: Files, file: str, known: Collection[str], *, name: str, origin: str, format_hint: str = ""
) -> Resolved:
    """The model in a GGUF file (or split file) of this place; `format_hint` a quantization its owner names.

    Raises: InvalidFile for a wrong header; NotSupported for an architecture or format that is not known.
    """
    read = read_gguf(file, files.source)
    quantization = gguf_format(
        replace(read, name=f"{read.name}:{format_hint}") if format_hint else read, known
    )
    weights = gguf_weights(read)
    if not quantization:
        raise NotSupported(
            "{path}: its number format is not known here; its weights are exactly {bytes} bytes ({size})",
            path=file, bytes=f"{weights.file_bytes:,.0f}", size=format_bytes(weights.file_bytes),
        )  # fmt: skip
    return Resolved(
        model=gguf_model(read, name=name, native_format=quantization), weights=weights, container="gguf",
        quantization=quantization, origin=origin,
    )  # fmt: skip


def resolve_checkpoint(files: Files, *, name: str, origin: str) -> Resolved:
    """The model of a config.json, with exact weights where safetensors headers lie beside it.

    Raises: InvalidFile; NotSupported for an architecture that is not known, with the exact bytes where there are
    headers.
    """
    content = files.content(CONFIG)
    if content is None:
        raise _no_configuration(files)
    config = JsonObject.parse(Path(files.name) / CONFIG, content)
    other = files.content(OTHER_FORMAT)
    beside = JsonObject.parse(Path(files.name) / OTHER_FORMAT, other) if other is not None else None
    try:
        model = model_from_config(config, name=name, source=f"{files.name}/{CONFIG}", other_format=beside)
    except NotSupported as error:
        raise _with_bytes(error, files, config) from error
    return _with_headers(
        model, _stored(files, _shards(files), model.num_layers, is_tied=model.ties_embeddings), origin
    )


def resolve_safetensors(files: Files, file: str, *, name: str, origin: str) -> Resolved:
    """The model of one safetensors file; its configuration lies beside it.

    Raises: as `resolve_checkpoint`; NotSupported without a configuration, with the exact bytes.
    """
    if files.content(CONFIG) is not None:
        return resolve_checkpoint(files, name=name, origin=origin)
    total = sum(tensor.num_bytes for tensor in read_safetensors_header(files.source(file)))
    raise NotSupported(
        "{path}: there is no config.json beside it, so its cache is not known; its weights are exactly {bytes} "
        "bytes ({size})", path=file, bytes=f"{total:,}", size=format_bytes(total),
    )  # fmt: skip


def _shards(files: Files) -> tuple[str, ...]:
    """The safetensors files of the model; none where there are no headers."""
    index = files.content(INDEX, MAX_INDEX_BYTES)
    if index is not None:
        return shard_names(Path(files.name) / INDEX, index)
    return (SINGLE,) if SINGLE in files.names() else ()


def _headers(files: Files, shards: tuple[str, ...]) -> list[SafeTensor]:
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        headers = pool.map(lambda shard: read_safetensors_header(files.source(shard)), shards)
        return [tensor for header in headers for tensor in header]


def _stored(files: Files, shards: tuple[str, ...], num_layers: int, *, is_tied: bool) -> Checkpoint | None:
    if not shards:
        return None
    return checkpoint(files.name, _headers(files, shards), num_layers=num_layers, ties_embeddings=is_tied)


def _with_headers(model: Model, stored: Checkpoint | None, origin: str) -> Resolved:
    """Weights by the headers; parameters too, unless the format packs several into one element."""
    found = Resolved(model=model, quantization=model.native_format, origin=origin)
    if stored is None:
        return replace(
            found, caveats=(T("no safetensors headers were found: weights are computed from the shape"),)
        )
    container = "mlx" if model.native_format.startswith("MLX") else "safetensors"
    exact = replace(model, num_extra_params=float(stored.num_extra_params))
    caveats = found.caveats
    if stored.num_params:
        ratio = stored.num_params / model.num_params
        if not LEAST_MATCH <= ratio <= MOST_MATCH:
            caveats = (T("its headers hold other parameters than its configuration tells"),)
        exact = replace(
            exact, num_params=float(stored.num_params), num_active_params=model.num_active_params * ratio,
            note="parameters counted in its headers; licence, languages and training not in its files",
        )  # fmt: skip
    return replace(found, model=exact, weights=stored.weights, container=container, caveats=caveats)


def _with_bytes(error: NotSupported, files: Files, config: JsonObject) -> NotSupported:
    """The same refusal, with the exact bytes of the weights where headers tell them."""
    try:
        layers = text_part(config).whole("num_hidden_layers", 1)
        stored = _stored(files, _shards(files), layers, is_tied=False)
    except SizewiseError:
        return error
    if stored is None:
        return error
    return NotSupported(
        "{problems}; its weights are exactly {bytes} bytes ({size})", problems=error,
        bytes=f"{stored.total_bytes:,}", size=format_bytes(stored.total_bytes),
    )  # fmt: skip


def _no_configuration(files: Files) -> InvalidFile | NotSupported:
    """Why there is nothing to read: perhaps GGUF files, of which one is to be named."""
    found = sorted({_whole_name(name) for name in files.names() if name.lower().endswith(".gguf")})
    found = [name for name in found if "mmproj" not in name.lower()]
    if not found:
        return InvalidFile("{path} has no config.json and no GGUF file", path=files.name)
    return NotSupported("{path} holds GGUF files and no config.json; name one of them: {known}",
                        path=files.name, known=", ".join(f"{files.name}/{n}" for n in found[:MAX_NAMED]))  # fmt: skip


def _whole_name(name: str) -> str:
    """The first part of a split file stands for all."""
    match = PART.match(name)
    return f"{match['stem']}-00001-of-{match['count']}.gguf" if match else name

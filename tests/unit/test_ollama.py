"""Models that Ollama has pulled: from manifest to blob, and nothing outside its store."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from tests.header_bytes import tiny_gguf

from sizewise.catalog import load_catalog
from sizewise.errors import BadInput, InvalidFile, NotSupported, UnknownName
from sizewise.sources.ollama import model_folders, pulled_file
from sizewise.sources.resolve import resolve_model

if TYPE_CHECKING:
    from pathlib import Path

MODEL_LAYER = "application/vnd.ollama.image.model"


def pull(store: Path, *parts: str, layers: list[dict[str, object]] | None = None) -> dict[str, str]:
    """A store with one model at manifests/PARTS; gives the environment that points to it."""
    content = tiny_gguf()
    digest = hashlib.sha256(content).hexdigest()
    (store / "blobs").mkdir(parents=True, exist_ok=True)
    (store / "blobs" / f"sha256-{digest}").write_bytes(content)
    manifest = store.joinpath("manifests", *parts)
    manifest.parent.mkdir(parents=True, exist_ok=True)
    usual = [{"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:" + "0" * 64},
             {"mediaType": MODEL_LAYER, "digest": f"sha256:{digest}", "size": len(content)}]  # fmt: skip
    manifest.write_text(json.dumps({"schemaVersion": 2, "layers": usual if layers is None else layers}))
    return {"OLLAMA_MODELS": str(store)}


@pytest.mark.parametrize(
    ("parts", "name"),
    [(("registry.ollama.ai", "library", "tiny", "latest"), "tiny"),
     (("registry.ollama.ai", "library", "tiny", "8b-q4_K_M"), "tiny:8b-q4_K_M"),
     (("registry.ollama.ai", "someone", "tiny", "latest"), "someone/tiny"),
     (("hf.co", "org", "tiny-GGUF", "Q4_K_M"), "hf.co/org/tiny-GGUF:Q4_K_M")],
)  # fmt: skip
def test_a_pulled_model_is_read_by_its_header(tmp_path: Path, parts: tuple[str, ...], name: str) -> None:
    environment = pull(tmp_path, *parts)
    found = resolve_model(f"ollama:{name}", load_catalog(), environment)
    assert found.weights is not None
    assert (found.quantization, found.origin, found.weights.basis) == ("Q4_K_M", "ollama", "exact")
    assert found.model.name == f"ollama:{name}"
    assert found.gguf_path == str(pulled_file(name, environment))


def test_a_model_that_was_not_pulled_says_which_were(tmp_path: Path) -> None:
    environment = pull(tmp_path, "registry.ollama.ai", "library", "tiny", "latest")
    with pytest.raises(UnknownName, match="ollama:tiny:latest"):
        resolve_model("ollama:tinny", load_catalog(), environment)


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "a/../b", "/etc/passwd", "a/b/c/d", "tiny:../x", "x:", "."]
)
def test_a_name_that_leaves_the_store_is_unknown(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownName):
        resolve_model(
            f"ollama:{name}", load_catalog(), pull(tmp_path, "registry.ollama.ai", "library", "t", "latest")
        )


@pytest.mark.parametrize(
    ("layers", "error"),
    [([], NotSupported), ([{"mediaType": MODEL_LAYER}], BadInput),
     ([{"mediaType": MODEL_LAYER, "digest": "sha256:../../x"}], InvalidFile),
     ([{"mediaType": MODEL_LAYER, "digest": "sha256:" + "a" * 64}], InvalidFile),
     ([{"mediaType": MODEL_LAYER, "digest": "sha256:" + "a" * 64}] * 2, NotSupported)],
)  # fmt: skip
def test_a_manifest_that_names_no_one_file_is_refused(
    tmp_path: Path, layers: list[dict[str, object]], error: type[BadInput]
) -> None:
    environment = pull(tmp_path, "registry.ollama.ai", "library", "tiny", "latest", layers=layers)
    with pytest.raises(error) as caught:
        resolve_model("ollama:tiny", load_catalog(), environment)
    assert "\n" not in str(caught.value)


def test_the_usual_stores_are_the_users_and_the_services() -> None:
    folders = model_folders({"HOME": "/home/me"})
    assert [str(folder) for folder in folders] == [
        "/home/me/.ollama/models",
        "/usr/share/ollama/.ollama/models",
    ]

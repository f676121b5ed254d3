"""A model that was found, and what its files say about their own size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sizewise.domain.model import Model
    from sizewise.domain.text import Text
    from sizewise.estimate.weights import Weights


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A model of the catalog, of a file, a folder, a hub or Ollama."""

    model: Model
    weights: Weights | None = None
    """Exact weights by the headers of its files; None without headers."""
    container: str = ""
    """gguf or safetensors: which engines read these files; empty without headers."""
    quantization: str | None = None
    """Number format of the files; None for a model of the catalog."""
    origin: str = "catalog"
    """catalog, folder, file, hub, modelscope or ollama."""
    caveats: tuple[Text, ...] = ()
    gguf_path: str = ""
    """The GGUF file, for the command that launches it."""
    checkpoint_path: str = ""
    """The folder of a checkpoint that is not fetched by its Hugging Face id."""
    download: str = ""
    """Command that fetches these files; empty where they are here."""

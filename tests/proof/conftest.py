"""One real server for all tests of a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests import llama_server as engine
from tests.random_model import write_random_model

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running llama-server."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed: pip install 'sizewise[engine]'")
    path = tmp_path_factory.mktemp("server") / "tiny.gguf"
    write_random_model(path)
    with engine.llama_server(path, context_tokens=2048) as address:
        yield address

"""One real server for all tests of a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.engine_server import engine_server, write_tiny_model

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running llama-server."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed: pip install 'sizewise[engine]'")
    path = tmp_path_factory.mktemp("server") / "tiny.gguf"
    write_tiny_model(path)
    with engine_server(path) as address:
        yield address

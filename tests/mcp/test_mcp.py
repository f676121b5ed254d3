"""The MCP server, driven by the official client over both transports."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from sizewise.cli.main import main

pytest.importorskip("mcp", reason="mcp is not installed: pip install 'sizewise[mcp]'")

from mcp import Client, StdioServerParameters, stdio_client
from sizewise.mcp.server import entry_uri
from sizewise.mcp.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

QUESTIONS: tuple[tuple[str, dict[str, Any], list[str]], ...] = (
    ("recommend", {"task": "coding", "device": ["RTX 4090"], "users": "3"},
     ["recommend", "--task", "coding", "--device", "RTX 4090", "--users", "3"]),
    ("explain", {"device": ["RTX 4090"]}, ["recommend", "--device", "RTX 4090"]),
    ("fit", {"model": "Qwen3-8B", "device": ["RTX 4090"], "context": "32K"},
     ["fit", "Qwen3-8B", "--device", "RTX 4090", "--context", "32K"]),
    ("compare", {"options": ["Qwen3-8B@Q4_K_M on RTX 4090"]}, ["compare", "Qwen3-8B@Q4_K_M on RTX 4090"]),
    ("capacity", {"model": "Qwen3-8B", "device": "RTX 4090", "rate": "2"},
     ["capacity", "Qwen3-8B", "--device", "RTX 4090", "--rate", "2"]),
    ("cost", {"model": "Qwen3-8B", "device": "RTX 4090", "tokens": "2B", "electricity": "0.2/kWh"},
     ["cost", "Qwen3-8B", "--device", "RTX 4090", "--tokens", "2B", "--electricity", "0.2/kWh"]),
    ("tiers", {"context": "16384"}, ["tiers", "--context", "16384"]),
)  # fmt: skip


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of streamable HTTP, as its user starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "sizewise", "mcp", "--transport", "http", "--port", str(port)]
    server = subprocess.Popen(line)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the server does not listen"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.terminate()
        server.wait(10)


def text_of(content: Any) -> str:
    return str(content.text)


@asynccontextmanager
async def connected(transport: str, address: str) -> AsyncIterator[Client]:
    line = StdioServerParameters(command=sys.executable, args=["-m", "sizewise", "mcp"])
    async with Client(stdio_client(line) if transport == "stdio" else address) as client:
        yield client


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_results_are_those_of_the_command_line(
    transport: str, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {tool for tool, _, _ in QUESTIONS} == set(TOOLS)
    async with connected(transport, address) as client:
        schemas = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
        for tool, given, line in QUESTIONS:
            jsonschema_rs.validate(schemas[tool], given)
            result = await client.call_tool(tool, given)
            assert not result.is_error, result.content
            main([*line, "--json", "--lang", "en"])
            expected = json.loads(capsys.readouterr().out)
            answer = result.structured_content
            assert answer == {name: expected[name] for name in answer}
            assert set(answer) == set(TOOLS[tool].kept or expected)
            jsonschema_rs.validate(TOOLS[tool].output_schema(), answer)


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_tools_and_the_catalog_are_described(transport: str, address: str) -> None:
    async with connected(transport, address) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(listed) == {"recommend", "explain", "fit", "compare", "capacity", "cost", "tiers"}
        for tool in listed.values():
            assert tool.description
            assert tool.input_schema["type"] == "object"
            assert tool.output_schema
            assert tool.output_schema["required"]
            jsonschema_rs.validator_for(tool.input_schema), jsonschema_rs.validator_for(tool.output_schema)
            assert all(field.get("description") for field in tool.input_schema["properties"].values())
        resources = {str(item.uri) for item in (await client.list_resources()).resources}
        assert "sizewise://catalog/device" in resources
        names = (await client.read_resource("sizewise://catalog/device")).contents[0]
        assert "NVIDIA GeForce RTX 4090" in json.loads(text_of(names))
        entry = (await client.read_resource(entry_uri("NVIDIA GeForce RTX 4090"))).contents[0]
        assert all(fact["source"] for fact in json.loads(text_of(entry)))


@pytest.mark.anyio
async def test_what_is_wrong_is_one_sentence_for_the_model(address: str) -> None:
    async with connected("http", address) as client:
        for tool, given, part in (
            ("fit", {"model": "Qwen3-8C", "device": ["RTX 4090"]}, "Qwen3-8B"),
            ("fit", {"model": "/etc/passwd", "device": ["RTX 4090"]}, "unknown model"),
            ("capacity", {"model": "/etc/passwd", "device": "RTX 4090"}, "unknown model"),
            ("cost", {"model": "/etc/passwd", "device": "RTX 4090"}, "unknown model"),
            ("recommend", {"device": ["RTX 4090"], "context": "many"}, "many"),
            ("recommend", {"catalog": "/etc/passwd"}, "catalog"),
        ):
            result = await client.call_tool(tool, given)
            assert result.is_error
            assert part in text_of(result.content[0])
            assert "\n" not in text_of(result.content[0])


def test_an_unknown_transport_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mcp", "--transport", "pigeon"]) == 2
    assert "stdio" in capsys.readouterr().err

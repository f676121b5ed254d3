"""`sizewise mcp`."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
from typing import Any

import click

from sizewise.cli.verbs import option, verb
from sizewise.errors import MissingExtra, UnknownName
from sizewise.units import parse_whole

TRANSPORTS = ("stdio", "http")
LOOPBACK = "127.0.0.1"
LARGEST_PORT = 65535


@verb(
    "mcp",
    help="The verbs as tools for a language model (Model Context Protocol), for programs on this computer.",
)
@option("--transport", default="stdio", show_default=True, metavar="stdio|http",
        help="http is streamable HTTP at http://127.0.0.1:PORT/mcp.")  # fmt: skip
@option("--port", default="8766", show_default=True, metavar="N", help="Port to listen on.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Serve until the client leaves, or until it is interrupted."""
    if any(importlib.util.find_spec(name) is None for name in ("mcp", "pydantic")):
        raise MissingExtra("mcp", "sizewise mcp")
    if given["transport"] not in TRANSPORTS:
        raise UnknownName("--transport", given["transport"], TRANSPORTS, "allowed: stdio, http")
    from sizewise.mcp.server import create_server, serve_stdio

    language = str(ctx.find_root().obj)
    gc.enable()  # switched off for short commands; a server lives long
    if given["transport"] == "stdio":
        asyncio.run(serve_stdio(language))
        return 0
    import uvicorn

    app = create_server(language).streamable_http_app(host=LOOPBACK)
    port = parse_whole(given["port"], "--port", LARGEST_PORT)
    uvicorn.run(app, host=LOOPBACK, port=port, log_level="warning", server_header=False)
    return 0

"""`sizewise serve`."""

from __future__ import annotations

import gc
import os
from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import write
from sizewise.cli.verbs import option, verb
from sizewise.domain.text import T
from sizewise.errors import MissingExtra
from sizewise.units import parse_whole

LARGEST_PORT = 65535
MOST_WORKERS = 64


@verb("serve", help="The page and the HTTP API, on this computer.")
@option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on.")
@option("--port", default="8765", show_default=True, metavar="N", help="Port to listen on.")
@option("--workers", default="1", show_default=True, metavar="N", help="Processes that answer.")
@option(
    "--allow-folder",
    "folders",
    multiple=True,
    metavar="DIR",
    help="Callers may name model files below this folder. May be repeated.",
)
@option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="HOST[:PORT]",
    help="Callers may name models on this hub, such as huggingface.co; list the hosts it redirects to as well.",
)
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Serve until it is interrupted; SIZEWISE_TOKEN asks callers for a token, SIZEWISE_HOSTS names more names of it."""
    try:
        import uvicorn

        from sizewise.api import server
    except ImportError:
        raise MissingExtra("serve", "sizewise serve") from None
    say = say_of(ctx)
    port = parse_whole(given["port"], "--port", LARGEST_PORT)
    workers = parse_whole(given["workers"], "--workers", MOST_WORKERS)
    server.check_free(given["host"], port)
    server.name_hosts(given["host"])
    server.name_reach(given["folders"], given["allowed"])
    address = f"http://{given['host']}:{port}"
    write(say(T("sizewise answers on {address}; Ctrl-C ends it", address=address)) + "\n")
    gc.enable()  # switched off for short commands; a server lives long
    uvicorn.run(
        "sizewise.api.server:application",
        factory=True,
        host=given["host"],
        port=port,
        workers=workers,
        log_level=os.environ.get("SIZEWISE_LOG", "warning"),
        server_header=False,
        date_header=True,
    )
    return 0

"""The server for the official SDK: tools and resources, over standard input and output or streamable HTTP."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import mcp_types as types
from mcp.server import Server
from mcp.server.stdio import stdio_server
from pydantic import ValidationError

from sizewise import __version__, advisor
from sizewise.errors import SizewiseError, shown
from sizewise.mcp.tools import TOOLS
from sizewise.report.answer_json import plain
from sizewise.report.error_sentence import error_sentence
from sizewise.report.language import speaker, translator
from sizewise.sources.reach import Reach, confined

if TYPE_CHECKING:
    from sizewise.report.language import Say

KINDS = ("model", "device", "quantization", "engine", "task")
PREFIX = "sizewise://catalog/"
ENTRY = PREFIX + "entry/"
JSON_TYPE = "application/json"
INSTRUCTIONS = (
    "Sizing of language models: memory, speed, quality and cost with 80 % ranges. Use these tools instead of "
    "arithmetic from memory. Inside: bytes, seconds, tokens, USD."
)


def create_server(language: str) -> Server[Any]:
    """The server; sentences are in `language`."""
    say = speaker(translator(language))
    return Server("sizewise", version=__version__, instructions=INSTRUCTIONS, on_list_tools=_list_tools,
                  on_call_tool=partial(_call_tool, say), on_list_resources=_list_resources,
                  on_list_resource_templates=_list_templates,
                  on_read_resource=partial(_read_resource, say))  # fmt: skip


async def serve_stdio(language: str) -> None:
    """Serve one client on standard input and output until it leaves."""
    server = create_server(language)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


async def _list_tools(_context: Any, _page: Any) -> types.ListToolsResult:  # noqa: ANN401 - the SDK's own
    tools = [
        types.Tool(name=tool.name, description=tool.what, input_schema=tool.input_schema(),
                   output_schema=tool.output_schema(),
                   annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False))
        for tool in TOOLS.values()
    ]  # fmt: skip
    return types.ListToolsResult(tools=tools)


async def _call_tool(say: Say, _context: Any, call: types.CallToolRequestParams) -> types.CallToolResult:  # noqa: ANN401
    tool = TOOLS.get(call.name)
    if tool is None:
        return _refused(f"unknown tool {shown(call.name)}; known: {', '.join(TOOLS)}")
    try:
        with confined(Reach()):
            answer = await asyncio.to_thread(tool.answered, call.arguments or {}, say)
    except ValidationError as error:
        first = error.errors()[0]
        return _refused(shown(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"))
    except SizewiseError as error:
        return _refused(error_sentence(error, say))
    told = str(answer["verdict"]) if "verdict" in answer else json.dumps(answer, ensure_ascii=False)
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=told)], structured_content=answer
    )


def _refused(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=sentence)], is_error=True)


async def _list_resources(_context: Any, _page: Any) -> types.ListResourcesResult:  # noqa: ANN401 - the SDK's own
    listed = [
        types.Resource(name=kind, uri=PREFIX + kind, description=f"Names of every {kind} that is known.",
                       mime_type=JSON_TYPE)
        for kind in KINDS
    ]  # fmt: skip
    return types.ListResourcesResult(resources=listed)


async def _list_templates(_context: Any, _page: Any) -> types.ListResourceTemplatesResult:  # noqa: ANN401 - same
    entry = types.ResourceTemplate(name="entry", uri_template=ENTRY + "{name}", mime_type=JSON_TYPE,
                                   description="Every field of one entry, with unit, source and date.")  # fmt: skip
    return types.ListResourceTemplatesResult(resource_templates=[entry])


async def _read_resource(
    say: Say,
    _context: Any,  # noqa: ANN401 - the SDK's own
    asked: types.ReadResourceRequestParams,
) -> types.ReadResourceResult:
    uri = str(asked.uri)
    if uri.startswith(ENTRY):
        found = plain(list(advisor.catalog_show(unquote(uri.removeprefix(ENTRY)))), say)
    else:
        found = [entry.name for entry in advisor.catalog_list(uri.removeprefix(PREFIX))]
    text = json.dumps(found, ensure_ascii=False)
    return types.ReadResourceResult(
        contents=[types.TextResourceContents(uri=uri, mime_type=JSON_TYPE, text=text)]
    )


def entry_uri(name: str) -> str:
    """The address of one entry of the catalog."""
    return ENTRY + quote(name, safe="")

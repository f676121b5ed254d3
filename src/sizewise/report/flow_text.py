"""The decision flow as a tree in the terminal, and as Mermaid for Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from sizewise.report.flow_view import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.report.flow_view import FlowView

COLUMNS = 78
"""Width of the tree. [cells]"""
YES, NO = "✓", "✗"


def flow_tree(view: FlowView) -> Iterator[str]:
    """The tree, line by line; long texts go on beside their trunk."""
    for before, text in _tree(view):
        trunk = before.replace("├─", "│ ").replace("└─", "  ")
        rest = "".join(sign if sign == "│" else " " * cell_len(sign) for sign in trunk)
        for i, line in enumerate(wrapped(text, COLUMNS - cell_len(before))):
            yield f"{rest if i else before}{line}".rstrip()


def _tree(view: FlowView) -> Iterator[tuple[str, str]]:
    """What stands before each text, and the text."""
    yield "", view.start
    for diamond in view.diamonds:
        yield "│", ""
        yield f"├─ {YES if diamond.passes else NO} ", f"{diamond.question} {diamond.value}"
        yield "│    ", f"[{diamond.threshold}]"
        yield f"│    └─ {view.no}: ", diamond.branch
        if diamond.leads_to:
            yield "│       ", f"→ {diamond.leads_to}"
    if view.quiet:
        yield "│", ""
        yield "│  ", view.quiet
    yield "│", ""
    yield "└─ ", view.end
    if view.guide:
        yield "", ""
        yield from _guide_tree(view)


def _guide_tree(view: FlowView) -> Iterator[tuple[str, str]]:
    yield "", view.guide_title
    for position, (question, reply) in enumerate(view.guide):
        yield f"├─ {'≠' if position == view.parts_at else ' '} ", f"{question} {reply}"
    yield f"└─ {'=' if view.parts_at < 0 else '≠'} ", view.guide_end
    yield "   ", view.parting


def flow_mermaid(view: FlowView) -> str:
    """A flowchart in Mermaid: the computed way, the branches not taken dotted, the original guide beside it."""
    lines = ["flowchart TD", f"  start([{_quoted(view.start)}])"]
    before = "start"
    for i, diamond in enumerate(view.diamonds):
        text = f"{diamond.question}<br/>{diamond.threshold}<br/>{diamond.value}"
        lines.append(f"  q{i}{{{_quoted(text)}}}")
        lines.append(f"  {before} --> q{i}" if i == 0 else f"  {before} -->|{_quoted(view.yes)}| q{i}")
        other = diamond.branch + (f"<br/>{diamond.leads_to}" if diamond.leads_to else "")
        lines.append(f"  q{i} -.->|{_quoted(view.no)}| n{i}[{_quoted(other)}]")
        before = f"q{i}"
    lines += [f"  answer([{_quoted(view.end)}])", f"  {before} --> answer"]
    return "\n".join([*lines, *_guide_mermaid(view)]) + "\n"


def _guide_mermaid(view: FlowView) -> Iterator[str]:
    if not view.guide:
        return
    yield f"  subgraph guide [{_quoted(view.guide_title)}]"
    before, reply_before = "", ""
    for i, (question, reply) in enumerate(view.guide):
        yield f"    g{i}{{{_quoted(question)}}}"
        if before:
            yield f"    {before} -->|{_quoted(reply_before)}| g{i}"
        before, reply_before = f"g{i}", reply
    yield f"    gend([{_quoted(view.guide_end)}])"
    yield f"    {before} -->|{_quoted(reply_before)}| gend"
    yield "  end"
    yield f"  parting[{_quoted(view.parting)}]"
    yield f"  {'gend' if view.parts_at < 0 else f'g{view.parts_at}'} -.- parting"


def _quoted(text: str) -> str:
    """A label that Mermaid reads as text."""
    return '"' + text.replace('"', "#quot;").replace("|", "#124;") + '"'

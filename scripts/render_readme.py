"""Fills the examples of the READMEs and the guides with what the commands print today, and draws the pictures.

Usage: python scripts/render_readme.py [--check]   (--check: say what is stale, write nothing, exit 1)
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = tuple(
    ROOT / name
    for name in ("README.md", "README.zh-CN.md", "docs/tutorial.md", "docs/tutorial.zh.md", "docs/howto.md")
)
PICTURES = {
    "recommend.svg": ("recommend", "--task", "summarization", "--device", "RTX 4090"),
    "recommend.zh.svg": ("--lang", "zh", "recommend", "--task", "summarization", "--device", "RTX 4090"),
}
BLOCK = re.compile(r"```console\n\$ (?P<command>sizewise [^\n]+)\n(?P<output>(?:(?!```).*\n)*)```")
SHOWN_LINES = 14
"""Lines of an answer that a document shows; the rest is a command away."""
WIDTH = 100
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def printed(command: str, *, has_colour: bool = False) -> str:
    """What a command prints, at a fixed width; answers 'no' (exit code 1) are answers too."""
    environment = {**os.environ, "COLUMNS": str(WIDTH), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    if has_colour:
        environment |= {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{command}: exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def shown(command: str) -> str:
    """The first lines of what a command prints."""
    lines = [line.rstrip() for line in printed(command).splitlines()]
    rest = ["..."] if len(lines) > SHOWN_LINES else []
    return "\n".join([*lines[:SHOWN_LINES], *rest]) + "\n"


def rendered(text: str) -> str:
    """A document with every example filled in."""
    return BLOCK.sub(lambda m: f"```console\n$ {m['command']}\n{shown(m['command'])}```", text)


def draw(name: str, arguments: tuple[str, ...]) -> None:
    """One picture of a terminal."""
    from rich.console import Console  # noqa: PLC0415 - only for drawing
    from rich.text import Text  # noqa: PLC0415 - only for drawing

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere)
        console.print(Text.from_ansi(printed(shlex.join(("sizewise", *arguments)), has_colour=True)))
    picture = console.export_svg(title=shlex.join(("sizewise", *arguments)))
    target = ROOT / "docs" / "images" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(FONT_FACE.sub("", picture), encoding="utf-8")


def main() -> int:
    """Fill, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    is_check = parser.parse_args().check
    stale = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        fresh = rendered(text)
        if fresh != text:
            stale.append(str(path.relative_to(ROOT)))
            if not is_check:
                path.write_text(fresh, encoding="utf-8")
    if not is_check:
        for name, arguments in PICTURES.items():
            draw(name, arguments)
        return 0
    print("stale: " + ", ".join(stale) if stale else "fresh")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())

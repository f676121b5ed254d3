"""Where an answer goes: the terminal as a page or JSON, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sizewise.domain.text import T
from sizewise.errors import InvalidFile
from sizewise.report.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from sizewise.domain.text import Text
    from sizewise.report.language import Say


def show_json(payload: Any, *, out: str | None, say: Say) -> None:  # noqa: ANN401 - any JSON value
    """Print or write an answer for programs."""
    from sizewise.report.answer_json import json_text

    _deliver(json_text(payload) + "\n", out, say)


def show_page(blocks: Iterable[RenderableType], *, out: str | None, say: Say) -> None:
    """Print or write an answer for people."""
    from sizewise.report.page import page_text

    _deliver(page_text(blocks, for_file=out is not None), out, say)


@contextmanager
def busy(say: Say, what: Text) -> Iterator[None]:
    """Say on a terminal what is going on, for work that can take longer than a second; silent in pipes."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(say(what)):
        yield


def show_text(text: str, *, out: str | None, say: Say) -> None:
    """Print or write a drawing as it is."""
    _deliver(text, out, say)


def _deliver(text: str, out: str | None, say: Say) -> None:
    if out is None:
        write(text)
    else:
        write_whole(Path(out), text)
        write(say(T("written to {file}", file=out)) + "\n")


def write(text: str) -> None:
    """Print on standard output, as it is.

    Raises: InvalidFile if it cannot be written; BrokenPipeError if nobody reads it any more.
    """
    with _said_clearly():
        click.echo(text, nl=False, color=True)


def flush() -> None:
    """Write what is buffered; raises like `write`."""
    if sys.stdout is not None:
        with _said_clearly():
            sys.stdout.flush()


@contextmanager
def _said_clearly() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # what is buffered would fail again at exit
        raise InvalidFile("cannot write the answer: {reason}", reason=error.strerror) from None

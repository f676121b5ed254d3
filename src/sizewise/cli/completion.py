"""`sizewise completion`, and the names that a shell completes."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import get_completion_class

from sizewise.cli.output import write
from sizewise.cli.verbs import COMPLETE_VARIABLE, verb
from sizewise.errors import UnknownName

SHELLS = ("bash", "zsh", "fish")


@verb("completion", help="Print the script that lets a shell complete commands, options and names.")
@click.argument("shell", metavar="bash|zsh|fish", type=str)
def command(**given: Any) -> int:  # noqa: ANN401 - what was typed
    """Print the script of a shell.

    Raises: UnknownName for a shell without one.
    """
    shell = given["shell"].strip().lower()
    if shell not in SHELLS:
        raise UnknownName("shell", given["shell"], SHELLS, f"allowed: {', '.join(SHELLS)}")
    complete = _class_of(shell)
    write(complete.source() + "\n")
    return 0


def answer(instruction: str) -> int:
    """Answer a shell's script: the completions of what is typed, one a line."""
    shell, _, what = instruction.partition("_")
    if shell not in SHELLS or what not in {"source", "complete"}:
        return 1
    complete = _class_of(shell)
    write((complete.source() if what == "source" else complete.complete()) + "\n")
    return 0


def _class_of(shell: str) -> Any:  # noqa: ANN401 - click's own class of the shell
    from sizewise.cli.root import PROGRAM, root

    found = get_completion_class(shell)
    if found is None:
        raise UnknownName("shell", shell, SHELLS, f"allowed: {', '.join(SHELLS)}")
    return found(root, {}, PROGRAM, COMPLETE_VARIABLE)

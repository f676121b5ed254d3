"""Entry point: runs one command, turns every outcome into an exit code and at most one line on standard error.

0 answered; 1 no option found, or it does not fit; 2 bad input; 70 an error of ours; 130 interrupted; 141 closed pipe.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED, CLOSED_PIPE = 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the return value is the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault(
        "OPENBLAS_NUM_THREADS", "1"
    )  # no matrices are multiplied: threads would only be started
    gc.disable()  # one short command: collecting cycles costs a tenth of its time and frees nothing that matters
    try:
        from sizewise.cli.root import run

        return run(given)
    except KeyboardInterrupt:
        from sizewise.cli.complaint import complain_interrupted

        complain_interrupted(given)
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return CLOSED_PIPE


def _drop_output() -> None:
    """Nobody reads on: what is still buffered goes nowhere, so that the interpreter exits without complaint."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def program() -> NoReturn:
    """The installed program: like `main`, but leaves at once, without taking apart what it built.

    Everything is written and flushed by then; taking apart costs a twentieth of a short command.
    """
    code = main()
    with suppress(BrokenPipeError, ValueError, OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)

"""Run another program as a group of its own, and end all of it when whoever started this is gone, however that ended.

python -m sizewise.proof.program_group PROGRAM OPTIONS...

For programs that start others: those outlive one whose process is killed. The end of standard input is the sign.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress


def main() -> int:
    """Exit code of the program; 1 where it was ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the starter, which then closes the pipe
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_end_with_input, args=(child.pid,), daemon=True).start()
    code = child.wait()
    _end(child.pid)
    return code if code >= 0 else 1


def _end_with_input(group: int) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    _end(group)


def _end(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())

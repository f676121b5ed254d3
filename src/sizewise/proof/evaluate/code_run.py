"""Code of an answer, run with its tests in a process that can do little. Off unless the user allows it.

The process has limits of time, memory, files, processes and output, an empty environment, a folder of its own that is
removed, and an audit hook that ends it when it opens a socket, starts a program or writes elsewhere. This stops
accidents and common tricks; it is no wall against an attacker: allow it only for models that you would run yourself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

TIMEOUT_S = 5.0
MEMORY_BYTES = 512 * 2**20
WRITTEN_BYTES = 2**20
NUM_FILES = 32
PASSED = 77
"""Exit status after the last test; code that ends the process early, with 0 or otherwise, has not passed."""
MAX_CODE_CHARACTERS = 50_000
GUARD = f"""
import os, resource, sys
for what, most in ((resource.RLIMIT_CPU, {int(TIMEOUT_S)}), (resource.RLIMIT_AS, {MEMORY_BYTES}),
                   (resource.RLIMIT_FSIZE, {WRITTEN_BYTES}), (resource.RLIMIT_NOFILE, {NUM_FILES}),
                   (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0)):
    resource.setrlimit(what, (most, most))
def _watch(event, arguments, here=os.getcwd() + os.sep, end=os._exit, path=os.path.abspath):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.kill",
                         "ctypes.", "pty.", "shutil.", "os.chmod", "os.chown", "os.symlink", "os.link", "signal.",
                         "resource.", "os.putenv", "winreg.", "ftplib.", "smtplib.", "urllib.")):
        end(97)
    if event == "open" and not isinstance(arguments[0], int):
        mode, flags = arguments[1], arguments[2]
        writes = (isinstance(mode, str) and any(c in mode for c in "wax+")) or (flags or 0) & 3
        if writes and not path(os.fsdecode(arguments[0])).startswith(here):
            end(97)
    if event in ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate"):
        if not path(os.fsdecode(arguments[0])).startswith(here):
            end(97)
import json, math, re, collections, itertools, functools, string, datetime, random, heapq, bisect, typing
sys.addaudithook(_watch)
code = compile(open("answer.py", encoding="utf-8").read(), "answer.py", "exec")
tests = compile(open("tests.py", encoding="utf-8").read(), "tests.py", "exec")
names = {{"__name__": "answer"}}
exec(code, names)
exec(tests, names)
sys.stdout.flush()
os._exit({PASSED})
"""


def passes(code: str, tests: str) -> bool:
    """Do the tests run to their end on this code?"""
    if len(code) > MAX_CODE_CHARACTERS:
        return False
    with TemporaryDirectory(prefix="sizewise-code-") as folder:
        here = Path(folder)
        (here / "answer.py").write_text(code, encoding="utf-8", errors="replace")
        (here / "tests.py").write_text(tests, encoding="utf-8")
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", GUARD], cwd=here, env={}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            return child.wait(TIMEOUT_S) == PASSED
        except subprocess.TimeoutExpired:
            return False
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

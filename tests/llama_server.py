"""The real llama-server, from the xllamacpp wheel, in a process of its own on a free port of this computer.

with llama_server(TINY / "small-f16.gguf") as url: ...
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

TINY = Path(__file__).parent / "data" / "tiny"
"""Models that `scripts/train_tiny.py` trained."""
START_S = 30.0
HEALTHY = 200
PROGRAM = """
import os, sys, xllamacpp
given = dict(pair.split("=", 1) for pair in sys.argv[1:])
if given["processors"]:
    os.sched_setaffinity(0, {int(number) for number in given["processors"].split(",")})
params = xllamacpp.CommonParams()
params.model.path = given["path"]
params.model_alias = [given["alias"]]
params.hostnames, params.port = ["127.0.0.1"], 0
params.n_parallel = int(given["slots"])
params.n_ctx = int(given["context"]) * int(given["slots"])
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(given["threads"])
params.n_threads_http = int(given["slots"]) + 4
params.use_jinja, params.ui, params.warmup, params.verbosity = True, False, False, -1
params.fit_params, params.endpoint_metrics = False, True
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
"""Ends when its input is closed, so that it never outlives the test."""


@contextmanager
def llama_server(
    path: Path, *, slots: int = 4, context_tokens: int = 128, threads: int = 1, alias: str = "",
    processors: Collection[int] = (),
) -> Iterator[str]:  # fmt: skip
    """The address of a running server, held to `processors` where some are given; it is stopped in any case."""
    given = {
        "path": path,
        "slots": slots,
        "context": context_tokens,
        "threads": threads,
        "alias": alias or path.stem,
        "processors": ",".join(str(number) for number in processors),
    }
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *(f"{name}={value}" for name, value in given.items())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        address = _address(child.stdout.readline())
        _wait_for_health(address, child)
        yield address
    finally:
        child.kill()
        child.communicate()


@contextmanager
def llama_servers(paths: Mapping[str, Path]) -> Iterator[dict[str, str]]:
    """Several at once, by name."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(llama_server(path)) for name, path in paths.items()}


def _address(line: str) -> str:
    assert line.strip(), "the server ended at its start"
    told = line.strip()
    return told if told.startswith("http") else f"http://{told}"


def _wait_for_health(address: str, child: subprocess.Popen[str]) -> None:
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s:
        assert child.poll() is None, "the server ended at its start"
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1) as answer:  # noqa: S310 - this computer
                if answer.status == HEALTHY:
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"no health of {address} within {START_S} s")

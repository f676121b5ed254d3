"""The user's own llama-bench or llama-server: which one, what it can see, and what its log says about memory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.errors import BadInput
from sizewise.proof.engine_oracle import EngineBuffer
from sizewise.proof.program_watch import watched
from sizewise.units import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BENCH, SERVER = "llama-bench", "llama-server"
NAMES = (BENCH, SERVER)
"""In the order in which they are taken: the former times itself."""
VARIABLE = "SIZEWISE_LLAMA_CPP"
"""Where the program, or its folder, may also be named."""
ASK_S = 30.0
CONTEXT_MARK = "constructing llama_context"
"""Where the log of another context begins."""
MODEL_MARK = "llama_model_loader: loaded meta data"
"""Before any weight is read."""
WEIGHTS = re.compile(r"(\S+) model buffer size =\s+([\d.]+) MiB")
CACHE = re.compile(r"(\S+) (?:KV|RS) buffer size =\s+([\d.]+) MiB")
WORK = re.compile(r"(\S+)\s+compute buffer size =\s+([\d.]+) MiB")
OUTPUT = re.compile(r"(\S+)\s+output buffer size =\s+([\d.]+) MiB")
VERSION = re.compile(r"version: (\S+)")


@dataclass(frozen=True, kw_only=True)
class LlamaProgram:
    """One program that is there."""

    path: str
    name: str
    """One of NAMES."""
    build: str
    """As it tells it, such as b11434; its name where it tells nothing."""
    help: str
    """What it says about its options, which differ between builds."""
    has_accelerator: bool
    """Does it list a device besides the processor?"""

    def without_mapping(self) -> tuple[str, ...]:
        """Options that read the file into memory, so that every byte counts once."""
        if "--load-mode" in self.help:
            return ("--load-mode", "none")
        return ("--no-mmap",) if self.name == SERVER else ("-mmp", "0")


def llama_program(given: str | None, environment: Mapping[str, str]) -> LlamaProgram | None:
    """The program that was named, that VARIABLE names, or that is found in PATH; None: there is none.

    Raises: BadInput where a named one is not there or not one of NAMES.
    """
    named = given or environment.get(VARIABLE)
    if named:
        return _asked(_named(named, "--engine-binary" if given else VARIABLE))
    found = (shutil.which(name, path=environment.get("PATH")) for name in NAMES)
    return next((_asked(path) for path in found if path), None)


def _named(named: str, place: str) -> str:
    path = Path(named).expanduser()
    inside = [path / name for name in NAMES] if path.is_dir() else [path]
    for one in inside:
        if one.is_file() and os.access(one, os.X_OK) and _name(str(one)):
            return str(one)
    raise BadInput(
        "{place} names {given}, which is not a {known} that can be started; give its path or its folder",
        place=place, given=named, known=" or ".join(NAMES),
    )  # fmt: skip


def _name(path: str) -> str:
    return next((name for name in NAMES if Path(path).name.startswith(name)), "")


def _asked(path: str) -> LlamaProgram:
    told = _said(path, "--help")
    with watched([path, "--list-devices"]) as running:
        running.ended(ASK_S)
        devices = [line.strip() for line in running.told if re.match(r"\s+\S+: .*MiB", line)]
    version = VERSION.search(_said(path, "--version"))
    return LlamaProgram(
        path=path,
        name=_name(path),
        build=f"b{version.group(1)}" if version else _name(path),
        help=told,
        has_accelerator=any(not line.startswith("CPU") for line in devices),
    )


def _said(path: str, option: str) -> str:
    try:
        done = subprocess.run(
            [path, option], capture_output=True, text=True, timeout=ASK_S, check=False, errors="replace"
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BadInput("{path} cannot be started: {reason}", path=path, reason=str(error)) from None
    return done.stdout + done.stderr


def buffers_of(log: Sequence[str]) -> tuple[EngineBuffer, ...]:
    """Weights, and the cache and work space of the last context, by buffer.

    >>> buffers_of(["load_tensors:   CPU model buffer size =     2.00 MiB",
    ...             "llama_kv_cache:        CPU KV buffer size =     1.00 MiB"])[0].kv_bytes
    1048576
    """
    starts = [i for i, line in enumerate(log) if CONTEXT_MARK in line]
    last = log[starts[-1] :] if starts else log
    weights, cache = _sums(WEIGHTS, log), _sums(CACHE, last)
    work = {name: sizes[-1] for name, sizes in _sizes(WORK, last).items()}  # it is reserved more than once
    for name, size in _sums(OUTPUT, last).items():
        work[name] = work.get(name, 0) + size
    return tuple(
        EngineBuffer(
            buffer=name,
            weights_bytes=weights.get(name, 0),
            kv_bytes=cache.get(name, 0),
            compute_bytes=work.get(name, 0),
        )
        for name in dict.fromkeys((*weights, *cache, *work))
    )


def _sizes(pattern: re.Pattern[str], log: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for line in log:
        match = pattern.search(line)
        if match:
            found[match.group(1)].append(round(float(match.group(2)) * MIB))
    return found


def _sums(pattern: re.Pattern[str], log: Sequence[str]) -> dict[str, int]:
    return {name: sum(sizes) for name, sizes in _sizes(pattern, log).items()}

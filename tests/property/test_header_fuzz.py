"""Hostile headers: whatever is changed, the answer is a header or one line, soon and in little memory."""

from __future__ import annotations

import random
import resource
import struct
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest
from tests.header_bytes import tiny_gguf, tiny_safetensors

from sizewise.errors import BadInput
from sizewise.sources.byte_source import MemoryBytes
from sizewise.sources.gguf_file import gguf_format, gguf_weights, read_gguf
from sizewise.sources.gguf_header import read_gguf_header
from sizewise.sources.gguf_model import gguf_model
from sizewise.sources.safetensors_header import read_safetensors_header
from sizewise.sources.safetensors_weights import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable

NUM_MUTATIONS = 10_000
"""Of each kind in `make test`."""
NUM_SOAK_MUTATIONS = 500_000
KNOWN_FORMATS = ("Q4_K_M", "Q8_0", "UD-Q4_K_XL")
MAX_SECONDS, MAX_BYTES = 1.0, 300 * 2**20
NUMBERS = (0, 1, 2**7, 2**8 - 1, 2**16, 2**31, 2**32 - 1, 2**32, 2**40, 2**60, 2**63, 2**64 - 1)
JSON_PIECES = (
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"-1", b"1e9", b"NaN", b"9" * 30, b'"dtype"', b'"BF16"', b"\xff",
    b"[0,0]", b'{"a":1}', b"\\u0000", b" ",
)  # fmt: skip


def read_gguf_bytes(content: bytes) -> None:
    file = read_gguf("x.gguf", lambda name: MemoryBytes(name, content))
    assert 0 <= gguf_weights(file).file_bytes <= len(content)
    model = gguf_model(file, name="x", native_format=gguf_format(file, KNOWN_FORMATS))
    assert model.num_params >= model.num_active_params >= 0


def read_safetensors_bytes(content: bytes) -> None:
    tensors = read_safetensors_header(MemoryBytes("x.safetensors", content))
    found = checkpoint("x", tensors, num_layers=1, ties_embeddings=False)
    assert 0 <= found.total_bytes <= len(content)


def mutated(rng: random.Random, content: bytes, header_bytes: int, pieces: tuple[bytes, ...]) -> bytes:
    """The same with one to four changes in its header: bytes, numbers, pieces put in, taken out or repeated, an end."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(min(header_bytes, len(changed)) or 1)
        kind = rng.randrange(6)
        if kind == 0:
            changed[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            changed[at : at + 8] = struct.pack("<Q", rng.choice(NUMBERS))
        elif kind == 2:
            changed[at : at + 4] = struct.pack("<I", rng.choice(NUMBERS) % 2**32)
        elif kind == 3:
            changed[at:at] = rng.choice(pieces)
        elif kind == 4:
            begin = rng.randrange(header_bytes)
            changed[at:at] = content[begin : begin + rng.randint(1, 64)]
        else:
            del changed[at : at + rng.choice((1, 4, 8, 64, 10**6))]
    return bytes(changed)


READERS: dict[str, tuple[Callable[[], bytes], Callable[[bytes], None]]] = {
    "gguf": (tiny_gguf, read_gguf_bytes),
    "safetensors": (tiny_safetensors, read_safetensors_bytes),
}


def fuzz(name: str, count: int, seed: int) -> int:
    """Read so many mutated headers; how many were still valid."""
    made, read = READERS[name]
    content, rng = made(), random.Random(seed)  # noqa: S311 - test data
    header_bytes = len(content.rstrip(b"\0"))
    num_valid = 0
    for _ in range(count):
        hostile = mutated(rng, content, header_bytes, JSON_PIECES)
        begin_s = time.process_time()
        try:
            read(hostile)
            num_valid += 1
        except BadInput as error:
            assert "\n" not in str(error)  # noqa: PT017 - one of many
            assert len(str(error)) < 600  # noqa: PT017 - same
        assert time.process_time() - begin_s < MAX_SECONDS
    return num_valid


def fuzz_alone(name: str, count: int, seed: int) -> tuple[int, int]:
    """The same in a process of its own: valid headers, and the growth of the process at its highest. [count, bytes]"""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_fuzz_measured, name, count, seed).result()


def _fuzz_measured(name: str, count: int, seed: int) -> tuple[int, int]:
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    num_valid = fuzz(name, count, seed)
    return num_valid, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) * 1024


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_a_mutated_header_is_read_or_refused_in_one_line_and_little_memory(name: str) -> None:
    num_valid, num_bytes = fuzz_alone(name, NUM_MUTATIONS, seed=7)
    assert 0 < num_valid < NUM_MUTATIONS
    assert num_bytes < MAX_BYTES


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", READERS)
def test_half_a_million_mutated_headers_of_each_kind(name: str, soak_scale: float) -> None:
    count = max(1, round(NUM_SOAK_MUTATIONS * soak_scale))
    num_valid, num_bytes = fuzz_alone(name, count, seed=11)
    assert 0 < num_valid < count
    assert num_bytes < MAX_BYTES


def filled(unit: bytes, size_bytes: int) -> bytes:
    return (unit * (size_bytes // len(unit) + 1))[:size_bytes]


def safetensors_of(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def gguf_of(entries: bytes, num_entries: int, num_tensors: int = 0) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, num_tensors, num_entries) + entries


KEY = struct.pack("<Q", 1) + b"k"
LARGE = 15 * 2**20
HUGE_HEADERS: dict[str, Callable[[], bytes]] = {
    "empty lists": lambda: safetensors_of(b"[" + filled(b"[],", LARGE)),
    "empty objects": lambda: safetensors_of(b"{" + filled(b'"a":{},', LARGE)),
    "short texts": lambda: safetensors_of(b"[" + filled(b'"ab",', LARGE)),
    "numbers": lambda: safetensors_of(b"[" + filled(b"1000,", LARGE)),
    "deep": lambda: safetensors_of(filled(b'{"a":', LARGE)),
    "below the limits": lambda: safetensors_of(
        b"{" + b"".join(b'"%d":{"dtype":"F8","shape":[1,2],"data_offsets":[0,0]},' % i for i in range(99_000)) + b"}"
    ),
    "long text": lambda: safetensors_of(b'{"' + b"a" * LARGE + b'":1}'),
    "empty strings": lambda: gguf_of(
        KEY + struct.pack("<IIQ", 9, 8, 1_200_000) + bytes(8 * 1_200_000), 1
    ),
    "many strings": lambda: gguf_of(KEY + struct.pack("<IIQ", 9, 8, 2**24) + bytes(8 * 2**20), 1),
    "many tensors": lambda: gguf_of(
        b"".join(struct.pack("<Q8sIQIQ", 8, b"%08d" % i, 1, 8, 0, 32 * i) for i in range(65_536)) + bytes(2**22),
        0, 65_536,
    ),
    "string of 4 GB": lambda: gguf_of(struct.pack("<Q", 2**32) + bytes(2**20), 1),
}  # fmt: skip


def measured(name: str) -> tuple[float, int]:
    """CPU time of reading one huge header, and the growth of the process by it. [s, bytes]"""
    content = HUGE_HEADERS[name]()
    read = read_gguf_bytes if content.startswith(b"GGUF") else read_safetensors_bytes
    before_kib, begin_s = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    _try(read, content)
    seconds = time.process_time() - begin_s
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) * 1024


@pytest.mark.slow
@pytest.mark.parametrize("name", HUGE_HEADERS)
def test_a_huge_header_needs_less_than_a_second_and_300_mib(name: str) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        seconds, num_bytes = pool.submit(measured, name).result()
    assert (seconds < MAX_SECONDS, num_bytes < MAX_BYTES) == (True, True), (seconds, num_bytes)


def _try(read: Callable[[bytes], None], content: bytes) -> None:
    try:
        read(content)
    except BadInput as error:
        assert "\n" not in str(error)  # noqa: PT017 - valid headers are welcome too


def test_a_valid_header_is_read() -> None:
    assert len(read_gguf_header(MemoryBytes("x", tiny_gguf())).tensors) == 21
    assert len(read_safetensors_header(MemoryBytes("x", tiny_safetensors()))) == 4

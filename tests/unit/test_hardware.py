"""`hardware`: limits of containers, cards as kernels and drivers tell, running engines, and nothing that hangs."""

from __future__ import annotations

import json
import math
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from sizewise.cli.main import main
from sizewise.domain.estimate import Estimate
from sizewise.proof import container, probe_cards, probe_rates
from sizewise.proof.patience import within
from sizewise.proof.probe_cards import ascend_cards, link_bytes_per_s
from sizewise.proof.probe_engines import running_engines
from sizewise.proof.probe_rates import MemoryRate, disk_read_bytes_per_s, memory_read_bytes_per_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _late() -> str:
    time.sleep(5)
    return "late"


def test_what_hangs_or_fails_is_left_behind() -> None:
    start = time.perf_counter()
    assert within(0.05, _late, "never") == "never"
    assert time.perf_counter() - start < 1
    assert within(1.0, lambda: 1 / 0, 7.0) == 7.0
    assert within(1.0, lambda: "here", "never") == "here"


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A control group below another one."""
    inner = tmp_path / "fs" / "slice" / "job"
    inner.mkdir(parents=True)
    own = tmp_path / "cgroup"
    own.write_text("0::/slice/job\n")
    monkeypatch.setattr(container, "ROOT", tmp_path / "fs")
    monkeypatch.setattr(container, "OWN_GROUP", own)
    return inner


def test_the_tightest_limit_of_all_groups_counts(group: Path) -> None:
    (group / "memory.max").write_text("max\n")
    (group.parent / "memory.max").write_text("3221225472\n")
    (group.parents[1] / "memory.max").write_text("4294967296\n")
    assert container.memory_limit_bytes() == 3 * 2**30


def test_a_quota_of_processors_counts(group: Path) -> None:
    (group / "cpu.max").write_text("50000 100000\n")
    assert container.processor_limit() == 0.5
    assert container.usable_processors() == 1
    (group / "cpu.max").write_text("max 100000\n")
    assert math.isinf(container.processor_limit())


def test_the_linux_of_windows_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = tmp_path / "osrelease"
    release.write_text("5.15.167.4-microsoft-standard-WSL2\n")
    monkeypatch.setattr(container, "KERNEL_RELEASE", release)
    monkeypatch.setattr(container, "CONTAINER_MARKS", ())
    assert container.surroundings() == "wsl"
    monkeypatch.setattr(container, "CONTAINER_MARKS", (release,))
    assert container.surroundings() == "container"


def test_a_card_of_amd_is_read_from_the_kernel(tmp_path: Path) -> None:
    device = tmp_path / "card1" / "device"
    (device / "hwmon" / "hwmon3").mkdir(parents=True)
    for name, text in (
        ("vendor", "0x1002"), ("mem_info_vram_total", "25753026560"), ("mem_info_vram_used", "1073741824"),
        ("product_name", "Radeon RX 7900 XTX"), ("max_link_speed", "16.0 GT/s PCIe"), ("max_link_width", "16"),
        ("hwmon/hwmon3/power1_cap", "339000000"),
    ):  # fmt: skip
        (device / name).write_text(text + "\n")
    (tmp_path / "card1-HDMI-A-1" / "device").mkdir(parents=True)
    (tmp_path / "card0" / "device").mkdir(parents=True)
    (tmp_path / "card0" / "device" / "vendor").write_text("0x1a03\n")  # the display of a server board
    (card,) = probe_cards._kernel_cards(tmp_path)
    assert card.name == "Radeon RX 7900 XTX"
    assert card.free_bytes == 25753026560 - 2**30
    assert card.power_limit_watts == 339.0
    assert card.link_bytes_per_s == pytest.approx(31.5e9, rel=0.01)


def test_cards_of_ascend_are_read_from_their_tool() -> None:
    told = """
| NPU     Name              | Health         | Power(W)     Temp(C)           Hugepages-Usage(page) |
| Chip                      | Bus-Id         | AICore(%)    Memory-Usage(MB)  HBM-Usage(MB)         |
+===========================+================+======================================================+
| 0       910B3             | OK             | 98.9         44                0    / 0              |
| 0                         | 0000:C1:00.0   | 0            0    / 0          3407 / 65536          |
+===========================+================+======================================================+
"""
    (card,) = ascend_cards(told)
    assert card.name == "Ascend 910B3"
    assert card.memory_bytes == 65_536 * 2**20
    assert card.free_bytes == (65_536 - 3_407) * 2**20


def test_an_unknown_link_is_unknown() -> None:
    assert math.isnan(link_bytes_per_s(math.nan, 16))
    assert link_bytes_per_s(32.0, 16) == pytest.approx(63e9, rel=0.01)


class _Models(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A server that answers with the parameter."""
    handler = type("Handler", (_Models,), {"body": request.param})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("port", [b'{"data": [{"id": "qwen3", "owned_by": "vllm"}]}'], indirect=True)
def test_a_running_engine_is_found_by_what_it_says_of_itself(port: int) -> None:
    (found,) = running_engines({port: "llama.cpp", 9: "nobody"})
    assert (found.engine, found.models) == ("vllm", ("qwen3",))
    assert found.url.endswith(str(port))


@pytest.mark.parametrize("port", [b"<html>", b"[]", b'{"data": 3}'], indirect=True)
def test_another_program_on_the_port_is_no_engine(port: int) -> None:
    assert running_engines({port: "llama.cpp"}) == ()


def test_memory_and_disk_are_measured(tmp_path: Path) -> None:
    memory, _ = memory_read_bytes_per_s(1, num_bytes=64 * 2**20, seconds=0.1)
    assert 1e8 < memory.low <= memory.likely <= memory.high < 1e12
    disk = disk_read_bytes_per_s(tmp_path, num_bytes=16 * 2**20)
    assert disk.likely > 1e6
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_quiet", [True, False])
def test_a_quiet_probe_is_kept_and_later_predictions_follow_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, is_quiet: bool
) -> None:
    """A disturbed one is told and forgotten; `--no-store` reads none."""

    def read(num_threads: int) -> MemoryRate:
        assert num_threads >= 1
        return MemoryRate(Estimate.exactly(10e9, "measured"), is_quiet)

    monkeypatch.setenv("SIZEWISE_STORE", str(tmp_path / "store.db"))
    monkeypatch.setattr(probe_rates, "memory_read_bytes_per_s", read)

    def bandwidth(*words: str) -> float:
        assert main(["hardware", "--json", *words]) == 0
        found: float = json.loads(capsys.readouterr().out)["machines"][-1]["bandwidth_bytes_per_s"]
        return found

    assumed = bandwidth()
    assert bandwidth("--probe") == bandwidth() == (pytest.approx(12.5e9) if is_quiet else assumed)
    assert bandwidth("--no-store") == assumed
    assert main(["store", "show"]) == 0
    assert main(["hardware", "--probe"]) == 0
    assert ("other programs took the processor" in capsys.readouterr().out) is not is_quiet


@pytest.mark.slow
def test_the_verb_tells_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hardware", "--probe", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["free_memory_bytes"] <= found["memory_bytes"]
    assert found["memory_read_bytes_per_s"]["low"] > 0
    assert found["disk_read_bytes_per_s"]["likely"] > 0
    assert found["num_processors"] >= 1
    assert main(["hardware", "--lang", "zh"]) == 0
    assert "磁盘" in capsys.readouterr().out

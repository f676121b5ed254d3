"""The load generator by itself: how many run at once, when requests come, what counts and what does not."""

from __future__ import annotations

import asyncio
import json
import math
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from sizewise.errors import InvalidFile
from sizewise.proof.endpoint import target_of
from sizewise.proof.endpoint_reply import Reply
from sizewise.proof.load.bench_files import imported_runs
from sizewise.proof.load.counters import counted, parsed_counters
from sizewise.proof.load.drive import Driven, Load, drive
from sizewise.proof.load.figures import latency, load_figures
from sizewise.proof.load.request import Asker, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def reply(*piece_times_s: float, started_s: float = 0.0, failure: str = "") -> Reply:
    return Reply(
        started_s=started_s, piece_times_s=piece_times_s, ended_s=max(piece_times_s, default=1.0), prompt_tokens=10,
        output_tokens=len(piece_times_s), failure=failure,
    )  # fmt: skip


def test_figures_of_two_answers_and_a_failure() -> None:
    """Worked by hand: TTFT 1 and 2, TPOT (3 - 1) / 2 = 1 and (6 - 2) / 2 = 2, six tokens in 6 s."""
    good = [reply(1.0, 2.0, 3.0), reply(2.0, 4.0, 6.0)]
    found = load_figures(Driven(replies=(*good, reply(failure="broken-off")), elapsed_s=6.0, processor_s=0.6))
    assert (found.ttft.mean_s, found.tpot.mean_s, found.e2e.p50_s) == (1.5, 1.5, 4.5)
    assert found.gap.p50_s == 1.5
    assert (found.output_tokens_per_s, found.total_tokens_per_s, found.requests_per_s) == (1.0, 26 / 6, 2 / 6)
    assert (found.num_requests, found.num_failed, found.errors) == (3, 1, (("broken-off", 1),))
    assert found.generator_ratio == pytest.approx(0.1)
    assert math.isnan(found.server.prompt_s)


def test_percentiles_are_linear_between_order_statistics() -> None:
    found = latency([float(i) for i in range(101)])
    assert (found.p50_s, found.p90_s, found.p95_s, found.p99_s) == (50.0, 90.0, 95.0, 99.0)
    assert math.isnan(latency([]).p99_s)


def _driven(load: Load, answer_s: float) -> tuple[Driven, int, list[float]]:
    running, most, starts = 0, 0, []

    async def fire() -> Reply:
        nonlocal running, most
        started_s = time.perf_counter()
        starts.append(started_s)
        running += 1
        most = max(most, running)
        await asyncio.sleep(answer_s)
        running -= 1
        return reply(time.perf_counter(), started_s=started_s)

    return asyncio.run(drive(load, fire)), most, starts


def test_a_closed_loop_never_runs_more_than_its_users_and_stops_at_its_requests() -> None:
    driven, most, _ = _driven(Load(num_users=3, max_requests=10), 0.005)
    assert most == 3
    assert len(driven.replies) == 10


def test_a_time_limit_begins_no_further_request() -> None:
    driven, _, _ = _driven(Load(num_users=2, max_requests=1_000, max_s=0.05), 0.02)
    assert 2 <= len(driven.replies) <= 8


def test_poisson_requests_come_whatever_happens_and_at_the_asked_rate() -> None:
    driven, most, starts = _driven(Load(requests_per_s=400.0, max_requests=200), 0.05)
    assert len(driven.replies) == 200
    assert most > 5  # nobody waits for an answer
    assert 200 / (starts[-1] - starts[0]) == pytest.approx(400.0, rel=0.25)


class _Moody(BaseHTTPRequestHandler):
    """Answers in the way that the model's name asks for."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        mood = body["model"]
        if mood == "server-error":
            self.send_error(500)
            return
        if mood == "sent-elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if mood == "no-answer-in-time":
            time.sleep(1.0)
        if mood == "error-in-stream":
            self.wfile.write(b'data: {"error": {"message": "out of memory"}}\n\n')
        if mood == "not-understood":
            self.wfile.write(b": ping\n\ndata: [1]\n\n")
        if mood == "no-text":
            self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def moody() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Moody)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


async def _asked(address: str, mood: str) -> Reply:
    target = target_of("", f"{address}#{mood}")
    async with opened(target, output_tokens=4, attempt_s=0.3) as endpoint:
        return await Asker(endpoint=endpoint, uses_chat=True).ask(4, 4)


@pytest.mark.parametrize(
    ("mood", "failure"),
    [
        ("error-in-stream", "server-error"), ("silent", "broken-off"), ("no-text", "no-text"),
        *((word, word) for word in ("server-error", "sent-elsewhere", "no-answer-in-time", "not-understood")),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_named_and_never_followed_elsewhere(moody: str, mood: str, failure: str) -> None:
    found = asyncio.run(_asked(moody, mood))
    assert (found.failure, found.num_attempts) == (failure, 1)


def test_nobody_listening_is_not_reached() -> None:
    assert asyncio.run(_asked("http://127.0.0.1:9", "any")).failure == "not-reached"


def test_counters_of_both_servers_are_read() -> None:
    text = "# HELP x\nllamacpp:prompt_tokens_total 7\nllamacpp:tokens_predicted_total 4\nother 3\n"
    found = counted({"prompt_tokens": 2.0}, parsed_counters(text))
    assert (found.engine, found.prompt_tokens, found.output_tokens) == ("llama.cpp", 5.0, 4.0)
    assert math.isnan(found.preemptions)
    labelled = 'vllm:generation_tokens_total{model="a",engine="0"} 3.0\nvllm:generation_tokens_total{engine="1"} 4e0\n'
    assert counted({}, parsed_counters(labelled)).output_tokens == 7.0
    assert counted({}, parsed_counters(None)).engine == ""


SUMMARY = {"mean": 10.0, "median": 9.0, "percentiles": {"p90": 15.0, "p95": 17.0, "p99": 20.0}}
GUIDELLM = {
    "metadata": {"version": 2},
    "config": {"backend": {"model": "Qwen/Qwen3-8B"}},
    "benchmarks": [
        {
            "config": {"strategy": {"type_": "concurrent", "streams": 8}},
            "duration": 30.0,
            "metrics": {
                "request_totals": {"total": 42, "successful": 40, "errored": 2, "incomplete": 0},
                **{
                    name: {"successful": SUMMARY}
                    for name in (
                        "prompt_token_count", "output_token_count", "time_to_first_token_ms", "inter_token_latency_ms",
                        "request_latency", "requests_per_second", "output_tokens_per_second", "tokens_per_second",
                    )
                },
            },
        }
    ],
}  # fmt: skip
VLLM = {
    "model_id": "meta-llama/Llama-3.1-8B-Instruct", "num_prompts": 100, "request_rate": 4.0, "duration": 26.0,
    "completed": 99, "total_input_tokens": 50_688, "total_output_tokens": 12_672, "request_throughput": 3.8,
    "output_throughput": 487.4, "total_token_throughput": 2_436.9, "mean_ttft_ms": 52.0, "median_ttft_ms": 50.0,
    "p99_ttft_ms": 90.0, "mean_tpot_ms": 11.0, "median_tpot_ms": 10.5, "p99_tpot_ms": 14.0,
}  # fmt: skip


def test_a_result_of_guidellm_is_read(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps(GUIDELLM))
    (run,) = imported_runs(path)
    assert (run.generator, run.model, run.num_users) == ("guidellm", "Qwen/Qwen3-8B", 8)
    assert (run.measured.ttft.p95_s, run.measured.e2e.mean_s) == (0.017, 10.0)
    assert (run.measured.num_requests, run.measured.num_failed) == (42, 2)


def test_a_result_of_vllm_bench_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vllm.json"
    path.write_text(json.dumps(VLLM))
    (run,) = imported_runs(path)
    assert (run.generator, run.num_users, run.requests_per_s) == ("vllm", 0, 4.0)
    assert (run.measured.prompt_tokens, run.measured.output_tokens) == (512.0, 128.0)
    assert (run.measured.tpot.mean_s, run.measured.ttft.p99_s) == (0.011, 0.09)
    assert math.isnan(run.measured.ttft.p95_s)
    path.write_text(json.dumps(VLLM | {"request_rate": "inf", "max_concurrency": 16}))
    assert imported_runs(path)[0].num_users == 16


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON"),
        ("[1, 2]", "is neither"),
        ('{"benchmarks": [{}]}', "'metrics' is missing"),
        ('{"output_throughput": 1}', "'completed' is missing"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(content)
    with pytest.raises(InvalidFile, match=told):
        imported_runs(path)

"""Result files of other load generators: guidellm's benchmarks.json, and vllm bench serve --save-result.

Formats: guidellm 0.8 (report version 2; older ones name the same metrics), vLLM 0.19.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sizewise.domain.measured_load import Latency, LoadMeasured, ServerSide
from sizewise.errors import InvalidFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MILLISECOND_S = 1e-3
NAN = math.nan
NOTHING = Latency(mean_s=NAN, p50_s=NAN, p90_s=NAN, p95_s=NAN, p99_s=NAN)
CLOSED_LOOPS = {"concurrent": "streams", "synchronous": "", "throughput": "max_concurrency"}
"""Strategies of guidellm in which so many users wait for their answers, and where the number stands."""


@dataclass(frozen=True, kw_only=True)
class ImportedRun:
    """One run of another generator."""

    generator: str
    model: str
    num_users: int
    """0: not a closed loop, or not said."""
    requests_per_s: float
    measured: LoadMeasured


def imported_runs(path: Path) -> tuple[ImportedRun, ...]:
    """Every run of a file.

    Raises: InvalidFile for what is not a result of guidellm or vllm bench serve.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidFile("cannot read {path}: {reason}", path=path, reason=error.strerror) from None
    except (ValueError, RecursionError):
        raise InvalidFile("{path} is not JSON", path=path) from None
    try:
        if isinstance(content, dict) and "benchmarks" in content:
            return tuple(_guidellm(content))
        if isinstance(content, dict) and "output_throughput" in content:
            return (_vllm(content),)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidFile(
            "{path}: {problem} is missing or not as expected", path=path, problem=error
        ) from None
    raise InvalidFile(
        "{path} is neither a benchmarks.json of guidellm nor a result of vllm bench serve --save-result",
        path=path,
    )


def _guidellm(content: dict[str, Any]) -> Iterator[ImportedRun]:
    for run in content["benchmarks"]:
        metrics, config = run["metrics"], run.get("config") or run.get("args") or {}
        strategy = config.get("strategy") or {}
        kind = str(strategy.get("type_") or strategy.get("kind") or "")
        users = int(strategy.get(CLOSED_LOOPS.get(kind) or "") or (kind == "synchronous"))
        totals = metrics["request_totals"]
        seconds = float(run.get("duration") or run["end_time"] - run["start_time"])
        yield ImportedRun(
            generator="guidellm",
            model=_guidellm_model(content, config),
            num_users=users,
            requests_per_s=NAN if kind in CLOSED_LOOPS else float(strategy.get("rate") or NAN),
            measured=LoadMeasured(
                num_requests=int(totals["total"]),
                num_failed=int(totals["errored"]),
                errors=(("unsaid", int(totals["errored"])),) if totals["errored"] else (),
                elapsed_s=seconds,
                prompt_tokens=_good(metrics, "prompt_token_count")["median"],
                output_tokens=_good(metrics, "output_token_count")["median"],
                ttft=_of_summary(_good(metrics, "time_to_first_token_ms"), MILLISECOND_S),
                tpot=_of_summary(_good(metrics, "inter_token_latency_ms"), MILLISECOND_S),
                gap=NOTHING,
                e2e=_of_summary(_good(metrics, "request_latency"), 1.0),
                requests_per_s=float(_good(metrics, "requests_per_second")["mean"]),
                output_tokens_per_s=float(_good(metrics, "output_tokens_per_second")["mean"]),
                total_tokens_per_s=float(_good(metrics, "tokens_per_second")["mean"]),
                server=ServerSide(prompt_s=NAN, token_s=NAN),
                generator_ratio=NAN,
            ),
        )


def _good(metrics: dict[str, Any], name: str) -> dict[str, Any]:
    summary: dict[str, Any] = metrics[name]["successful"]
    return summary


def _guidellm_model(content: dict[str, Any], config: dict[str, Any]) -> str:
    backend = config.get("backend") or content.get("config", {}).get("backend") or {}
    return str(backend.get("model") or "") if isinstance(backend, dict) else ""


def _of_summary(summary: dict[str, Any], unit_s: float) -> Latency:
    percentiles = summary["percentiles"]
    return Latency(
        mean_s=float(summary["mean"]) * unit_s,
        p50_s=float(summary["median"]) * unit_s,
        p90_s=float(percentiles["p90"]) * unit_s,
        p95_s=float(percentiles["p95"]) * unit_s,
        p99_s=float(percentiles["p99"]) * unit_s,
    )


def _vllm(content: dict[str, Any]) -> ImportedRun:
    completed = int(content["completed"])
    failed = int(content.get("failed") or max(int(content.get("num_prompts", completed)) - completed, 0))
    rate = float(content.get("request_rate") or math.inf)
    is_closed = not math.isfinite(rate)
    return ImportedRun(
        generator="vllm",
        model=str(content.get("model_id") or ""),
        num_users=int(content.get("max_concurrency") or content.get("num_prompts") or 0) if is_closed else 0,
        requests_per_s=NAN if is_closed else rate,
        measured=LoadMeasured(
            num_requests=completed + failed,
            num_failed=failed,
            errors=(("unsaid", failed),) if failed else (),
            elapsed_s=float(content["duration"]),
            prompt_tokens=float(content["total_input_tokens"]) / max(completed, 1),
            output_tokens=float(content["total_output_tokens"]) / max(completed, 1),
            ttft=_of_columns(content, "ttft"),
            tpot=_of_columns(content, "tpot"),
            gap=_of_columns(content, "itl"),
            e2e=_of_columns(content, "e2el"),
            requests_per_s=float(content["request_throughput"]),
            output_tokens_per_s=float(content["output_throughput"]),
            total_tokens_per_s=float(content.get("total_token_throughput") or NAN),
            server=ServerSide(prompt_s=NAN, token_s=NAN),
            generator_ratio=NAN,
        ),
    )


def _of_columns(content: dict[str, Any], name: str) -> Latency:
    def column(statistic: str) -> float:
        value = content.get(f"{statistic}_{name}_ms")
        return NAN if value is None else float(value) * MILLISECOND_S

    return Latency(
        mean_s=column("mean"),
        p50_s=column("median"),
        p90_s=column("p90"),
        p95_s=column("p95"),
        p99_s=column("p99"),
    )

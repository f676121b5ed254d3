"""Questions about speed: parts in host memory, crowds by their median and mean, prompts read together, pipelines."""

from __future__ import annotations

from typing import Any

import pytest

from sizewise.catalog import load_catalog
from sizewise.predict.questions import QUESTION_COLUMNS
from sizewise.predict.serving import predict_serving
from sizewise.predict.single import predict_single

CATALOG = load_catalog()


def single(**changes: str) -> dict[str, Any]:
    plain = dict.fromkeys(QUESTION_COLUMNS["single"], "") | {
        "row_id": "a", "engine": "llama.cpp", "model": "Qwen/Qwen3-32B", "quant": "Q4_K_M",
        "device": "NVIDIA GeForce RTX 4070", "num_devices": "1", "phase": "decode", "offload": "full",
    }  # fmt: skip
    (answer,), warnings = predict_single([plain | changes], CATALOG)
    return answer | {"warnings": warnings}


def serving(**changes: str) -> dict[str, Any]:
    plain = dict.fromkeys(QUESTION_COLUMNS["serving"], "") | {
        "row_id": "a", "engine": "vllm", "model": "Qwen/Qwen3-8B", "quant": "BF16",
        "device": "NVIDIA H100 SXM5 80GB", "num_devices": "1", "tensor_parallel": "1", "input_tokens": "512",
        "output_tokens": "256", "concurrency": "64", "scenario": "concurrent streams", "latency_stat": "mean",
    }  # fmt: skip
    (answer,), warnings = predict_serving([plain | changes], CATALOG)
    assert warnings == []
    return answer


def test_more_layers_on_the_host_are_never_faster() -> None:
    rates = [single(offload=f"ngl={n}")["likely"] for n in (64, 40, 20, 0)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == single()["likely"]
    reading = [single(offload=f"ngl={n}", phase="prefill")["likely"] for n in (64, 40, 20, 0)]
    assert reading == sorted(reading, reverse=True)


def test_a_partial_offload_keeps_what_fits_on_the_device() -> None:
    answer = single(offload="partial")
    # 19.8 GB of weights, about 11 GiB of room: near half of it read at 0.7 of 64 GB/s, measured 4.4 on a like card
    assert answer["likely"] == pytest.approx(4.4, rel=0.35)
    assert answer["low"] < answer["likely"] < answer["high"]
    assert "fits" not in answer
    small = {"model": "Qwen/Qwen3-4B"}
    assert single(offload="partial", **small)["likely"] == single(**small)["likely"]


def test_experts_on_the_host_cost_less_than_layers() -> None:
    mixture = {"model": "Qwen/Qwen3-30B-A3B", "device": "NVIDIA GeForce RTX 2080"}
    experts, whole = single(offload="experts", **mixture)["likely"], single(**mixture)["likely"]
    assert single(offload="ngl=0", **mixture)["likely"] < experts < whole


def test_the_processor_alone_is_said_in_two_ways() -> None:
    box = {"device": "AMD Ryzen 7 7840HS", "model": "Qwen/Qwen3-8B"}
    assert single(offload="cpu", **box) == single(offload="none", **box)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"offload": "half"}, "one of full"), ({"offload": "experts", "engine": "vllm"}, "llama.cpp")],
)
def test_an_offload_that_cannot_be_answered_leaves_a_warning(changes: dict[str, str], said: str) -> None:
    answer = single(**changes)
    assert "likely" not in answer
    assert said in answer["warnings"][0]


def test_the_median_of_a_crowd_leaves_out_the_prompts_of_others() -> None:
    mean, median = (
        serving(latency_stat=stat, engine="sglang", input_tokens="4096") for stat in ("mean", "p50")
    )
    assert median["tpot_s_likely"] < mean["tpot_s_likely"]
    assert median["output_tokens_per_s_likely"] == mean["output_tokens_per_s_likely"]


def test_the_median_request_of_two_waves_starts_with_the_second() -> None:
    slots = {
        "engine": "llama.cpp", "quant": "Q8_0", "device": "NVIDIA GeForce RTX 3090", "latency_stat": "p50",
    }  # fmt: skip
    one, two, four = (serving(concurrency=n, **slots)["ttft_s_likely"] for n in ("8", "16", "32"))
    wave_s = two - one
    assert wave_s > 256 * serving(concurrency="8", **slots)["tpot_s_likely"]
    assert four - one == pytest.approx(2 * wave_s, rel=0.01)


def test_a_batch_reads_the_weights_once_for_all_of_its_prompts() -> None:
    batch = {"scenario": "static batch", "input_tokens": "16"}
    one, many = (serving(concurrency=n, **batch)["ttft_s_likely"] for n in ("1", "64"))
    assert many < 8 * one
    long = {"scenario": "static batch", "input_tokens": "8192"}
    one, many = (serving(concurrency=n, **long)["ttft_s_likely"] for n in ("1", "8"))
    assert many == pytest.approx(8 * one, rel=0.05)


def test_a_pipeline_serves_like_replicas_only_where_requests_come_at_different_times() -> None:
    both = {"num_devices": "2", "scenario": "closed loop", "input_tokens": "1024"}
    piped = serving(pipeline_parallel="2", **both)
    copies = serving(replicas="2", **both)
    assert piped["output_tokens_per_s_likely"] == pytest.approx(
        copies["output_tokens_per_s_likely"], rel=0.01
    )
    crowd = both | {"scenario": "concurrent streams"}
    assert (
        serving(pipeline_parallel="2", **crowd)["output_tokens_per_s_likely"]
        < 0.95 * serving(replicas="2", **crowd)["output_tokens_per_s_likely"]
    )


def test_checkpoints_of_tensorrt_bring_an_eight_bit_cache() -> None:
    row = {"engine": "tensorrt-llm", "quant": "FP8", "scenario": "closed loop", "input_tokens": "8192"}
    assert serving(**row) == serving(kv_dtype="fp8", **row)
    assert serving(**row)["tpot_s_likely"] < serving(kv_dtype="f16", **row)["tpot_s_likely"]

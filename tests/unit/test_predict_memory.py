"""Memory questions are answered component by component; what is not known stays blank."""

from __future__ import annotations

import pytest

from sizewise.catalog import load_catalog
from sizewise.predict.memory import component_estimate, predict_memory
from sizewise.units import GIB, MIB

COLUMNS = (
    "row_id", "engine", "engine_version", "model", "quant", "kv_dtype", "device", "num_devices", "tensor_parallel",
    "split", "offload", "context_tokens", "batch_tokens", "ubatch_tokens", "flash_attention", "component",
    "placement", "measure", "gpu_memory_utilization", "max_num_seqs", "max_batched_tokens",
)  # fmt: skip


def _question(**cells: str) -> dict[str, str]:
    defaults = {
        "row_id": "q",
        "engine": "llama.cpp",
        "model": "Meta-Llama-3-8B",
        "quant": "Q4_K_M",
        "offload": "full",
    }
    return dict.fromkeys(COLUMNS, "") | defaults | cells


def _likely(**cells: str) -> float:
    estimate = component_estimate(_question(**cells), load_catalog())
    assert estimate is not None
    assert estimate.low <= estimate.likely <= estimate.high
    return estimate.likely


LOG = {"measure": "log", "context_tokens": "8192", "ubatch_tokens": "512", "flash_attention": "off"}


@pytest.mark.parametrize(
    ("cells", "expected_mib"),
    [
        ({"component": "weights", "placement": "gpu"}, 4_403.50),
        ({"component": "weights", "placement": "host"}, 281.81),
        ({"component": "kv_cache", "placement": "gpu"}, 1_024.00),
        ({"component": "compute_buffer", "placement": "host"}, 24.01),
        ({"component": "compute_buffer", "placement": "gpu", "num_devices": "2", "split": "layer"}, 1_280.00),
        ({"component": "compute_buffer", "placement": "host", "num_devices": "2", "split": "layer"}, 72.02),
    ],
)
def test_llamacpp_log_of_2024_is_reproduced(cells: dict[str, str], expected_mib: float) -> None:
    # builds 2797 to 2837, Llama-3-8B on RTX 3090, 4090, A100, L40S, M1 Max: printed sizes
    assert _likely(**LOG, **cells) / MIB == pytest.approx(expected_mib, rel=0.04)


def test_builds_of_2023_allocate_by_their_own_rule() -> None:
    # build 1691, Llama-2-13B, n_ctx 512: 75.00 MiB printed
    cells = {"model": "Llama-2-13b-hf", "engine_version": "1691 (7082d24)", "component": "compute_buffer"}
    likely = _likely(**cells, placement="gpu", measure="log", context_tokens="512", batch_tokens="512")
    assert likely / MIB == pytest.approx(75.0, rel=0.01)


@pytest.mark.parametrize(
    ("name", "version", "component", "tensor_parallel", "expected_gib"),
    [
        ("Llama-3.1-8B-Instruct", "0.11.0", "weights", "1", 14.99),
        ("Llama-3.1-8B-Instruct", "0.11.0", "activation_peak", "1", 4.76),
        ("Llama-3.1-8B-Instruct", "0.11.0", "kv_cache", "1", 51.38),
        ("Qwen3-32B", "0.11.0", "kv_cache", "2", 34.49),
    ],
)
def test_vllm_profile_is_reproduced(
    name: str, version: str, component: str, tensor_parallel: str, expected_gib: float
) -> None:
    # printed by vLLM 0.11 on H100 80GB at 0.9
    likely = _likely(
        engine="vllm", engine_version=version, model=name, quant="BF16", device="NVIDIA H100 SXM5 80GB",
        num_devices=tensor_parallel, tensor_parallel=tensor_parallel, component=component, placement="per_gpu",
        measure="pool" if component == "kv_cache" else "log", gpu_memory_utilization="0.9",
    )  # fmt: skip
    assert likely / GIB == pytest.approx(expected_gib, rel=0.03)


def test_sglang_shares_its_memory_between_weights_and_pool() -> None:
    cells = {
        "engine": "sglang",
        "quant": "BF16",
        "device": "NVIDIA H100 SXM5 80GB",
        "gpu_memory_utilization": "0.8",
    }
    pool = _likely(**cells, component="kv_cache", placement="per_gpu", measure="pool")
    weights = _likely(**cells, component="weights", placement="per_gpu", measure="log")
    # a share of what the driver's context leaves
    assert pool + weights == pytest.approx(0.8 * (79.18 - 0.4) * GIB, rel=1e-3)
    assert _likely(**cells, component="total", placement="per_gpu", measure="vram_peak") > pool + weights - 1


def test_memory_outside_the_allocator_grows_with_ranks() -> None:
    cells = {"engine": "vllm", "component": "non_torch", "placement": "per_gpu", "measure": "log"}
    assert _likely(**cells, num_devices="2", tensor_parallel="2") > 3 * _likely(**cells)


@pytest.mark.parametrize(
    ("device", "version", "max_num_seqs", "expected"),
    [
        ("NVIDIA H100 SXM5 80GB", "0.11.0", "", 1_024),
        ("NVIDIA A100 SXM4 80GB", "0.11.0", "", 256),
        ("RTX 4090", "0.11.0", "", 256),
        ("NVIDIA H100 SXM5 80GB", "", "", 256),  # as old as the model: July 2024
        ("RTX 4090", "0.11.0", "64", 64),
    ],
)
def test_activations_follow_the_default_number_of_sequences(
    device: str, version: str, max_num_seqs: str, expected: int
) -> None:
    likely = _likely(
        engine="vllm", engine_version=version, device=device, max_num_seqs=max_num_seqs,
        component="activation_peak", placement="per_gpu", measure="log",
    )  # fmt: skip
    # batches of 8,192 tokens: on the large device, or a whole prompt of the question
    hidden = 2 * 4_096 * (8_192 if "H100" in device else 2_048)
    assert likely == pytest.approx(38.4 * expected * 128_256 + hidden, rel=0.01)


def test_a_whole_file_is_its_tensors_and_a_header() -> None:
    # TheBloke/Llama-2-7B-GGUF, Q4_0: 3,825,807,040 bytes
    cells = {"model": "Llama-2-7b-hf", "quant": "Q4_0", "component": "file_size"}
    assert _likely(**cells, measure="file") == pytest.approx(3_825_807_040, rel=1e-4)
    assert _likely(**cells, measure="file") - _likely(**cells, measure="tensors") == 23 * 32_000


def test_state_of_linear_layers_is_what_llamacpp_prints() -> None:
    # Qwen3-Next: 75.38 MiB printed
    likely = _likely(model="Qwen/Qwen3-Next-80B-A3B-Instruct", component="recurrent_state", measure="log")
    assert likely / MIB == pytest.approx(75.375, abs=0.01)


def test_weights_of_a_cpu_run_are_the_whole_file_in_host_memory() -> None:
    file_bytes = _likely(component="file_size", measure="tensors")
    assert _likely(component="weights", placement="host", offload="none", measure="log") == file_bytes


def test_tokens_of_a_pool_are_its_bytes_over_a_token() -> None:
    cells = {
        "engine": "vllm",
        "engine_version": "0.11.0",
        "device": "NVIDIA H100 SXM5 80GB",
        "placement": "per_gpu",
    }
    pool = _likely(**cells, quant="BF16", component="kv_cache", measure="pool")
    tokens = _likely(**cells, quant="BF16", component="kv_tokens", measure="log")
    assert tokens == pytest.approx(pool / 131_072)


def test_unknown_name_blanks_its_row_with_one_warning() -> None:
    questions = [
        _question(model="nobody/nothing", component="kv_cache"),
        _question(row_id="known", component="kv_cache"),
    ]
    rows, warnings = predict_memory(questions, load_catalog())
    assert [row["row_id"] for row in rows] == ["q", "known"]
    assert rows[0]["likely"] == ""
    assert float(rows[1]["likely"]) > 0
    assert len(warnings) == 1
    assert "nobody/nothing" in warnings[0]


@pytest.mark.parametrize(
    "cells",
    [
        {"component": "weights", "offload": "partial"},
        {"component": "weights", "quant": ""},
        {"component": "file_size", "quant": ""},
        {"component": "compute_buffer", "offload": "partial"},
        {"engine": "vllm", "component": "weights", "quant": ""},
        {"engine": "vllm", "component": "kv_tokens"},
        {"engine": "vllm", "component": "total"},
        {"engine": "mlx", "component": "total", "measure": "guessed"},
        {"component": "nothing_known"},
        {"engine": "unheard-of", "component": "total"},
        {"component": "total", "measure": "guessed"},
        {"engine": "vllm", "component": "kv_cache", "device": ""},
    ],
)
def test_what_the_question_does_not_say_is_never_guessed(cells: dict[str, str]) -> None:
    assert component_estimate(_question(**cells), load_catalog()) is None


def test_unknown_cache_type_is_reported() -> None:
    rows, warnings = predict_memory([_question(component="kv_cache", kv_dtype="q3_x")], load_catalog())
    assert rows[0]["likely"] == ""
    assert "q3_x" in warnings[0]


@pytest.mark.parametrize("measure", ["log_sum", "gtt_peak", "vram_peak", "process_rss"])
def test_totals_hold_their_parts(measure: str) -> None:
    total = _likely(component="total", measure=measure, context_tokens="8192")
    parts = _likely(component="weights", placement="gpu") + _likely(
        component="kv_cache", context_tokens="8192"
    )
    assert parts < total < 1.5 * parts


@pytest.mark.parametrize(("engine", "quant", "measure"), [
    ("mlx", "MLX-4", "process_rss"), ("transformers", "BF16", "framework_peak"),
])  # fmt: skip
def test_growing_engines_need_weights_cache_and_more(engine: str, quant: str, measure: str) -> None:
    short, long = (
        _likely(engine=engine, quant=quant, component="total", measure=measure, context_tokens=tokens)
        for tokens in ("512", "4096")
    )
    assert long - short == pytest.approx(131_072 * (4_096 - 512))
    assert short > 4.5e9

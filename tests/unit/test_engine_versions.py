"""Engines at a named version: what changes, what is refused, and the peak of the profile run against engine logs."""

from __future__ import annotations

import math

import pytest

from sizewise import advisor
from sizewise.catalog import load_catalog
from sizewise.catalog.engine_versions import at_version, named_version, releases
from sizewise.domain.device import Machine
from sizewise.errors import NotSupported
from sizewise.estimate.columns import first_value, machine_columns, model_columns
from sizewise.estimate.pool_profile import activation_peak_bytes, profile_tokens
from sizewise.units import GIB

H100, RTX_3090, A100, T4 = (
    "NVIDIA H100 SXM5 80GB", "NVIDIA GeForce RTX 3090", "NVIDIA A100 SXM4 80GB", "NVIDIA Tesla T4",
)  # fmt: skip
LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"


def _peak(
    model: str, device: str, version: str, *, num_sequences: int, context: float, ranks: int = 1
) -> float:
    catalog = load_catalog()
    known = catalog.device(device)
    engine = at_version(catalog.engine("vllm"), version, known.compute_capability)
    assert engine.profile
    machines = machine_columns([Machine(device=known, num_devices=ranks)])
    tokens = profile_tokens(engine.profile, machines=machines, context_tokens=context)
    peak = activation_peak_bytes(
        engine.profile, models=model_columns([catalog.model(model)]), num_sequences=num_sequences, tokens=tokens,
        num_ranks=ranks,
    )  # fmt: skip
    return first_value(peak) / GIB


@pytest.mark.parametrize(
    ("model", "device", "version", "sequences", "context", "ranks", "printed_gib"),
    [
        # printed by vLLM 0.11.0 on H100: the sampler, the same on one and two ranks
        (LLAMA_8B, H100, "0.11.0", 1_024, 16_000, 1, 4.76),
        ("Qwen/Qwen3-0.6B", H100, "0.11.0", 1_024, 16_000, 1, 5.56),
        ("Qwen/Qwen3-32B", H100, "0.11.0", 1_024, 16_000, 2, 5.64),
        # December 2024 on H100: the sampler of 256 sequences is above a prompt of 8,192 tokens
        ("meta-llama/Meta-Llama-3-8B", H100, "0.6.4", 256, 8_192, 1, 1.26),
        # vLLM issue 10517, RTX 3090: peak less weights; one prompt of the whole context
        (LLAMA_8B, RTX_3090, "0.6.4", 256, 20_000, 1, 2.07),
        (LLAMA_8B, RTX_3090, "0.6.4", 256, 29_000, 1, 2.99),
    ],
)
def test_the_peak_of_the_profile_run_is_what_the_engine_printed(
    model: str, device: str, version: str, sequences: int, context: float, ranks: int, printed_gib: float
) -> None:
    found = _peak(model, device, version, num_sequences=sequences, context=context, ranks=ranks)
    assert found == pytest.approx(printed_gib, abs=0.03)


def test_first_engine_reads_whole_prompts_up_to_its_limit_only() -> None:
    def tokens(version: str, context: float, device: str = RTX_3090) -> float:
        known = load_catalog().device(device)
        engine = at_version(load_catalog().engine("vllm"), version, known.compute_capability)
        assert engine.profile
        machines = machine_columns([Machine(device=known)])
        return first_value(profile_tokens(engine.profile, machines=machines, context_tokens=context))

    assert tokens("0.6", 20_000) == 20_000
    assert tokens("0.6", 65_536) == 2_048
    assert tokens("0.11", 20_000) == 2_048
    assert tokens("0.11", 20_000, H100) == 8_192
    assert tokens("0.11", 20_000, A100) == 2_048
    # devices that the second engine does not run on stay with the first until 0.11
    assert tokens("0.9", 20_000, T4) == 20_000
    assert tokens("0.11", 20_000, T4) == 2_048


def test_named_versions_change_the_answer_of_fit() -> None:
    answers = {
        version: advisor.fit(
            LLAMA_8B, device=RTX_3090, engine=f"vllm@{version}", quantization="BF16", context="20K"
        )
        for version in ("0.6", "0.11", "0.19", "0.22")
    }
    assert [answers[v].engine_version for v in answers] == list(answers)
    usable = {version: answer.usable_bytes for version, answer in answers.items()}
    memory = load_catalog().device(RTX_3090).memory_bytes
    assert usable["0.6"] == pytest.approx(0.9 * memory)
    assert usable["0.22"] == pytest.approx(0.92 * memory)
    compute = {v: next(p.size.likely for p in a.memory if p.name == "compute") for v, a in answers.items()}
    assert compute["0.6"] > compute["0.11"] > compute["0.19"] > 0
    runtime = {v: next(p.size.likely for p in a.memory if p.name == "runtime") for v, a in answers.items()}
    assert runtime["0.22"] - runtime["0.19"] == pytest.approx(0.5 * GIB)


def test_sliding_layers_keep_everything_before_the_hybrid_cache_manager() -> None:
    old, new = (
        advisor.fit(
            "google/gemma-3-27b-it",
            device="2x " + H100,
            engine=f"vllm@{version}",
            quantization="BF16",
            context="128K",
        ).memory
        for version in ("0.8", "0.10")
    )
    before, after = (next(p.size.likely for p in parts if p.name == "kv_cache") for parts in (old, new))
    assert before > 3 * after


@pytest.mark.parametrize(
    ("engine", "version"),
    [("vllm", "0.99"), ("vllm", "nightly"), ("vllm", "0.0.1"), ("sglang", "0.4"), ("ollama", "1")],
)
def test_unknown_versions_are_refused(engine: str, version: str) -> None:
    with pytest.raises(NotSupported, match="version"):
        named_version(load_catalog().engine(engine), version, math.nan)


def test_releases_are_in_order_and_end_with_the_version_of_the_catalog() -> None:
    for name in ("vllm", "sglang", "tensorrt-llm", "lmdeploy"):
        known = [r.since for r in releases(name)]
        assert known == sorted(known)
        assert load_catalog().engine(name).profile == releases(name)[-1].profile

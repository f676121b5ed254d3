"""Rules, splits and answers of the memory estimate."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sizewise import advisor
from sizewise.catalog import load_catalog
from sizewise.catalog.memory_constants import fitted_ranges, memory_constants
from sizewise.catalog.weights_table import weight_columns
from sizewise.domain.device import Machine
from sizewise.errors import NotSupported
from sizewise.estimate.columns import machine_columns, model_columns
from sizewise.estimate.memory import (
    RUNTIME_BYTES,
    MemoryOptions,
    MemoryTerms,
    max_sequences,
    memory_terms,
    shortfall_bytes,
)
from sizewise.units import GIB

if TYPE_CHECKING:
    from sizewise.domain.number import Number

LLAMA_70B, DEEPSEEK = "meta-llama/Llama-3.3-70B-Instruct", "deepseek-ai/DeepSeek-V3"


def one(number: Number) -> float:
    """The single value of an array."""
    return float(np.asarray(number).reshape(-1)[0])


def _terms(
    name: str = LLAMA_70B, *, engine: str = "vllm", rule: str = "", num_devices: int = 1, split: str = "tensor",
    context: float = 8_192.0, options: MemoryOptions | None = None, max_num_seqs: int = 0,
) -> MemoryTerms:  # fmt: skip
    catalog = load_catalog()
    chosen = catalog.engines[engine]
    if max_num_seqs:
        chosen = dataclasses.replace(chosen, max_num_seqs=max_num_seqs)
    machine = Machine(device=catalog.device("NVIDIA H100 SXM5 80GB"), num_devices=num_devices)
    quantization = catalog.quantizations["Q4_K_M" if engine == "llama.cpp" else "FP8"]
    return memory_terms(
        rule or chosen.memory_rule,
        weights=weight_columns([(catalog.models[name], quantization)]),
        models=model_columns([catalog.models[name]]),
        machines=machine_columns([machine]),
        engine=chosen,
        context_tokens=context,
        k_bytes_per_element=2.0,
        v_bytes_per_element=2.0,
        split=split,
        options=options or MemoryOptions(),
    )


def test_a_rule_nobody_wrote_is_an_error() -> None:
    with pytest.raises(NotSupported, match="magic"):
        _terms(rule="magic")


def test_M19_heads_are_replicated_when_there_are_more_ranks_than_heads() -> None:
    # Llama-70B, 8 KV heads: 327,680 B a token over all layers
    per_token = [one(_terms(num_devices=g).per_sequence) / 8_192 for g in (2, 4, 8, 16)]
    assert per_token == [163_840, 81_920, 40_960, 40_960]


def test_M08_latent_cache_is_whole_on_every_rank() -> None:
    assert one(_terms(DEEPSEEK, num_devices=8).per_sequence) == one(_terms(DEEPSEEK).per_sequence)


def test_layer_split_places_whole_layers_and_the_output() -> None:
    whole = one(_terms(engine="llama.cpp", split="none").weights)
    third = one(_terms(engine="llama.cpp", split="layer", num_devices=3).weights)
    assert third > whole * 27 / 80
    assert third < whole * 29 / 80 + GIB


def test_engines_share_memory_in_their_own_way() -> None:
    budgets = {
        engine: one(_terms(engine=engine, num_devices=2).budget) for engine in ("vllm", "sglang", "lmdeploy")
    }
    total = load_catalog().device("NVIDIA H100 SXM5 80GB").memory_bytes
    engines = load_catalog().engines
    assert budgets["vllm"] == pytest.approx(engines["vllm"].memory_utilization * total)
    profile = engines["sglang"].profile
    assert profile
    before = RUNTIME_BYTES + profile.non_torch_split_bytes
    assert budgets["sglang"] == pytest.approx(engines["sglang"].memory_utilization * (total - before))
    assert engines["lmdeploy"].memory_utilization * total < budgets["lmdeploy"] < total
    assert one(_terms(engine="sglang", num_devices=2).compute) == 0


def test_more_sequences_reserve_more_logits() -> None:
    # beyond the widest layer of a batch of 8,192 tokens
    few, many = (one(_terms(max_num_seqs=n, num_devices=8).compute) for n in (1_024, 2_048))
    assert many - few == pytest.approx(14.2 * 1_024 * 128_256)


def test_sequence_limit_of_the_engine_holds() -> None:
    assert one(max_sequences(_terms(context=256.0, num_devices=8, max_num_seqs=7))) == 7


def test_windows_kept_whole_cost_the_whole_context() -> None:
    # Gemma-3-27B at 131,072: 10.4 or 62 GiB, by the cache manager
    hybrid = one(_terms("google/gemma-3-27b-it", context=131_072.0).per_sequence)
    whole = one(
        _terms(
            "google/gemma-3-27b-it", context=131_072.0, options=MemoryOptions(keeps_full_windows=True)
        ).per_sequence
    )
    assert hybrid / GIB == pytest.approx(10.4, abs=0.1)
    assert whole / GIB == pytest.approx(62.0, abs=0.1)


def test_shortfall_is_positive_where_memory_is_missing() -> None:
    assert one(shortfall_bytes(_terms(DEEPSEEK, split="none"), 1)) > 500 * GIB
    assert one(shortfall_bytes(_terms(num_devices=8), 1)) < 0


def test_fit_shows_the_ranges_that_measured_rows_tell() -> None:
    fitted = memory_constants().computes["llama.cpp"]
    answer = advisor.fit("Qwen/Qwen3-8B", device="RTX 4090", quantization="Q4_K_M")
    compute = next(part.size for part in answer.memory if part.name == "compute")
    assert compute.basis == "fitted"
    assert compute.low / compute.likely == pytest.approx(fitted.ratio_low)
    assert compute.high / compute.likely == pytest.approx(fitted.ratio_high)


def test_ranges_are_wider_where_nobody_names_the_version() -> None:
    named, unnamed = (fitted_ranges("paged", names_version=named) for named in (True, False))
    assert {name: named[name].spread_bytes < unnamed[name].spread_bytes for name in named} == {
        "compute": True,
        "runtime": True,
    }
    assert fitted_ranges("growing", names_version=True) == {}


def test_where_nothing_fits_an_engine_that_can_offload_is_meant() -> None:
    answer = advisor.fit("Qwen/Qwen3-30B-A3B", device="RTX 3060 12 GB", context=32_768)
    assert (answer.fits, answer.engine) == ("no", "llama.cpp")
    assert any("--n-cpu-moe" in lift.template for lift in answer.lifts)

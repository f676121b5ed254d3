"""Engines at a named version: what changes, what is refused, and the peak of the profile run against engine logs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from sizewise import advisor
from sizewise.advisor.question import Question
from sizewise.advisor.space import at_devices
from sizewise.catalog import load_catalog
from sizewise.catalog.engine_versions import at_version, named_version, releases
from sizewise.domain.device import Machine
from sizewise.errors import BadInput, NotSupported
from sizewise.estimate.columns import first_value, machine_columns, model_columns
from sizewise.estimate.pool_profile import activation_peak_bytes, profile_tokens
from sizewise.units import GIB, MIB

if TYPE_CHECKING:
    from sizewise.domain.decision import Decision

H100, RTX_3090, A100, T4 = (
    "NVIDIA H100 SXM5 80GB", "NVIDIA GeForce RTX 3090", "NVIDIA A100 SXM4 80GB", "NVIDIA Tesla T4",
)  # fmt: skip
RTX_4090 = "NVIDIA GeForce RTX 4090"
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
    [
        ("vllm", "0.99"),
        ("vllm", "nightly"),
        ("vllm", "0.0.1"),
        ("sglang", "0.4"),
        ("ollama", "1"),
    ],
)
def test_unknown_versions_are_refused(engine: str, version: str) -> None:
    with pytest.raises(NotSupported, match="version"):
        named_version(load_catalog().engine(engine), version, math.nan)


def test_releases_are_in_order_and_end_with_the_version_of_the_catalog() -> None:
    for name in ("vllm", "sglang", "tensorrt-llm", "lmdeploy"):
        known = [r.since for r in releases(name)]
        assert known == sorted(known)
        assert load_catalog().engine(name).profile == releases(name)[-1].profile


@pytest.mark.parametrize("build", ["b1999", "b999999", "0.19", "latest"])
def test_unknown_builds_of_llama_cpp_are_refused(build: str) -> None:
    with pytest.raises(NotSupported, match="no known build"):
        named_version(load_catalog().engine("llama.cpp"), build, math.nan)


def test_the_version_of_the_catalog_may_be_named_of_every_engine() -> None:
    for engine in load_catalog().engines.values():
        assert named_version(engine, engine.version, math.nan) == engine


def test_older_builds_of_llama_cpp_keep_all_logits_and_before_that_have_no_flash_attention() -> None:
    compute = {}
    for version in ("b11549", "b7000", "b5000"):
        answer = advisor.fit(LLAMA_8B, device=RTX_3090, engine=f"llama.cpp@{version}", context="8K")
        assert answer.engine_version == version
        compute[version] = next(p.size.likely for p in answer.memory if p.name == "compute") / MIB
    # memory.md, section 4: allocator of b11549 with logits of one token, of all, and of all without flash attention
    assert compute["b11549"] == pytest.approx(132.02, abs=0.05)
    assert compute["b7000"] == pytest.approx(298.5, abs=0.1)
    assert compute["b5000"] == pytest.approx(580.0, abs=0.1)


def _asked(engine: str | tuple[str, ...], device: str) -> Decision:
    engines = (engine,) if isinstance(engine, str) else engine
    return advisor.recommend(
        Question(
            task="chat",
            device=(device,),
            model=("Qwen/Qwen3-VL-8B-Instruct",),
            quantization=("BF16",),
            engine=engines,
            users="1",
        )
    )


def test_a_version_named_to_recommend_is_the_one_that_is_sized() -> None:
    work = {}
    for version in ("0.6", "0.19", "0.33.0"):
        option = _asked(f"vllm@{version}", RTX_4090).answer
        assert option
        assert option.deployment.engine_version == version
        work[version] = next(p.size.likely for p in option.memory if p.name == "compute")
    assert work["0.6"] > work["0.19"]
    default = _asked("vllm", RTX_4090).answer
    assert default
    assert default.deployment.engine_version == "0.33.0"
    assert work["0.33.0"] == next(p.size.likely for p in default.memory if p.name == "compute")


def test_devices_that_a_version_does_not_run_on_stay_with_the_part_before_in_the_search_too() -> None:
    catalog = load_catalog()
    devices = [catalog.device(T4), catalog.device(RTX_3090)]
    engine = named_version(catalog.engine("vllm"), "0.9", math.nan)
    (old, on_old), (new, on_new) = sorted(
        at_devices(engine, devices), key=lambda found: found[1].tolist(), reverse=True
    )
    assert on_old.tolist() == [True, False]
    assert on_new.tolist() == [False, True]
    assert old.profile
    assert new.profile
    assert old.profile.whole_prompt_tokens > 0
    assert new.profile.whole_prompt_tokens == 0
    assert len(at_devices(catalog.engine("vllm"), devices)) == 1


def test_one_engine_at_two_versions_is_refused() -> None:
    with pytest.raises(BadInput, match="two versions"):
        _asked(("vllm@0.11", "vllm@0.19"), RTX_3090)


def test_an_unknown_version_is_refused_by_every_verb_that_searches() -> None:
    with pytest.raises(NotSupported, match="no known version"):
        _asked("vllm@99", RTX_3090)
    with pytest.raises(NotSupported, match="known at version"):
        _asked("sglang@0.4", RTX_3090)

"""`fit` on unequal cards, with stated memory, with cache types apart, and with parts in host memory."""

from __future__ import annotations

import pytest

from sizewise.advisor import Question, fit, recommend
from sizewise.errors import NotSupported, UnknownName
from sizewise.units import GIB

LLAMA_70B, MOE = "meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-30B-A3B"
PAIR = ("RTX 4090", "RTX 3090")


def test_a_70b_model_runs_on_a_4090_and_a_3090_layer_by_layer() -> None:
    found = fit(LLAMA_70B, device=PAIR, quantization="Q4_K_M")
    assert (found.fits, found.engine, found.split) == ("yes", "llama.cpp", "layer")
    assert sum(found.layers_per_device) == 80
    assert found.memory_bytes.likely < found.usable_bytes < 24 * GIB
    first, last = found.layers_per_device
    assert f"-ts {first},{last + 1}" in found.command


@pytest.mark.parametrize("text", ["4090+3090", "RTX 4090 + RTX 3090", "1x RTX 4090 +  RTX 3090"])
def test_unequal_cards_are_named_with_a_plus(text: str) -> None:
    told = fit(LLAMA_70B, device=text, quantization="Q4_K_M")
    assert told.layers_per_device == fit(LLAMA_70B, device=PAIR, quantization="Q4_K_M").layers_per_device


def test_a_plus_inside_a_name_parts_nothing() -> None:
    assert fit("Qwen/Qwen3-8B", device="Ryzen AI Max+ 395").num_devices == 1


def test_verbs_that_take_equal_cards_say_so() -> None:
    with pytest.raises(NotSupported, match="names unequal devices"):
        recommend(Question(device=("4090+3090",)))


def test_a_smaller_second_card_takes_fewer_layers_and_may_be_too_small() -> None:
    found = fit(LLAMA_70B, device=("RTX 4090", "NVIDIA GeForce RTX 3060 12 GB"), quantization="Q4_K_M")
    first, last = found.layers_per_device
    assert found.fits == "no"
    assert first > 1.5 * last
    assert found.shortfall_bytes > 0
    assert found.command == ""


def test_two_equal_cards_named_twice_are_like_two_of_them() -> None:
    named, counted = (fit(LLAMA_70B, device=d, quantization="Q4_K_M", engine="llama.cpp")
                      for d in (("RTX 3090", "RTX 3090"), "2x RTX 3090"))  # fmt: skip
    assert named.memory_bytes.likely == pytest.approx(counted.memory_bytes.likely, rel=0.02)
    assert named.fits == counted.fits


def test_unequal_cards_need_an_engine_that_splits_by_layers() -> None:
    with pytest.raises(NotSupported):
        fit(LLAMA_70B, device=PAIR, engine="vllm")


def test_cache_types_of_k_and_v_apart_lie_between_both_and_are_launched() -> None:
    sizes = {}
    for kv_type in ("f16", "q8_0/f16", "q8_0"):
        found = fit(MOE, device="RTX 4090", quantization="Q4_K_M", engine="llama.cpp", kv_type=kv_type)
        sizes[kv_type] = next(p.size.likely for p in found.memory if p.name == "kv_cache")
        if kv_type == "q8_0/f16":
            assert "-ctk q8_0 -ctv f16" in found.command
    assert 2 * sizes["q8_0/f16"] == sizes["f16"] + sizes["q8_0"]


def test_stated_memory_replaces_the_usual_reserve() -> None:
    found = fit(MOE, device="RTX 4090", quantization="Q4_K_M", engine="llama.cpp", usable="20GiB")
    assert found.usable_bytes == 20 * GIB
    desktop, windows = (
        fit(MOE, device="RTX 4090", quantization="Q4_K_M", engine="llama.cpp", system=s).usable_bytes
        for s in ("desktop", "windows")
    )
    assert desktop - windows == pytest.approx(0.8 * GIB)


def test_a_system_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownName, match="headless"):
        fit(MOE, device="RTX 4090", system="dos")


def test_as_few_expert_layers_as_suffice_go_to_the_host() -> None:
    # 17.3 GiB of weights on a 12 GB card: the experts of about half of 48 layers
    found = fit(MOE, device="NVIDIA GeForce RTX 3060 12 GB", quantization="Q4_K_M", engine="llama.cpp")
    text = next(str(lift) for lift in found.lifts if "--n-cpu-moe" in str(lift))
    assert found.fits == "no"
    assert any(f"--n-cpu-moe {n})" in text for n in range(15, 30))

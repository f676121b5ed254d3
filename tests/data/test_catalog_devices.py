"""The facts about devices, quantizations, engines and tasks."""

from __future__ import annotations

import math

import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.names import AmbiguousName
from sizewise.domain.device import DEVICE_CLASSES
from sizewise.domain.engine import MEMORY_RULES
from sizewise.domain.quantization import CONTAINERS
from sizewise.errors import UnknownName
from sizewise.units import GIB, MIB

CATALOG = load_catalog()


def test_usable_memory_of_a_card_is_the_driver_total_minus_the_headless_reserve() -> None:
    # nvidia-smi prints 24,564 MiB for an RTX 4090; CUDA on Linux sees 24,080; 0.6 GiB stay free: 23,949.6 MiB
    card = CATALOG.device("RTX 4090")
    assert card.memory_bytes == 24_080 * MIB
    assert card.usable_bytes == pytest.approx(23_949.6 * MIB, abs=1)


@pytest.mark.parametrize(("size_gib", "usable_mib"), [(64, 49_152), (48, 36_864), (128, 110_100)])
def test_apple_memory_is_sold_in_sizes_and_metal_lets_a_share_be_used(size_gib: int, usable_mib: int) -> None:
    chip = CATALOG.device(f"Apple M4 Max (40-core GPU) {size_gib}GB")
    assert chip.memory_bytes == size_gib * GIB
    assert chip.usable_bytes == usable_mib * MIB
    assert chip.is_unified


def test_a_chip_without_a_size_is_its_largest_configuration() -> None:
    assert CATALOG.device("Apple M4 Max (40-core GPU)").memory_bytes == 128 * GIB


def test_usable_memory_never_exceeds_memory() -> None:
    known = [d for d in CATALOG.devices.values() if not math.isnan(d.memory_bytes)]
    assert len(known) > 350
    assert [d.name for d in known if not 0 < d.usable_bytes <= d.memory_bytes] == []


def test_every_device_has_a_class_with_constants() -> None:
    assert {d.device_class for d in CATALOG.devices.values()} <= set(DEVICE_CLASSES)


@pytest.mark.parametrize(
    ("name", "capability"),
    [("Tesla P40", 6.1), ("A100 80GB", 8.0), ("RTX 3090", 8.6), ("L40S", 8.9), ("H100 SXM5", 9.0), ("B200", 10.0),
     ("RTX 5090", 12.0)],
)  # fmt: skip
def test_compute_capability_follows_the_architecture(name: str, capability: float) -> None:
    assert CATALOG.device(name).compute_capability == capability


def test_links_are_counted_one_way() -> None:
    assert CATALOG.device("H100 SXM5").link_bytes_per_s == 450e9  # NVLink 4: 900 GB/s both ways
    assert CATALOG.device("RTX 4090").link_bytes_per_s == 25e9  # PCIe 4.0 x16


def test_a_device_without_matrix_rate_computes_at_its_fp32_rate() -> None:
    chip = CATALOG.device("Apple M2 Ultra (76-core GPU)")
    assert chip.fp16_flop_per_s == chip.fp32_flop_per_s == 27.2e12


@pytest.mark.parametrize(
    "given",
    [
        "RTX 4090",
        "rtx 4090",
        "GeForce RTX 4090",
        "nvidia-geforce-rtx-4090",
        "4090",
        "RTX4090",
        "rtx-4090",
    ],
)
def test_vendor_words_may_be_left_out(given: str) -> None:
    assert CATALOG.device(given).name == "NVIDIA GeForce RTX 4090"


@pytest.mark.parametrize(
    "given", ["90", "24GB-card", "RTX", "NVIDIA", "gpu", "RTX 4090 Laptop 16GB", "RTX 9090"]
)
def test_what_names_no_single_device_is_an_error(given: str) -> None:
    with pytest.raises(UnknownName):
        CATALOG.device(given)


@pytest.mark.parametrize(
    "given",
    ["H100", "RTX 3060", "M4 Max", "V100", "m4max", "4060ti", "A100 80G", "Apple M4 Pro 24GB", "7900"],
)
def test_what_fits_several_devices_lists_them(given: str) -> None:
    with pytest.raises(AmbiguousName, match="fits several"):
        CATALOG.device(given)


def test_a_laptop_chip_is_not_found_by_the_desktop_name() -> None:
    assert "Mobile" not in CATALOG.device("RTX 4070").name
    with pytest.raises(AmbiguousName):
        CATALOG.device("RTX 4050")


def test_defaults_never_go_below_four_bits() -> None:
    proposed = [q for q in CATALOG.quantizations.values() if q.is_default]
    assert {q.name for q in proposed} >= {"BF16", "FP8", "Q8_0", "Q4_K_M", "AWQ-4", "MLX-4"}
    assert min(q.nominal_bits for q in proposed) >= 4


def test_quantizations_name_known_containers_and_sizes() -> None:
    for quantization in CATALOG.quantizations.values():
        assert quantization.container in CONTAINERS
        assert quantization.nominal_bits / 8 <= quantization.linear_bytes_per_weight * 1.01 + 0.07, (
            quantization.name
        )


@pytest.mark.parametrize(
    ("name", "bytes_per_weight"),
    [("Q8_0", 34 / 32), ("Q4_K_M", 144 / 256), ("Q6_K", 210 / 256), ("NVFP4", 0.5625), ("MXFP4", 0.53125)],
)
def test_bytes_per_weight_follow_the_block_layout(name: str, bytes_per_weight: float) -> None:
    assert CATALOG.quantizations[name].linear_bytes_per_weight == bytes_per_weight


def test_engines_read_what_they_list() -> None:
    for engine in CATALOG.engines.values():
        assert engine.memory_rule in MEMORY_RULES
        assert set(engine.device_classes) <= set(DEVICE_CLASSES)
        containers = {
            CATALOG.quantizations[q].container
            for q in engine.quantizations
            if q not in {"F32", "F16", "BF16", "MXFP4", "NVFP4"}
        }
        assert containers <= set(engine.containers), engine.name


def test_16_bit_weights_run_as_gguf_and_as_safetensors() -> None:
    for engine in ("llama.cpp", "vllm", "mlx"):
        assert "BF16" in CATALOG.engines[engine].quantizations


@pytest.mark.parametrize(
    ("given", "task"),
    [("Summarization", "summarization"), ("短摘要", "summarization"), ("code", "coding"), ("多轮对话", "chat"),
     ("basic qa", "qa"), ("function calling", "tool-use")],
)  # fmt: skip
def test_tasks_are_found_in_both_languages(given: str, task: str) -> None:
    assert CATALOG.task(given).name == task


def test_task_complexity_is_that_of_the_original_guide() -> None:
    complexity = {task.name: task.complexity for task in CATALOG.tasks.values()}
    assert (complexity["classification"], complexity["writing"]) == ("simple", "medium")
    assert (complexity["reasoning"], complexity["research"]) == ("complex", "research")


def test_a_description_carries_unit_source_and_date() -> None:
    facts = {fact.field: fact for fact in CATALOG.describe("RTX 4090")}
    assert facts["bandwidth_bytes_per_s"].value == 1008e9
    assert facts["bandwidth_bytes_per_s"].unit == "bytes/s"
    assert all(facts["memory_bytes"].__dict__[name] for name in ("unit", "source", "as_of"))


def test_a_listing_filters_by_name_and_field() -> None:
    found = CATALOG.listing("device", containing="rtx 40", device_class="nvidia-laptop")
    assert {d.device_class for d in found} == {"nvidia-laptop"}
    assert all("RTX 40" in d.name for d in found)
    assert len(found) >= 5

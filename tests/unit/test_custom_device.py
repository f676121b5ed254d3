"""A device stated by hand: everywhere a device is named, with the constants of its class and the wider range."""

from __future__ import annotations

import math

import pytest
from tests.shells.test_program import run

from sizewise.catalog import load_catalog
from sizewise.catalog.speed_constants import band
from sizewise.errors import BadInput

CATALOG = load_catalog()
BOX = "custom:memory=32GiB,bandwidth=50GB/s,class=cpu"
CARD = "custom:memory=96GiB,bandwidth=1800GB/s,class=nvidia-pro"


def test_the_figures_are_the_stated_ones() -> None:
    device = CATALOG.device(BOX)
    assert device.memory_bytes == 32 * 2**30
    assert device.bandwidth_bytes_per_s == 50e9
    assert (device.device_class, device.kind, device.evidence) == ("cpu", "cpu", "user")
    assert math.isnan(device.buy_usd)


def test_unstated_arithmetic_is_that_of_the_class_and_grows_with_the_bandwidth() -> None:
    slow, fast = CATALOG.device(BOX), CATALOG.device(BOX.replace("50GB", "100GB"))
    assert fast.fp16_flop_per_s == pytest.approx(2 * slow.fp16_flop_per_s)
    stated = CATALOG.device(f"{BOX},compute=3TFLOPS,watts=65,price=400")
    assert (stated.fp16_flop_per_s, stated.tdp_watts, stated.buy_usd) == (3e12, 65.0, 400.0)


def test_its_range_is_that_of_a_device_never_measured() -> None:
    card = CATALOG.device("custom:memory=24GiB,bandwidth=936GB/s,class=nvidia-gaming")
    measured, unseen = (
        band("llama.cpp", device, "decode", "dense")
        for device in (CATALOG.device("NVIDIA GeForce RTX 3090"), card)
    )
    assert unseen.factor_high / unseen.factor_low > measured.factor_high / measured.factor_low


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("custom:memory=32GiB,class=cpu", "lacks bandwidth"),
        ("custom:", "is not one of memory, bandwidth, class"),
        ("custom:memory=32GiB,bandwidth=50,class=cpu", "'50' is not a rate"),
        ("custom:memory=32GiB,bandwidth=50GB/s,class=toaster", "one of nvidia-gaming"),
        ("custom:memory=32GiB,memory=1GiB,bandwidth=50GB/s,class=cpu", "said once"),
        ("custom:memory=32,bandwidth=50GB/s,class=cpu", "32GiB"),
        ("custom:memory=32GiB,bandwidth=50GB/s,class=cpu,price=-4", "above 0"),
        ("custom:memory=32GiB,bandwidth=50GB/s,class=cpu,compute=fast", "not a number"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        CATALOG.device(text)
    assert said in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "Qwen/Qwen3-8B", "--device", BOX),
        ("recommend", "--task", "summarization", "--device", f"2x {BOX}"),
        ("capacity", "Qwen/Qwen3-8B", "--device", BOX, "--users", "1"),
        ("cost", "Qwen/Qwen3-8B", "--device", f"{CARD},price=8000"),
    ],
)
def test_every_verb_that_names_a_device_takes_it(arguments: tuple[str, ...]) -> None:
    found = run(*arguments)
    assert found.returncode in {0, 1}, found.stderr
    said = " ".join(found.stdout.split())
    assert "custom cpu (32 GiB, 50 GB/s)" in said or "custom nvidia-pro (96 GiB, 1800 GB/s)" in said

"""The fitted table of speed: physical, complete, and near what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.speed_constants import BOUNDS, band, coefficients, family_of, speed_table
from sizewise.domain.device import DEVICE_CLASSES, Device
from sizewise.errors import NotSupported
from sizewise.estimate.speed import SpeedCoefficients
from sizewise.predict.questions import QUESTION_COLUMNS
from sizewise.predict.serving import predict_serving
from sizewise.predict.single import predict_single

CATALOG = load_catalog()
ONE_OF_EACH_CLASS = [
    next(device for device in CATALOG.devices.values() if device.device_class == kind)
    for kind in DEVICE_CLASSES
]
SPEED_CLASSES = sorted({q.speed_class for q in CATALOG.quantizations.values()})
PHASES = ("decode", "prefill", "throughput", "ttft", "tpot")


@pytest.mark.parametrize("engine", sorted(speed_table()["engine"]))
@pytest.mark.parametrize("speed_class", SPEED_CLASSES)
def test_constants_are_physical_for_every_class_and_format(engine: str, speed_class: str) -> None:
    constants = coefficients(engine, ONE_OF_EACH_CLASS, speed_class)
    for name in SpeedCoefficients.__dataclass_fields__:
        value = getattr(constants, name)
        if name in {"chunk_tokens", "ingest_s", "compute_class"}:
            continue
        low, high = BOUNDS.get(name, (0.0, np.inf))
        assert value.shape == (len(ONE_OF_EACH_CLASS),)
        assert (value >= low).all(), name
        assert (value <= high).all(), name
        assert (value > 0).all(), name


def test_machines_of_one_class_share_their_constants_in_any_order() -> None:
    server, card = CATALOG.device("NVIDIA H100 SXM5 80GB"), CATALOG.device("NVIDIA GeForce RTX 4090")
    constants = coefficients("vllm", [server, card, server], "fp8")
    swapped = coefficients("vllm", [card, server, card], "fp8")
    assert np.asarray(constants.layer_s)[[0, 1]].tolist() == np.asarray(swapped.layer_s)[[1, 0]].tolist()
    assert np.asarray(constants.layer_s)[0] == np.asarray(constants.layer_s)[2]


def test_every_proposed_engine_has_constants() -> None:
    for engine in CATALOG.engines.values():
        if engine.is_default:
            assert family_of(engine.name) in speed_table()["engine"]


def test_an_engine_that_nobody_measured_is_refused_by_name() -> None:
    with pytest.raises(NotSupported, match="speed of engine 'abacus'"):
        coefficients("abacus", ONE_OF_EACH_CLASS, "f16")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", ["dense", "moe"])
@pytest.mark.parametrize("engine", ["llama.cpp", "mlx", "vllm", "transformers"])
def test_bands_hold_the_likely_value_and_widen_where_nothing_was_measured(
    engine: str, phase: str, kind: str
) -> None:
    for device in ONE_OF_EACH_CLASS:
        found = band(engine, device, phase, kind)
        assert 0 < found.factor_low < 1 < found.factor_high
    unseen = next(device for device in ONE_OF_EACH_CLASS if device.device_class == "ascend")
    assert band(engine, unseen, phase, kind).basis == "assumed"


def test_a_card_that_was_never_measured_has_the_wider_band_of_its_class() -> None:
    seen, unseen = CATALOG.device("NVIDIA GeForce RTX 3090"), CATALOG.device("NVIDIA GeForce RTX 3080")
    of_seen, of_unseen = (band("llama.cpp", device, "decode", "dense") for device in (seen, unseen))
    assert of_unseen.factor_high / of_unseen.factor_low > of_seen.factor_high / of_seen.factor_low
    assert of_seen.basis == of_unseen.basis == "fitted"


def question(kind: str, **given: str) -> dict[str, str]:
    return dict.fromkeys(QUESTION_COLUMNS[kind], "") | {"row_id": "q"} | given


LLAMA_8B, LLAMA_70B = "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-70B-Instruct"


@pytest.mark.parametrize(
    ("model", "device", "num_devices", "measured"),
    [
        (LLAMA_8B, "NVIDIA GeForce RTX 4090", "1", 127.7),
        (LLAMA_8B, "NVIDIA GeForce RTX 3090", "1", 111.7),
        (LLAMA_70B, "NVIDIA RTX A6000", "1", 14.6),
        (LLAMA_70B, "NVIDIA L40S", "1", 15.3),
        (LLAMA_70B, "NVIDIA GeForce RTX 3090", "2", 16.3),
        (LLAMA_70B, "Apple M2 Ultra (76-core GPU)", "1", 12.1),
    ],
)
def test_decode_is_near_published_measurements(
    model: str, device: str, num_devices: str, measured: float
) -> None:
    # Q4_K_M, llama.cpp of May 2024, short context: github XiongjieDai/GPU-Benchmarks-on-LLM-Inference
    rows, warnings = predict_single(
        [
            question(
                "single", engine="llama.cpp", model=model, quant="Q4_K_M", device=device, num_devices=num_devices,
                phase="decode", generated_tokens="1024", flash_attention="off",
                engine_version="May 2024 snapshot",
            )
        ],
        CATALOG,
    )  # fmt: skip
    assert warnings == []
    assert rows[0]["likely"] == pytest.approx(measured, rel=0.2)
    assert rows[0]["low"] < rows[0]["likely"] < rows[0]["high"]
    assert rows[0]["fits"]


def serving(**given: str) -> dict[str, Any]:
    plain = {
        "engine": "vllm", "model": LLAMA_8B, "quant": "FP8", "device": "NVIDIA H100 SXM5 80GB", "num_devices": "1",
        "tensor_parallel": "1", "pipeline_parallel": "1", "input_tokens": "1024", "output_tokens": "256",
        "scenario": "closed loop", "replicas": "1",
    }  # fmt: skip
    rows, warnings = predict_serving([question("serving", **(plain | given))], CATALOG)
    assert warnings == []
    return rows[0]


def test_replicas_multiply_throughput_and_leave_latency_alone() -> None:
    one = serving(concurrency="16")
    two = serving(concurrency="32", num_devices="2", replicas="2")
    assert two["output_tokens_per_s_likely"] == pytest.approx(2 * one["output_tokens_per_s_likely"])
    assert two["tpot_s_likely"] == pytest.approx(one["tpot_s_likely"])


def test_fewer_streams_than_replicas_leave_some_idle() -> None:
    one = serving(concurrency="1")
    four = serving(concurrency="1", num_devices="4", replicas="4")
    assert four["output_tokens_per_s_likely"] == pytest.approx(one["output_tokens_per_s_likely"])
    assert four["ttft_s_likely"] == pytest.approx(one["ttft_s_likely"])


def test_a_carried_rate_gives_its_throughput() -> None:
    assert serving(request_rate_per_s="2", concurrency="")["output_tokens_per_s_likely"] == pytest.approx(512)


def test_unknown_names_blank_their_row_with_one_warning() -> None:
    asked = [question("single", engine="llama.cpp", model="nobody/nothing", quant="Q4_K_M", phase="decode",
                      device="NVIDIA GeForce RTX 4090", num_devices="1")]  # fmt: skip
    rows, warnings = predict_single(asked, CATALOG)
    assert rows == [{"row_id": "q"}]
    assert len(warnings) == 1
    assert warnings[0].startswith("q: unknown model")


def test_prefill_over_a_row_split_is_not_guessed() -> None:
    asked = [question("single", engine="llama.cpp", model=LLAMA_8B, quant="Q4_K_M", phase="prefill", split="row",
                      device="NVIDIA GeForce RTX 4090", num_devices="2", prompt_tokens="512")]  # fmt: skip
    rows, _ = predict_single(asked, CATALOG)
    assert "likely" not in rows[0]
    assert rows[0]["fits"]


CROWD = {"scenario": "concurrent streams", "quant": "F16"}


def test_a_crowd_on_slots_is_answered_in_waves() -> None:
    """Eight slots: sixteen streams write as fast as eight (but for the slot that has the prompt), the mean one of them
    waits half a wave more."""
    eight, sixteen = (serving(engine="llama.cpp", concurrency=count, **CROWD) for count in ("8", "16"))
    wave_s = 8 * 256 / eight["output_tokens_per_s_likely"]
    assert sixteen["tpot_s_likely"] == pytest.approx(eight["tpot_s_likely"], rel=0.01)
    assert sixteen["output_tokens_per_s_likely"] == pytest.approx(
        eight["output_tokens_per_s_likely"], rel=0.01
    )
    more_s = sixteen["ttft_s_likely"] - eight["ttft_s_likely"]
    assert more_s == pytest.approx(wave_s / 2, rel=0.1)


def test_a_crowd_finds_its_prompt_in_the_cache_of_vllm_unless_the_model_has_a_state() -> None:
    """Pages hold what attention needs; a recurrent state is of the end of a prompt only."""
    crowd = serving(concurrency="1", **CROWD)
    other = serving(concurrency="1", quant="F16")
    assert crowd["ttft_s_likely"] < other["ttft_s_likely"]
    assert crowd["tpot_s_likely"] == pytest.approx(other["tpot_s_likely"])


@pytest.mark.parametrize("phase", ["decode", "tpot"])
def test_a_model_family_that_was_never_measured_has_a_wider_band_and_with_a_new_card_the_widest(
    phase: str,
) -> None:
    seen, unseen = CATALOG.device("NVIDIA GeForce RTX 3090"), CATALOG.device("NVIDIA GeForce RTX 3080")

    def width(device: Device, family: str) -> float:
        found = band("vllm" if phase == "tpot" else "llama.cpp", device, phase, "dense", model_family=family)
        return found.factor_high / found.factor_low

    known, new = CATALOG.model(LLAMA_8B).family, "a family of tomorrow"
    assert width(seen, known) < width(seen, new) <= width(unseen, new)
    assert width(unseen, known) <= width(unseen, new)

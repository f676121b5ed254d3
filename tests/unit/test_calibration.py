"""The trust ladder: what was measured on a computer corrects what is predicted for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sizewise.advisor import capacity, fit, own_speed
from sizewise.advisor.own_accuracy import paired
from sizewise.advisor.own_computer import own_computer
from sizewise.advisor.own_speed import calibration
from sizewise.advisor.question import Question
from sizewise.catalog import load_catalog
from sizewise.catalog.speed_constants import band
from sizewise.cli.main import main
from sizewise.domain.estimate import Estimate
from sizewise.estimate.calibration import NOISE_SD, Parameter, factors_of, parameters_of, posterior, shrunk
from sizewise.predict.serving import group_served
from sizewise.predict.speed_cases import case_groups, group_coefficients
from sizewise.proof.fingerprint import fingerprint
from sizewise.proof.probe import this_computer
from sizewise.proof.store.place import StorePlace
from sizewise.proof.store.records import Measurement, Prediction
from sizewise.proof.store.writing import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sizewise.domain.capacity import CapacityAnswer
    from sizewise.domain.number import Array

CATALOG = load_catalog()
MODELS = (
    "HuggingFaceTB/SmolLM2-360M-Instruct",
    "Qwen/Qwen2.5-1.5B-Instruct",
    "meta-llama/Llama-3.2-3B-Instruct",
)
READ = (Parameter(constants=(("read_efficiency", -1.0),)),)


def straight(theta: Array) -> Array:
    """Six rates that one parameter slows alike."""
    rates: Array = np.log(np.arange(1.0, 7.0)) - theta[0]
    return rates


def test_a_computer_that_is_half_as_fast_is_found_to_be() -> None:
    found = posterior(straight, straight(np.array([np.log(2.0)])), READ)
    assert found.theta[0] == pytest.approx(np.log(2.0), rel=0.02)


def test_an_outlier_pulls_little() -> None:
    measured = straight(np.array([0.4]))
    measured[2] += 2.0
    found = posterior(straight, measured, READ)
    assert found.theta[0] == pytest.approx(0.4, abs=0.05)
    assert found.weights[2] < 0.1 < found.weights[0]


def test_without_evidence_nothing_is_corrected_and_the_band_is_the_priors() -> None:
    parameters = (*READ, Parameter(constants=(("cache_efficiency", -1.0),)))
    found = posterior(straight, straight(np.array([0.3])), parameters)
    assert found.theta[1] == 0.0
    assert np.sqrt(found.covariance[1, 1]) == pytest.approx(0.7)


def test_the_band_narrows_with_evidence() -> None:
    widths = []
    for count in (3, 12):
        rows = np.arange(count)
        found = posterior(lambda theta, n=count: np.zeros(n) - theta[0], np.full(count, -0.2), READ)  # type: ignore[misc]
        widths.append(found.prediction_sd(rows >= 0))
    assert widths[1] < widths[0]
    assert widths[1] >= NOISE_SD


def test_own_measurements_of_the_same_are_trusted_by_their_number() -> None:
    one, _ = shrunk(np.array([0.3]), np.ones(1), 0.1)
    many, spread = shrunk(np.full(20, 0.3), np.ones(20), 0.1)
    assert 0 < one < many < 0.3
    assert NOISE_SD < spread < 1.1 * NOISE_SD


def _rates(factor: float) -> list[Measurement]:
    """Decode and prompt rates of three models on this computer, as if it were so many times as fast as predicted."""
    computer = this_computer(CATALOG)
    where = fingerprint(computer)
    rows = []
    for model in MODELS:
        for depth in (16.0, 512.0):
            answer = fit(
                model,
                device="this",
                quantization="Q4_K_M",
                engine="llama.cpp",
                context=int(2 * depth),
                no_store=True,
            )
            assert isinstance(answer.decode_tokens_per_s, Estimate)
            rows.append(
                Measurement(
                    machine_id=where.machine_id, machine=where.machine, engine="llama.cpp", engine_version="b11549",
                    model=model, quantization="Q4_K_M", device=computer.machines[-1].device.name,
                    settings={"kv_type": "f16", "depth_tokens": depth, "prompt_tokens": 1},
                    metric="decode_tokens_per_s", value=factor * answer.decode_tokens_per_s.likely, low=1.0, high=1.0,
                    num_repeats=5, origin="verify",
                )
            )  # fmt: skip
    return rows


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], list[Measurement]]:
    """Put rates into a store of one's own."""
    if this_computer(CATALOG).machines[0].device.kind != "cpu":
        pytest.skip("this computer has an accelerator: its processor is not what 'this' means")
    monkeypatch.setenv("SIZEWISE_STORE", str(tmp_path / "store.sqlite3"))
    monkeypatch.setenv("SIZEWISE_CACHE_DIR", str(tmp_path / "cache"))

    def keep(factor: float) -> list[Measurement]:
        rows = _rates(factor)
        with Store(StorePlace(path=tmp_path / "store.sqlite3")) as store:
            store.add(rows)
        return rows

    return keep


def _decode(model: str, quantization: str, *, no_store: bool = False) -> Estimate:
    answer = fit(
        model, device="this", quantization=quantization, engine="llama.cpp", context=1024, no_store=no_store
    )
    assert isinstance(answer.decode_tokens_per_s, Estimate)
    return answer.decode_tokens_per_s


def test_neighbours_are_corrected_the_same_is_measured_and_no_store_ignores_both(
    stored: Callable[[float], list[Measurement]],
) -> None:
    stored(0.6)
    plain = _decode("Qwen/Qwen3-1.7B", "Q4_K_M", no_store=True)
    neighbour = _decode("Qwen/Qwen3-1.7B", "Q4_K_M")
    same, fitted = _decode(MODELS[1], "Q4_K_M"), _decode(MODELS[1], "Q4_K_M", no_store=True)
    assert (plain.basis, neighbour.basis, same.basis) == ("fitted", "calibrated", "measured")
    assert neighbour.likely / plain.likely == pytest.approx(0.6, rel=0.12)
    assert same.likely / fitted.likely == pytest.approx(0.6, rel=0.08)
    assert neighbour.high / neighbour.low < plain.high / plain.low
    assert same.low <= 0.6 * fitted.likely <= same.high


def test_other_devices_stay_as_they_are(stored: Callable[[float], list[Measurement]]) -> None:
    before = fit(MODELS[1], device="RTX 4090", quantization="Q4_K_M").decode_tokens_per_s
    stored(0.5)
    assert fit(MODELS[1], device="RTX 4090", quantization="Q4_K_M").decode_tokens_per_s == before


def test_corrections_are_kept_until_another_measurement_comes(
    stored: Callable[[float], list[Measurement]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(0.6)
    first = own_computer(CATALOG).machines[-1].device.calibration
    assert first is not None
    with monkeypatch.context() as patch:
        patch.setattr("sizewise.advisor.own_speed.calibration", lambda *_: pytest.fail("fitted again"))
        assert own_computer(CATALOG).machines[-1].device.calibration == first
    stored(0.5)
    second = own_computer(CATALOG).machines[-1].device.calibration
    assert second is not None
    assert second.num_measurements == 2 * first.num_measurements


def test_too_few_measurements_correct_nothing() -> None:
    machine = this_computer(CATALOG).machines[-1]
    assert calibration(_rates(0.5)[:2], CATALOG, machine) is None


def test_a_band_of_ones_own_is_used_for_its_phase_only() -> None:
    machine = this_computer(CATALOG).machines[-1]
    found = calibration(_rates(0.7), CATALOG, machine)
    device = replace(machine.device, calibration=found)
    assert band("llama.cpp", device, "decode", "dense").basis == "calibrated"
    assert band("llama.cpp", device, "prefill", "dense").basis != "calibrated"
    assert band("transformers", device, "decode", "dense").basis != "calibrated"


def test_accuracy_of_ones_own_pairs_each_measurement_with_the_prediction_before_it(
    stored: Callable[[float], list[Measurement]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = stored(0.8)
    fields = {
        name: getattr(rows[0], name)
        for name in ("machine_id", "machine", "engine", "engine_version", "model")
    }
    guesses = [
        Prediction(
            **fields, quantization="Q4_K_M", device=rows[0].device, settings=rows[0].settings,
            metric="decode_tokens_per_s", low=1.0, likely=rows[0].value * share, high=1e6, rung="fitted",
            recorded_at=moment,
        )
        for share, moment in ((3.0, "2025-01-01"), (1.25, "2025-01-02"), (9.0, "2999-01-01"))
    ]  # fmt: skip
    ((guess, found),) = paired(guesses, rows)
    assert (guess.recorded_at, found.value) == ("2025-01-02", rows[0].value)
    with Store(StorePlace(path=tmp_path / "store.sqlite3")) as store:
        store.add(guesses)
    assert main(["accuracy", "--mine", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert [one["rung"] for one in scores] == ["all", "fitted"]
    assert scores[0]["summary"]["median_error_ratio"] == pytest.approx(0.25)
    assert scores[0]["summary"]["coverage_ratio"] == 1.0
    assert main(["accuracy", "--mine", "--lang", "zh"]) == 0
    assert "25.0 %" in capsys.readouterr().out


LOADS = tuple((model, users) for model in MODELS[1:] for users in (1, 2, 4, 8))


def _loads(slower: float) -> list[Measurement]:
    """Latencies of two models under four loads, so many times as long as predicted, and the throughput."""
    computer = this_computer(CATALOG)
    where = fingerprint(computer)
    rows = []
    for model, users in LOADS:
        for metric, factor in (("tpot_s", slower), ("ttft_s", slower), ("output_tokens_per_s", 1 / slower)):
            row = Measurement(
                machine_id=where.machine_id, machine=where.machine, engine="llama.cpp", engine_version="b11549",
                model=model, quantization="Q4_K_M", device=computer.machines[-1].device.name,
                settings={"num_users": users, "prompt_tokens": 256.0, "output_tokens": 64.0},
                metric=metric, value=1.0, low=1.0, high=1.0, num_repeats=32, origin="measure",
            )  # fmt: skip
            case = own_speed._case(row, CATALOG, computer.machines[-1])
            assert case is not None
            (group,) = case_groups([case])
            predicted = getattr(group_served(group, group_coefficients(group)), metric)
            rows.append(replace(row, value=factor * float(predicted[0])))
    return rows


def _under_load(*, no_store: bool) -> CapacityAnswer:
    """Two users at once, on one machine."""
    question = Question(
        model=("Qwen/Qwen3-1.7B",), quantization=("Q4_K_M",), engine=("llama.cpp",), device=("this",),
        input_tokens="256", output_tokens="64", users="2", think_time="1 ms", max_ttft="60 s", max_tpot="1 s",
        no_store=no_store,
    )  # fmt: skip
    return capacity(question)


@pytest.mark.slow
def test_figures_under_load_correct_what_is_predicted_under_load(
    tmp_path: Path, stored: Callable[[float], list[Measurement]]
) -> None:
    """Two models were slower than predicted under four loads; a third one is now predicted to be."""
    assert callable(stored)
    with Store(StorePlace(path=tmp_path / "store.sqlite3")) as store:
        store.add(_loads(1.6))
    plain, own = _under_load(no_store=True), _under_load(no_store=False)
    assert plain.plan is not None
    assert own.plan is not None
    assert own.plan.each.tpot.mean_s / plain.plan.each.tpot.mean_s == pytest.approx(1.6, rel=0.15)
    assert own.num_users.likely < plain.num_users.likely
    assert own.num_users.high - own.num_users.low < plain.num_users.high - plain.num_users.low
    assert (plain.num_users.basis, own.num_users.basis) == ("fitted", "calibrated")


def test_one_figure_under_load_gives_no_range_of_its_own(
    tmp_path: Path, stored: Callable[[float], list[Measurement]]
) -> None:
    rows = [*stored(0.9), *_loads(1.6)[:3]]
    with Store(StorePlace(path=tmp_path / "store.sqlite3")) as store:
        store.add(rows[-3:])
    own = own_computer(CATALOG).machines[0].device.calibration
    assert own is not None
    assert own.spread("decode") is not None
    assert own.spread("tpot") is None


def test_a_row_without_a_voice_changes_nothing() -> None:
    measured = straight(np.array([0.4]))
    measured[2:] += 2.0
    found = posterior(straight, measured, READ, voices=np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0]))
    assert found.theta[0] == pytest.approx(0.4, abs=0.05)


def test_a_noisy_phase_does_not_blur_a_quiet_one() -> None:
    """Four rates agree, four are scattered: each phase is heard by its own spread, so the quiet one decides."""
    noise = np.array([0.0, 0.01, -0.01, 0.0, 0.9, -0.8, 0.8, -0.9])
    found = posterior(
        lambda theta: np.zeros(8) - theta[0], noise - 0.3, READ, phases=["decode"] * 4 + ["prefill"] * 4
    )
    assert found.theta[0] == pytest.approx(0.3, abs=0.03)
    assert found.spread[0] == pytest.approx(NOISE_SD)
    assert found.spread[-1] > 0.5


def test_blocks_of_256_share_what_is_known_of_their_width_and_have_prompts_of_their_own() -> None:
    parameters = parameters_of(["q4", "q4k"])
    theta = np.zeros(len(parameters))
    own = [i for i, one in enumerate(parameters) if one.speed_class == "q4k"]
    shared = [i for i, one in enumerate(parameters) if one.speed_class == "q4"]
    assert [dict(parameters[i].constants) for i in own] == [{"prefill_utilisation": -1.0}]
    theta[own], theta[shared] = -0.5, 0.2
    of_blocks, of_width, of_others = (
        dict(factors_of(parameters, theta, name)) for name in ("q4k", "q4", "q8")
    )
    assert of_blocks["prefill_utilisation"] == pytest.approx(np.exp(0.5 - 0.2))
    assert of_width["prefill_utilisation"] == pytest.approx(np.exp(-0.2))
    assert of_blocks["vector_flop_per_byte"] == of_width["vector_flop_per_byte"] == pytest.approx(np.exp(0.2))
    assert of_others["prefill_utilisation"] == 1.0

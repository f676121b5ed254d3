"""`sizewise fit --ask-engine`: the engine's own figures beside the predicted ones."""

from __future__ import annotations

import json

import pytest

from sizewise.advisor import fit
from sizewise.cli.main import main
from sizewise.errors import NotSupported

MODEL = "meta-llama/Llama-3.1-8B-Instruct"
pytestmark = pytest.mark.engine


def test_predicted_and_engine_agree_buffer_by_buffer() -> None:
    found = fit(MODEL, device="RTX 4090", quantization="Q4_K_M", users="4", kv_type="q8_0", ask_engine=True)
    weights, cache, compute = found.engine_buffers
    assert weights.predicted_bytes == weights.engine_bytes == 4_912_898_048
    assert cache.predicted_bytes == cache.engine_bytes == 4 * 544 * 2**20
    assert compute.predicted_bytes == pytest.approx(compute.engine_bytes, rel=0.01)
    assert found.engine == "llama.cpp"


def test_unequal_cards_are_compared_as_a_whole() -> None:
    found = fit(
        "meta-llama/Llama-3.3-70B-Instruct", device=("RTX 4090", "RTX 3090"), quantization="Q4_K_M",
        ask_engine=True,
    )  # fmt: skip
    assert all(b.predicted_bytes == pytest.approx(b.engine_bytes, rel=0.001) for b in found.engine_buffers)


def test_json_has_a_line_for_each_buffer(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["fit", MODEL, "--device", "RTX 4090", "--quantization", "Q4_K_M", "--ask-engine", "--json"]
    assert main(words) == 0
    lines = json.loads(capsys.readouterr().out)["engine_buffers"]
    assert [line["part"] for line in lines] == ["weights", "kv_cache", "compute"]
    assert {line["engine_build"] for line in lines} == {"b11549"}


def test_text_shows_predicted_beside_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", MODEL, "--device", "RTX 4090", "--quantization", "Q4_K_M", "--ask-engine"]) == 0
    shown = capsys.readouterr().out
    assert "Asked the engine (b11549)" in shown
    assert shown.count("4,685.30 MiB") == 2


def test_other_engines_cannot_be_asked() -> None:
    with pytest.raises(NotSupported, match="name --engine"):
        fit(MODEL, device="NVIDIA H100 SXM5 80GB", engine="vllm", ask_engine=True)

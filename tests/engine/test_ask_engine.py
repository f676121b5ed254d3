"""`sizewise fit --ask-engine`: the engine's own figures beside the predicted ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sizewise.advisor import fit
from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import mixture_rules
from sizewise.cli.main import main
from sizewise.errors import NotSupported
from sizewise.proof.engine_gguf import write_shape_file

if TYPE_CHECKING:
    from pathlib import Path

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


def test_a_gguf_file_is_asked_by_its_own_header(tmp_path: Path) -> None:
    model, path = load_catalog().model("Qwen/Qwen3-8B"), tmp_path / "own.gguf"
    weight_bytes = write_shape_file(path, model, "Q4_K_M", mixture_rules())
    found = fit(str(path), device="RTX 4090", ask_engine=True)
    weights, cache, _ = found.engine_buffers
    assert weights.engine_bytes == weights.predicted_bytes == weight_bytes
    assert cache.engine_bytes > 0


@pytest.mark.parametrize(
    "name",
    [
        "deepseek-ai/DeepSeek-V3.2", "zai-org/GLM-5", "zai-org/GLM-5.2", "tiiuae/Falcon-H1-34B-Instruct",
        "ibm-granite/granite-4.0-h-small", "ibm-granite/granite-4.0-h-1b", "nvidia/NVIDIA-Nemotron-Nano-9B-v2",
        "nvidia/NVIDIA-Nemotron-3-Nano-4B-BF16", "upstage/Solar-Open-100B", "bigcode/starcoder2-7b",
    ],
)  # fmt: skip
def test_the_newest_architectures_agree_with_the_engine(name: str) -> None:
    found = fit(
        name, device="8x NVIDIA H100 SXM5 80GB", engine="llama.cpp", quantization="Q4_K_M", ask_engine=True
    )
    weights, cache, compute = found.engine_buffers
    assert weights.predicted_bytes == pytest.approx(weights.engine_bytes, rel=1e-5)
    assert cache.predicted_bytes == pytest.approx(cache.engine_bytes, rel=1e-9)
    assert compute.predicted_bytes == pytest.approx(compute.engine_bytes, rel=0.2)

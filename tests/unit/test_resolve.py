"""What a person types, the model meant, and the verdict that uses the exact weights of its files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sizewise.advisor.fitting import fit
from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import mixture_rules
from sizewise.errors import BadInput, NotSupported, UnknownName
from sizewise.proof.engine_gguf import write_shape_file
from sizewise.sources.resolve import resolve_model

if TYPE_CHECKING:
    from pathlib import Path

LLAMA = "meta-llama/Llama-3.1-8B"


@pytest.fixture(scope="module")
def gguf_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "my llama-Q4_K_M.gguf"
    write_shape_file(path, load_catalog().models[LLAMA], "Q4_K_M", mixture_rules())
    return path


def test_a_name_of_the_catalog_is_the_catalogs_model() -> None:
    catalog = load_catalog()
    found = resolve_model(LLAMA, catalog)
    assert (found.model, found.weights, found.quantization) == (catalog.models[LLAMA], None, None)


def test_a_short_name_still_means_the_catalog() -> None:
    assert resolve_model("Qwen3-8B", load_catalog()).model.name == "Qwen/Qwen3-8B"


@pytest.mark.parametrize(
    "text", ["", " ", "nobody", "x" * 10_000, "\0", "a\nb", "ollama:", "70b", "a/b/c", "-"]
)
def test_what_means_nothing_is_unknown_in_one_line(text: str) -> None:
    with pytest.raises(UnknownName) as caught:
        resolve_model(text, load_catalog(), {"HF_HUB_OFFLINE": "1"})
    assert "\n" not in str(caught.value)


def test_X03_fit_reads_a_gguf_file_and_uses_its_exact_bytes(gguf_path: Path) -> None:
    answer = fit(str(gguf_path), device="RTX 4090")
    assert (answer.quantization, answer.fits, answer.engine) == ("Q4_K_M", "yes", "llama.cpp")
    weights = answer.memory[0].size
    assert weights.basis == "exact"
    assert weights.likely == pytest.approx(
        4_403.49 * 2**20, rel=1e-3
    )  # the allocator's figure, without vectors
    assert f"-m '{gguf_path}'" in answer.command
    assert answer.prepare == ()


def test_a_gguf_file_runs_on_engines_that_read_gguf(gguf_path: Path) -> None:
    assert fit(str(gguf_path), device="H100 SXM").engine in {"llama.cpp", "ollama"}
    with pytest.raises(NotSupported, match="vllm"):
        fit(str(gguf_path), device="H100 SXM", engine="vllm")


def test_another_format_of_a_file_is_computed_and_made_from_it(gguf_path: Path) -> None:
    answer = fit(str(gguf_path), device="RTX 4090", quantization="Q3_K_M")
    assert answer.memory[0].size.likely < 0.9 * fit(str(gguf_path), device="RTX 4090").memory[0].size.likely
    assert any("--allow-requantize" in line for line in answer.prepare)


def test_a_file_that_does_not_fit_is_offered_changes(gguf_path: Path) -> None:
    answer = fit(str(gguf_path), device="RTX 3060 12 GB", context=131_072, users=4)
    assert answer.fits == "no"
    assert answer.lifts


def test_a_folder_of_weights_is_launched_from_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
        "max_position_embeddings": 8192, "torch_dtype": "bfloat16", "tie_word_embeddings": False,
        "quantization_config": {"quant_method": "awq", "bits": 4},
    }))  # fmt: skip
    answer = fit(str(tmp_path), device="RTX 4090")
    assert (answer.quantization, answer.engine) == ("AWQ-4", "vllm")
    assert f"vllm serve {tmp_path}" in answer.command
    assert answer.prepare == ()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.gguf"
    path.write_text("words")
    with pytest.raises(BadInput, match="not a GGUF file"):
        resolve_model(str(path), load_catalog())

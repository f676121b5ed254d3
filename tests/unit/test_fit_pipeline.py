"""Pipeline parallelism: memory of each stage, the launch command, and what is refused."""

from __future__ import annotations

import pytest

from sizewise.advisor import fit
from sizewise.advisor.fit_pipeline import PipelineCase, of_one_stage, on_stages
from sizewise.advisor.fitting import find_model, possible_cases
from sizewise.catalog import load_catalog
from sizewise.cli.main import main
from sizewise.domain.device import Machine
from sizewise.errors import NotSupported
from sizewise.estimate.columns import first_value
from sizewise.estimate.pipeline import stages

H100 = "NVIDIA H100 SXM5 80GB"
LLAMA_70B, GEMMA, DEEPSEEK = (
    "meta-llama/Llama-3.3-70B-Instruct", "google/gemma-3-27b-it", "deepseek-ai/DeepSeek-V3",
)  # fmt: skip


def _case(
    model: str, num_devices: int, num_stages: int, engine: str = "vllm", quantization: str = "BF16"
) -> PipelineCase:
    catalog = load_catalog()
    machine = of_one_stage(Machine(device=catalog.device(H100), num_devices=num_devices), num_stages)
    case = possible_cases(
        catalog, find_model(catalog, model).model, machine, quantization=quantization, engine=engine,
        context_tokens=8_192, num_sequences=4, kv_type="f16",
    )[0]  # fmt: skip
    staged = on_stages(case, num_stages)
    assert isinstance(staged, PipelineCase)
    return staged


@pytest.mark.parametrize(
    ("num_layers", "num_stages", "expected"),
    [
        (80, 2, [40, 40]),
        (61, 4, [15, 15, 16, 15]),
        (62, 4, [15, 16, 16, 15]),
        (63, 4, [16, 16, 16, 15]),
        (5, 5, [1] * 5),
    ],
)
def test_left_over_layers_are_before_the_last_stage(
    num_layers: int, num_stages: int, expected: list[int]
) -> None:
    assert [stage.num_layers for stage in stages(num_layers, num_stages)] == expected


def test_embedding_is_on_the_first_stage_and_the_output_on_the_last() -> None:
    # Llama-3.3-70B in BF16: 141,107,412,992 B, embedding and output 128,256 x 8,192 x 2 B each
    case = _case(LLAMA_70B, 3, 3)
    first, middle, last = (first_value(case.stage_terms(stage, 8_192.0).weights) for stage in case.stages)
    whole, end = first_value(case.columns[1].device_bytes), 128_256 * 8_192 * 2
    block = (whole - 2 * end) / 80
    assert [s.num_layers for s in case.stages] == [27, 27, 26]
    assert (first, middle, last) == pytest.approx((27 * block + end, 27 * block, 26 * block + end))
    assert first + middle + last == pytest.approx(whole)


def test_a_tied_embedding_is_on_both_ends() -> None:
    case = _case(GEMMA, 2, 2)
    held = sum(first_value(case.stage_terms(stage, 8_192.0).weights) for stage in case.stages)
    assert held - first_value(case.columns[1].device_bytes) == pytest.approx(262_208 * 5_376 * 2, rel=0.001)


def test_only_the_last_stage_samples() -> None:
    case = _case("Qwen/Qwen3-0.6B", 2, 2)
    first, last = (first_value(case.stage_terms(stage, 8_192.0).compute) for stage in case.stages)
    assert last > first > 0


def test_the_cache_of_a_sequence_is_shared_by_the_stages() -> None:
    case = _case(LLAMA_70B, 8, 4)
    held = [first_value(case.stage_terms(stage, 8_192.0).per_sequence) for stage in case.stages]
    # two ranks a stage, each with half of the heads
    assert sum(held) == pytest.approx(8_192 * 327_680 / 2)


def test_latent_caches_shrink_by_stages_but_not_by_ranks() -> None:
    # its experts in FP8 need both: memory is asked here, not whether it fits
    staged = _case(DEEPSEEK, 8, 4, quantization="FP8")
    per_sequence = first_value(staged.stage_terms(staged.stages[0], 8_192.0).per_sequence)
    assert per_sequence == pytest.approx(15 / 61 * 575_668_224)


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_the_fullest_stage_decides_and_concurrency_holds_on_all(engine: str) -> None:
    case = _case(LLAMA_70B, 4, 2, engine)
    needed = [case.stage_terms(stage, 8_192.0).fixed for stage in case.stages]
    assert first_value(case.terms.fixed) == pytest.approx(max(first_value(n) for n in needed))
    most = case.max_concurrency(8_192.0)
    assert most > 0
    for stage in case.stages:
        terms = case.stage_terms(stage, 8_192.0)
        assert first_value(terms.fixed + most * terms.per_sequence) <= first_value(terms.budget)


@pytest.mark.parametrize(
    ("engine", "flags"),
    [("vllm", "--tensor-parallel-size 2 --pipeline-parallel-size 2"), ("sglang", "--tp 2 --pp-size 2")],
)
def test_the_command_has_both_kinds_of_parallelism(engine: str, flags: str) -> None:
    answer = fit(LLAMA_70B, device=f"4x {H100}", engine=engine, quantization="BF16", pipeline_parallel="2")
    assert answer.fits == "yes"
    assert flags in answer.command
    assert (answer.num_devices, len(answer.stages)) == (4, 2)
    assert max(stage.memory_bytes.likely for stage in answer.stages) == pytest.approx(
        answer.memory_bytes.likely
    )


def test_stages_alone_need_no_tensor_parallelism() -> None:
    answer = fit("Qwen/Qwen3-32B", device=f"3x {H100}", quantization="BF16", pipeline_parallel=3)
    assert "--tensor-parallel-size" not in answer.command
    assert "--pipeline-parallel-size 3" in answer.command


@pytest.mark.parametrize(
    ("device", "engine", "said"),
    [
        (f"3x {H100}", "vllm", "multiple of 2"),
        (f"2x {H100}", "llama.cpp", "no pipeline stages"),
        (f"2x {H100}", "transformers", "no pipeline stages"),
    ],
)
def test_what_cannot_be_staged_is_refused(device: str, engine: str, said: str) -> None:
    with pytest.raises(NotSupported, match=said):
        fit("Qwen/Qwen3-8B", device=device, engine=engine, pipeline_parallel="2")


def test_more_stages_than_layers_are_refused() -> None:
    case = _case("Qwen/Qwen3-0.6B", 2, 2)
    with pytest.raises(NotSupported, match="name fewer stages"):
        on_stages(case, case.model.num_layers + 1)


@pytest.mark.parametrize("words", [["--ask-engine"], ["--device", "RTX 3090"]])
def test_stages_are_for_equal_devices_and_not_asked(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["fit", "Qwen/Qwen3-8B", "--device", "2x RTX 4090", "--pipeline-parallel", "2", *words]
    assert main(call) == 2
    assert "equal devices" in capsys.readouterr().err


def test_the_text_has_a_line_for_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    call = [
        "fit",
        "Qwen/Qwen3-8B",
        "--device",
        "2x RTX 4090",
        "--pipeline-parallel",
        "2",
        "--quantization",
        "BF16",
    ]
    assert main(call) == 0
    assert capsys.readouterr().out.count("18 layers") == 2

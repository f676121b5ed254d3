"""Known facts about models that the shipped estimates must agree with, each with its published source."""

import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.quality_bars import complexity_bar, model_bar
from sizewise.catalog.quality_table import AXES, loss_table, quality_columns, quality_entry
from sizewise.estimate.quality import kv_loss, pass_probability, quant_loss, verdict
from sizewise.predict.quality import predict_quality

LLAMA_2_70B = "meta-llama/Llama-2-70b-chat-hf"
LLAMA_3_8B = "meta-llama/Meta-Llama-3-8B-Instruct"
LLAMA_3_70B = "meta-llama/Llama-3.3-70B-Instruct"
SMOLLM = "HuggingFaceTB/SmolLM3-3B"
QWEN = "Qwen/Qwen2.5-{}-Instruct"


def score(model: str, axis: str) -> float:
    entry = quality_entry(model, axis)
    assert entry is not None, f"{model} is unknown on {axis}"
    return entry.mean


def sure(better: str, worse: str, axis: str) -> float:
    """Probability that the first is better than the second."""
    (a, b), (sd_a, sd_b) = quality_columns([better, worse], axis)
    return float(pass_probability(mean=a, sd=(sd_a**2 + sd_b**2) ** 0.5, bar=b))


ORDERS = [
    # better, worse, axis, published figures and source
    (QWEN.format("7B"), LLAMA_2_70B, "qa", "MMLU-Pro 56.3 and 24.3: Qwen2.5 blog; Open LLM Leaderboard v2"),
    (QWEN.format("7B"), LLAMA_2_70B, "math", "MATH 75.5 and GSM8K 56.8 of the base model: Qwen2.5 blog; Llama 2 paper"),
    (QWEN.format("7B"), LLAMA_2_70B, "extraction", "IFEval 75.9 and 49.6: Open LLM Leaderboard v2"),
    (LLAMA_3_8B, LLAMA_2_70B, "math", "GSM8K 79.6 and 57.5: Llama 3 model card"),
    (LLAMA_3_8B, LLAMA_2_70B, "coding", "HumanEval 62.2 and 25.6: Llama 3 model card"),
    ("google/gemma-3-4b-it", LLAMA_2_70B, "chat", "Elo 1303 against about 1093: LMArena"),
    (LLAMA_3_70B, SMOLLM, "qa", "MMLU-Pro 68.9 and about 35: Llama 3.3 card; SmolLM3 card"),
    ("Qwen/Qwen2.5-Coder-32B-Instruct", QWEN.format("7B"), "coding", "Aider 71.4 and below 60: Aider leaderboard"),
    (QWEN.format("72B"), QWEN.format("7B"), "qa", "MMLU-Pro 71.1 and 56.3: Qwen2.5 blog"),
    (QWEN.format("14B"), QWEN.format("3B"), "reasoning", "BBH 63.9 and 46.9: Open LLM Leaderboard v2"),
    ("Qwen/Qwen3-8B", QWEN.format("7B"), "math", "AIME and MATH-500 in thinking mode: Qwen3 report, tables 17-18"),
    ("Qwen/Qwen3-32B", "Qwen/Qwen3-4B", "coding", "LiveCodeBench 65.7 and 54.2: Qwen3 report"),
    (QWEN.format("7B"), "google/gemma-3-27b-it", "chinese", "C-Eval 76.2 and 66.6: Qwen2.5 blog; MiniCPM4 report"),
    ("deepseek-ai/DeepSeek-R1", "deepseek-ai/DeepSeek-V3", "math", "AIME 2024 79.8 and 39.2: DeepSeek-R1"),
    ("gpt-4o", "gpt-4o-mini", "qa", "MMLU 88.7 and 82.0: simple-evals"),
    ("claude-opus-4-5", "gpt-4o", "coding", "LiveBench coding, release 2026-01-08"),
]  # fmt: skip


@pytest.mark.parametrize(("better", "worse", "axis", "source"), ORDERS)
def test_published_order_is_kept(better: str, worse: str, axis: str, source: str) -> None:
    assert sure(better, worse, axis) >= 0.8, source


def test_smollm3_3b_is_never_above_llama_3_3_70b() -> None:
    """Q01: no shared benchmark has the 3B ahead (cards of SmolLM3 and Llama 3.3)."""
    both = [axis for axis in AXES if quality_entry(SMOLLM, axis) and quality_entry(LLAMA_3_70B, axis)]
    assert len(both) >= 8
    assert all(score(SMOLLM, axis) < score(LLAMA_3_70B, axis) for axis in both)


def test_7b_is_about_enough_for_simple_code_and_not_for_hard_code() -> None:
    """HumanEval 84.8 of at most 88.4, but LiveCodeBench well below the 32B: Qwen2.5 blog."""
    entry = quality_entry(QWEN.format("7B"), "coding")
    assert entry is not None

    def word(complexity: str) -> str:
        bar = complexity_bar(complexity, "coding").value
        return verdict(float(pass_probability(mean=entry.mean, sd=entry.sd, bar=bar)))

    assert word("simple") == "probably enough"
    assert word("complex") == word("research") == "not enough"


def test_mathematics_of_qwen2_5_flattens_from_14b_while_knowledge_rises() -> None:
    """MATH 75.5, 80.0, 83.1, 83.1 and MMLU-Pro 56.3, 63.7, 69.0, 71.1 at 7, 14, 32, 72B: Qwen2.5 blog."""
    models = [QWEN.format(size) for size in ("7B", "14B", "32B", "72B")]
    math = [score(name, "math") for name in models]
    assert math[1] - math[0] > math[3] - math[2]


@pytest.mark.parametrize("loss_class", ["8", "4", "3", "2"])
def test_four_bits_cost_an_8b_more_than_a_70b(loss_class: str) -> None:
    """INT4-AWQ on MMLU: Llama-3.1 8B -5.66 %, 70B -1.07 %: NVIDIA."""
    small, large = (
        float(quant_loss(loss_class=loss_class, num_params=n, axis="qa", table=loss_table())[1])
        for n in (8e9, 70e9)
    )
    assert small > large > 0


@pytest.mark.parametrize("axis", ["tool-use", "math", "coding", "long-context"])
def test_agents_mathematics_code_and_long_input_lose_more_than_knowledge(axis: str) -> None:
    """Llama 3.2 1B and 3B at 4 bits: MMLU -6.0 and -2.9, GSM8K -11.3 and -4.8, BFCL -11.4 and -13.6: their cards."""
    qa, other = (
        quant_loss(loss_class="4", num_params=3e9, axis=a, table=loss_table())[1] for a in ("qa", axis)
    )
    assert float(other) > float(qa)


def test_no_cache_type_below_16_bits_is_free_and_four_bits_cost_more_than_eight() -> None:
    """Mean KL divergence of q8_0 keys and values is above zero: llama.cpp; KV Q4 perplexity: exllamav2."""
    eight, four = (kv_loss(kv_type=name, axis="qa", table=loss_table()) for name in ("q8_0", "q4_0"))
    assert 0 < eight[1] < four[1]


def test_a_quantized_cache_costs_long_context_more_than_answers_of_usual_length() -> None:
    """MRCR to 256K tokens, Qwen3-30B-A3B: 45.8 to 43.1 by FP8, to 42.3 by 4 bits: vLLM's blog of 2026-05."""
    usual, long = (kv_loss(kv_type="q4_0", axis=axis, table=loss_table()) for axis in ("qa", "long-context"))
    assert usual[1] < long[1]
    assert usual[2] < long[2]


def test_gemma_3_4b_ties_qwen2_5_72b_on_the_preference_board() -> None:
    """Elo 1303 and 1303: LMArena with style control."""
    board = {
        "row_id": "1", "quant": "", "benchmark": "LMArena text overall (style control)", "setting": "style control",
        "source": "lmarena/arena-catalog data/leaderboard-text-style-control.json",
    }  # fmt: skip
    questions = [board | {"model": name} for name in ("google/gemma-3-4b-it", QWEN.format("72B"))]
    small, large = (float(row["likely"]) for row in predict_quality(questions, load_catalog())[0])
    assert abs(small - large) < 25


def test_every_bar_of_a_known_api_model_is_a_number_for_chat() -> None:
    for name in ("gpt-4o", "gpt-4o-mini", "claude-opus-4-5"):
        assert 0 < model_bar(name, "chat").value < 100


@pytest.mark.parametrize(
    ("model", "benchmark", "source", "setting", "published"),
    [
        (QWEN.format("7B"), "MMLU-Pro", "QwenLM/qwenlm.github.io content/blog/qwen2.5-llm/index.md", "instruct", 56.3),
        (QWEN.format("72B"), "MATH", "QwenLM/qwenlm.github.io content/blog/qwen2.5-llm/index.md", "instruct", 83.1),
        ("DeepSeek-R1", "AIME 2024", "deepseek-ai/DeepSeek-R1 README.md", "", 79.8),
    ],
)  # fmt: skip
def test_a_published_score_lies_in_its_predicted_range(
    model: str, benchmark: str, source: str, setting: str, published: float
) -> None:
    question = {
        "row_id": "1", "model": model, "quant": "", "benchmark": benchmark, "setting": setting, "source": source,
    }  # fmt: skip
    rows, warnings = predict_quality([question], load_catalog())
    assert warnings == []
    assert float(rows[0]["low"]) <= published <= float(rows[0]["high"])

"""The shipped quality tables say what is known to be true, and nothing where nothing is known."""

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest

import sizewise.catalog
from sizewise.catalog import load_catalog
from sizewise.catalog.quality_bars import complexity_bar
from sizewise.catalog.quality_table import (
    AXES,
    GRADES,
    axis_entries,
    loss_table,
    quality_columns,
    quality_entry,
)
from sizewise.errors import UnknownName
from sizewise.estimate.quality import pass_probability, quant_loss

FOLDER = Path(sizewise.catalog.__file__).parent
QWEN_7B = "Qwen/Qwen2.5-7B-Instruct"
LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"
LLAMA_2_70B = "meta-llama/Llama-2-70b-chat-hf"
LLAMA_3_70B = "meta-llama/Llama-3.3-70B-Instruct"
SMOLLM = "HuggingFaceTB/SmolLM3-3B"


def score(model: str, axis: str) -> float:
    entry = quality_entry(model, axis)
    assert entry is not None, f"{model} is unknown on {axis}"
    return entry.mean


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((FOLDER / name).read_text(encoding="utf-8"))))


@pytest.mark.parametrize("axis", ["qa", "math", "extraction", "coding"])
@pytest.mark.parametrize("modern", [QWEN_7B, LLAMA_8B, "Qwen/Qwen3-8B"])
def test_modern_8b_beats_the_70b_of_2023(modern: str, axis: str) -> None:
    assert score(modern, axis) > score(LLAMA_2_70B, axis)


def test_Q01_smollm3_3b_is_nowhere_above_llama_3_3_70b() -> None:
    compared = [a for a in AXES if quality_entry(SMOLLM, a) and quality_entry(LLAMA_3_70B, a)]
    assert len(compared) >= 5
    assert all(score(SMOLLM, axis) < score(LLAMA_3_70B, axis) for axis in compared)


def test_Q02_four_bits_cost_an_8b_more_than_a_70b_and_move_both() -> None:
    lost = [quant_loss(loss_class="4", num_params=n, axis="qa", table=loss_table())[1] for n in (8e9, 70e9)]
    assert lost[0] > lost[1] > 0


def test_Q04_model_without_evidence_is_not_given_its_siblings_score() -> None:
    means, sds = quality_columns(["Qwen/Qwen2.5-7B-Instruct-My-Finetune"], "coding")
    assert np.isnan(means).all()
    assert np.isnan(sds).all()


def test_Q04_a_32b_does_not_have_the_score_of_the_1_5b() -> None:
    assert (
        score("Qwen/Qwen2.5-32B-Instruct", "reasoning")
        > score("Qwen/Qwen2.5-1.5B-Instruct", "reasoning") + 20
    )


def test_Q05_missing_benchmarks_are_neither_zero_nor_average() -> None:
    """Mixtral has scores on fewer benchmarks than Llama 2 7B on knowledge, and still stands above it."""
    assert (
        score("mistralai/Mixtral-8x7B-Instruct-v0.1", "qa")
        > score("meta-llama/Llama-2-7b-chat-hf", "qa") + 10
    )


def test_Q09_instruct_coder_beats_its_predecessor_and_the_general_model() -> None:
    assert score("Qwen/Qwen2.5-Coder-32B-Instruct", "coding") > score("Qwen/Qwen2.5-32B-Instruct", "coding")


def test_7b_is_about_enough_for_simple_code_but_not_for_complex_code() -> None:
    entry = quality_entry(QWEN_7B, "coding")
    assert entry is not None
    simple, complex_ = (complexity_bar(c, "coding").value for c in ("simple", "complex"))
    assert pass_probability(mean=entry.mean, sd=entry.sd, bar=simple) >= 0.8
    assert pass_probability(mean=entry.mean, sd=entry.sd, bar=complex_) <= 0.2


def test_scores_rise_with_size_inside_a_family() -> None:
    sizes = ["1.5B", "3B", "7B", "14B", "32B"]
    for axis in ("qa", "math", "reasoning", "coding"):
        values = [score(f"Qwen/Qwen2.5-{size}-Instruct", axis) for size in sizes]
        assert values == sorted(values), axis


def test_anchor_stands_at_fifty() -> None:
    assert score(QWEN_7B, "qa") == pytest.approx(50.0)


def test_text_models_have_no_score_on_images() -> None:
    assert quality_entry(LLAMA_2_70B, "multimodal") is None
    assert quality_entry("Qwen/Qwen2.5-VL-7B-Instruct", "multimodal") is not None


def test_models_that_write_nothing_have_no_score() -> None:
    scored = {name for axis in AXES for name in axis_entries(axis)}
    silent = {name for name, model in load_catalog().models.items() if not model.is_generator}
    assert not scored & silent


@pytest.mark.parametrize("axis", AXES)
def test_every_entry_is_a_score_with_evidence(axis: str) -> None:
    entries = axis_entries(axis)
    assert len(entries) >= 15
    for name, entry in entries.items():
        assert 0 <= entry.mean <= 100, name
        assert 0 < entry.sd <= 11.05, name
        assert entry.grade in GRADES, name
        if entry.grade != "interpolated":
            assert entry.num_scores >= 1, name
            assert entry.newest, name
            assert entry.benchmarks, name


def test_unknown_axis_names_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="coding"):
        quality_entry(QWEN_7B, "codin")


def test_every_fact_has_source_and_date() -> None:
    for row in rows("quality.csv"):
        assert row["source"], row
        assert row["as_of"], row
        assert math.isfinite(float(row["score"])), row


def test_sources_that_forbid_commercial_use_are_not_shipped() -> None:
    sources = {row["source"] for row in rows("quality.csv")} | {
        row["source"] for row in rows("quality_links.csv")
    }
    assert not [s for s in sources if "NoLiMa" in s or "haonan-li/CMMLU" in s]


def test_loss_facts_have_sources() -> None:
    table = rows("quant_loss.csv")
    assert len(table) > 1000
    assert all(row["source"] and row["as_of"] for row in table)


def test_every_loss_class_and_cache_type_in_use_has_a_loss() -> None:
    table = loss_table()
    used = {q.loss_class for q in load_catalog().quantizations.values()} - {"16"}
    assert used <= set(table.points)
    assert {"f16", "q8_0", "fp8", "q4_0"} <= set(table.kv_points)

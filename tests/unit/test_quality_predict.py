"""Answers to quality questions."""

import pytest

from sizewise.catalog import load_catalog, quality_links
from sizewise.predict.quality import predict_quality

QUESTION = {
    "row_id": "q1", "model": "Qwen/Qwen2.5-7B-Instruct", "quant": "", "benchmark": "MMLU-Pro", "setting": "instruct",
    "source": "QwenLM/qwenlm.github.io content/blog/qwen2.5-llm/index.md",
}  # fmt: skip


def answer(**changes: str) -> dict[str, str]:
    rows, _ = predict_quality([QUESTION | changes], load_catalog())
    return rows[0]


def test_score_of_a_known_model_is_near_the_published_one() -> None:
    """Published: 56.3."""
    row = answer()
    assert float(row["low"]) <= 56.3 <= float(row["high"])
    assert float(row["likely"]) == pytest.approx(56.3, abs=5)


def test_quantization_moves_the_score() -> None:
    assert (
        float(answer(quant="Q4_K_M")["likely"])
        < float(answer(quant="Q8_0")["likely"])
        < float(answer()["likely"])
    )


def test_error_rates_rise_with_quantization() -> None:
    rate = {"benchmark": "Vectara HHEM hallucination rate (lower is better)", "source": "", "setting": "",
            "model": "Qwen/Qwen3-8B"}  # fmt: skip
    assert float(answer(**rate, quant="Q4_K_M")["likely"]) > float(answer(**rate)["likely"])


def test_elo_is_answered_in_elo() -> None:
    row = answer(benchmark="LMArena text overall (style control)", model="gpt-4o", setting="style control",
                 source="lmarena/arena-catalog data/leaderboard-text-style-control.json")  # fmt: skip
    assert 1250 < float(row["likely"]) < 1480


def test_benchmark_under_another_harness_is_wider_than_under_a_known_one() -> None:
    other = answer(source="a harness nobody knows")
    assert float(other["high"]) - float(other["low"]) > float(answer()["high"]) - float(answer()["low"])


def test_unknown_benchmark_is_blank_without_a_warning() -> None:
    rows, warnings = predict_quality([QUESTION | {"benchmark": "a test nobody published"}], load_catalog())
    assert rows == [{"row_id": "q1", "low": "", "likely": "", "high": ""}]
    assert warnings == []


def test_unknown_model_blanks_its_row_with_one_warning() -> None:
    rows, warnings = predict_quality([QUESTION | {"model": "nobody/nothing-7b"}, QUESTION], load_catalog())
    assert rows[0]["likely"] == ""
    assert rows[1]["likely"] != ""
    assert len(warnings) == 1
    assert warnings[0].startswith("q1: unknown model")


def test_unknown_quantization_blanks_its_row_with_one_warning() -> None:
    rows, warnings = predict_quality([QUESTION | {"quant": "Q9_Z"}], load_catalog())
    assert rows[0]["likely"] == ""
    assert len(warnings) == 1


def test_thinking_mode_raises_mathematics() -> None:
    aime = {"benchmark": "AIME 2025", "model": "Qwen/Qwen3-8B", "source": ""}
    plain, thinking = answer(**aime, setting="non-thinking mode"), answer(**aime, setting="thinking mode")
    assert float(thinking["likely"]) > float(plain["likely"]) + 10


def test_native_format_has_its_published_score() -> None:
    model = {"model": "openai/gpt-oss-20b", "benchmark": "GPQA Diamond", "source": "", "setting": ""}
    assert answer(**model, quant="MXFP4") == answer(**model)


def test_ranges_are_as_much_wider_as_held_out_scores_have_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def width() -> float:
        row = answer()
        return float(row["high"]) - float(row["low"])

    shipped = width()
    knowledge = float(quality_links._widenings()["knowledge"]["scored"])
    twice = {"knowledge": {"scored": f"{2 * knowledge}", "unscored": "1.0"}}
    monkeypatch.setattr(quality_links, "_widenings", lambda: twice)
    assert width() == pytest.approx(2 * shipped, rel=0.15)

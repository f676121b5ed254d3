"""What was tested on one's own prompts decides in `recommend`, on this machine and for this task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.chat_server import chat_server
from tests.evaluated import written

from sizewise.advisor import EvaluateQuestion, Question, evaluate, recommend

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.domain.decision import Decision

SMALL, BIG = "Qwen/Qwen3-4B@Q4_K_M", "Qwen/Qwen3-8B@Q4_K_M"
ROWS = [{"prompt": f"say {i}", "expected": i} for i in range(80)]


def right(messages: list[dict[str, Any]]) -> str:
    return str(messages[-1]["content"]).split()[-1]


def evaluate_both(folder: Path, *, small_is_right: bool) -> None:
    with chat_server(right if small_is_right else lambda _: "no") as small, chat_server(right) as big:
        answer = evaluate(EvaluateQuestion(
            prompts=written(folder, ROWS), endpoint=(f"small={small.address}", f"big={big.address}"), task="extraction",
            runs=(f"small={SMALL}", f"big={BIG}"), folder=str(folder / "run"),
        ))  # fmt: skip
    assert answer.is_stored


def asked(min_quality: str | None = None) -> Decision:
    question = Question(
        task="extraction",
        model=("Qwen3-4B",),
        quantization=("Q4_K_M",),
        device=("RTX 4090",),
        min_quality=min_quality,
    )
    return recommend(question, top=3)


@pytest.mark.slow
@pytest.mark.parametrize("small_is_right", [True, False])
def test_an_own_evaluation_outranks_the_benchmarks(
    small_is_right: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SIZEWISE_STORE", str(tmp_path / "store.sqlite3"))
    before = asked()
    evaluate_both(tmp_path, small_is_right=small_is_right)
    after = asked()
    if small_is_right:
        assert after.answer is not None
        assert after.answer.quality_evidence == "own"
        assert after.answer.pass_probability == pytest.approx(0.95)
    else:
        assert after.answer is None
    other_task = recommend(
        Question(task="chat", model=("Qwen3-4B",), quantization=("Q4_K_M",), device=("RTX 4090",))
    )
    assert other_task.answer is None or other_task.answer.quality_evidence != "own"
    assert before.answer is None or before.answer.quality_evidence != "own"


@pytest.mark.slow
def test_another_bar_is_another_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIZEWISE_STORE", str(tmp_path / "store.sqlite3"))
    evaluate_both(tmp_path, small_is_right=True)
    stated = asked(min_quality="1")
    assert stated.answer is not None
    assert stated.answer.quality_evidence != "own"

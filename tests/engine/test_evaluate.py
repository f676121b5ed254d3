"""`evaluate` on real inference: tiny trained models on the real llama-server."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from tests.evaluated import capitals, evaluated, moods, sums
from tests.llama_server import TINY, llama_server, llama_servers

from sizewise.cli.main import main
from sizewise.proof.evaluate.prompts import read_items
from sizewise.report.text_evaluate import shown_router

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.slow]
MODELS = {name: TINY / f"{name}.gguf" for name in ("small-q4_0", "small-f16", "large-f16")}


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    with llama_servers(MODELS) as found:
        yield found


def test_the_models_are_small_files() -> None:
    assert sum(path.stat().st_size for path in TINY.iterdir()) < 1e6


def test_the_easy_suite_picks_the_small_model(addresses: dict[str, str], tmp_path: Path) -> None:
    answer = evaluated(tmp_path, moods(120), addresses)
    assert (answer.verdict, answer.chosen) == ("enough", "small-q4_0")
    assert answer.comparisons[0].p_not_worse <= answer.comparisons[0].level


def test_the_sums_need_the_larger_model_and_reject_the_small_one_in_4_bits(
    addresses: dict[str, str], tmp_path: Path
) -> None:
    answer = evaluated(tmp_path, sums(200), addresses, asks_all=True)
    four_bits, half = answer.comparisons
    assert (answer.verdict, answer.chosen) == ("reference-needed", "large-f16")
    assert (four_bits.outcome, half.outcome) == ("worse", "worse")
    assert four_bits.p_equal is not None
    assert four_bits.p_equal < 0.001
    assert four_bits.difference < half.difference  # the loss by quantization shows, too


def test_early_looks_come_to_the_same_answer_with_fewer_prompts(
    addresses: dict[str, str], tmp_path: Path
) -> None:
    answer = evaluated(tmp_path, sums(200), addresses)
    assert (answer.verdict, answer.chosen, answer.stopped) == ("reference-needed", "large-f16", "settled")
    assert answer.num_asked < 200


def test_a_suite_that_nobody_passes_says_so(addresses: dict[str, str], tmp_path: Path) -> None:
    answer = evaluated(tmp_path, capitals(60), addresses)
    assert (answer.verdict, answer.chosen) == ("nobody", "")
    assert shown_router(answer) is None


@pytest.mark.parametrize("name", ["classification", "coding"])
def test_a_starter_set_is_asked_answered_and_graded_from_the_command_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the tiny models write is no answer to these questions: every grader says so, and none stumbles over it."""
    with ExitStack() as stack:
        endpoints = [
            f"{name}={stack.enter_context(llama_server(MODELS[name], slots=2, context_tokens=2048))}"
            for name in ("small-q4_0", "large-f16")
        ]
        asked = ["evaluate", f"starter:{name}", *(f"--endpoint={e}" for e in endpoints), "--max-tokens=24", "--ask-all",
                 "--allow-code", f"--folder={tmp_path / 'run'}", "--concurrency=2"]  # fmt: skip
        code = main([*asked, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (code, found["verdict"]) == (1, "nobody")
    items = read_items(f"starter:{name}")
    kept = [json.loads(line) for line in (tmp_path / "run" / "answers.jsonl").read_text().splitlines()]
    assert len(kept) == 2 * len(items)
    assert not [k["failure"] for k in kept if k["failure"]]
    assert sum(bool(k["text"].strip()) for k in kept) > len(items)
    assert {k["grade"] for k in kept} <= {0.0, 1.0}


def test_twenty_prompts_cannot_tell_and_say_how_many_would(addresses: dict[str, str], tmp_path: Path) -> None:
    answer = evaluated(tmp_path, moods(20), addresses)
    assert (answer.verdict, answer.chosen) == ("cannot-tell", "")
    assert all(c.more_items is not None and c.more_items >= 10 for c in answer.comparisons)

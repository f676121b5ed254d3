"""`evaluate` on real inference: tiny trained models on the real llama-server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.evaluated import capitals, evaluated, moods, sums
from tests.llama_server import TINY, llama_servers

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


def test_twenty_prompts_cannot_tell_and_say_how_many_would(addresses: dict[str, str], tmp_path: Path) -> None:
    answer = evaluated(tmp_path, moods(20), addresses)
    assert (answer.verdict, answer.chosen) == ("cannot-tell", "")
    assert all(c.more_items is not None and c.more_items >= 10 for c in answer.comparisons)

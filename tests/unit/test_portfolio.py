"""`portfolio` from a file to its answer, on the shipped facts."""

from __future__ import annotations

import builtins
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sizewise.advisor import Question, TrafficQuestion, portfolio, recommend
from sizewise.advisor.portfolio_pools import half_device
from sizewise.catalog import load_catalog
from sizewise.cli.root import run
from sizewise.decide.evaluate import num_replicas
from sizewise.decide.portfolio import load_of, whole
from sizewise.errors import MissingExtra

if TYPE_CHECKING:
    from pathlib import Path

TWO_CLASSES = """
[[class]]
name = "questions"
task = "qa"
users = 40
complexity = "simple"

[[class]]
name = "hard"
task = "reasoning"
users = 3
as_good_as = "Qwen/Qwen3-14B"
"""
ONE_CLASS = '[[class]]\nname = "documents"\ntask = "rag"\nusers = 60\n'
CARD = Question(device=("RTX 4090",))
MARKET_CARDS = Question(device=("RTX 4090",), path=("rent", "buy"))


def written(folder: Path, text: str) -> str:
    path = folder / "traffic.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_replicas_are_those_of_recommend() -> None:
    share = np.linspace(0.01, 7.0, 400)
    assert (whole(load_of(share)) == num_replicas(1.0, 1.0 / share)).all()


@pytest.mark.slow
def test_two_classes_share_the_card_that_is_there(tmp_path: Path) -> None:
    answer = portfolio(written(tmp_path, TWO_CLASSES), CARD)
    assert answer.monthly_usd is not None
    assert sum(m.count for m in answer.machines) == 1
    assert answer.gap_ratio <= 1e-5
    assert {r.name for r in answer.routes} == {"questions", "hard"}
    assert all(r.pass_probability >= 0.8 for r in answer.routes)
    assert sum(p.share_of_machine * p.replicas for p in answer.parts) <= 1.0
    assert all(p.busy_ratio <= 1.0 + 1e-6 for p in answer.parts)
    names = [str(c.title) for c in answer.comparisons]
    assert names == ["this portfolio", "one model for all", "a machine for each class", "APIs for all"]


@pytest.mark.slow
def test_the_portfolio_is_never_dearer_than_the_other_ways_that_are_allowed(tmp_path: Path) -> None:
    place = written(tmp_path, TWO_CLASSES)
    inside = portfolio(place, MARKET_CARDS)
    outside = portfolio(place, MARKET_CARDS, TrafficQuestion(allows_api=True))
    for answer in (inside, outside):
        assert answer.monthly_usd is not None
        others = {str(c.title): c.monthly_usd for c in answer.comparisons}
        del others["this portfolio"]
        allowed = {t: u for t, u in others.items() if answer is outside or t != "APIs for all"}
        assert all(math.isnan(usd) or answer.monthly_usd.likely <= usd + 1e-6 for usd in allowed.values())
    assert outside.monthly_usd is not None
    assert inside.monthly_usd is not None
    assert outside.monthly_usd.likely <= inside.monthly_usd.likely + 1e-6


@pytest.mark.slow
def test_one_class_costs_no_more_than_recommend_says(tmp_path: Path) -> None:
    answer = portfolio(written(tmp_path, ONE_CLASS), MARKET_CARDS)
    alone = recommend(
        Question(task="rag", users=60, device=MARKET_CARDS.device, path=MARKET_CARDS.path)
    ).answer
    assert answer.monthly_usd is not None
    assert alone is not None
    assert answer.monthly_usd.likely <= alone.monthly_usd.likely * 1.02  # type: ignore[union-attr]  # priced


@pytest.mark.slow
def test_what_cannot_be_served_is_said_with_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = written(tmp_path, '[[class]]\nname="wish"\ntask="chat"\nusers=5\nmin_quality=99.9\n')
    assert run(["portfolio", place, "--device", "RTX 4090"]) == 1
    assert "wish: nothing reaches 100 points" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_routes_machines_and_proof(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    place = written(tmp_path, TWO_CLASSES)
    assert run(["--lang", language, "portfolio", place, "--device", "RTX 4090", "--explain"]) == 0
    page = capsys.readouterr().out
    for words in ("questions", "hard", "[1]", "RTX 4090", "Proved" if language == "en" else "已证明"):
        assert words in page
    assert run(["portfolio", place, "--device", "RTX 4090", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["gap_ratio"] <= 1e-5
    assert {route["name"] for route in answer["routes"]} == {"questions", "hard"}


def test_without_scipy_the_install_line_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"sizewise\[portfolio\]"):
        portfolio(written(tmp_path, TWO_CLASSES), CARD)


def test_half_a_device_is_half_of_everything_that_is_used_up() -> None:
    device = load_catalog().device("RTX 4090")
    half = half_device(device)
    assert half.usable_bytes == device.usable_bytes / 2
    assert half.bandwidth_bytes_per_s == device.bandwidth_bytes_per_s / 2
    assert half.compute_capability == device.compute_capability

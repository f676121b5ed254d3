"""A kept decision: what is written is read again, whatever else is refused with one line, and a later look compares."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sizewise.advisor import Question, asked_question, load_decision, recheck, recommend, save_decision
from sizewise.cli.root import run
from sizewise.decide.recheck import changes, outcome
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.record import FALLS, PASSES, STANDS
from sizewise.domain.text import T
from sizewise.errors import InvalidFile
from sizewise.sources.value_json import decoded, encoded

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.domain.decision import Decision

QUESTION = Question(task="summarization", device=("RTX 4090",), model=("Qwen3-8B", "Qwen3-4B"), min_quality=1)


@pytest.fixture(scope="module")
def decision() -> Decision:
    return recommend(QUESTION, top=10)


@pytest.fixture
def kept(decision: Decision, tmp_path: Path) -> Path:
    path = tmp_path / "decision.json"
    save_decision(decision, str(path))
    return path


def test_what_is_kept_is_read_again_to_the_last_figure(decision: Decision, kept: Path) -> None:
    record = load_decision(str(kept))
    assert encoded(record.decision) == encoded(decision)  # NaN is not equal to itself
    assert asked_question(record) == QUESTION


@pytest.mark.parametrize(
    "value",
    [
        Estimate(low=1.0, likely=2.0, high=3.0, basis="fitted"),
        Unknown(reason=str(T("no price"))),
        float("inf"),
        -0.5,
    ],
)
def test_values_come_back(value: object) -> None:
    kind = Estimate | Unknown if not isinstance(value, float) else float
    assert decoded(kind, json.loads(json.dumps(encoded(value))), "here") == value  # type: ignore[arg-type]


def changed(path: Path, *keys: str | int, value: Any) -> Path:
    content = json.loads(path.read_text(encoding="utf-8"))
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("keys", "value", "named"),
    [
        (("format",), "recipe", "not a decision"),
        (("format_version",), 99, "newer sizewise"),
        (("decision", "answer", "deployment", "model"), 7, "decision.answer.deployment.model"),
        (("decision", "answer", "memory_bytes", "low"), 1e30, "ordered"),
        (("decision", "verdict", "text"), "{option.__class__}", "names only its own values"),
        (("decision", "verdict", "text"), "{deployment:>999999999}", "names only its own values"),
        (("decision", "flow"), {}, "decision.flow"),
        (("decision", "surprise"), 1, "unknown field"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_with_its_place(
    kept: Path, keys: tuple[str, ...], value: object, named: str
) -> None:
    with pytest.raises(InvalidFile) as caught:
        load_decision(str(changed(kept, *keys, value=value)))
    assert named in str(caught.value)


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"format": "sizewise decision", "format_version": 1}', "\0" * 9]
)
@pytest.mark.parametrize("verb", ["recheck", "report"])
def test_other_files_are_one_line_and_exit_code_2(
    verb: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    assert run([verb, str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_figure_that_an_older_version_did_not_keep_is_unknown(kept: Path) -> None:
    content = json.loads(kept.read_text(encoding="utf-8"))
    del content["decision"]["answer"]["power_watts"]
    kept.write_text(json.dumps(content), encoding="utf-8")
    record = load_decision(str(kept))
    assert record.decision.answer is not None
    assert isinstance(record.decision.answer.power_watts, Unknown)
    assert recheck(str(kept)).outcome == STANDS


def test_a_field_that_every_version_kept_is_missed_with_its_place(kept: Path) -> None:
    content = json.loads(kept.read_text(encoding="utf-8"))
    del content["decision"]["answer"]["memory_bytes"]
    kept.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InvalidFile, match="'memory_bytes' is missing"):
        load_decision(str(kept))


def test_the_same_facts_leave_a_decision_as_it_was(kept: Path) -> None:
    answer = recheck(str(kept))
    assert answer.outcome == STANDS
    assert answer.changes == ()


def test_a_choice_that_is_no_longer_first_still_passes(decision: Decision) -> None:
    assert decision.answer is not None
    others = [
        option for option in decision.options if option.deployment.model != decision.answer.deployment.model
    ]
    then = replace(decision, answer=others[0], version="0.0.1")
    assert outcome(then, decision, others[0]) == PASSES
    assert outcome(then, decision, None) == FALLS
    assert [str(change.name) for change in changes(then, decision, others[0])] == ["version"]


def test_an_older_figure_is_named_with_both_values(kept: Path) -> None:
    usd = {"low": 1.0, "likely": 2.0, "high": 3.0, "basis": "assumed"}
    answer = recheck(str(changed(kept, "decision", "answer", "monthly_usd", value=usd)))
    assert [str(change.name) for change in answer.changes] == ["cost a month"]


def test_the_command_of_a_question_asks_it_again() -> None:
    words = QUESTION.command()
    assert words.startswith("sizewise recommend --task summarization")
    assert "--device 'RTX 4090'" in words
    assert words.count("--model") == 2


def test_an_api_that_was_chosen_is_looked_at_again(tmp_path: Path) -> None:
    asked = recommend(Question(task="chat", users=5, path=("api",)))
    assert asked.is_api_best
    file = tmp_path / "api.json"
    save_decision(asked, str(file))
    again = recheck(str(file))
    assert again.outcome == STANDS
    assert asked.api is not None
    assert asked.api.provider in str(again.verdict)
    usd = {"low": 9e3, "likely": 9e3, "high": 9e3, "basis": "derived"}
    dearer = recheck(str(changed(file, "decision", "api", "monthly_usd", value=usd)))
    assert [str(change.name) for change in dearer.changes] == ["cost a month"]
    moved = recheck(str(changed(file, "decision", "api", "provider", value="nobody")))
    assert moved.outcome == FALLS
    assert "nobody" in str(moved.verdict)

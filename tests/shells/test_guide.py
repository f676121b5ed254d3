"""`sizewise guide`: six questions in a real terminal, or answers from a file; the same answer as recommend."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from sizewise.advisor import Question, guide_questions, guided, recommend
from sizewise.cli.main import INTERRUPTED, main
from sizewise.cli.root import run
from sizewise.errors import UnknownName

if TYPE_CHECKING:
    from pathlib import Path


def test_there_are_at_most_six_questions_and_each_can_be_skipped() -> None:
    questions = guide_questions()
    assert len(questions) <= 6
    assert all(
        field.choices[0].value == "" for question in questions for field in question.fields if field.choices
    )
    assert guided({field.name: "" for question in questions for field in question.fields}) == Question()


def test_answers_become_the_words_of_recommend() -> None:
    answers = {"task": "coding", "language": "zh", "users": "20", "device": "RTX 4090, RTX 3090", "place": "inside",
               "monthly_budget": "5000CNY", "speed": "good", "license": "commercial"}  # fmt: skip
    assert guided(answers) == Question(
        task="coding", language=("zh",), users="20", device=("RTX 4090", "RTX 3090"), path=("owned", "buy"),
        monthly_budget="5000CNY", max_tpot="0.0667s", license="commercial",
    )  # fmt: skip


def test_an_api_is_an_answer_where_data_may_go_to_its_provider() -> None:
    assert guided({"place": "api"}).path == ("any",)
    decision = recommend(guided({"task": "summarization", "device": "RTX 4090", "place": "api"}))
    assert decision.api is not None


def test_the_end_of_the_input_at_a_question_is_an_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ended(*_: object, **__: object) -> str:
        raise click.Abort

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", ended)
    assert main(["guide"]) == INTERRUPTED
    assert "error of sizewise" not in capsys.readouterr().err


@pytest.mark.parametrize("answers", [{"speed": "blazing"}, {"colour": "red"}])
def test_an_answer_that_no_choice_has_is_refused(answers: dict[str, str]) -> None:
    with pytest.raises(UnknownName):
        guided(answers)


def test_answers_from_a_file_give_the_answer_of_recommend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"task": "summarization", "device": "RTX 4090"}), encoding="utf-8")
    assert run(["guide", "--answers", str(path), "--json"]) == 0
    theirs = capsys.readouterr().out
    assert run(["recommend", "--task", "summarization", "--device", "RTX 4090", "--json"]) == 0
    assert json.loads(theirs) == json.loads(capsys.readouterr().out)


def test_without_a_terminal_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert run(["guide"]) == 2
    assert "--answers" in capsys.readouterr().err


def typed(lines: list[str], *words: str) -> str:
    """What a real terminal shows while these lines are typed, one at each prompt."""
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "LANG": "C.UTF-8", "TERM": "xterm"}
    command = (sys.executable, "-m", "sizewise", *words)
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment):
        os.close(slave)
        shown, waiting = b"", list(lines)
        while select.select([master], [], [], 60)[0]:
            try:
                piece = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
            if waiting and shown.rstrip(b" ").endswith(b":"):
                os.write(master, waiting.pop(0).encode() + b"\n")
    os.close(master)
    return shown.decode("utf-8", errors="replace")


@pytest.mark.slow
@pytest.mark.parametrize(("language", "understood"), [("en", "What I understood"), ("zh", "我的理解")])
def test_a_real_terminal_asks_corrects_and_answers(language: str, understood: str) -> None:
    lines = ["", "", "", "", "lots", "4", "RTX 40999", "RTX 4090", "", "", "", "", "3", "2", ""]
    shown = typed(lines, "--lang", language, "guide")
    assert understood in shown
    assert shown.count("RTX 4090") > 2
    assert "sizewise recommend --task chat --users 2 --device 'RTX 4090'" in shown.replace("\r\n", "\n")
    assert "Traceback" not in shown

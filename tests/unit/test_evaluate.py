"""`evaluate` beside servers that misbehave, with limits, a judge, and kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.chat_server import chat_server
from tests.evaluated import evaluated, written

from sizewise.advisor import EvaluateQuestion, evaluate, kept_answers
from sizewise.errors import BadInput, InvalidFile
from sizewise.export.router import router_text
from sizewise.report.evaluation_document import html_text, markdown_text
from sizewise.report.language import speaker

NUMBERS = [{"prompt": f"say {i}", "expected": i} for i in range(60)]


def echo(messages: list[dict[str, Any]]) -> str:
    return str(messages[-1]["content"]).split()[-1]


def wrong(_messages: list[dict[str, Any]]) -> str:
    return "no idea"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "failure"),
    [("hang", "no-answer-in-time"), ("500", "server-error"), ("garbage", "not-understood"), ("huge", "too-long"),
     ("closed", "broken-off"), ("half-answer", "broken-off"), ("half-stream", "not-understood"),
     ("elsewhere", "sent-elsewhere")],
)  # fmt: skip
def test_a_hostile_server_is_survived_and_reported(fault: str, failure: str, tmp_path: Path) -> None:
    """Some questions meet the fault, always; the others are compared all the same."""
    with (
        chat_server(echo, fault=fault, faulty=lambda q: int(q.split()[-1]) % 20 == 3) as bad,
        chat_server(echo) as good,
    ):
        answer = evaluated(
            tmp_path,
            NUMBERS,
            {"a": bad.address, "b": good.address},
            timeout="0.5" if fault == "hang" else "20",
            attempts="2",
        )
    assert answer.rates[0].num_unanswered == 3
    assert answer.rates[0].failures == ((failure, 3),)
    assert answer.comparisons[0].num_items == 57
    assert answer.rates[1].share == 1.0


def test_too_many_requests_are_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    with chat_server(echo, fault="429", count=5, retry_after="0.1") as busy, chat_server(echo) as good:
        answer = evaluated(tmp_path, NUMBERS, {"a": busy.address, "b": good.address})
    assert [rate.score for rate in answer.rates] == [60, 60]
    assert len(busy.questions) == 65


def test_a_server_that_never_answers_is_given_up_and_named(tmp_path: Path) -> None:
    with chat_server(echo, fault="500") as bad, chat_server(echo) as good:
        answer = evaluated(tmp_path, NUMBERS, {"a": bad.address, "b": good.address}, attempts="1")
    assert answer.comparisons[0].outcome == "not-answered"
    assert answer.verdict == "cannot-tell"
    assert len(bad.questions) < 60


def test_the_spending_limit_is_never_passed(tmp_path: Path) -> None:
    prices = {"price": ("a=1000/1000", "b=0/0"), "max_usd": "0.5", "max_tokens": "12", "asks_all": True}
    with chat_server(echo) as first, chat_server(echo) as second:
        answer = evaluated(tmp_path, NUMBERS, {"a": first.address, "b": second.address}, **prices)
    assert answer.stopped == "spent"
    assert 0 < answer.cost_usd <= 0.5
    assert answer.cost_usd == pytest.approx(len(first.questions) * 12 * 1000 / 1e6)


@pytest.mark.slow
def test_a_killed_run_goes_on_and_neither_loses_nor_repeats_anything(tmp_path: Path) -> None:
    rows = [{"prompt": f"say {i}", "expected": i} for i in range(150)]
    file, run = written(tmp_path, rows), tmp_path / "run"
    with chat_server(echo, pause_s=0.02) as a, chat_server(echo, pause_s=0.02) as b:
        command = [sys.executable, "-m", "sizewise", "evaluate", file, "--endpoint", f"a={a.address}", "--endpoint",
                   f"b={b.address}", "--folder", str(run), "--ask-all", "--concurrency", "2"]  # fmt: skip
        child = subprocess.Popen(command, env=os.environ | {"COLUMNS": "80"}, stdout=subprocess.DEVNULL)
        answers = run / "answers.jsonl"
        end = time.monotonic() + 30
        while not (answers.exists() and answers.read_bytes().count(b"\n") >= 60) and time.monotonic() < end:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        kept = [
            json.loads(line)
            for line in answers.read_bytes().splitlines(keepends=True)
            if line.endswith(b"\n")
        ]
        with answers.open("ab") as file_again:
            file_again.write(b'{"item_id": "7", "endp')  # what a kill in the middle of a line leaves
        seen = {name: set(server.questions) for name, server in (("a", a), ("b", b))}
        a.questions.clear()
        b.questions.clear()
        again = subprocess.run([*command, "--json"], capture_output=True, check=True, text=True)
    answer = json.loads(again.stdout)
    assert 60 <= len(kept) < 300
    assert answer["num_reused"] == len(kept)
    assert [rate["score"] for rate in answer["rates"]] == [150, 150]
    questions = {
        name: {f"say {int(k['item_id']) - 1}" for k in kept if k["endpoint"] == name} for name in ("a", "b")
    }
    for name, server in (("a", a), ("b", b)):
        assert len(server.questions) == 150 - len(questions[name])
        assert not set(server.questions) & questions[name]
        assert len(seen[name] - questions[name]) <= 2  # in flight when it was killed


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    with chat_server(echo) as a, chat_server(echo) as b:
        servers = {"a": a.address, "b": b.address}
        evaluated(tmp_path, NUMBERS[:5], servers)
        with pytest.raises(InvalidFile, match="another run"):
            evaluated(tmp_path, NUMBERS[:6], servers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("favours", "num_flipped", "outcome"), [("right", 0, "worse"), ("first", 60, "cannot-tell")]
)
def test_a_judge_is_asked_in_both_orders(
    favours: str, num_flipped: int, outcome: str, tmp_path: Path
) -> None:
    """One that always takes the first answer decides nothing, and its bias is shown."""

    def judge(messages: list[dict[str, Any]]) -> str:
        first = str(messages[-1]["content"]).split("[ANSWER A]\n")[1].split("\n")[0]
        return "A" if favours == "first" or first != "no idea" else "B"

    rows = [{"prompt": f"say {i}", "grader": "judge", "rubric": "the number"} for i in range(60)]
    with chat_server(wrong) as a, chat_server(echo) as b, chat_server(judge) as c:
        servers = {"a": a.address, "b": b.address, "j": c.address}
        answer = evaluated(tmp_path, rows, servers, judge="j", reference="b")
        assert len(c.questions) == 120
        evaluated(tmp_path, rows, servers, judge="j", reference="b")
        assert len(c.questions) == 120  # verdicts are kept, too
    assert answer.judging is not None
    assert (answer.judging.num_pairs, answer.judging.num_flipped) == (60, num_flipped)
    assert answer.judging.num_first == (120 if favours == "first" else 60)
    assert answer.comparisons[0].outcome == outcome


def test_the_key_is_read_from_the_environment_and_kept_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "s3cret-value")
    with chat_server(echo) as a, chat_server(echo) as b:
        answer = evaluated(tmp_path, NUMBERS[:4], {"a": a.address, "b": b.address}, key=("a=A_KEY",))
    assert set(a.keys) == {"Bearer s3cret-value"}
    assert set(b.keys) == {""}
    kept = "".join(f.read_text() for f in Path(answer.folder).iterdir()) + repr(answer)
    assert "s3cret" not in kept


@pytest.mark.slow
def test_a_router_finds_the_prompts_that_need_the_big_model(tmp_path: Path) -> None:
    """The small one fails on every prompt with digits, and on no other."""
    rows = [{"prompt": f"add {i} and {i + 7} to {i}" if i % 3 == 0 else f"word {'x' * (i % 9)}", "expected": "ok"}
            for i in range(120)]  # fmt: skip
    with (
        chat_server(lambda m: "bad" if "add" in m[-1]["content"] else "ok") as a,
        chat_server(lambda _: "ok") as b,
    ):
        answer = evaluated(tmp_path, rows, {"small": a.address, "big": b.address}, asks_all=True,
                           price=("small=1/1", "big=10/10"))  # fmt: skip
    found = answer.router
    assert found is not None
    assert found.chosen is not None
    assert found.auc is not None
    assert found.auc > 0.99
    assert found.handled_share == pytest.approx(80 / 120)
    assert found.chosen.small_share == pytest.approx(80 / 120, abs=0.02)
    assert found.chosen.quality >= 0.98
    assert found.chosen.cost_usd_per_1000 is not None
    assert found.chosen.cost_usd_per_1000 == pytest.approx(12e-6 * 1000 * (2 / 3 + 10 / 3), rel=0.05)
    file = json.loads(router_text(found))
    assert (file["strong_model"], file["weak_model"], file["threshold"]) == (
        "big",
        "small",
        found.chosen.threshold,
    )


def test_documents_show_every_answer_and_let_no_markup_of_a_model_through(tmp_path: Path) -> None:
    with chat_server(lambda _: "<script>alert(1)</script>\n```\n# x") as a, chat_server(echo) as b:
        answer = evaluated(tmp_path, NUMBERS[:4], {"a": a.address, "b": b.address})
    page = html_text(answer, kept_answers(answer), speaker(str))
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 4
    text = markdown_text(answer, kept_answers(answer), speaker(str))
    assert text.count("````\n<script>") == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"endpoint": ()}, "--endpoint is missing"), ({"endpoint": ("a",)}, "is not understood"),
        ({"reference": "c"}, "unknown endpoint 'c'"), ({"margin": "90"}, "out of range"),
        ({"max_usd": "3"}, "--max-usd needs prices"), ({"key": ("a=NOT_SET_ANYWHERE",)}, "is empty"),
        ({"price": ("a=1",)}, "USD per million"), ({"judge": "x"}, "unknown endpoint 'x'"),
        ({"prompts": "starter:nothing"}, "starter set"), ({"prompts": "no-such-file.jsonl"}, "cannot read"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line(given: dict[str, Any], message: str, tmp_path: Path) -> None:
    settings = {
        "prompts": written(tmp_path, NUMBERS),
        "endpoint": ("a=http://127.0.0.1:9", "b=http://127.0.0.1:9"),
    }
    with pytest.raises(BadInput, match=message) as refused:
        evaluate(EvaluateQuestion(**{**settings, **given}))
    assert "\n" not in str(refused.value)

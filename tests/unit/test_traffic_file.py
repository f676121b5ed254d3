"""Classes of requests from files of three kinds, and one clear line for what cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sizewise.advisor.portfolio_traffic import TrafficQuestion, traffic_classes
from sizewise.advisor.question import Question
from sizewise.catalog import load_catalog
from sizewise.errors import InvalidFile, SizewiseError, UnknownName
from sizewise.sources.traffic_file import MAX_BYTES, read_traffic

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.advisor.portfolio_traffic import TrafficClass

TOML = """
[[class]]
name = "questions"
task = "qa"
users = 30

[[class]]
name = "code"
task = "coding"
requests = "20k"
api = true
"""
JSON = (
    '[{"name": "questions", "task": "qa", "users": 30}, '
    '{"name": "code", "task": "coding", "requests": "20k", "api": "yes"}]'
)
CSV = "name,task,users,requests,api\nquestions,qa,30,,\ncode,coding,,20k,yes\n"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "text"), [("t.toml", TOML), ("t.json", JSON), ("t.csv", CSV)])
def test_three_formats_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    assert read_traffic(written(tmp_path, name, text)) == [
        {"name": "questions", "task": "qa", "users": "30"},
        {"name": "code", "task": "coding", "requests": "20k", "api": "yes"},
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.yaml", "", "ends in .toml, .json or .csv"),
        ("t.toml", "[[class", "cannot be read"),
        ("t.json", "[" * 100_000, "cannot be read"),
        ("t.json", "{}", "holds 0 classes"),
        ("t.json", "[1, 2]", "class 1 is not a table"),
        ("t.json", '[{"name": "a", "users": [1]}]', "'users' holds several values"),
        ("t.csv", "name,users\n", "holds 0 classes"),
        ("t.csv", "name\n" + "a\n" * 201, "holds 201 classes"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(InvalidFile, match=said) as caught:
        read_traffic(written(tmp_path, name, text))
    assert "\n" not in str(caught.value)


def test_a_word_that_nobody_knows_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="users"):
        read_traffic(written(tmp_path, "t.csv", "name,user\na,1\n"))


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="larger than"):
        read_traffic(written(tmp_path, "t.csv", "x" * (MAX_BYTES + 1)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match=r"gone\.toml cannot be read"):
        read_traffic(tmp_path / "gone.toml")


def asked(folder: Path, text: str, **traffic: object) -> tuple[TrafficClass, ...]:
    path = str(written(folder, "t.toml", text))
    return traffic_classes(load_catalog(), path, Question(), TrafficQuestion(**traffic))  # type: ignore[arg-type]  # words


def test_requests_a_month_become_a_rate_in_the_hours_of_use(tmp_path: Path) -> None:
    questions, code = asked(tmp_path, TOML)
    hours = code.request.workload.active_hours_per_month
    assert code.requests_per_month == 20_000
    assert code.peak_requests_per_s == pytest.approx(20_000 / (hours * 3600))
    assert questions.peak_requests_per_s != questions.peak_requests_per_s
    assert questions.requests_per_month > 30 * hours
    assert (questions.allows_api, code.allows_api) == (False, True)


def test_shares_split_the_whole(tmp_path: Path) -> None:
    text = '[[class]]\nname="a"\ntask="qa"\nshare=3\n[[class]]\nname="b"\ntask="rag"\nshare=1\n'
    a, b = asked(tmp_path, text, requests="1M")
    assert (a.requests_per_month, b.requests_per_month) == (750_000, 250_000)
    few, one = asked(tmp_path, text, users=10)
    assert (few.request.workload.num_users, one.request.workload.num_users) == (8, 3)


@pytest.mark.parametrize(
    ("text", "traffic", "said"),
    [
        ('[[class]]\nname="a"\ntask="qa"\nshare=1\n', {}, "give the whole with --users or --requests"),
        (TOML, {"users": 5}, "give every class a 'share'"),
        ('[[class]]\nname="a"\ntask="qa"\n', {}, "class 'a': give one of: users"),
        ('[[class]]\nname="a"\ntask="qa"\nusers=1\nrequests=5\n', {}, "class 'a': give one of: users"),
        ('[[class]]\nname="a"\ntask="nonsense"\nusers=1\n', {}, "class 'a': unknown task 'nonsense'"),
        ('[[class]]\nname="a"\nusers=0\n', {}, "class 'a': users"),
        ('[[class]]\nname="a"\nrequests=9\npeak=0.5\n', {}, "class 'a': peak"),
        ('[[class]]\nname="a"\nusers=9\npeak=2\n', {}, "'peak' belongs to requests"),
        ('[[class]]\nname="a"\nusers=9\napi="perhaps"\n', {}, "class 'a': unknown api 'perhaps'"),
        ('[[class]]\nname="a"\nusers=9\n[[class]]\nname="a"\nusers=8\n', {}, "two classes are called 'a'"),
    ],
)
def test_a_class_that_cannot_be_used_is_named(
    tmp_path: Path, text: str, traffic: dict[str, object], said: str
) -> None:
    with pytest.raises(SizewiseError, match=said) as caught:
        asked(tmp_path, text, **traffic)
    assert "\n" not in str(caught.value)

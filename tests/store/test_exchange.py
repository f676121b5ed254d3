"""`sizewise store`: what is kept, shown, exported, imported and forgotten, and what never is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.store_writers import measurement

from sizewise.cli.main import main
from sizewise.proof.store.place import StorePlace, store_place
from sizewise.proof.store.reading import records
from sizewise.proof.store.records import Evaluation, Record, Verification
from sizewise.proof.store.redaction import REMOVED, without_secrets
from sizewise.proof.store.writing import Store

if TYPE_CHECKING:
    from pathlib import Path

COMMON = {
    "machine_id": "fedcba987654", "machine": "another, 8 cores, 64 GiB", "engine": "vllm", "engine_version": "0.19",
    "model": "openai/gpt-oss-20b", "quantization": "MXFP4", "device": "RTX 4090",
}  # fmt: skip


def _filled(place: StorePlace, monkeypatch: pytest.MonkeyPatch) -> tuple[Record, ...]:
    monkeypatch.setenv("SIZEWISE_STORE", str(place.path) if place.path else place.server_url)
    rows: tuple[Record, ...] = (
        measurement(settings={"depth_tokens": 512, "names": ["a", "b"]}),
        measurement(model="Qwen/Qwen3-8B", recorded_at="2025-01-01T00:00:00+00:00"),
        Verification(**COMMON, has_held=True, report={"decode": {"low": 1.5}}),  # type: ignore[arg-type]  # mixed fields
        Evaluation(**COMMON, task="摘要", score=0.75, low=0.7, high=0.8, num_items=40, report={}),  # type: ignore[arg-type]  # same
    )
    with Store(place) as store:
        assert store.add(rows) == len(rows)
    return rows


def test_records_come_back_as_they_were(place: StorePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _filled(place, monkeypatch)
    kept = [row for kind in ("measurements", "verifications", "evaluations") for row in records(place, kind)]
    assert sorted(kept, key=lambda r: r.record_id) == sorted(rows, key=lambda r: r.record_id)
    assert len(records(place, "measurements", machine_id="0123456789ab")) == 2
    assert records(place, "measurements", machine_id="nobody") == ()


def test_an_export_imports_into_another_store_and_twice_adds_nothing(
    place: StorePlace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, file = _filled(place, monkeypatch), tmp_path / "all.jsonl"
    assert main(["store", "export", "--out", str(file)]) == 0
    monkeypatch.setenv("SIZEWISE_STORE", str(tmp_path / "other.sqlite3"))
    assert main(["store", "import", str(file), "--json"]) == 0
    assert main(["store", "import", str(file)]) == 0
    shown = capsys.readouterr().out
    assert f'"num_records": {len(rows)}' in shown
    assert f"0 records added to {tmp_path / 'other.sqlite3'}; {len(rows)} were there already." in shown
    assert main(["store", "export"]) == 0
    assert capsys.readouterr().out == file.read_text(encoding="utf-8")


def test_show_counts_by_machine(
    place: StorePlace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _filled(place, monkeypatch)
    assert main(["store", "show", "--json"]) == 0
    machines = {m["machine_id"]: m for m in json.loads(capsys.readouterr().out)["machines"]}
    assert machines["0123456789ab"]["counts"][0] == ["measurements", 2]
    assert machines["fedcba987654"]["counts"][1:3] == [["verifications", 1], ["evaluations", 1]]
    assert main(["store", "show", "--lang", "zh"]) == 0
    assert "fedcba987654" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "stay"),
    [
        (["--model", "Qwen/Qwen3-8B"], 3),
        (["--before", "2025-06-01"], 3),
        (["--machine", "fedcba987654"], 2),
        (["--kind", "measurements"], 2),
        (["--kind", "measurements", "--model", "Qwen/Qwen3-8B"], 3),
        (["--all"], 0),
    ],
)
def test_forget_deletes_what_is_named(
    place: StorePlace, monkeypatch: pytest.MonkeyPatch, words: list[str], stay: int
) -> None:
    _filled(place, monkeypatch)
    assert main(["store", "forget", *words]) == 0
    assert sum(len(records(place, kind)) for kind in ("measurements", "verifications", "evaluations")) == stay


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "say what to forget"),
        (["--all", "--model", "x"], "--all forgets everything"),
        (["--kind", "measurement"], "nearest: measurements"),
        (["--before", "yesterday"], "'yesterday' is not a date such as 2026-11-24"),
        (["--machine", "fedcba98"], "nearest: fedcba987654"),
    ],
)
def test_forget_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
) -> None:
    _filled(StorePlace(path=tmp_path / "s.sqlite3"), monkeypatch)
    assert main(["store", "forget", *words]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "is not a file of sizewise store export"),
        (["{}"], "is not a file of sizewise store export"),
        (['{"format": "sizewise-store", "schema": "0099"}'], "has schema 0099"),
        (["HEAD", "[1]"], "line 2: not a JSON object"),
        (["HEAD", '{"kind": "wishes"}'], "line 2: unknown kind 'wishes'"),
        (["HEAD", '{"kind": "measurements", "record_id": "a"}'], "line 2: column machine_id is missing"),
        (["HEAD", "ROW value=1e999"], "line 2: column value cannot be inf"),
        (["HEAD", 'ROW value="many"'], "line 2: column value cannot be many"),
        (["HEAD", "ROW extra=1"], "has no column extra"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_taken(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lines: list[str],
    told: str,
) -> None:
    monkeypatch.setenv("SIZEWISE_STORE", str(tmp_path / "s.sqlite3"))
    file = tmp_path / "bad.jsonl"
    file.write_text("\n".join(_line(line) for line in lines), encoding="utf-8")
    assert main(["store", "import", str(file)]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "s.sqlite3").exists()


def _line(text: str) -> str:
    if text == "HEAD":
        return '{"format": "sizewise-store", "schema": "0001"}'
    if text.startswith("ROW "):
        name, _, value = text[4:].partition("=")
        row = {"kind": "measurements", **vars(measurement())}
        row.pop(name, None)
        return json.dumps(row)[:-1] + f', "{name}": {value}}}'
    return text


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "abc"}, {"OPENAI_API_KEY": "abc"}, {"hf_token": "abc"}, {"headers": {"Authorization": "x"}},
        {"command": "curl -H 'Bearer abcdefgh123'"}, {"note": "sk-abcdefabcdefabcdef"}, {"url": "http://me:abc@h/v1"},
        {"list": ["hf_abcdefabcdefabcdefabcdef"]}, {"url": "http://h/v1?api_key=abc&x=1"},
    ],
)  # fmt: skip
def test_secrets_are_never_written(place: StorePlace, settings: dict[str, object]) -> None:
    with Store(place) as store:
        store.add([measurement(settings=settings)])
    (row,) = records(place, "measurements")
    assert "abc" not in json.dumps(row.settings)
    assert row.settings == without_secrets(settings)
    if place.path is not None:
        assert b"abcdef" not in place.path.read_bytes()


def test_counts_of_tokens_are_no_secret() -> None:
    settings = {"prompt_tokens": 512, "max_tokens": 5, "tokens": [1], "token": "", "api_key": None}
    assert without_secrets(settings) == settings
    assert REMOVED not in str(settings)


def test_what_is_forgotten_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    place = StorePlace(path=tmp_path / "s.sqlite3")
    with Store(place) as store:
        store.add([measurement(model="a-private-model")])
        store.forget(["measurements"], model="a-private-model", machine_id=None, before=None)
    assert b"a-private-model" not in (tmp_path / "s.sqlite3").read_bytes()
    assert store_place({"XDG_DATA_HOME": str(tmp_path)}).path == tmp_path / "sizewise" / "store.sqlite3"

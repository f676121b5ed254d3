"""The written scenarios say what the program answers today, in both languages."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from render_scenarios import FOLDER, documents, file_name
from scenario_page import LANGUAGES, Scenario, command_line
from scenario_stories import SCENARIOS
from sizewise.cli.root import root

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH_SENTENCE = re.compile(
    r"(?<![-.\w])(?:Run|costs?|likely to be|a month|people at the same time|memory|quality)\b"
)
"""Words that only an untranslated sentence holds."""
SITUATION_OR_COMMAND = re.compile(r"```.*?```", re.DOTALL)


@cache
def fresh() -> dict[str, str]:
    return documents()


def test_there_are_ten_scenarios_in_two_languages() -> None:
    assert len(SCENARIOS) == 10
    written = {path.name for path in FOLDER.glob("*.md")}
    assert written == {"index.md"} | {file_name(s, language) for s in SCENARIOS for language in LANGUAGES}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_scenario_is_fresh() -> None:
    stale = [n for n, text in fresh().items() if (FOLDER / n).read_text(encoding="utf-8") != text]
    assert stale == [], "run make scenarios"


@pytest.mark.parametrize("key", [s.key for s in SCENARIOS])
def test_a_chinese_page_is_chinese_and_an_english_one_english(key: str) -> None:
    english, chinese = (
        SITUATION_OR_COMMAND.sub("", (FOLDER / f"{key}{end}.md").read_text(encoding="utf-8"))
        for end in ("", ".zh")
    )
    assert not CHINESE.search(english.replace("[中文]", ""))
    assert ENGLISH_SENTENCE.findall(chinese) == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.key)
def test_every_command_of_a_scenario_is_one_of_the_program(scenario: Scenario) -> None:
    for ask in scenario.asks:
        words = shlex.split(command_line(scenario, ask))
        command = root.get_command(root.make_context("sizewise", [], resilient_parsing=True), words[1])
        assert command is not None
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_traffic_files_lie_beside_their_pages() -> None:
    for scenario in SCENARIOS:
        for ask in scenario.asks:
            if ask.traffic:
                assert (FOLDER / f"{scenario.key}.toml").read_text(
                    encoding="utf-8"
                ).strip() == ask.traffic.strip()
    assert Path(FOLDER / "index.md").exists()

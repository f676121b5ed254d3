"""The message catalogs are complete: nothing missing, untranslated, fuzzy, stale, or with other placeholders."""

from __future__ import annotations

import pytest

import messages
from sizewise.decide.baseline import baseline_policy
from sizewise.domain.text import T
from sizewise.domain.workload import COMPLEXITIES
from sizewise.report.language import CATALOGS, LANGUAGES, speaker, system_language, translator


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_every_sentence_is_translated(locale: str) -> None:
    assert messages.problems(locale) == []


def test_every_language_of_the_program_has_a_catalog() -> None:
    assert sorted(CATALOGS.values()) == sorted(messages.LOCALES)
    assert set(LANGUAGES) == {"en", *CATALOGS}


def test_placeholders_of_a_template_are_its_names() -> None:
    assert messages.placeholders("{used} of {usable} GiB {used}") == {"used", "usable"}


def test_a_text_inside_a_text_is_translated_too() -> None:
    say = speaker(translator("zh"))
    assert say(T("unknown: {reason}", reason=T("no limit"))) == "未知：不限"


def test_a_sentence_without_a_translation_stays_english() -> None:
    assert speaker(translator("zh"))("no catalog has this sentence") == "no catalog has this sentence"


def test_nothing_is_translated_to_nothing() -> None:
    assert speaker(translator("zh"))("") == ""


@pytest.mark.parametrize("complexity", COMPLEXITIES)
def test_the_questions_of_the_guide_are_translated(complexity: str) -> None:
    answer = baseline_policy(is_budget_limited=False, complexity=complexity, has_enterprise_hardware=True)
    say = speaker(translator("zh"))
    for question, _ in answer.questions:
        assert say(question) != question


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "zh-Hans"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh"),
        ({"LANG": "zh_CN", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_locale_decides_the_language(environment: dict[str, str], language: str) -> None:
    assert system_language(environment) == language

"""Every word of the page and the report is in the message catalog: templates and script say nothing on their own."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import messages
from sizewise.report.language import COUNT_STEPS, LANGUAGES, translator

SOURCE = Path(__file__).parents[2] / "src" / "sizewise"
TEMPLATES = sorted(SOURCE.rglob("*.html"))
SCRIPT = SOURCE / "web" / "static" / "page.js"
SPOKEN = frozenset({"title", "aria-label", "alt", "data-done", "data-lost"})
"""Attributes that people see or hear."""
NAMES = frozenset({"sizewise", "API", "English", "简体中文"})
"""The same in every language: names, and each language in its own words."""
WORD = re.compile(r"[A-Za-z\u4e00-\u9fff]{2,}")


class Spoken(HTMLParser):
    """Words of a template that stand outside of its calls of the catalog."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attrs:
            if name in SPOKEN and value:
                self.words += WORD.findall(value)

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside not in {"style", "script"}:
            self.words += WORD.findall(data)


def bare_words(template: str) -> set[str]:
    """Words that a reader would meet untranslated."""
    parser = Spoken()
    parser.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", template, flags=re.DOTALL))
    return set(parser.words) - NAMES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_word_outside_of_the_catalog(path: Path) -> None:
    assert bare_words(path.read_text(encoding="utf-8")) == set()


def test_a_word_outside_of_the_catalog_is_found() -> None:
    assert bare_words('<p title="{{ t("fine") }} loose">Hello {{ name }}</p>') == {"loose", "Hello"}


def test_the_script_shows_only_what_the_page_hands_it() -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    shown = re.findall(r"(?:textContent|innerText|innerHTML|title|ariaLabel)\s*=\s*([^;=]+);", script)
    assert shown
    assert [value for value in shown if re.search(r"[\"'`]", value)] == []
    assert not re.search(r"\b(?:alert|confirm|prompt)\(", script)


def test_sentences_of_templates_are_collected() -> None:
    sentences = {
        s for path in TEMPLATES for s in re.findall(r'\bt\("([^"]+)"\)', path.read_text(encoding="utf-8"))
    }
    assert len(sentences) > 40
    assert sentences <= set(messages.collected().files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sizes_of_numbers_are_well_formed_and_fall(language: str) -> None:
    steps = [step.split("=") for step in translator(language)(COUNT_STEPS.template).split(" ")]
    sizes = [float(size) for size, _ in steps]
    assert sizes == sorted(sizes, reverse=True)
    assert all(pattern.count("{n}") == 1 for _, pattern in steps)


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_a_translation_ends_as_its_sentence_does(locale: str) -> None:
    endings = {".": "。", "?": "？", ":": "："}
    pairs = [
        (str(message.id), str(message.string)) for message in messages.read_catalog(locale) if message.id
    ]
    wrong = [
        sentence
        for sentence, translation in pairs
        if sentence[-1] in endings and len(sentence.split()) > 3
        and translation[-1] not in {endings[sentence[-1]], sentence[-1], "）", "”", "…"}
    ]  # fmt: skip
    assert wrong == []

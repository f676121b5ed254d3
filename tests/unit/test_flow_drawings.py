"""The decision flow drawn: one view for tree, Mermaid and SVG; the original guide beside it."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len

from sizewise.advisor import Question, recommend
from sizewise.decide.baseline import baseline_policy
from sizewise.report.flow_svg import flow_svg
from sizewise.report.flow_text import flow_mermaid, flow_tree
from sizewise.report.flow_view import flow_view, wrapped
from sizewise.report.language import speaker, translator

SVG = "{http://www.w3.org/2000/svg}"
QUESTIONS = {
    "plain": Question(task="chat", device=("RTX 4090",)),
    "asked": Question(task="coding", device=("RTX 4090",), users=4, license="commercial", language=("zh",),
                      monthly_budget=500),
    "nothing": Question(task="chat", model=("Qwen/Qwen3-8B",), device=("RTX 4090",), users=100_000),
    "large": Question(task="chat", model=("Llama-3.3-70B-Instruct",), device=("RTX A6000",), min_quality=1, max_ttft=60,
                      max_tpot=1),
}  # fmt: skip
DECISIONS = {name: recommend(question) for name, question in QUESTIONS.items()}
EVERY = pytest.mark.parametrize("name", QUESTIONS)
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


@EVERY
def test_counts_follow_from_question_to_question(name: str) -> None:
    steps = DECISIONS[name].flow
    for before, after in itertools.pairwise(steps):
        if after.constraint in {"licence", "language", "capability", "context", "speed", "budget"}:
            assert after.num_left == before.num_left - after.num_lost
    assert len([step for step in steps if step.has_decided]) <= 9
    assert all(step.passes for step in steps) == (DECISIONS[name].answer is not None)


@EVERY
@LANGUAGES
def test_three_drawings_show_the_same_questions_and_fit(name: str, language: str) -> None:
    view = flow_view(DECISIONS[name], speaker(translator(language)))
    tree = list(flow_tree(view))
    assert max(cell_len(line) for line in tree) <= 78
    drawing = ET.fromstring(flow_svg(view))  # noqa: S314 - our own drawing
    drawn = "".join("".join(element.itertext()) for element in drawing.iter(f"{SVG}text"))
    mermaid = flow_mermaid(view)
    for diamond in view.diamonds:
        question = diamond.question.replace(" ", "")
        assert question in drawn.replace(" ", "")
        assert diamond.question in mermaid
        assert question in "".join(tree).replace(" ", "").replace("│", "")
    assert mermaid.count(" -.->|") == len(view.diamonds)
    assert mermaid.count('"') % 2 == 0


@EVERY
def test_the_guide_stands_beside_with_its_own_answer(name: str) -> None:
    guide = DECISIONS[name].guide
    assert guide is not None
    replies = dict(guide.questions)
    said = baseline_policy(
        is_budget_limited=replies["Is the budget limited?"] == "yes",
        complexity=replies.get("How complex is the task?", "simple"),
        has_enterprise_hardware=replies.get("Is enterprise hardware available?") == "yes",
    )
    assert guide.tiers == said.tiers
    assert -1 <= guide.parts_at < len(guide.questions)
    assert str(guide.why)


def test_a_larger_model_than_the_guide_allows_parts_at_the_question_that_forbids_it() -> None:
    guide = DECISIONS["large"].guide
    assert guide is not None
    assert guide.tiers == ("13B",)
    assert "70.6B parameters" in str(guide.why)


def test_a_limited_budget_parts_at_the_first_question() -> None:
    guide = DECISIONS["asked"].guide
    assert guide is not None
    assert guide.questions == (("Is the budget limited?", "yes"),)


def test_the_other_branch_names_the_nearest_option_there() -> None:
    quality = next(step for step in DECISIONS["plain"].flow if step.constraint == "quality")
    assert re.search(r"likely to be (good )?enough", str(quality.leads_to))
    speed = next(step for step in DECISIONS["nothing"].flow if step.constraint == "speed")
    assert not speed.passes
    assert "Qwen/Qwen3-8B" in str(speed.leads_to)


def test_labels_cannot_break_out_of_a_drawing() -> None:
    view = flow_view(DECISIONS["plain"], speaker(lambda text: f'{text} <b>"|'))
    ET.fromstring(flow_svg(view))  # noqa: S314 - our own drawing
    assert all(line.count('"') % 2 == 0 for line in flow_mermaid(view).splitlines())


def test_long_words_and_chinese_are_wrapped_by_cells() -> None:
    assert wrapped("一二三四五六", 6) == ["一二三", "四五六"]
    assert wrapped("a bb ccc", 4) == ["a bb", "ccc"]
    assert wrapped("", 10) == [""]

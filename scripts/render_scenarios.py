"""Writes the ten scenarios of docs/scenarios, in English and Chinese, from what the program answers today.

Usage: python scripts/render_scenarios.py [--check]   (--check: say what is stale, write nothing, exit 1)
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenario_page import LANGUAGES, page, traffic_name
from scenario_stories import SCENARIOS
from sizewise import advisor

if TYPE_CHECKING:
    from scenario_page import Answer, Ask, Scenario

FOLDER = Path(__file__).parents[1] / "docs" / "scenarios"
LISTS = frozenset({"model", "device", "language", "path", "quantization", "engine"})
"""Words of a question that may be said several times."""
INDEX = """# Ten scenarios · 十个场景

Ten people with ten questions, answered from the facts of this version. Written by `make scenarios`; do not edit.

十个人，十个问题，由本版本的数据回答。由 `make scenarios` 生成，请勿手工修改。

| English | 中文 |
| --- | --- |
{rows}

```{{toctree}}
:hidden:

{names}
```
"""


def question(ask: Ask) -> advisor.Question:
    """The words of a command as its question."""
    words: dict[str, Any] = {
        name: (value,) if name in LISTS and not isinstance(value, tuple) else value
        for name, value in ask.given.items()
        if name not in {"requests", "allows_api", "name"}
    }
    return advisor.Question(**words)


def answered(ask: Ask) -> Answer:
    """The answer of one command."""
    if ask.verb == "recommend":
        return advisor.recommend(question(ask))
    if ask.verb == "fit":
        words = {name: value for name, value in ask.given.items() if name != "name"}
        return advisor.fit(str(ask.given["name"]), **fit_words(words))
    traffic = advisor.TrafficQuestion(
        requests=ask.given.get("requests"),  # type: ignore[arg-type]  # a word of a command
        allows_api=bool(ask.given.get("allows_api")),
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "traffic.toml"
        place.write_text(ask.traffic, encoding="utf-8")
        return advisor.portfolio(str(place), question(ask), traffic)


def fit_words(words: dict[str, Any]) -> dict[str, Any]:
    """Words of `fit`: its devices are a list."""
    return {name: (value,) if name == "device" else value for name, value in words.items()}


def documents() -> dict[str, str]:
    """Every file of the folder by its name."""
    files: dict[str, str] = {}
    for scenario in SCENARIOS:
        answers = [answered(ask) for ask in scenario.asks]
        for language in LANGUAGES:
            files[file_name(scenario, language)] = page(scenario, answers, language)
        traffic = next((ask.traffic for ask in scenario.asks if ask.traffic), "")
        if traffic:
            files[traffic_name(scenario)] = traffic.lstrip()
    pages = [name for name in files if name.endswith(".md")]
    rows = "\n".join(
        f"| [{s.title[0]}]({file_name(s, 'en')}) | [{s.title[1]}]({file_name(s, 'zh')}) |" for s in SCENARIOS
    )
    files["index.md"] = INDEX.format(rows=rows, names="\n".join(name.removesuffix(".md") for name in pages))
    return files


def file_name(scenario: Scenario, language: str) -> str:
    """The page of a scenario in a language."""
    return f"{scenario.key}.md" if language == LANGUAGES[0] else f"{scenario.key}.{language}.md"


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true")
    is_check = parser.parse_args().check
    FOLDER.mkdir(parents=True, exist_ok=True)
    stale = []
    for name, text in documents().items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not is_check:
                path.write_text(text, encoding="utf-8")
    print("stale: " + ", ".join(stale) if stale and is_check else "fresh")
    return 1 if stale and is_check else 0


if __name__ == "__main__":
    raise SystemExit(main())

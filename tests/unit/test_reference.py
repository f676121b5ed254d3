"""The page of all commands names every command and option, in both languages."""

from __future__ import annotations

from render_reference import commands, reference
from sizewise.cli.root import root


def test_every_command_and_option_stands_on_the_page() -> None:
    page = reference()
    for name, command in commands(root, "sizewise"):
        assert f"## {name}\n" in page
        section = page.partition(f"## {name}\n")[2].partition("\n## ")[0]
        for parameter in command.params:
            assert all(
                f"`{option}" in section or f" {option}" in section
                for option in parameter.opts[:1]
                if option.startswith("-")
            )


def test_every_option_is_explained_in_both_languages() -> None:
    rows = [line for line in reference().splitlines() if line.startswith("| `--")]
    assert len(rows) > 50
    assert [row for row in rows if "| | |" in row] == []
    untranslated = [row for row in rows if row.split("|")[-3].strip() == row.split("|")[-2].strip()]
    assert untranslated == []

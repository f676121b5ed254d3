"""The message catalogs: collect the sentences of the code, check translations, compile them.

    python scripts/messages.py update    collect into the .po files; what lacks a translation is listed
    python scripts/messages.py check     exit status 1 for anything missing, untranslated, fuzzy, stale or misformatted
    python scripts/messages.py compile   write the .mo files that are used at run time

A sentence is the first argument of `T` or of an error class, the reason of an `Unknown`, the help of a command or
option, or a sentence of the original guide in `SizeTier`.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SOURCE = Path(__file__).parent.parent / "src" / "sizewise"
FOLDER = SOURCE / "report" / "messages"
DOMAIN = "sizewise"
LOCALES = ("zh_CN",)
TEXT_FUNCTIONS = frozenset({"T"})
TEXT_CLASS = "Text"
"""Its first argument is a sentence where it is constant; elsewhere it wraps one that is already known."""
BASE_ERROR = "SizewiseError"
COMPOSED_FILES = frozenset(
    {"catalog/table.py", "catalog/names.py", "cli/complaint.py", "report/error_sentence.py"}
)
"""Files that build an error's sentence from parts: one part for each problem, or a translated line."""
COMPOSED_ERRORS = frozenset({"UnknownName", "AmbiguousName", "MissingExtra", "WithinClass"})
"""Errors whose first argument is a name; their sentences are written where they are shown."""
HELP_FUNCTIONS = frozenset({"option", "verb", "group"})
HANDED_ON = frozenset({"help=help", "reason=reason"})
"""Arguments that only pass on a sentence written elsewhere."""
KEYWORDS = {
    "Unknown": ("reason",),
    "SizeTier": ("hardware", "tasks", "nickname", "use", "advantage", "limit"),
}
"""Keyword arguments that hold a sentence."""
TEMPLATE_CALL = re.compile(r'\bt\("([^"]+)"\)')
HEADER = "Message catalog of sizewise."


@dataclass(frozen=True)
class Found:
    """The sentences of the code, and places where one is put together at run time, which cannot be translated."""

    files: dict[str, list[str]]
    """Where each sentence stands."""
    not_constant: list[str]


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package, by its path inside."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def error_classes(modules: Iterable[ast.Module]) -> frozenset[str]:
    """Names of the error classes that are given a sentence."""
    parents = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
    }
    found = {BASE_ERROR}
    while more := {name for name, bases in parents.items() if bases & found} - found:
        found |= more
    return frozenset(found - COMPOSED_ERRORS)


def collected() -> Found:
    """Every sentence of the code."""
    modules = dict(sources())
    errors = error_classes(modules.values())
    found = Found({}, [])
    for file, module in modules.items():
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                for expression in _sentences(node, errors, file):
                    _note(expression, file, found)
    for sentence, file in (*_in_templates(), *_task_titles()):
        if file not in found.files.setdefault(sentence, []):
            found.files[sentence].append(file)
    return found


def _in_templates() -> Iterator[tuple[str, str]]:
    """Sentences of the page: `t("...")` in a template."""
    for path in sorted(SOURCE.rglob("*.html")):
        for sentence in TEMPLATE_CALL.findall(path.read_text(encoding="utf-8")):
            yield sentence, path.relative_to(SOURCE).as_posix()


def _task_titles() -> Iterator[tuple[str, str]]:
    """Tasks by their plain names."""
    path = SOURCE / "catalog" / "tasks.toml"
    for task in tomllib.loads(path.read_text(encoding="utf-8")).values():
        yield task["title"], "catalog/tasks.toml"


def _note(expression: ast.expr, file: str, found: Found) -> None:
    if not (isinstance(expression, ast.Constant) and isinstance(expression.value, str)):
        if file in COMPOSED_FILES:
            return
        found.not_constant.append(f"{file}, line {expression.lineno}: {ast.unparse(expression)}")
    elif expression.value and file not in found.files.setdefault(expression.value, []):
        found.files[expression.value].append(file)


def _sentences(call: ast.Call, errors: frozenset[str], file: str) -> Iterator[ast.expr]:
    name = _called(call)
    if (name in TEXT_FUNCTIONS or name in errors) and call.args:
        yield call.args[0]
    if name == TEXT_CLASS and call.args and isinstance(call.args[0], ast.Constant):
        yield call.args[0]
    if name == "__init__" and file == "errors.py" and call.args and isinstance(call.args[0], ast.Constant):
        yield call.args[0]
    wanted = ("help",) if name in HELP_FUNCTIONS and file.startswith("cli/") else KEYWORDS.get(name, ())
    for keyword in call.keywords:
        if keyword.arg in wanted and ast.unparse(keyword) not in HANDED_ON:
            yield keyword.value


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def po_file(locale: str) -> Path:
    """The translations of one language."""
    return FOLDER / locale / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalog(locale: str) -> Catalog:
    """The translations as they are; an empty catalog where there are none yet."""
    path = po_file(locale)
    if not path.is_file():
        return Catalog(locale=locale, domain=DOMAIN, project="sizewise", header_comment=f"# {HEADER}")
    with path.open("rb") as file:
        return read_po(file, locale=locale, domain=DOMAIN)


def updated_catalog(locale: str) -> Catalog:
    """The catalog with exactly the sentences of the code; translations are kept, never guessed."""
    known = read_catalog(locale)
    fresh = Catalog(
        locale=locale, domain=DOMAIN, project="sizewise", header_comment=f"# {HEADER}",
        creation_date=known.creation_date, revision_date=known.creation_date, fuzzy=False,
    )  # fmt: skip
    for sentence, files in sorted(collected().files.items()):
        message = known.get(sentence)
        fresh.add(sentence, message.string if message else "", locations=[(file, 0) for file in files])
    return fresh


def problems(locale: str) -> list[str]:
    """What is wrong with one language, one line each."""
    known, found = read_catalog(locale), collected()
    wanted = found.files
    present = {str(message.id): message for message in known if message.id}
    lines = [f"put together at run time: {place}" for place in found.not_constant]
    lines += [f"missing: {sentence!r}" for sentence in sorted(wanted.keys() - present.keys())]
    lines += [f"not used any more: {sentence!r}" for sentence in sorted(present.keys() - wanted.keys())]
    for sentence, message in present.items():
        translation = str(message.string)
        if message.fuzzy:
            lines.append(f"fuzzy: {sentence!r}")
        elif not translation:
            lines.append(f"untranslated: {sentence!r}")
        elif placeholders(sentence) != placeholders(translation):
            lines.append(f"other placeholders: {sentence!r} and {translation!r}")
    if compiled(known) != (po_file(locale).with_suffix(".mo").read_bytes() if _has_compiled(locale) else b""):
        lines.append(f"{po_file(locale).with_suffix('.mo').name} is stale: run scripts/messages.py compile")
    return lines


def _has_compiled(locale: str) -> bool:
    return po_file(locale).with_suffix(".mo").is_file()


def placeholders(template: str) -> frozenset[str]:
    """Names in braces."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def compiled(catalog: Catalog) -> bytes:
    """The catalog in the form that gettext reads."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def update() -> int:
    """Rewrite the .po files from the code."""
    for locale in LOCALES:
        fresh = updated_catalog(locale)
        path = po_file(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, fresh, width=110, sort_output=True, include_lineno=False)
        missing = [str(message.id) for message in fresh if message.id and not message.string]
        for sentence in missing:
            print(f"{locale}: untranslated: {sentence!r}")
        print(f"{locale}: {len(fresh)} sentences, {len(missing)} untranslated")
    return 0


def check() -> int:
    """Print what is wrong; exit status 1 if anything is."""
    lines = [f"{locale}: {line}" for locale in LOCALES for line in problems(locale)]
    print("\n".join(lines) if lines else "all sentences are translated")
    return 1 if lines else 0


def compile_catalogs() -> int:
    """Write the .mo files."""
    for locale in LOCALES:
        po_file(locale).with_suffix(".mo").write_bytes(compiled(read_catalog(locale)))
    return 0


ACTIONS = {"update": update, "check": check, "compile": compile_catalogs}


def main() -> int:
    """Run one action."""
    if len(sys.argv) != 2 or sys.argv[1] not in ACTIONS:  # noqa: PLR2004 - the program and one action
        print(f"usage: messages.py {'|'.join(ACTIONS)}", file=sys.stderr)
        return 2
    return ACTIONS[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(main())

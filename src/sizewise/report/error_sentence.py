"""One line for an error, in the language of the reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sizewise.domain.text import T, Text
from sizewise.errors import SizewiseError, UnknownName, WithinClass, shown

if TYPE_CHECKING:
    from sizewise.report.language import Say

KIND_WORDS = {
    "model": T("model"),
    "device": T("device"),
    "quantization": T("quantization"),
    "engine": T("engine"),
    "task": T("task"),
    "option": T("option"),
    "command": T("command"),
    "language": T("language"),
    "complexity": T("complexity"),
    "quality reference": T("model with a known quality"),
    "kind of entry": T("kind of entry"),
    "kind of question": T("kind of question"),
}
"""Kinds of names in the language of the reader; an option such as --path is its own word."""

PHRASES = (
    (re.compile("^(?:allowed:|one of) (?P<names>.*)$"), Text("allowed: {names}")),
    (re.compile("^(?P<command>.*) --help lists the options$"), Text("{command} --help lists the options")),
    (re.compile("^(?P<command>.*) --help lists the commands$"), Text("{command} --help lists the commands")),
)
"""Next steps with a name in them, and their sentence in the catalog."""


def error_sentence(error: SizewiseError, say: Say) -> str:
    """The message of an error in the language of the reader."""
    if isinstance(error, WithinClass):
        problem = error_sentence(error.inner, say)
        return say(T("class '{name}': {problem}", name=error.params["name"], problem=problem))
    if isinstance(error, UnknownName):
        return say(_unknown_name(error))
    candidates = getattr(error, "candidates", ())
    if candidates:
        return say(_ambiguous_name(error, candidates))
    return say(error.template).format(**{name: say(value) for name, value in error.params.items()})


def _unknown_name(error: UnknownName) -> Text:
    values = {
        "kind": KIND_WORDS.get(error.kind, error.kind),
        "given": shown(error.given),
        "nearest": ", ".join(error.nearest),
        "next_step": _next_step(error.params["next_step"]),
    }
    if error.nearest and error.params["next_step"]:
        return T("unknown {kind} '{given}'; nearest: {nearest}; {next_step}", **values)
    if error.nearest:
        return T("unknown {kind} '{given}'; nearest: {nearest}", **values)
    if error.params["next_step"]:
        return T("unknown {kind} '{given}'; {next_step}", **values)
    return T("unknown {kind} '{given}'", **values)


def _next_step(sentence: str) -> Text:
    """What may be given instead, or what to do, as the raising layer says it."""
    for pattern, template in PHRASES:
        match = pattern.match(sentence)
        if match:
            return Text(template.template, tuple(match.groupdict().items()))
    return Text(sentence)


def _ambiguous_name(error: SizewiseError, candidates: tuple[str, ...]) -> Text:
    most = 6
    names = ", ".join(candidates[:most])
    values = {
        "kind": KIND_WORDS.get(error.params["kind"], error.params["kind"]),
        "given": error.params["given"],
    }
    if len(candidates) > most:
        more = str(len(candidates) - most)
        return T("{kind} '{given}' fits several: {names} and {more} more; write one of them in full",
                 names=names, more=more, **values)  # fmt: skip
    return T("{kind} '{given}' fits several: {names}; write one of them in full", names=names, **values)
